"""The request, which handlers receive in addition to their parameters, and the changes that they report with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.http.request import HttpHeaders

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.hosts import is_ip_address, public_address_of
from appwrite_emulator.db.models import Project, User


@dataclass(frozen=True)
class Change:
    """A change made by a handler, to be published as an event."""

    payload: dict[str, Any]
    event: str = ""
    """Pattern of the event, if it differs from the route's pattern."""
    params: Mapping[str, str] = field(default_factory=dict)
    """IDs in the event's name that are in neither the URL nor the payload."""
    readers: frozenset[str] | None = None
    """Roles that can see the event. Set only if they cannot be determined after the write."""


@dataclass
class Request:
    """The request, which handlers receive in addition to their parameters."""

    http: HttpRequest
    project: Project
    caller: Caller
    path: str = ""
    """The route's path with its placeholders filled in, such as `teams/board`.

    Also set for a field of a GraphQL query.
    """
    is_graphql: bool = False
    """Whether this is a field of a GraphQL query."""
    resource: str = ""
    """Resource that the request acts on, as `team/ID`. Set by handlers whose resource has its own activity log."""
    changes: list[Change] | None = None
    """The handler's changes, each of which is published as an event. None: publish the response as the only event."""

    def add_change(self, payload: dict[str, Any], **details: Any) -> None:
        """Publish an event with this payload, and none with the response. `details`: other fields of `Change`."""
        self.changes = [*(self.changes or ()), Change(payload, **details)]

    @property
    def user(self) -> User:
        """The signed-in user. Raise 401 `general_unauthorized_scope` if there is none."""
        if self.caller.user is None:
            raise AppwriteError("general_unauthorized_scope")
        return self.caller.user

    @property
    def headers(self) -> HttpHeaders:
        return self.http.headers

    @property
    def endpoint(self) -> str:
        """The API endpoint that the caller used, e.g. `http://127.0.0.1:9100/v1`."""
        return f"{self.http.scheme}://{public_address_of(self.http)}/v1"

    @property
    def ip(self) -> str:
        return client_ip(self.http)

    @property
    def user_agent(self) -> str:
        """The client's user agent. Only an API key can forward a different one in `X-Forwarded-User-Agent`."""
        forwarded = self.http.headers.get("X-Forwarded-User-Agent", "") if self.caller.is_key else ""
        return forwarded or self.http.headers.get("User-Agent", "")

    @property
    def locale(self) -> str:
        """The requested locale, not validated: `?locale=` in a GET request, otherwise `X-Appwrite-Locale`."""
        parameter = self.http.GET.get("locale", "") if self.http.method == "GET" else ""
        return parameter or self.http.headers.get("X-Appwrite-Locale", "")


def client_ip(http: HttpRequest) -> str:
    """Return the first address in `X-Forwarded-For`, or else the client's address.

    The real server trusts the header too.
    """
    forwarded = http.headers.get("X-Forwarded-For", "").split(",")[0].strip()
    return forwarded if is_ip_address(forwarded) else http.META.get("REMOTE_ADDR", "")
