"""The project's SMTP settings. The emulator sends nothing over SMTP: e-mails go to the inbox, with this sender."""

import copy
import smtplib
import socket
import ssl
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import connections
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.hosts import LOOPBACK
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Project
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Email, Hostname, Integer, ListOf, Text, accepts, require
from appwrite_emulator.mail import messages
from appwrite_emulator.mail.custom_templates import Mailer
from appwrite_emulator.services.project.project import save

TIMEOUT = 5
"""Time limit in seconds for connecting to an SMTP server on this machine, and again for the commands together."""
MAX_TEST_EMAILS = 10
ENCRYPTIONS = ("tls", "ssl")


@accepts(
    host=Hostname(),
    port=Integer(strict=True),
    username=Text(256, min=0),
    password=Text(256, min=0),
    sender_email=Email(empty=True, keep_case=True),
    sender_name=Text(256, min=0),
    reply_to_email=Email(empty=True, keep_case=True),
    reply_to_name=Text(256, min=0),
    secure=Text(choices=ENCRYPTIONS),
    enabled=Boolean(strict=True),
)
def update_smtp(request: Request, *, enabled: bool | None, **changes: str | int | None) -> dict[str, Any]:
    """PATCH /project/smtp: set the parameters that are not None.

    Check the settings unless `enabled` is false. If they work, enable them, even if `enabled` was omitted. If the
    settings do not work and are enabled, raise 400 `project_smtp_config_invalid`.

    The handler runs without the write lock, so that other requests do not wait for the SMTP server.
    """
    values = {f"smtp_{name}": value for name, value in {**changes, "enabled": enabled}.items() if value is not None}
    # Requests share the original, which must not change if a check fails.
    project = _changed(copy.copy(request.project), values)
    if project.smtp_enabled:
        require({"host": project.smtp_host, "port": project.smtp_port, "senderEmail": project.smtp_sender_email})
    if enabled is not False and project.smtp_sender_email:
        try:
            _check_connection(project)
            values["smtp_enabled"] = True
        except (OSError, ValueError, OverflowError) as error:
            if project.smtp_enabled:
                problem = (
                    "authenticate" if isinstance(error, smtplib.SMTPAuthenticationError) else "connect to SMTP host"
                )
                raise AppwriteError("project_smtp_config_invalid", f"SMTP Error: Could not {problem}.") from None
    with state.writing():
        # Other requests may have changed the project during the check.
        return responses.project(save(_changed(Project.objects.get(), values)))


def _changed(project: Project, values: dict[str, Any]) -> Project:
    for name, value in values.items():
        setattr(project, name, value)
    return project


class _Client(smtplib.SMTP):
    """An SMTP client with an open connection."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self._open_socket = sock
        super().__init__(host)

    def _get_socket(self, *_: Any) -> socket.socket:
        return self._open_socket


def _check_connection(project: Project) -> None:
    """Raise an error if the SMTP server rejects the connection or the credentials.

    Only a server on this machine is contacted. Other hosts are assumed to work, except names below `.invalid`, which
    never exist (RFC 6761).
    """
    host = project.smtp_host.lower()
    if not host or not project.smtp_port or host.endswith(".invalid"):
        raise OSError("There is no such host or port.")
    if host not in LOOPBACK:
        return
    sock = socket.create_connection((host, project.smtp_port), TIMEOUT)
    # The copy also ends the connection after TLS has taken over the original socket.
    with sock, sock.dup() as copied, connections.time_limit(copied, TIMEOUT):
        if project.smtp_secure == "ssl":
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        with _Client(sock, host) as server:
            if project.smtp_secure == "tls":
                server.starttls(context=ssl.create_default_context())
            if project.smtp_username:
                server.login(project.smtp_username, project.smtp_password)


@accepts(
    emails=ListOf(Email(keep_case=True), MAX_TEST_EMAILS, required=True),
    sender_name=Text(256, default=""),
    sender_email=Email(keep_case=True, default=""),
    reply_to=Email(keep_case=True, default=""),
    host=Hostname(default=""),
    port=Integer(strict=True, default=0),
    username=Text(256),
    password=Text(256),
    secure=Text(choices=ENCRYPTIONS),
)
def create_smtp_test(
    request: Request,
    *,
    emails: list[str],
    sender_name: str,
    sender_email: str,
    reply_to: str,
    host: str,
    port: int,
    **_: str | None,
) -> None:
    """POST /project/smtp/tests: send a test e-mail to each address.

    Clients older than 1.9.2 send the settings with the request. If it contains a host, the project's own settings are
    ignored.
    """
    project = request.project
    if host:
        project = Project(
            smtp_enabled=True,
            smtp_host=host,
            smtp_port=port,
            smtp_sender_name=sender_name,
            smtp_sender_email=sender_email,
            smtp_reply_to_email=reply_to,
        )
    elif not project.smtp_enabled:
        _reject_test("SMTP must be enabled on the project to send a test email.")
    for name, value in (
        ("sender email", project.smtp_sender_email),
        ("host", project.smtp_host),
        ("port", project.smtp_port),
    ):
        if not value:
            _reject_test(f"SMTP {name} must be configured on the project to send a test email.")
    for email in emails:
        messages.send_smtp_test(request, email, Mailer.of(project))


def _reject_test(reason: str) -> None:
    raise AppwriteError("general_argument_invalid", reason)
