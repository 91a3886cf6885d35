"""Signing in by mailed link or code, and out. GET shows, only POST changes anything: mail scanners follow links."""

import logging
import secrets
from typing import TypeGuard
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import csrf, pending_sign_outs, session
from accounts import intent as intents
from accounts.forms import CodeForm, LoginForm
from accounts.intent import Asked, Intent, Kind, Landing, Started
from accounts.repositories.invitations import Invitation
from accounts.repositories.sign_in import SignIn, SignInRepository, UnfinishedError
from accounts.request import Request
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from core.formats import in_words
from core.next_url import absolute, asked_for, in_language, same_site

log = logging.getLogger(__name__)

# For the page that looks exactly as if a mail had been sent: Appwrite's phrases are an adjective and a noun, too.
ADJECTIVES = ("Amber", "Calm", "Clear", "Early", "Gentle", "Kind", "Light", "Quiet", "Silver", "Still", "Warm")
NOUNS = ("Birch", "Dawn", "Fern", "Harbour", "Island", "Lake", "Maple", "Ocean", "Pine", "River", "Salt", "Willow")


# -- asking -----------------------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: Request) -> HttpResponse:
    """Ask for a link or a code. The answer is the same whether or not an account has the address."""
    next = asked_for(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next)
    form = LoginForm(request.POST if request.method == "POST" else None)
    status, stopped = 200, errors.SiteError()
    if form.is_valid():
        kind: Kind = "code" if request.POST.get("act") == "code" else "link"
        try:
            return _send(request, Intent.of(form.cleaned_data["email"], next), kind)
        except errors.Invalid as error:
            log.warning("sending a %s: %s", kind, error)
            form.add_error("email", _("We cannot send to that address. Is every letter right?"))
        except errors.Limited as error:
            form.add_error(None, error.sentence)
            status, stopped = 429, error
        except errors.Unavailable as error:
            log.error("sending a %s: %s", kind, error)
            form.add_error(
                None,
                _("The e-mail may be on its way; we got no answer. Look in your inbox, or try again in a minute.")
                if error.may_have_happened
                else _("We can’t reach our mail service. Try again in a minute."),
            )
            status, stopped = 503, error
    page = render(request, "accounts/login.html", {"form": form, "next": next}, status=status)
    return errors.with_retry_after(page, stopped)


def _send(request: Request, intent: Intent, kind: Kind) -> HttpResponse:
    """Have the mail sent, and let this browser remember that it asked. Raises Limited where this client asks too often;
    an address that is asked for too often gets no mail and the same answer."""
    before = intents.kept(request, Asked)
    page = redirect("accounts:code" if kind == "code" else "accounts:sent")
    if _still_good(before, intent, kind) and before.cool_down:
        return page  # pressed twice: the first mail is on its way
    rate_limits.SENDS_PER_CLIENT.require(rate_limits.client_address(request))
    # The short limit first: what it refuses is not sent, so it must not use up the day.
    if rate_limits.SENDS_PER_ADDRESS.take(intent.email) or rate_limits.SENDS_PER_ADDRESS_A_DAY.take(intent.email):
        asked = _as_if_sent(before, intent, kind)
    else:
        try:
            asked = _send_mail(request, intent, kind)
        except errors.SiteError:
            rate_limits.SENDS_PER_ADDRESS.give_back(intent.email)
            rate_limits.SENDS_PER_ADDRESS_A_DAY.give_back(intent.email)
            raise
    intents.keep(page, asked)
    return page


def _send_mail(request: Request, intent: Intent, kind: Kind) -> Asked:
    sender = SignInRepository(create_admin_client(request))
    if kind == "code":
        token = sender.send_code(intent.email)
        intents.remember_code(intent, token.secret)
    else:
        token = sender.send_link(intent.email, callback_url(request, "accounts:callback", intent.ticket("link")))
    return Asked(kind, intent.ticket("browser"), token.phrase)


def _still_good(before: Asked | None, intent: Intent, kind: Kind) -> TypeGuard[Asked]:
    """Whether this browser has asked for just this before, and what it was sent can still be used."""
    try:
        return (
            before is not None
            and (before.kind, before.intent.email, before.intent.next) == (kind, intent.email, intent.next)
            and not _is_used_up(before)
        )
    except (intents.Expired, intents.Forged):
        return False


def _is_used_up(before: Asked) -> bool:
    return before.kind == "code" and rate_limits.TRIES_PER_CODE.left(before.intent.nonce) == 0


def _as_if_sent(before: Asked | None, intent: Intent, kind: Kind) -> Asked:
    """What the browser would remember if a mail had gone out. The last code really sent to it goes on working."""
    if _still_good(before, intent, kind):
        return Asked(kind, before.ticket, before.phrase)
    phrase = f"{secrets.choice(ADJECTIVES)} {secrets.choice(NOUNS)}"
    return Asked(kind, intent.ticket("browser"), phrase)


def callback_url(request: Request, page: str, ticket: str) -> str:
    """The address of `page` with this ticket. Its host is a setting: a request's own headers may be forged."""
    return absolute(request, f"{reverse(page)}?{urlencode({'ticket': ticket})}")


@never_cache
@require_safe
def sent(request: Request) -> HttpResponse:
    """Check your e-mail: a link is on its way."""
    asked = intents.kept(request, Asked)
    if asked is None:
        return redirect("accounts:login")
    return _waiting(request, asked, "accounts/sent.html", {})


def _waiting(
    request: Request, asked: Asked, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """The pages on which one waits for a mail: whom it goes to, which words stand in it, and asking again."""
    try:
        intent = asked.intent
    except intents.Expired as expired:
        return failed(request, "expired", expired.intent, asked.kind)
    except intents.Forged:
        return redirect("accounts:login")
    about = {
        "asked": intents.sealed(asked),
        "email": intent.email,
        "next": intent.next,
        "phrase": asked.phrase,
        "cool_down": asked.cool_down,
        "inbox_url": settings.INBOX_URL,
        "minutes": intents.MINUTES,
    }
    return render(request, template, about | context, status=status)


# -- the typed code ---------------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: Request) -> HttpResponse:
    """Type the mailed code. The form says itself which one: another tab may have asked for something else since."""
    asked = intents.opened(request.POST.get("asked", ""), Asked) or intents.kept(request, Asked)
    if asked is None or asked.kind != "code":
        return redirect("accounts:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    status, tries_left, stopped = 200, 0, errors.SiteError()
    if form.is_valid():
        try:
            intent = asked.intent
            tries_left = _take_try(request, asked, intent)
            code = form.cleaned_data["code"]
            made = SignInRepository(create_admin_client(request)).exchange_code(
                intent.email, code, mailed_here=intents.is_mailed_code(intent, code)
            )
            return signed_in(request, made, intent.next)
        except (intents.Expired, intents.Forged):
            pass  # _waiting says so
        except errors.InvalidToken:
            if not tries_left:
                return failed(request, "tries", intent, "code")
            form.add_error("code", _wrong_code(tries_left))
        except errors.Limited as error:
            form.add_error(None, error.sentence)
            status, stopped = 429, error
        except UnfinishedError as error:
            log.error("using a code: %s", error)
            return failed(request, "unfinished", intent, "code")
        except errors.Unavailable as error:
            log.error("using a code: %s", error)
            _give_try_back(request, intent)
            form.add_error(
                None,
                _(
                    "We got no answer. The code still works unless it has been used: "
                    "try again in a minute, or get a new one."
                )
                if error.may_have_happened
                else _("We can’t reach our sign-in service. The code still works: try again in a minute."),
            )
            status, stopped = 503, error
    return errors.with_retry_after(_waiting(request, asked, "accounts/code.html", {"form": form}, status), stopped)


def _take_try(request: Request, asked: Asked, intent: Intent) -> int:
    """Count a try before it is made; returns how many are left after it. Raises InvalidToken where the code has none
    left, and Limited where this client, or all of them for this address, try too often."""
    if rate_limits.TRIES_PER_CODE.take(intent.nonce):
        raise errors.InvalidToken
    rate_limits.TRIES_PER_CLIENT.require(rate_limits.client_address(request))
    rate_limits.TRIES_PER_ADDRESS.require(intent.email)
    return rate_limits.TRIES_PER_CODE.left(intent.nonce)


def _give_try_back(request: Request, intent: Intent) -> None:
    """A try that Appwrite did not judge is none."""
    rate_limits.TRIES_PER_CODE.give_back(intent.nonce)
    rate_limits.TRIES_PER_CLIENT.give_back(rate_limits.client_address(request))
    rate_limits.TRIES_PER_ADDRESS.give_back(intent.email)


def _wrong_code(left: int) -> str:
    return ngettext("Wrong code. You have one attempt left.", "Wrong code. You have %(left)s attempts left.", left) % {
        "left": in_words(left)
    }


# -- the mailed link --------------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callback(request: Request) -> HttpResponse:
    """Where the mailed link leads: GET shows whose it is, POST uses it up and signs in."""
    if "secret" in request.GET:
        landing = Landing(*(request.GET.get(name, "")[:3000] for name in ("userId", "secret", "ticket")))
        return land(request, landing)
    landing_kept = intents.kept(request, Landing)
    if landing_kept is None and request.user.is_authenticated:
        return redirect("posts:home")  # somebody went back to it
    if landing_kept is None:
        return failed(request, "incomplete")
    try:
        intent = Intent.read(landing_kept.ticket, "link")
    except intents.Expired as expired:
        return failed(request, "expired", expired.intent)
    except intents.Forged:
        return failed(request, "incomplete")
    kept = None
    # The nonce ties the button to the address above it: another link opened meanwhile must not slip under it.
    if request.method == "POST" and request.POST.get("nonce") == intent.nonce:
        try:
            return sign_in(request, landing_kept.user_id, landing_kept.secret, intent)
        except errors.InvalidToken:
            return failed(request, "used", intent)
        except UnfinishedError as error:
            log.error("using a link: %s", error)
            return failed(request, "unfinished", intent)
        except errors.Unavailable as error:
            log.error("using a link: %s", error)
            kept = (
                _(
                    "We got no answer. The link still works unless it has been used: "
                    "try again in a minute, or get a new one."
                )
                if error.may_have_happened
                else _("We can’t reach our sign-in service. The link still works: try again in a minute.")
            )
    context = {
        "email_masked": intent.email_masked,
        "same_browser": intents.is_same_browser(request, intent) and not kept,
        "fields": {"nonce": intent.nonce},
        "kept": kept,
    }
    return render(request, "accounts/callback.html", context, status=503 if kept else 200)


def land(request: Request, what: Landing | Invitation) -> HttpResponse:
    """Put what a link brings out of sight and show the page under its clean address. Nothing is used up."""
    response = HttpResponseRedirect(request.path)
    intents.keep(response, what)
    response["Referrer-Policy"] = "no-referrer"
    return response


def failed(request: Request, reason: str, intent: Intent | None = None, kind: Kind = "link") -> HttpResponse:
    """What happened, and one button that starts again with the address kept.

    `reason`: `expired`, `used`, `unfinished` (used up, but Appwrite failed), `tries` (too many wrong codes) or
    `incomplete`.
    """
    context = {
        "reason": reason,
        "kind": kind,
        "email": intent.email if intent else "",
        # Another browser may be a stranger's who has the link: the page must not tell them the address.
        "asked_here": bool(intent and intents.is_same_browser(request, intent)),
        "next": intent.next if intent else "",
        "minutes": intents.MINUTES,
    }
    status = {"incomplete": 400, "tries": 429, "unfinished": 503}.get(reason, 410)
    response = render(request, "accounts/callback_failed.html", context, status=status)
    if reason in ("used", "unfinished"):
        intents.forget(response, Asked)  # its mail is used up, so another one is sent at once
    return response


# -- in and out -------------------------------------------------------------------------------------------------------
def sign_in(request: Request, user_id: str, secret: str, intent: Intent) -> HttpResponse:
    """Use up `secret` and sign in. Raises InvalidToken, Unavailable, UnfinishedError."""
    repository = SignInRepository(create_admin_client(request))
    return signed_in(request, repository.exchange(user_id, secret, intent.email or None), intent.next)


def signed_in(request: Request, made: SignIn, next: str) -> HttpResponse:
    """Go on to `next` with the session `made`. One that was there before is ended, not kept beside it (ASVS 7.2.4)."""
    if not made.account.status:  # Appwrite makes a session for a blocked person, too, and refuses its first use
        response = turned_away(request, next)
    else:
        response = _led_on(request, next)
        session.sign_in(response, made.session)
        session.remember(made.session.secret, made.account)
        csrf.rotate(request, response)
        pending_sign_outs.finish(made.account.id)
        messages.success(request, _("You are signed in."))
    if request.appwrite_session:
        end_session(request, response)
    return response


def turned_away(request: Request, next: str) -> HttpResponse:
    """Go on to `next` as a guest, and told why: the person is blocked."""
    response = _led_on(request, next)
    session.sign_out(response)
    messages.error(request, _("Your account is blocked, so you are signed out. You can go on reading."))
    return response


def _led_on(request: Request, next: str) -> HttpResponse:
    # In the language of this page: perhaps another was chosen on the way.
    response = HttpResponseRedirect(in_language(same_site(request, next), get_language()))
    intents.forget(response, Asked, Started, Landing)
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_POST
def logout(request: Request) -> HttpResponse:
    """End the session here and in Appwrite; while Appwrite is away, only here, and there as soon as possible."""
    response = redirect("posts:home")
    session.sign_out(response)
    if not request.appwrite_session or end_session(request, response):
        messages.success(request, _("You are signed out."))
    else:
        messages.warning(
            request,
            _(
                "You are signed out in this browser. We couldn’t reach the server, so your session may still be active "
                "there. We’ll end it when you next visit or sign in, within 24 hours."
            ),
        )
    return response


def end_session(request: Request, response: HttpResponse) -> bool:
    """End the session of this request, or keep it to be ended later. Return whether it has ended."""
    cookie = session.read_cookie(request)
    ended = pending_sign_outs.end(cookie)
    if not ended:
        pending_sign_outs.postpone(response, cookie)
    session.forget(cookie.secret)
    return ended
