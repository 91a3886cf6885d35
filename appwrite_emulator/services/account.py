"""The account of the signed-in user."""

from typing import Any

from appwrite_emulator.callers import Request


def get(request: Request) -> dict[str, Any]:
    """GET /account."""
    return {"$id": request.caller.user.id}
