"""The times at which a resource was created and last changed."""

from typing import Any

from django.db import models

from appwrite_emulator.common import clock


class TimestampedModel(models.Model):
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not args and "updated_at" not in kwargs:  # Django passes positional arguments when it loads an object
            self.updated_at = self.created_at
