"""Signing in and out. GET shows, only POST changes anything: mail scanners follow links."""

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import intent as intents
from accounts import session
from accounts.forms import LoginForm
from accounts.http import Request
from accounts.intent import Intent, Landing
from accounts.repository import AccountRepository, SignInRepository
from biso_site import errors
from biso_site.appwrite_client import client_of_session, create_admin_client
from biso_site.next import asked_for, same_site

log = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: Request) -> HttpResponse:
    """Ask for a link. The answer is the same whether or not an account has the address."""
    next = asked_for(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next)
    form = LoginForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        intent = Intent.of(form.cleaned_data["email"], next)
        try:
            SignInRepository(create_admin_client(request)).send_link(intent.email, _callback_url(request, intent))
        except errors.Invalid:
            form.add_error("email", _("We cannot send to that address. Is every letter right?"))
        except errors.Unavailable as error:
            log.error("sending a link: %s", error)
            form.add_error(None, _("We cannot reach the place that sends the link. Try again in a minute."))
            status = 503
        else:
            response = redirect("accounts:sent")
            intents.remember(response, intent)
            return response
    return render(request, "accounts/login.html", {"form": form, "next": next}, status=status)


def _callback_url(request: Request, intent: Intent) -> str:
    """Where the mailed link leads. Its host is a setting: a request's own headers may be forged."""
    path = f"{reverse('accounts:callback')}?{urlencode({'ticket': intent.ticket()})}"
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)


@never_cache
@require_safe
def sent(request: Request) -> HttpResponse:
    """Check your e-mail."""
    intent = intents.remembered(request)
    if intent is None:
        return redirect("accounts:login")
    context = {"email": intent.email, "inbox_url": settings.INBOX_URL, "minutes": intents.MINUTES}
    return render(request, "accounts/sent.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callback(request: Request) -> HttpResponse:
    """Where the mailed link leads: GET shows whose it is, POST uses it up and signs in."""
    if "secret" in request.GET:
        return _land(request)
    landing = intents.kept_landing(request)
    if landing is None:
        return _failed(request, "incomplete")
    try:
        intent = Intent.read(landing.ticket)
    except intents.Expired as expired:
        return _failed(request, "expired", expired.intent)
    except intents.Forged:
        return _failed(request, "incomplete")
    kept = None
    # The nonce ties the button to the address above it: another link opened meanwhile must not slip under it.
    if request.method == "POST" and request.POST.get("nonce") == intent.nonce:
        try:
            return _sign_in(request, landing, intent)
        except errors.InvalidToken:
            return _failed(request, "used", intent)
        except errors.Unavailable as error:
            log.error("using a link: %s", error)
            kept = _("We cannot reach the place that signs you in. The link is not used up: try again in a minute.")
    context = {
        "email_masked": intent.email_masked,
        "same_browser": intents.is_same_browser(request, intent) and not kept,
        "fields": {"nonce": intent.nonce},
        "kept": kept,
    }
    return render(request, "accounts/callback.html", context, status=503 if kept else 200)


def _land(request: Request) -> HttpResponse:
    """Put what the link brings out of sight and show the page under its clean address. Nothing is used up."""
    response = HttpResponseRedirect(request.path)
    landing = Landing(*(request.GET.get(name, "")[:1000] for name in ("userId", "secret", "ticket")))
    intents.keep_landing(response, landing)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _sign_in(request: Request, landing: Landing, intent: Intent) -> HttpResponse:
    made = SignInRepository(create_admin_client(request)).exchange(landing.user_id, landing.secret)
    if request.appwrite_session:  # replaced, not kept beside the new one (ASVS 7.2.4)
        _end_session(request)
    response = HttpResponseRedirect(same_site(request, intent.next))
    session.sign_in(response, made)
    intents.forget(response)
    messages.success(request, _("You are signed in."))
    return response


def _failed(request: Request, reason: str, intent: Intent | None = None) -> HttpResponse:
    """What happened, and one button that starts again with the address kept."""
    context = {
        "reason": reason,
        "email": intent.email if intent else "",
        "next": intent.next if intent else "",
        "minutes": intents.MINUTES,
    }
    status = 400 if reason == "incomplete" else 410
    return render(request, "accounts/callback_failed.html", context, status=status)


@never_cache
@require_POST
def logout(request: Request) -> HttpResponse:
    """End the session here and in Appwrite. Where Appwrite is away, at least this browser forgets it."""
    if request.appwrite_session:
        _end_session(request)
    response = redirect("posts:home")
    session.sign_out(response)
    messages.success(request, _("You are signed out."))
    return response


def _end_session(request: Request) -> None:
    try:
        AccountRepository(client_of_session(request.appwrite_session)).sign_out()
    except errors.SiteError as error:
        log.warning("ending a session: %s", error)
    session.forget(request.appwrite_session)
