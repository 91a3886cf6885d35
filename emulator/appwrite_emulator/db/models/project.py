"""The emulator's only project: its platforms, API keys and settings."""

import secrets
from functools import cached_property
from urllib.parse import urlsplit

from django.db import models

from appwrite_emulator.common import clock, ids
from appwrite_emulator.db.models.fields import IdField

CONSOLE = "console"


def _jwt_secret() -> str:
    return secrets.token_hex(32)


class Project(models.Model):
    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    jwt_secret = models.CharField(max_length=64, default=_jwt_secret)
    session_limit = models.PositiveIntegerField(default=0, help_text="0 means no limit, as in a new project of 1.9.6")

    def knows_url(self, url: str) -> bool:
        """Return whether `url` is an allowed redirect: a registered platform's host, any port, or the app's scheme."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if parts.scheme == f"appwrite-callback-{self.id}":
            return True
        if parts.scheme not in ("http", "https"):
            return False
        return host in self.hosts

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Hosts of the registered web platforms."""
        if self.is_console:
            return frozenset({"localhost"})
        return frozenset(self.platforms.values_list("hostname", flat=True))

    @property
    def is_console(self) -> bool:
        """True for the console project, used when a request names no project."""
        return self.id == CONSOLE


class Platform(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="platforms")
    id = IdField(primary_key=True, default=ids.unique)
    name = models.CharField(max_length=128)
    type = models.CharField(max_length=32, default="web")
    hostname = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(default=clock.now)


class ApiKey(models.Model):
    project = models.ForeignKey(Project, models.CASCADE, related_name="keys")
    id = IdField(primary_key=True, default=ids.unique)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    name = models.CharField(max_length=128)
    secret = models.CharField(max_length=512, unique=True)
    scopes = models.JSONField(default=list)
    expire = models.DateTimeField(null=True)


class OAuth2Provider(models.Model):
    """An OAuth2 provider that has been configured.

    `microsoft` without an application ID uses the emulator's sign-in page.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="oauth2_providers")
    name = models.CharField(max_length=64, unique=True)
    enabled = models.BooleanField(default=True)
    application_id = models.CharField(max_length=256, blank=True)
    secret = models.TextField(blank=True)
    tenant = models.CharField(max_length=128, blank=True)


class OAuth2Code(models.Model):
    """Authorization code issued by the emulator's sign-in page for the chosen persona; can be exchanged once."""

    code = models.CharField(max_length=64, unique=True)
    provider = models.CharField(max_length=64)
    uid = models.CharField(max_length=320)
    email = models.CharField(max_length=320)
    name = models.CharField(max_length=128)
