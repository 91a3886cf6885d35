"""Appwrite's ids. The SDK inserts ids into URL paths without escaping, so the site must reject invalid ids first."""

import re

from django.urls import register_converter
from django.urls.converters import StringConverter

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}"


def is_id(text: str) -> bool:
    """Return whether `text` consists of 1 to 36 characters a-z A-Z 0-9 . - _ and starts with a letter or digit."""
    return re.fullmatch(ID, text) is not None


class AppwriteId(StringConverter):
    """`<id:…>` in a URL pattern. If the id is invalid, the site responds with 404 without calling Appwrite."""

    regex = ID


register_converter(AppwriteId, "id")
