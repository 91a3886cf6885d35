"""Check the entries in a file before the import writes anything."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import MAX_NAME
from accounts.repositories.subscriptions import TOPICS as MAIL_TOPICS
from core.formats import appwrite_time
from core.ids import is_id
from posts import models, policy, schema
from posts.transfer import archive

OF_A_PERSON = re.compile(r'[a-z]+\("user:[A-Za-z0-9._-]{1,36}(?:/[a-z]+)?"\)')
PERMISSION = re.compile(r'(?:read|create|update|delete|write)\("[a-z]+(?::[A-Za-z0-9._-]{1,36}(?:/[a-z]+)?)?"\)')
LABEL = re.compile(r"[A-Za-z0-9]{1,36}")
ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
TABLES = {table.id: table.columns for table in schema.tables()}
BUCKETS = {bucket.id: bucket for bucket in schema.buckets()}


class InvalidEntryError(ValueError):
    """The entry cannot be imported. The message is a sentence with the reason."""


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """Return the entry with dates in a single format, and without columns that the site does not have.

    Raise InvalidEntryError if it cannot be imported.
    """
    kind = values.get("kind")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise InvalidEntryError(f"“kind” must be one of {', '.join(CHECKS)}.")
    return check(values)


def _export(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("format") != archive.FORMAT:
        raise InvalidEntryError(f"“format” must be {archive.FORMAT}. The file may be from a newer release.")
    return values


def _person(values: dict[str, Any]) -> dict[str, Any]:
    _id(values, "id")
    email, labels = _text(values, "email", 320), values.get("labels", [])
    if email and not ADDRESS.fullmatch(email):
        raise InvalidEntryError("“email” must be an e-mail address.")
    if not isinstance(labels, list) or not all(isinstance(label, str) and LABEL.fullmatch(label) for label in labels):
        raise InvalidEntryError("“labels” must be a list of words of at most 36 letters and digits.")
    if not isinstance(values.get("prefs", {}), dict):
        raise InvalidEntryError("“prefs” must be an object.")
    flags = {name: values.get(name, default) for name, default in (("verified", False), ("active", True))}
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise InvalidEntryError("“verified” and “active” must be true or false.")
    return {
        **{"prefs": {}, "by_address": False},
        **values,
        **{"name": _text(values, "name", MAX_NAME), "email": email.lower(), "labels": sorted(set(labels))},
        **flags,
    }


def _row(values: dict[str, Any]) -> dict[str, Any]:
    _id(values, "id")
    table, data = values.get("table"), values.get("data")
    if table not in TABLES:
        raise InvalidEntryError(f"“table” must be one of {', '.join(TABLES)}.")
    if not isinstance(data, dict):
        raise InvalidEntryError("“data” must be an object.")
    columns = {column.key: _value(column, data.get(column.key)) for column in TABLES[table]}
    is_draft = table == schema.POSTS and columns["status"] != models.PUBLISHED
    dates = {name: _date(name, values[name]) for name in ("created", "updated") if values.get(name)}
    if late := next(
        (name for name, date in dates.items() if date > appwrite_time(timezone.now() + timedelta(days=1))), ""
    ):
        raise InvalidEntryError(f"“{late}” must not be in the future.")
    return {**values, **dates, "permissions": _permissions(values, is_draft=is_draft), "data": columns}


def _file(values: dict[str, Any]) -> dict[str, Any]:
    _id(values, "id")
    if values.get("bucket") not in BUCKETS:
        raise InvalidEntryError(f"“bucket” must be one of {', '.join(BUCKETS)}.")
    if not _text(values, "path", 500):
        raise InvalidEntryError("“path” must be the name of a picture in the archive.")
    return {**values, "name": _text(values, "name", 255) or "picture.webp", "permissions": _permissions(values)}


def _subscriber(values: dict[str, Any]) -> dict[str, Any]:
    _id(values, "person")
    if values.get("topic") not in MAIL_TOPICS:
        raise InvalidEntryError(f"“topic” must be one of {', '.join(MAIL_TOPICS)}.")
    return values


CHECKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "export": _export,
    "person": _person,
    "row": _row,
    "file": _file,
    "subscriber": _subscriber,
}


def _id(values: dict[str, Any], name: str) -> None:
    if not isinstance(values.get(name), str) or not is_id(values[name]):
        raise InvalidEntryError(f"“{name}” must be an id of at most 36 letters, digits and . _ -")


def _text(values: dict[str, Any], name: str, limit: int) -> str:
    text = values.get(name) or ""
    if not isinstance(text, str) or len(text) > limit:
        raise InvalidEntryError(f"“{name}” must be text of at most {limit} characters.")
    return text


def _permissions(values: dict[str, Any], *, is_draft: bool = False) -> list[str]:
    """Return the permissions that name a person and, unless this is a draft, everyone's read permission."""
    permissions = values.get("permissions", [])
    is_list = isinstance(permissions, list) and len(permissions) <= 100
    if not is_list or not all(isinstance(each, str) and PERMISSION.fullmatch(each) for each in permissions):
        raise InvalidEntryError('“permissions” must be a list of permissions such as read("any").')
    everyone = [policy.READ_BY_EVERYONE] if policy.READ_BY_EVERYONE in permissions and not is_draft else []
    return everyone + [each for each in dict.fromkeys(permissions) if OF_A_PERSON.fullmatch(each)]


def _date(name: str, value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a date without a time zone")
        return appwrite_time(moment)
    except (TypeError, ValueError, OverflowError):
        raise InvalidEntryError(f"“{name}” must be a date with a time zone, such as 2026-11-29T12:00:00Z.") from None


def _value(column: schema.Column, value: Any) -> Any:
    """Return the value as the column stores it. Raise InvalidEntryError if the column does not allow the value."""
    if value is None:
        if column.required:
            raise InvalidEntryError(f"“{column.key}” is required.")
        return column.options.get("default", [] if column.options.get("array") else None)
    if column.options.get("array"):
        if not isinstance(value, list):
            raise InvalidEntryError(f"“{column.key}” must be a list.")
        return [_single(column, each) for each in value]
    return _single(column, value)


def _single(column: schema.Column, value: Any) -> Any:
    options = column.options
    if column.kind == "datetime":
        return _date(column.key, value)
    if column.kind == "integer":
        low, high = options.get("min", -(2**63)), options.get("max", 2**63 - 1)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise InvalidEntryError(f"“{column.key}” must be an integer from {low} to {high}.")
    elif column.kind == "boolean":
        if not isinstance(value, bool):
            raise InvalidEntryError(f"“{column.key}” must be true or false.")
    elif not isinstance(value, str):
        raise InvalidEntryError(f"“{column.key}” must be text.")
    elif len(value) > options.get("size", len(value)):
        raise InvalidEntryError(f"“{column.key}” must have at most {options['size']} characters.")
    elif value not in options.get("elements", [value]):
        raise InvalidEntryError(f"“{column.key}” must be one of {', '.join(options['elements'])}.")
    return value
