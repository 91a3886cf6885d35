"""Sign-in with a Microsoft account through Appwrite's OAuth2 token flow."""

import json
import logging
from urllib.parse import urlencode

from django.conf import settings
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

# Reason for the failure -> HTTP status of the error page.
STATUS = {
    **{"cancelled": 410, "failed": 410, "expired": 410, "off": 410, "exists": 409},
    **{"blocked": 403, "elsewhere": 403, "incomplete": 400, "unavailable": 503},
}

# Appwrite's error type -> reason. All other types mean "failed".
REASONS = {
    "user_blocked": "blocked",
    # Appwrite does not trust the address that Microsoft reports, so a user who already has that address must sign in by
    # e-mail.
    "general_bad_request": "exists",
    "user_already_exists": "exists",
    "user_email_already_exists": "exists",
    "project_provider_disabled": "off",
}


@never_cache
@require_POST
def oauth(request: Request) -> HttpResponse:
    """Start a sign-in with Microsoft.

    Return a page with a meta refresh and a link instead of a redirect, because Chromium applies our form-action policy
    to every redirect after a form is submitted.
    """
    login_request = LoginRequest.of("", next_url(request))
    if not settings.MICROSOFT_SIGN_IN:
        return _page(request, "off", login_request.next)
    try:
        url = SignInRepository(create_admin_client(request)).microsoft(
            mails.callback_url(request, "accounts:oauth_callback", login_request.to_token("microsoft")),
            login_request.nonce,
        )
    except errors.SiteError as error:
        log.error("starting a sign-in with Microsoft: %s", error)
        # Appwrite returns 412 if the project's Microsoft provider is disabled or not configured.
        return _page(request, "off" if error.code == 412 else "unavailable", login_request.next)
    response = render(request, "accounts/oauth.html", {"url": url})
    cookies.set_cookie(response, OAuthState(login_request.nonce))
    return response


@never_cache
@require_safe
def oauth_callback(request: Request) -> HttpResponse:
    """Complete a sign-in with Microsoft, but only in the browser that started it.

    The secret is valid for only a minute, so this GET request exchanges it without a confirmation page. The nonce in
    the URL must match the browser's cookie: otherwise another site could sign a visitor in as someone else. After a
    failure, redirect to remove the parameters from the URL.
    """
    if request.GET.get("reason") in STATUS:
        return _page(request, request.GET["reason"], next_url(request))
    try:
        login_request = LoginRequest.from_token(request.GET.get(PARAMETER, ""), "microsoft")
    except ExpiredTokenError as expired:
        return _failed(request, "expired", expired.login_request)
    except ForgedTokenError:
        return _failed(request, "incomplete")
    state = request.GET.get("state", login_request.nonce)  # older servers do not return `state`
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
        log.error("completing a sign-in with Microsoft: %s", error)
        return _failed(request, "unavailable", login_request)


def _reason(error: str) -> str:
    try:
        details = json.loads(error)
    except ValueError:
        return "failed"
    if not isinstance(details, dict):
        return "failed"
    kind = str(details.get("type"))
    # Appwrite uses one type for all provider errors; the message contains OAuth's error code `access_denied`.
    if kind == "user_oauth2_provider_error" and "access_denied" in str(details.get("message")):
        return "cancelled"
    return REASONS.get(kind, "failed")


def _failed(request: Request, reason: str, login_request: LoginRequest | None = None) -> HttpResponse:
    """Redirect to the error page for `reason`. The page's URL contains no token."""
    flow.refuse(reason)
    query = {"reason": reason} | ({"next": login_request.next} if login_request else {})
    response = HttpResponseRedirect(f"{request.path}?{urlencode(query)}")
    response["Referrer-Policy"] = "no-referrer"
    return response


def _page(request: Request, reason: str, next: str) -> HttpResponse:
    """Show the reason for the failure, and how to sign in instead."""
    context = {"reason": reason, "next": next}
    return render(request, "accounts/oauth_failed.html", context, status=STATUS[reason])
