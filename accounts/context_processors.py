"""`user` in every template."""

from typing import Any

from django.http import HttpRequest

from accounts.models import ANONYMOUS


def person(request: HttpRequest) -> dict[str, Any]:
    """A request may be refused before `accounts.middleware` has seen it; the page that says so is drawn for a guest."""
    return {"user": getattr(request, "user", ANONYMOUS)}
