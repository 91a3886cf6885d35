"""The request as our views know it, once `accounts.middleware` has seen it."""

from django.http import HttpRequest

from accounts.models import User


class Request(HttpRequest):
    """For annotations only; at run time it is Django's own HttpRequest with these set."""

    user: User  # type: ignore[assignment]
    appwrite_session: str  # the session's secret; "" for a guest
    session_ended: bool  # True if the request came with a session that has ended
    is_blocked: bool  # True if it ended because the person is blocked
