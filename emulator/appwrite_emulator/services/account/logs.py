"""The user's own activity log."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.http.parameters import Boolean, accepts
from appwrite_emulator.services import activity_log


@accepts(queries=activity_log.QUERIES, total=Boolean(default=True))
def list_logs(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /account/logs: list entries, newest first. Only `limit` and `offset` queries are supported."""
    return activity_log.page(request, request.user.logs.all(), queries, total=total)
