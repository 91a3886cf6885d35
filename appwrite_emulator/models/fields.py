"""Field types shared by the models."""

from typing import Any

from django.db import models


class IdField(models.CharField):
    """An Appwrite id. MariaDB compares them without case, so `Post-1` and `post-1` are one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 36)
        kwargs.setdefault("db_collation", "NOCASE")
        super().__init__(*args, **kwargs)
