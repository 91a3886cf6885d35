"""Ids in addresses. What lies outside Appwrite's alphabet is a 404 here, before anybody is asked: the SDK pastes ids
unescaped into its paths."""

from django.urls.converters import StringConverter


class PostId(StringConverter):
    """1 to 36 of a-z A-Z 0-9 . - _, first a letter or digit."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}"
