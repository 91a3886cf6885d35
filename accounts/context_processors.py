"""`user` in every template."""

from functools import partial
from typing import Any

from accounts.http import Request
from accounts.middleware import signed_out_note
from accounts.models import ANONYMOUS


def person(request: Request) -> dict[str, Any]:
    """A request may be refused before `accounts.middleware` has seen it; the page that says so is drawn for a guest.

    `signed_out_note` is a function because a session is found to have ended only when a template asks for `user`.
    """
    if not hasattr(request, "user"):
        return {"user": ANONYMOUS}
    return {"user": request.user, "signed_out_note": partial(signed_out_note, request)}
