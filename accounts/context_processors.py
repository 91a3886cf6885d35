"""Add `user` and `signed_out_note` to every template."""

from functools import partial
from typing import Any

from accounts.models import ANONYMOUS
from accounts.request import Request, signed_out_note


def person(request: Request) -> dict[str, Any]:
    """Return the person behind the request; a guest if the request was refused before `accounts.middleware` saw it.

    `signed_out_note` is a function, because only reading `user` shows whether the session has ended.
    """
    if not hasattr(request, "user"):
        return {"user": ANONYMOUS}
    return {"user": request.user, "signed_out_note": partial(signed_out_note, request)}
