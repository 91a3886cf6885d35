"""Versions of the API's format, which clients request with `X-Appwrite-Response-Format`."""

import re
from typing import TypeVar

from django.http import HttpRequest

from appwrite_emulator import VERSION
from appwrite_emulator.http import server_versions

T = TypeVar("T")
Version = tuple[int, ...]
Since = tuple[tuple[Version, T], ...]
"""Pairs of a version and its changes."""


def requested(http: HttpRequest) -> Version | None:
    """Return the requested version, or None for the current version.

    A header without digits requests the oldest version. If `--as` names an older version, the newest available format
    is that version's.
    """
    text = http.headers.get("X-Appwrite-Response-Format", "")
    version = _parse(text) if text else None
    newest = _parse(server_versions.number())
    if newest < _parse(VERSION):
        return newest if version is None else min(version, newest)
    return version


def is_too_new(http: HttpRequest) -> bool:
    """Return whether the requested format belongs to a newer server than this one."""
    text = http.headers.get("X-Appwrite-Response-Format", "")
    return bool(text) and _parse(text) > _parse(server_versions.number())


def newer_than(version: Version | None, changes: Since[T]) -> list[T]:
    """Return the changes made by all versions newer than `version`, in the given order.

    If `version` is None, return an empty list.
    """
    return [] if version is None else [change for since, change in changes if version < since]


def _parse(text: str) -> Version:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])
