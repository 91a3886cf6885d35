"""Signing in with a Microsoft account, through Appwrite's token flow."""

import json
import logging
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.repositories.sign_in import SignInRepository
from accounts.request import Request
from accounts.sign_in import cookies, flow, mails
from accounts.sign_in.login_request import PARAMETER, ExpiredTokenError, ForgedTokenError, LoginRequest
from accounts.sign_in.pending import OAuthState
from core import errors
from core.appwrite_client import create_admin_client
from core.next_url import next_url

log = logging.getLogger(__name__)

# Reason for the failure -> HTTP status of the page.
STATUS = {
    **{"cancelled": 410, "failed": 410, "expired": 410, "off": 410, "exists": 409},
    **{"blocked": 403, "elsewhere": 403, "incomplete": 400, "unavailable": 503},
}

# Appwrite's error type -> reason. All other types are "failed".
REASONS = {
    "user_blocked": "blocked",
    # An address from Microsoft counts as unverified, so a user who already has it must sign in by e-mail.
    "general_bad_request": "exists",
    "user_already_exists": "exists",
    "user_email_already_exists": "exists",
    "project_provider_disabled": "off",
}


@never_cache
@require_POST
def oauth(request: Request) -> HttpResponse:
    """Start signing in at Microsoft.

    The response is a page with a refresh and a link, not a redirect, because Chromium applies our form-action to every
    redirect after a form.
    """
    login_request = LoginRequest.of("", next_url(request))
    try:
        url = SignInRepository(create_admin_client(request)).microsoft(
            mails.callback_url(request, "accounts:oauth_callback", login_request.to_token("microsoft")),
            login_request.nonce,
        )
    except errors.SiteError as error:
        log.error("starting the sign-in at Microsoft: %s", error)
        # Appwrite answers 412 if Microsoft is disabled or not set up in the project.
        return _page(request, "off" if error.code == 412 else "unavailable", login_request.next)
    response = render(request, "accounts/oauth.html", {"url": url})
    cookies.set_cookie(response, OAuthState(login_request.nonce))
    return response


@never_cache
@require_safe
def oauth_callback(request: Request) -> HttpResponse:
    """Sign in with Microsoft's response, and only in the browser that started.

    The secret is valid for a minute, so this GET exchanges it without asking. The nonce in the URL must be that of the
    browser's cookie; otherwise another site could sign a visitor in as another person. After a failure, the visitor is
    redirected, so that the URL no longer has the parameters.
    """
    if request.GET.get("reason") in STATUS:
        return _page(request, request.GET["reason"], next_url(request))
    try:
        login_request = LoginRequest.from_token(request.GET.get(PARAMETER, ""), "microsoft")
    except ExpiredTokenError as expired:
        return _failed(request, "expired", expired.login_request)
    except ForgedTokenError:
        return _failed(request, "incomplete")
    state = request.GET.get("state", login_request.nonce)  # servers older than `state` do not send it back
    if not cookies.has_oauth_state(request, login_request) or not constant_time_compare(state, login_request.nonce):
        return _failed(request, "elsewhere", login_request)
    if "error" in request.GET:
        return _failed(request, _reason(request.GET["error"]), login_request)
    if not request.GET.get("secret") or not request.GET.get("userId"):
        return _failed(request, "incomplete", login_request)
    try:
        return flow.sign_in(request, request.GET["userId"][:1000], request.GET["secret"][:5000], login_request)
    except errors.InvalidTokenError:
        return _failed(request, "expired", login_request)
    except errors.UnavailableError as error:
        log.error("signing in with Microsoft's response: %s", error)
        return _failed(request, "unavailable", login_request)


def _reason(error: str) -> str:
    try:
        details = json.loads(error)
    except ValueError:
        return "failed"
    if not isinstance(details, dict):
        return "failed"
    kind = str(details.get("type"))
    # Appwrite has one type for all of a provider's errors; OAuth's own code for "cancelled" is in the message.
    if kind == "user_oauth2_provider_error" and "access_denied" in str(details.get("message")):
        return "cancelled"
    return REASONS.get(kind, "failed")


def _failed(request: Request, reason: str, login_request: LoginRequest | None = None) -> HttpResponse:
    """Redirect to the page for this failure, under a URL without a token."""
    query = {"reason": reason} | ({"next": login_request.next} if login_request else {})
    response = HttpResponseRedirect(f"{request.path}?{urlencode(query)}")
    response["Referrer-Policy"] = "no-referrer"
    return response


def _page(request: Request, reason: str, next: str) -> HttpResponse:
    """Show what failed, and how to sign in instead."""
    context = {"reason": reason, "next": next}
    return render(request, "accounts/oauth_failed.html", context, status=STATUS[reason])
