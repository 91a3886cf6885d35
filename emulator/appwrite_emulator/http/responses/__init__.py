"""Response models, with one function per Appwrite model, and `Response`, which handlers return.

A handler can also return just the model, or None.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.http.responses.functions import (
    deployment,
    execution,
    function,
    project_variable,
    runtime,
    specification,
    template,
    variable,
)
from appwrite_emulator.http.responses.health import (
    health_antivirus,
    health_queue,
    health_status,
    health_status_list,
    health_time,
    health_version,
)
from appwrite_emulator.http.responses.locale import continent, country, currency, language, locale, locale_code, phone
from appwrite_emulator.http.responses.messaging import message, provider, subscriber, topic
from appwrite_emulator.http.responses.mfa import mfa_authenticator, mfa_challenge, mfa_factors, mfa_recovery_codes
from appwrite_emulator.http.responses.presences import presence
from appwrite_emulator.http.responses.project import (
    email_template,
    key,
    mock_number,
    oauth2_provider,
    platform,
    project,
    proxy_rule,
    webhook,
)
from appwrite_emulator.http.responses.storage import bucket, file, file_token
from appwrite_emulator.http.responses.teams import membership, team
from appwrite_emulator.http.responses.users import account, identity, log, session, target, token, user

JSON = "application/json; charset=UTF-8"


@dataclass
class Response:
    """A response: body (JSON unless `content_type` is set), status and headers."""

    body: Any = None
    status: int = 0
    """0 means the route's usual status."""
    content_type: str = ""
    headers: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """A header with a tuple is sent once for each value."""
    signs_in: str = ""
    """Session secret for the session cookies."""
    signs_out: bool = False
    """Whether to delete the session cookies."""


__all__ = [
    "JSON",
    "Response",
    "account",
    "bucket",
    "continent",
    "country",
    "currency",
    "deployment",
    "email_template",
    "execution",
    "file",
    "file_token",
    "function",
    "health_antivirus",
    "health_queue",
    "health_status",
    "health_status_list",
    "health_time",
    "health_version",
    "identity",
    "key",
    "language",
    "locale",
    "locale_code",
    "log",
    "membership",
    "message",
    "mfa_authenticator",
    "mfa_challenge",
    "mfa_factors",
    "mfa_recovery_codes",
    "mock_number",
    "oauth2_provider",
    "phone",
    "platform",
    "presence",
    "project",
    "project_variable",
    "provider",
    "proxy_rule",
    "runtime",
    "session",
    "specification",
    "subscriber",
    "target",
    "team",
    "template",
    "token",
    "topic",
    "user",
    "variable",
    "webhook",
]
