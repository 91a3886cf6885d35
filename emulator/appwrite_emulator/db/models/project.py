"""The project that a database contains, with its platforms, API keys and settings."""

import secrets
from functools import cached_property
from urllib.parse import urlsplit

from django.db import models

from appwrite_emulator.common import hosts, ids
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel

CONSOLE = "console"
ORGANIZATION = "organization"
"""ID of the console's only team, to which all projects belong."""

WEB_SCHEMES = frozenset(
    {
        "http",
        "https",
        "tauri",
        "chrome-extension",
        "moz-extension",
        "safari-web-extension",
        "ms-browser-extension",
    }
)
"""URL schemes of clients that are recognised by host."""
APP_SCHEMES = {
    "android": ("appwrite-android",),
    "apple": ("appwrite-ios", "appwrite-macos", "appwrite-watchos", "appwrite-tvos"),
    "linux": ("appwrite-linux",),
    "windows": ("appwrite-windows",),
}
"""Platform type -> URL schemes of its apps."""
EXPO_SCHEME = "exp"
PLATFORM_IDENTIFIERS = {
    "web": "hostname",
    "android": "applicationId",
    "apple": "bundleIdentifier",
    "linux": "packageName",
    "windows": "packageIdentifierName",
}
"""Platform type -> Appwrite's name for its identifier, which is a host or an app ID."""


def _scheme_and_host(url: str) -> tuple[str, str]:
    """Return scheme and host in lower case, or empty strings if `url` is not a URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").lower()
    except ValueError:
        return "", ""


YEAR = 365 * 24 * 60 * 60
"""One year in seconds, the default lifetime of sessions."""


def _jwt_secret() -> str:
    return secrets.token_hex(32)


class Project(TimestampedModel):
    """The project and the settings of its policies. 0 means no limit."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    jwt_secret = models.CharField(max_length=64, default=_jwt_secret)
    labels = models.JSONField(default=list)
    disabled_auth_methods = models.JSONField(default=list, help_text="ways to sign in that users cannot use")
    disabled_services = models.JSONField(default=list, help_text="services that only API keys can call")
    disabled_protocols = models.JSONField(default=list, help_text="protocols that only API keys can use")

    session_limit = models.PositiveIntegerField(default=0, help_text="sessions of one user")
    session_duration = models.PositiveIntegerField(default=YEAR, help_text="in seconds")
    session_alert = models.BooleanField(default=False, help_text="mail users about new sessions")
    session_invalidation = models.BooleanField(default=True, help_text="a changed password ends other sessions")
    user_limit = models.PositiveIntegerField(default=0)
    password_history = models.PositiveIntegerField(default=0, help_text="recent passwords that cannot be used again")
    password_dictionary = models.BooleanField(default=False, help_text="reject common passwords")
    password_personal_data = models.BooleanField(default=False, help_text="reject passwords with personal data")
    password_min_length = models.PositiveIntegerField(default=8)
    password_uppercase = models.BooleanField(default=False, help_text="require a capital letter")
    password_lowercase = models.BooleanField(default=False, help_text="require a small letter")
    password_number = models.BooleanField(default=False, help_text="require a digit")
    password_symbols = models.BooleanField(default=False, help_text="require a symbol")
    mock_numbers = models.JSONField(default=list, help_text="numbers and codes of testers, who get no text message")
    details = models.JSONField(default=dict, help_text="texts about the project, which only older formats show")
    members_user_id = models.BooleanField(default=False, help_text="members see each other's user ID")
    members_user_email = models.BooleanField(default=False)
    members_user_phone = models.BooleanField(default=False)
    members_user_name = models.BooleanField(default=False)
    members_user_mfa = models.BooleanField(default=False)
    members_user_accessed_at = models.BooleanField(default=False)
    smtp_enabled = models.BooleanField(default=False, help_text="e-mails have the custom sender and custom templates")
    smtp_host = models.CharField(max_length=253, blank=True)
    smtp_port = models.IntegerField(default=0)
    smtp_username = models.CharField(max_length=256, blank=True)
    smtp_password = models.CharField(max_length=256, blank=True)
    smtp_secure = models.CharField(max_length=3, blank=True, help_text="tls, ssl, or empty for no encryption")
    smtp_sender_name = models.CharField(max_length=256, blank=True)
    smtp_sender_email = models.EmailField(max_length=320, blank=True)
    smtp_reply_to_name = models.CharField(max_length=256, blank=True)
    smtp_reply_to_email = models.EmailField(max_length=320, blank=True)

    def knows_url(self, url: str) -> bool:
        """Return whether clients can use `url` as a redirect or origin.

        Web pages, browser extensions and Tauri apps are recognised by host, on any port. Other apps are recognised by
        scheme, so one registered Android app allows the scheme of all Android apps. Expo's scheme and the project's own
        scheme are always allowed.
        """
        scheme, host = _scheme_and_host(url)
        if scheme in WEB_SCHEMES:
            return hosts.matches(host, self.hosts)
        return scheme in self.app_schemes

    def knows_host(self, url: str) -> bool:
        """Return whether the host of `url` is registered, ignoring the scheme. CORS headers depend on this."""
        return hosts.matches(_scheme_and_host(url)[1], self.hosts)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Hosts of registered web platforms, and IDs of registered apps, which also count as hosts."""
        if self.is_console:
            return frozenset({"localhost"})
        registered = self.platforms.values_list("hostname", "key")
        return frozenset(name.lower() for pair in registered for name in pair if name)

    @cached_property
    def app_schemes(self) -> frozenset[str]:
        """Schemes of apps that can call the API."""
        if self.is_console:
            return frozenset()
        kinds = set(self.platforms.values_list("type", flat=True))
        registered = {scheme for kind in kinds for scheme in APP_SCHEMES.get(kind, ())}
        return frozenset({EXPO_SCHEME, f"appwrite-callback-{self.id.lower()}"} | registered)

    @property
    def is_console(self) -> bool:
        """Whether this is the console project, which is used if a request does not name a project."""
        return self.id == CONSOLE


class Platform(TimestampedModel):
    project = models.ForeignKey(Project, models.CASCADE, related_name="platforms")
    id = IdField(primary_key=True, default=ids.unique)
    name = models.CharField(max_length=128)
    type = models.CharField(max_length=32, default="web")
    hostname = models.CharField(max_length=256, blank=True, help_text="of a web platform")
    key = models.CharField(max_length=256, blank=True, help_text="ID of an app; empty for a web platform")


class ApiKey(TimestampedModel):
    project = models.ForeignKey(Project, models.CASCADE, related_name="keys")
    id = IdField(primary_key=True, default=ids.unique)
    name = models.CharField(max_length=128)
    secret = models.CharField(max_length=512, unique=True)
    scopes = models.JSONField(default=list)
    expire = models.DateTimeField(null=True)


class ProjectVariable(TimestampedModel):
    """An environment variable that is set for all functions of the project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="variables")
    id = IdField(primary_key=True)
    key = models.CharField(max_length=255)
    value = models.TextField(blank=True)
    secret = models.BooleanField(default=True, help_text="hidden in responses; functions can read it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_project_variable_per_key")]


class Webhook(TimestampedModel):
    """A URL to which matching events are delivered."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="webhooks")
    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    url = models.TextField()
    events = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    tls = models.BooleanField(default=False, help_text="whether certificates are verified")
    auth_username = models.CharField(max_length=256, blank=True)
    auth_password = models.CharField(max_length=256, blank=True)
    secret = models.CharField(max_length=256, help_text="key of the signature")
    logs = models.TextField(blank=True, help_text="why the last delivery failed")
    attempts = models.IntegerField(default=0, help_text="number of failed deliveries since the last good one")


class ProxyRule(TimestampedModel):
    """A domain that is routed to a function or the API, or redirected to a URL."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="proxy_rules")
    id = IdField(primary_key=True)
    domain = models.CharField(max_length=253, unique=True)
    type = models.CharField(max_length=16, help_text="api, deployment or redirect")
    function = models.ForeignKey("Function", models.CASCADE, null=True, related_name="+")
    branch = models.CharField(max_length=255, blank=True, help_text="Git branch whose deployments it follows")
    redirect_url = models.TextField(blank=True)
    redirect_status_code = models.IntegerField(default=301)


class EmailTemplate(models.Model):
    """A custom text for one kind of e-mail in one language. An empty sender is the project's SMTP sender."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="email_templates")
    template_id = models.CharField(max_length=32)
    locale = models.CharField(max_length=16)
    subject = models.CharField(max_length=255)
    message = models.TextField(help_text="HTML with variables such as {{user}}")
    sender_name = models.CharField(max_length=255, blank=True)
    sender_email = models.EmailField(max_length=320, blank=True)
    reply_to_name = models.CharField(max_length=255, blank=True)
    reply_to_email = models.EmailField(max_length=320, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "template_id", "locale"], name="one_email_template_per_locale")
        ]


class OAuth2Provider(models.Model):
    """A configured OAuth2 provider. `auth/oauth_catalogue.py` defines the providers that exist."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="oauth2_providers")
    name = models.CharField(max_length=64, unique=True)
    enabled = models.BooleanField(default=True)
    application_id = models.CharField(max_length=256, blank=True)
    secret = models.TextField(blank=True)
    settings = models.JSONField(default=dict, help_text="further fields of this provider, by their names in the API")


class OAuth2Code(models.Model):
    """An authorization code for the user who was chosen on the emulator's sign-in page. It can be exchanged once."""

    code = models.CharField(max_length=64, unique=True)
    provider = models.CharField(max_length=64)
    uid = models.CharField(max_length=320)
    email = models.CharField(max_length=320)
    name = models.CharField(max_length=128)
    verified = models.BooleanField(default=False, help_text="whether the provider says that it verified the address")
