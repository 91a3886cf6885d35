"""Answers as older Appwrites gave them, for clients that ask by `X-Appwrite-Response-Format`."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

# Version a field came with -> model -> fields. Older formats do not have them.
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
    """A response model that knows its name."""

    kind = ""


def model(function: Callable[..., dict[str, Any]]) -> Callable[..., Model]:
    """Let what `function` returns know which model it is: the function's name."""

    @wraps(function)
    def build(*args: Any, **kwargs: Any) -> Model:
        built = Model(function(*args, **kwargs))
        built.kind = function.__name__
        return built

    return build


def older(body: Any, asked: str) -> Any:
    """`body` in the format `asked` for; as it is when that is empty or new enough."""
    version = tuple(int(number) for number in re.findall(r"\d+", asked)[:3])  # a word is older than any number
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
