"""One field of a model as JSON and back. What is read is believed nothing: a wrong value is refused with its place."""

import base64
import binascii
from typing import Any

from django.db import models

from appwrite_emulator import clock, ids, moments, permissions
from appwrite_emulator.models.fields import IdField

WHOLE_NUMBERS = (-(2**63), 2**63 - 1)
# What permissions can be for; those of a row are looked at as a row's.
ACTIONS = {"File": ("read", "update", "delete")}
ALL_ACTIONS = ("create", "read", "update", "delete")
# Lists of texts, wherever they stand.
_TEXTS = {"labels", "roles", "scopes", "factors", "elements", "subscribe", "execute", "events", "columns"}


class Refused(Exception):
    """A file that is not taken: the place in it, and a sentence on what is wrong there."""

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}" if place else reason)


def as_json(field: Any, value: Any) -> Any:
    """The value as it stands in a file. A key to another model is handled by who knows the paths (export)."""
    if value is None:
        return None
    if isinstance(field, models.DateTimeField):
        return clock.iso(value)
    if isinstance(field, models.BinaryField):
        return base64.b64encode(value).decode()
    return value


def from_json(field: Any, value: Any, place: str) -> Any:
    """The value for the model, or `Refused`."""
    if value is None:
        if not field.null:
            raise Refused(place, "this cannot be null.")
        return None
    if isinstance(field, models.DateTimeField):
        return time(value, place)
    if isinstance(field, models.BinaryField):
        return content(value, place)
    if isinstance(field, models.BooleanField):
        return _of(bool, value, place, "true or false")
    if isinstance(field, models.IntegerField):
        return _whole(value, place, 0 if "Positive" in field.get_internal_type() else WHOLE_NUMBERS[0])
    if isinstance(field, models.FloatField):
        return float(_of((int, float), value, place, "a number"))
    if isinstance(field, models.JSONField):
        return _json(field, value, place)
    text = str(_of(str, value, place, "a text"))
    if field.name in ("id", "key") and isinstance(field, IdField) and not ids.ID.fullmatch(text):
        raise Refused(place, "this has at most 36 letters, digits and . _ -, and does not begin with a sign.")
    return text


def time(value: Any, place: str) -> Any:
    try:
        return moments.parse(_of(str, value, place, "a time"))
    except ValueError:
        raise Refused(place, "this is a time, like 2026-11-22T09:30:00.000+00:00.") from None


def content(value: Any, place: str) -> bytes:
    """Bytes that are written as base64."""
    try:
        return base64.b64decode(_of(str, value, place, "base64"), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(place, "this is no base64.") from None


def granted(value: Any, place: str, actions: tuple[str, ...] = ALL_ACTIONS) -> list[str]:
    """A list of permissions, `write` spelt out."""
    for n, text in enumerate(_of(list, value, place, "a list of permissions")):
        try:
            permissions.parse(text)
        except (ValueError, TypeError):
            raise Refused(f"{place}[{n}]", 'this is no permission, like read("any") or update("user:ada").') from None
    return permissions.expand(value, actions)


def _json(field: Any, value: Any, place: str) -> Any:
    if field.name == "permissions":
        return granted(value, place, ACTIONS.get(field.model.__name__, ALL_ACTIONS))
    if field.default in (list, dict):
        _of(field.default, value, place, "a list" if field.default is list else "an object")
    if field.name in _TEXTS and isinstance(value, list):
        for n, text in enumerate(value):
            _of(str, text, f"{place}[{n}]", "a text")
    return value


def _whole(value: Any, place: str, least: int) -> int:
    number: int = _of(int, value, place, "a whole number")
    if isinstance(value, bool) or not least <= number <= WHOLE_NUMBERS[1]:
        raise Refused(place, f"this is a whole number of at most 64 bits{', and not below 0' if least == 0 else ''}.")
    return number


def _of(kind: Any, value: Any, place: str, words: str) -> Any:
    if not isinstance(value, kind):
        raise Refused(place, f"this is {words}.")
    return value
