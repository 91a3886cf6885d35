"""A context processor that adds `user` and `signed_out_note` to the context of every template."""

from functools import partial
from typing import Any

from accounts.models import ANONYMOUS
from accounts.request import Request, signed_out_note


def person(request: Request) -> dict[str, Any]:
    """Return `user` and `signed_out_note`. If `accounts.middleware` did not run, return only `user`, as a guest.

    `signed_out_note` is a function, because the site does not notice that a session has ended until `user` is read.
    """
    if not hasattr(request, "user"):
        return {"user": ANONYMOUS}
    return {"user": request.user, "signed_out_note": partial(signed_out_note, request)}
