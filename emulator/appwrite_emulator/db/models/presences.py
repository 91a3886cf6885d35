"""Presences of users."""

from django.db import models

from appwrite_emulator.common import ids
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel
from appwrite_emulator.db.models.users import User


class Presence(TimestampedModel):
    """The status that a user publishes, such as "online". A user has at most one presence."""

    sequence = models.BigAutoField(primary_key=True)
    id = IdField(unique=True, default=ids.unique)
    user = models.OneToOneField(User, models.CASCADE, related_name="presence")
    status = models.TextField()
    source = models.CharField(max_length=16, help_text="realtime, rest or graphql")
    expires_at = models.DateTimeField()
    metadata = models.JSONField(default=dict)
    permissions = models.JSONField(default=list)
