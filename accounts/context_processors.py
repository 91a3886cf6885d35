"""`user` in every template."""

from typing import Any

from accounts.http import Request


def person(request: Request) -> dict[str, Any]:
    return {"user": request.user}
