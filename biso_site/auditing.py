"""Audit log lines that no view writes: rejected requests, and other changes by signed-in people.

A view that knows more about a change than the URL shows writes the line itself, for example with `posts.access.record`.
"""

import logging

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.observation import Observation

audit = logging.getLogger("audit")

# Forms that change nothing in Appwrite, and the sign-in forms, because `accounts.sign_in.flow` logs sign-ins.
NO_CHANGES = {"language", "posts:preview", "accounts:login", "accounts:code", "accounts:callback"}
SAFE = ("GET", "HEAD", "OPTIONS")


def audit_response(request: HttpRequest, notes: Observation, response: HttpResponseBase) -> None:
    """Log the request if it was rejected, or if it was a successful POST by a signed-in person."""
    if notes.is_audited:
        return
    if response.status_code == 403:
        audit.info("user=%s act=refused method=%s page=%s%s", notes.user_id or "-", *_what(request, notes))
    elif notes.user_id and request.method not in SAFE and notes.page not in NO_CHANGES and _is_done(request, response):
        _, page, objects = _what(request, notes)
        audit.info("user=%s act=%s%s", notes.user_id, page.rpartition(":")[2], objects)


def _what(request: HttpRequest, notes: Observation) -> tuple[str, str, str]:
    """Return the method, the page, and the ids in the URL. Other parts of the URL may contain secrets."""
    match = request.resolver_match
    ids = {name: value for name, value in match.kwargs.items() if name.endswith("_id")} if match else {}
    names = {name: "person" if name == "user_id" else name.removesuffix("_id") for name in ids}
    return str(request.method), notes.page, "".join(f" {names[name]}={value}" for name, value in ids.items())


def _is_done(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the response is a redirect or a file, without a warning or error message for the next page.

    An HTML page means that the form is shown again, with an error.
    """
    said = getattr(getattr(request, "_messages", None), "_queued_messages", [])
    if any(message.level >= messages.WARNING for message in said):
        return False
    is_page = response.get("Content-Type", "").startswith("text/html") and not response.has_header("Location")
    return response.status_code < 400 and not is_page
