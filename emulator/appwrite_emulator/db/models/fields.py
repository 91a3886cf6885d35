"""Field types shared by the models."""

from typing import Any

from django.db import models


class IdField(models.CharField):
    """An Appwrite ID. MariaDB compares IDs case-insensitively, so `Post-1` and `post-1` are equal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 36)
        kwargs.setdefault("db_collation", "NOCASE")
        super().__init__(*args, **kwargs)
