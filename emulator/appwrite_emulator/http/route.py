"""A route of the API: its method, path, handler and declarations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from appwrite_emulator.http.rate_limits import RateLimit


@dataclass(frozen=True)
class Route:
    """One endpoint, with all its declarations."""

    method: str
    path: str
    """Path with placeholders: `teams/<team_id>`."""
    handler: Callable[..., Any]
    operation: str | tuple[str, ...]
    """Service and SDK method, such as `account.createMagicURLToken`, or several if they all use this route."""
    scope: str | tuple[str, ...] = "public"
    """The caller needs one of these scopes."""
    model: str | tuple[str, ...] = "None"
    """Appwrite's name for the response model, either for all operations or one per operation.

    `None` if the response is not JSON, `Any` if its fields are unknown.
    """
    parameters: tuple[str, ...] = ()
    """For a route with several operations: the parameters of each SDK method in order, without those in the path.

    `!` marks a parameter that the method requires. By default, each operation has all parameters of the handler.
    """
    status: int | tuple[int, ...] = 0
    """Success status, or several with the usual one first. 0 means the default described in `statuses`."""
    audit: str = ""
    """Name of the event to write to the user's activity log."""
    event: str = ""
    """Pattern of the event that the call publishes: `teams.[teamId].update.prefs`."""
    writes: bool | None = None
    """Whether the handler writes.

    Set it if the HTTP method suggests the opposite: a POST that only reads, a GET that signs in.
    """
    html_errors: bool = False
    """Render errors as HTML pages, because browsers are redirected to this route."""
    project_optional: bool = False
    """Whether requests can omit the project."""
    skip_authentication: bool = False
    """Whether to skip the checks of project, origin and caller.

    Used for GraphQL, where each field's route makes these checks, and for callbacks from OAuth2 providers.
    """
    limit: RateLimit | None = None
    """Rate limit of the route."""
    alias_of: str = ""
    """Path of a different route whose calls count towards the same rate limit."""
    auth_method: str = ""
    """Authentication method that this route belongs to. Projects can disable the method."""
    group: str = ""
    """The route's group in Appwrite.

    `mfa` also allows sessions without the second factor. `mfaProtected` allows only sessions that recently completed a
    challenge. `session` allows only callers without a session.
    """
    implemented: bool = True
    """False if the handler always raises `general_not_implemented`."""
    deprecated: bool = False
    """Whether a newer path exists for this operation."""

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset({self.scope} if isinstance(self.scope, str) else self.scope)

    @cached_property
    def models(self) -> dict[str, str]:
        """Operation -> its response model."""
        operations = (self.operation,) if isinstance(self.operation, str) else self.operation
        models = (self.model,) * len(operations) if isinstance(self.model, str) else self.model
        return dict(zip(operations, models, strict=True))

    @cached_property
    def operations(self) -> tuple[str, ...]:
        return tuple(self.models)

    @property
    def service(self) -> str:
        """Name of the route's service in the project's list of disabled services."""
        return self.name.partition(".")[0].lower()

    @property
    def name(self) -> str:
        """The first operation, which is the route's name in logs and documents."""
        return self.operations[0]

    @cached_property
    def statuses(self) -> tuple[int, ...]:
        """Success statuses, by default 201 for POST, 204 for DELETE without a model, and 200 otherwise."""
        if self.status:
            return (self.status,) if isinstance(self.status, int) else self.status
        if self.method == "DELETE" and self.model == "None":
            return (204,)
        return (201,) if self.method == "POST" else (200,)

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("<"))

    @property
    def is_write(self) -> bool:
        return self.method != "GET" if self.writes is None else self.writes
