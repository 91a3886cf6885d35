"""The number of users and sessions over time."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.db.models import Session, User
from appwrite_emulator.http.parameters import accepts
from appwrite_emulator.services import usage


@accepts(range=usage.RANGE)
def get_usage(request: Request, *, range: str) -> dict[str, Any]:
    """GET /users/usage."""
    return usage.report(range, users=usage.count(User.objects.all()), sessions=usage.count(Session.objects.all()))
