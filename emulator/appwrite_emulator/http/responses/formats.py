"""Convert responses to older formats, requested with `X-Appwrite-Response-Format`."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

# Version that added a field -> model -> fields. Older formats leave them out.
_CAME_LATER = {
    (1, 5, 0): {
        "user": ("targets", "mfa"),
        "membership": ("mfa",),
        "session": ("factors", "secret"),
        "token": ("phrase",),
    },
    (1, 9, 0): {
        "account": ("impersonator", "impersonatorUserId"),
        "user": ("impersonator", "impersonatorUserId"),
    },
}


class Model(dict[str, Any]):
    """A response model that carries its name in `kind`."""

    kind = ""


def model(function: Callable[..., dict[str, Any]]) -> Callable[..., Model]:
    """Decorate a function so that the dict it returns carries the function's name as its model name."""

    @wraps(function)
    def build(*args: Any, **kwargs: Any) -> Model:
        built = Model(function(*args, **kwargs))
        built.kind = function.__name__
        return built

    return build


def older(body: Any, asked: str) -> Any:
    """Return `body` in the response format `asked` for; unchanged if that is empty or recent enough."""
    version = tuple(int(number) for number in re.findall(r"\d+", asked)[:3])  # no digits count as the oldest version
    fields = [models for came, models in _CAME_LATER.items() if asked and version < came]
    return _without(body, fields) if fields else body


def _without(body: Any, dropped: list[dict[str, tuple[str, ...]]]) -> Any:
    if isinstance(body, list):
        return [_without(item, dropped) for item in body]
    if not isinstance(body, dict):
        return body
    kind = getattr(body, "kind", "")
    gone = {field for models in dropped for field in models.get(kind, ())}
    return {name: _without(value, dropped) for name, value in body.items() if name not in gone}
