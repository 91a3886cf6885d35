"""Teams and memberships."""

from django.db import models

from appwrite_emulator.common import clock, ids
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel
from appwrite_emulator.db.models.users import User


class Team(TimestampedModel):
    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    total = models.IntegerField(default=0)
    prefs = models.JSONField(default=dict)


class Membership(TimestampedModel):
    id = IdField(primary_key=True, default=ids.unique)
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    roles = models.JSONField(default=list)
    invited = models.DateTimeField(default=clock.now)
    joined = models.DateTimeField(null=True)
    confirm = models.BooleanField(default=False)
    secret_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership_per_user")]
