"""Appwrite's ids. The SDK puts them into its paths without escaping, so anything else must be rejected before."""

import re

from django.urls import register_converter
from django.urls.converters import StringConverter

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}"


def is_id(text: str) -> bool:
    """Return whether `text` is 1 to 36 of a-z A-Z 0-9 . - _, beginning with a letter or digit."""
    return re.fullmatch(ID, text) is not None


class AppwriteId(StringConverter):
    """`<id:…>` in a URL pattern. Anything that is not an id is a 404, without a call to Appwrite."""

    regex = ID


register_converter(AppwriteId, "id")
