"""The page that replaces OAuth2 providers' sign-in pages: choose a user, consent, cancel, or make the sign-in fail."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_http_methods

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.auth.oauth_catalogue import PROVIDERS, Definition
from appwrite_emulator.common.hosts import public_address_of
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import OAuth2Code
from appwrite_emulator.db.state import writing

CALLBACK = "/v1/account/sessions/oauth2/callback"
CANCELLED = {"error": "access_denied", "error_description": "The user has denied access."}
FAILED = {"error": "server_error", "error_description": "The sign-in failed, as requested."}


@dataclass(frozen=True)
class Persona:
    """A user of the provider. `verified`: whether the provider reports that the e-mail address is verified."""

    name: str
    email: str
    verified: bool = True


PERSONAS = (
    Persona("Ingrid Berg", "ingrid.berg@example.com"),
    Persona("Jonas Haugen", "jonas.haugen@example.com"),
    Persona("Noor Rahman", "noor.rahman@example.com"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def authorize(http: HttpRequest, provider: str) -> HttpResponse:
    """/_emulator/oauth2/PROVIDER/authorize: let the user choose an account, and redirect to the callback."""
    parameters = http.POST if http.method == "POST" else http.GET
    redirect_uri, state = parameters.get("redirect_uri", ""), parameters.get("state", "")
    definition = PROVIDERS.get(provider)
    if definition is None or not _is_callback(http, redirect_uri, provider):
        return render_page(
            "message",
            status=400,
            heading="Invalid redirect URI",
            sentence="The redirect URI must be this emulator's OAuth2 callback, for a provider that Appwrite supports.",
        )
    context: dict[str, Any] = {
        "provider": definition,
        "redirect_uri": redirect_uri,
        "state": state,
        "scope": parameters.get("scope", ""),
    }
    persona = _chosen(parameters)
    act = parameters.get("act") if http.method == "POST" else ""
    if act == "choose" and "@" in persona.email:
        return render_page("oauth2_provider", persona=persona, scopes=context["scope"].split(), **context)
    if act == "accept" and "@" in persona.email:
        return HttpResponseRedirect(with_query(redirect_uri, {"code": _code_for(definition, persona), "state": state}))
    if act in ("cancel", "fail"):
        error = CANCELLED if act == "cancel" else FAILED
        return HttpResponseRedirect(with_query(redirect_uri, {**error, "state": state}))
    return render_page("oauth2_provider", personas=PERSONAS, **context)


def _chosen(parameters: QueryDict) -> Persona:
    name, email = parameters.get("name", "").strip()[:128], parameters.get("email", "").strip()[:320].lower()
    return Persona(name, email, verified="unverified" not in parameters)


def _is_callback(http: HttpRequest, redirect_uri: str, provider: str) -> bool:
    """Return whether the redirect URI is the emulator's callback. Codes must not be sent anywhere else."""
    try:
        parts = urlsplit(redirect_uri)
    except ValueError:
        return False
    return parts.netloc == public_address_of(http) and parts.path.startswith(f"{CALLBACK}/{provider}/")


def _code_for(definition: Definition, persona: Persona) -> str:
    """Issue an authorization code, which can be exchanged for the user data that this provider returns."""
    code = secrets.token_urlsafe(32)
    with writing():
        OAuth2Code.objects.create(
            code=code,
            provider=definition.name,
            uid=_uid(definition.uid, persona.email),
            email=persona.email,
            name=persona.name if definition.gives_name else "",
            verified=definition.verifies and persona.verified,
        )
    return code


def _uid(form: str, email: str) -> str:
    """Return the user's ID in the provider's format. It is the same for every sign-in of this user."""
    digest = hashlib.sha256(email.encode()).hexdigest()
    digits = str(int(digest, 16))
    return "".join({"x": digest[n], "#": digits[n]}.get(sign, sign) for n, sign in enumerate(form))
