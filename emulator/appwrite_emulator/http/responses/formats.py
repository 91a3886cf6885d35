"""Convert responses to older formats, requested with `X-Appwrite-Response-Format`."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

# Version that added a field -> model -> fields. Older formats leave them out.
_ADDED_IN: dict[tuple[int, ...], dict[str, tuple[str, ...]]] = {
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


def convert_to_format(body: Any, response_format: str) -> Any:
    """Return `body` in this response format, a version; unchanged if it is empty or recent enough."""
    missing = [fields for added_in, fields in _ADDED_IN.items() if is_older(response_format, added_in)]
    return _remove(body, missing) if missing else body


def is_older(response_format: str, version: tuple[int, ...]) -> bool:
    """Return whether a response format is older than `version`. An empty one is the current format."""
    # A format without digits counts as the oldest version.
    requested = tuple(int(number) for number in re.findall(r"\d+", response_format)[:3])
    return bool(response_format) and requested < version


def _remove(body: Any, missing: list[dict[str, tuple[str, ...]]]) -> Any:
    """Return `body` without the missing fields of its models: model -> fields."""
    if isinstance(body, list):
        return [_remove(item, missing) for item in body]
    if not isinstance(body, dict):
        return body
    kind = getattr(body, "kind", "")
    removed = {field for fields in missing for field in fields.get(kind, ())}
    return {name: _remove(value, missing) for name, value in body.items() if name not in removed}
