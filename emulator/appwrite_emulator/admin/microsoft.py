"""Stand-in for Microsoft's sign-in: choose a persona, consent, cancel, or let the sign-in fail."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from appwrite_emulator.admin.rendering import render_page
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
    parameters = http.POST if http.method == "POST" else http.GET
    redirect_uri, state = parameters.get("redirect_uri", ""), parameters.get("state", "")
    if not _is_callback(http, redirect_uri):
        return render_page(
            "message",
            status=400,
            heading="Invalid redirect URI",
            sentence="The redirect URI must be this emulator's OAuth2 callback.",
        )
    context: dict[str, Any] = {"redirect_uri": redirect_uri, "state": state, "scope": parameters.get("scope", "")}
    persona = Persona(parameters.get("name", "").strip()[:128], parameters.get("email", "").strip()[:320].lower())
    act = parameters.get("act") if http.method == "POST" else ""
    if act == "choose" and "@" in persona.email:
        return render_page("microsoft", persona=persona, scopes=context["scope"].split(), **context)
    if act == "accept" and "@" in persona.email:
        return HttpResponseRedirect(with_query(redirect_uri, {"code": _code_for(persona), "state": state}))
    if act in ("cancel", "fail"):
        error = CANCELLED if act == "cancel" else FAILED
        return HttpResponseRedirect(with_query(redirect_uri, {**error, "state": state}))
    return render_page("microsoft", personas=PERSONAS, **context)


def _is_callback(http: HttpRequest, redirect_uri: str) -> bool:
    """Return whether the redirect URI is our own callback; like the real page, send codes nowhere else."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    return parts.netloc == http.get_host() and parts.path.startswith(CALLBACK)


def _code_for(persona: Persona) -> str:
    code = secrets.token_urlsafe(32)
    uid = hashlib.sha256(persona.email.encode()).hexdigest()[:16]  # the same for every sign-in of this persona
    with writing():
        OAuth2Code.objects.create(code=code, provider="microsoft", uid=uid, email=persona.email, name=persona.name)
    return code
