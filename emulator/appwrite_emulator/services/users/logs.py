"""A user's activity log."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.http.parameters import Boolean, accepts
from appwrite_emulator.services import activity_log
from appwrite_emulator.services.users.lookup import find_user


@accepts(queries=activity_log.QUERIES, total=Boolean(default=True))
def list_logs(request: Request, *, user_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /users/{id}/logs: list entries, newest first. Only `limit` and `offset` queries are supported."""
    return activity_log.page(request, find_user(user_id).logs.all(), queries, total=total)
