"""Appwrite's ids. The SDK pastes them unescaped into its paths, so nothing else may get that far."""

import re

from django.urls import register_converter
from django.urls.converters import StringConverter

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}"


def is_id(text: str) -> bool:
    """1 to 36 of a-z A-Z 0-9 . - _, first a letter or digit."""
    return re.fullmatch(ID, text) is not None


class AppwriteId(StringConverter):
    """`<id:…>` in an address. What is no id is a 404 here, before anybody is asked."""

    regex = ID


register_converter(AppwriteId, "id")
