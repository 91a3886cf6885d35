"""Convert a model field to JSON and back. Input is untrusted, so an invalid value raises an error with its path."""

import base64
import binascii
from typing import Any

from django.db import models

from appwrite_emulator.common import clock, email_addresses, ids, permissions, php_json
from appwrite_emulator.db import php_dates
from appwrite_emulator.db.models.fields import IdField

WHOLE_NUMBERS = (-(2**63), 2**63 - 1)
# Model -> actions that its permissions can allow. A row's permissions are validated with the row.
ACTIONS = {"File": ("read", "update", "delete")}
ALL_ACTIONS = ("create", "read", "update", "delete")
# Fields that are lists of strings, in every model.
_TEXTS = {"labels", "roles", "scopes", "factors", "elements", "subscribe", "execute", "events", "columns"}
_TEXTS |= {"disabled_auth_methods", "disabled_services", "disabled_protocols"}


class SeedError(Exception):
    """The file is invalid. The error contains the path of the invalid value, and the reason."""

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}" if place else reason)


def as_json(field: Any, value: Any) -> Any:
    """Return the value in the file's form. For foreign keys, `exporting` writes paths instead."""
    if value is None:
        return None
    if isinstance(field, models.DateTimeField):
        return clock.iso(value)
    if isinstance(field, models.BinaryField):
        return base64.b64encode(value).decode()
    return value


def from_json(field: Any, value: Any, place: str) -> Any:
    """Return the value for the model. Raise `SeedError` if the value is invalid."""
    if value is None:
        if not field.null:
            raise SeedError(place, "must not be null.")
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
    return _text(field, str(_of(str, value, place, "a string")), place)


def _text(field: Any, text: str, place: str) -> str:
    if field.name in ("id", "key") and isinstance(field, IdField) and not ids.ID.fullmatch(text):
        raise SeedError(place, "must be at most 36 letters, digits and . _ -, and start with a letter or digit.")
    if isinstance(field, models.EmailField) and text and not email_addresses.is_address(text):
        raise SeedError(place, "must be an e-mail address or empty.")
    return text


def time(value: Any, place: str) -> Any:
    try:
        return php_dates.parse(_of(str, value, place, "a date and time"))
    except ValueError:
        raise SeedError(place, "must be a date and time, like 2026-11-22T09:30:00.000+00:00.") from None


def content(value: Any, place: str) -> bytes:
    """Decode base64. Raise `SeedError` if the value is invalid."""
    try:
        return base64.b64decode(_of(str, value, place, "a base64 string"), validate=True)
    except (binascii.Error, ValueError):
        raise SeedError(place, "must be base64.") from None


def granted(value: Any, place: str, actions: tuple[str, ...] = ALL_ACTIONS) -> list[str]:
    """Validate a list of permissions and expand `write`."""
    parsed = []
    for n, text in enumerate(_of(list, value, place, "a list of permissions")):
        try:
            parsed.append(permissions.parse(text))
        except (ValueError, TypeError):
            raise SeedError(f"{place}[{n}]", 'must be a permission, like read("any") or update("user:ada").') from None
    return permissions.expand(parsed, actions)


def _json(field: Any, value: Any, place: str) -> Any:
    if field.name == "permissions":
        return granted(value, place, ACTIONS.get(field.model.__name__, ALL_ACTIONS))
    if field.default in (list, dict):
        _of(field.default, value, place, "a list" if field.default is list else "an object")
    if field.name == "prefs":
        return _prefs(value, place)
    if field.name == "mock_numbers":
        for n, number in enumerate(value):
            for key in ("phone", "otp"):
                _of(str, _of(dict, number, f"{place}[{n}]", "an object").get(key), f"{place}[{n}].{key}", "a string")
    if field.name in _TEXTS and isinstance(value, list):
        for n, text in enumerate(value):
            _of(str, text, f"{place}[{n}]", "a string")
    return value


def _prefs(value: dict[str, Any], place: str) -> dict[str, Any]:
    """Return preferences as the API stores them."""
    try:
        stored = php_json.as_stored(value)
    except ValueError:
        raise SeedError(place, "must not contain numbers that are too large for a float.") from None
    if isinstance(stored, list) and stored:
        raise SeedError(place, "must not be an object with the keys 0, 1, 2 and so on, because PHP reads it as a list.")
    return dict(stored)


def _whole(value: Any, place: str, least: int) -> int:
    number: int = _of(int, value, place, "an integer")
    if isinstance(value, bool) or not least <= number <= WHOLE_NUMBERS[1]:
        raise SeedError(place, f"must be a 64-bit integer{' of at least 0' if least == 0 else ''}.")
    return number


def _of(kind: Any, value: Any, place: str, words: str) -> Any:
    if not isinstance(value, kind):
        raise SeedError(place, f"must be {words}.")
    return value
