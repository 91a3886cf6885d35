"""Write the audit log lines for rejected requests, and for changes by signed-in people that no view has logged.

If a view knows more about a change than the URL shows, it writes the line itself, for example with
`posts.access.record`.
"""

import logging

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.observation import Observation

audit = logging.getLogger("audit")

# Pages whose forms are not logged here: they change nothing in Appwrite, or `accounts.sign_in.flow` logs them.
NO_CHANGES = {"language", "posts:preview", "accounts:login", "accounts:code", "accounts:callback"}
SAFE = ("GET", "HEAD", "OPTIONS")


def audit_response(request: HttpRequest, notes: Observation, response: HttpResponseBase) -> None:
    """Log the request if the response is a 403, or if a signed-in person successfully changed something."""
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
