"""Stand-in for Microsoft's sign-in: choose a persona, consent, cancel, or let the sign-in fail."""

import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from appwrite_emulator.admin.rendering import page
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import OAuth2Code
from appwrite_emulator.db.state import writing

CALLBACK = "/v1/account/sessions/oauth2/callback/microsoft/"
CANCELLED = {"error": "access_denied", "error_description": "The user has denied access."}
FAILED = {"error": "server_error", "error_description": "The sign-in failed, as requested."}


@dataclass(frozen=True)
class Persona:
    name: str
    email: str


PERSONAS = (
    Persona("Ingrid Berg", "ingrid.berg@example.com"),
    Persona("Jonas Haugen", "jonas.haugen@example.com"),
    Persona("Noor Rahman", "noor.rahman@example.com"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def authorize(http: HttpRequest) -> HttpResponse:
    """/_emulator/microsoft/authorize: choose a persona, consent, then redirect back to the callback."""
    sent = http.POST if http.method == "POST" else http.GET
    redirect_uri, state = sent.get("redirect_uri", ""), sent.get("state", "")
    if not _is_ours(http, redirect_uri):
        return page(
            "message",
            status=400,
            heading="Invalid redirect",
            sentence="The redirect URI must be this emulator's OAuth2 callback.",
        )
    context = {"redirect_uri": redirect_uri, "state": state, "scope": sent.get("scope", "")}
    person = Persona(sent.get("name", "").strip()[:128], sent.get("email", "").strip()[:320].lower())
    act = sent.get("act") if http.method == "POST" else ""
    if act == "choose" and "@" in person.email:
        return page("microsoft", person=person, scopes=context["scope"].split(), **context)
    if act == "accept" and "@" in person.email:
        return HttpResponseRedirect(with_query(redirect_uri, {"code": _code_for(person), "state": state}))
    if act in ("cancel", "fail"):
        error = CANCELLED if act == "cancel" else FAILED
        return HttpResponseRedirect(with_query(redirect_uri, {**error, "state": state}))
    return page("microsoft", people=PERSONAS, **context)


def _is_ours(http: HttpRequest, redirect_uri: str) -> bool:
    """Return whether the redirect URI is our own callback; like the real page, send codes nowhere else."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    return parts.netloc == http.get_host() and parts.path.startswith(CALLBACK)


def _code_for(person: Persona) -> str:
    code = secrets.token_urlsafe(32)
    uid = hashlib.sha256(person.email.encode()).hexdigest()[:16]  # the same for every sign-in of this persona
    with writing():
        OAuth2Code.objects.create(code=code, provider="microsoft", uid=uid, email=person.email, name=person.name)
    return code
