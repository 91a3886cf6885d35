"""Field types shared by the models."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class IdField(CharField):
    """An Appwrite ID. MariaDB compares IDs case-insensitively, so `Post-1` and `post-1` are equal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 36)
        kwargs.setdefault("db_collation", "NOCASE")
        super().__init__(*args, **kwargs)
