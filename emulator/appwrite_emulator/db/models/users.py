"""Users, their sessions, tokens, second factors, targets, identities and logs."""

from django.db import models

from appwrite_emulator.common import clock, ids
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel


class User(TimestampedModel):
    id = IdField(primary_key=True)
    accessed_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=128, blank=True)
    email = models.CharField(max_length=320, null=True, unique=True, db_collation="NOCASE")
    phone = models.CharField(max_length=16, null=True, unique=True)
    email_verification = models.BooleanField(default=False)
    phone_verification = models.BooleanField(default=False)
    status = models.BooleanField(default=True, help_text="False: blocked")
    labels = models.JSONField(default=list)
    prefs = models.JSONField(default=dict)
    password = models.TextField(null=True, help_text="hash in its algorithm's format; null: no password was ever set")
    hash = models.CharField(max_length=32, default="argon2")
    hash_options = models.JSONField(default=dict)
    password_update = models.DateTimeField(null=True)
    password_history = models.JSONField(default=list, help_text="Argon2 hashes of recent passwords, oldest first")
    mfa = models.BooleanField(default=False)
    mfa_recovery_codes = models.JSONField(default=list)
    impersonator = models.BooleanField(default=False, help_text="may act as other users")


class Session(TimestampedModel):
    id = IdField(primary_key=True, default=ids.unique)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    expire = models.DateTimeField()
    secret_hash = models.CharField(max_length=64, unique=True)
    provider = models.CharField(max_length=64)
    provider_uid = models.CharField(max_length=320, blank=True)
    provider_access_token = models.TextField(blank=True)
    provider_access_token_expiry = models.DateTimeField(null=True)
    provider_refresh_token = models.TextField(blank=True)
    factors = models.JSONField(default=list)
    mfa_updated_at = models.DateTimeField(null=True)
    ip = models.CharField(max_length=45, blank=True)
    country_code = models.CharField(max_length=2, default="--")
    client = models.JSONField(default=dict, help_text="operating system, client and device, from clients.describe()")


class Token(models.Model):
    """A single-use secret.

    It is sent by e-mail or text message, returned to an API key, or added to an OAuth2 success URL.
    """

    id = IdField(primary_key=True, default=ids.unique)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField(default=clock.now)
    expire = models.DateTimeField()
    type = models.CharField(max_length=16)
    secret_hash = models.CharField(max_length=64, db_index=True)


class Authenticator(models.Model):
    """An authenticator app. It counts as a factor after a code has verified it."""

    id = IdField(primary_key=True, default=ids.unique)
    user = models.OneToOneField(User, models.CASCADE, related_name="authenticator")
    created_at = models.DateTimeField(default=clock.now)
    secret = models.CharField(max_length=103)
    verified = models.BooleanField(default=False)


class Challenge(models.Model):
    """A requested second factor that has not been completed yet."""

    id = IdField(primary_key=True, default=ids.unique)
    user = models.ForeignKey(User, models.CASCADE, related_name="challenges")
    created_at = models.DateTimeField(default=clock.now)
    expire = models.DateTimeField()
    type = models.CharField(max_length=16)
    code = models.CharField(max_length=6)


class Target(TimestampedModel):
    """A destination for messages to a user: their e-mail address, phone number, or a device for push messages."""

    id = IdField(primary_key=True, default=ids.unique)
    user = models.ForeignKey(User, models.CASCADE, related_name="targets")
    session = models.ForeignKey(
        Session, models.SET_NULL, null=True, related_name="targets", help_text="deleting the session deletes the target"
    )
    name = models.CharField(max_length=128, blank=True)
    provider_id = models.CharField(max_length=36, null=True)
    provider_type = models.CharField(max_length=16)
    identifier = models.CharField(max_length=2048, unique=True, db_collation="NOCASE")
    expired = models.BooleanField(default=False)


class Identity(TimestampedModel):
    """The link between a user and their account at an OAuth2 provider."""

    id = IdField(primary_key=True, default=ids.unique)
    user = models.ForeignKey(User, models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=64)
    provider_uid = models.CharField(max_length=320)
    provider_email = models.CharField(max_length=320, blank=True, db_collation="NOCASE")
    provider_access_token = models.TextField(blank=True)
    provider_access_token_expiry = models.DateTimeField(null=True)
    provider_refresh_token = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "provider_uid"], name="one_user_per_person")]


class Log(models.Model):
    """An entry in the activity log. It belongs to a user, a resource, or both."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="logs")
    resource = models.CharField(
        max_length=160, blank=True, db_index=True, help_text="`team/ID` and the like, unless it is the user"
    )
    time = models.DateTimeField(default=clock.now)
    event = models.CharField(max_length=64)
    actor = models.JSONField(default=dict, help_text="type, name and address of a caller that is no user")
    ip = models.CharField(max_length=45, blank=True)
    client = models.JSONField(default=dict)  # `userAgent`, or in older data files a session's client fields
