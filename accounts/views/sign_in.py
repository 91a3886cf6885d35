"""Sign-in with an e-mailed link or code, and sign-out. Only POST has side effects, because mail scanners open links."""

import logging

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import session
from accounts.forms import CodeForm, LoginForm
from accounts.repositories.sign_in import SignInRepository, UnfinishedError
from accounts.request import Request
from accounts.sign_in import browsers, codes, cookies, flow, mails
from accounts.sign_in.login_request import MINUTES, PARAMETER, ExpiredTokenError, ForgedTokenError, Kind, LoginRequest
from accounts.sign_in.pending import PendingCallback, PendingLogin
from core import errors
from core.appwrite_client import create_admin_client
from core.formats import in_words
from core.next_url import next_url

log = logging.getLogger(__name__)


# -- requesting an e-mail ----------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: Request) -> HttpResponse:
    """Show the sign-in form (GET), or send a link or code (POST). Do not reveal whether the address has an account."""
    destination = next_url(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(destination)
    form = LoginForm(request.POST if request.method == "POST" else None)
    failure: errors.SiteError | None = None
    status = 200
    if form.is_valid():
        kind: Kind = "code" if request.POST.get("act") == "code" else "link"
        try:
            pending_login = mails.send(request, LoginRequest.of(form.cleaned_data["email"], destination), kind)
            response = redirect("accounts:code" if kind == "code" else "accounts:sent")
            browsers.set_browser_cookie(request, response)
            if pending_login:
                cookies.set_cookie(response, pending_login)
            return response
        except errors.InvalidInputError as error:
            log.warning("sending a %s: %s", kind, error)
            form.add_error("email", _("We can’t send to that address. Check the spelling."))
        except errors.RateLimitedError as error:
            form.add_error(None, error.sentence)
            status, failure = 429, error
        except errors.UnavailableError as error:
            sentence = _outage(
                f"sending a {kind}",
                error,
                unclear=_(
                    "The e-mail may be on its way, but the server didn’t respond. "
                    "Look in your inbox, or try again in a minute."
                ),
                otherwise=_("We can’t reach our mail service. Try again in a minute."),
            )
            form.add_error(None, sentence)
            status, failure = 503, error
    page = render(
        request,
        "accounts/login.html",
        {"form": form, "next": destination, "microsoft": settings.MICROSOFT_SIGN_IN},
        status=status,
    )
    browsers.set_browser_cookie(request, page)
    return errors.with_retry_after(page, failure)


@never_cache
@require_safe
def sent(request: Request) -> HttpResponse:
    """Show the page that tells the visitor to open the link in the e-mail."""
    pending_login = cookies.read_cookie(request, PendingLogin)
    if pending_login is None:
        return redirect("accounts:login")
    return _waiting(request, pending_login, "accounts/sent.html", {})


def _waiting(
    request: Request, pending_login: PendingLogin, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """Show a page for a visitor who is waiting for an e-mail, with the address, the phrase and a resend button."""
    try:
        login_request = pending_login.login_request
    except ExpiredTokenError as expired:
        return _failed(request, "expired", expired.login_request, pending_login.kind)
    except ForgedTokenError:
        return redirect("accounts:login")
    mail = {
        "pending_login": cookies.sign(pending_login),
        "email": login_request.email,
        "next": login_request.next,
        "phrase": pending_login.phrase,
        "cool_down": pending_login.cool_down,
        "inbox_url": settings.INBOX_URL,
        "minutes": MINUTES,
    }
    return render(request, template, mail | context, status=status)


# -- the code ----------------------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: Request) -> HttpResponse:
    """Show the form for the e-mailed code (GET), or sign in with the code (POST).

    The form contains the pending login, because a sign-in in another tab may have replaced the cookie.
    """
    in_form = cookies.unsign(request.POST.get("pending_login", ""), PendingLogin)
    pending_login = in_form or cookies.read_cookie(request, PendingLogin)
    if pending_login is None or pending_login.kind != "code":
        return redirect("accounts:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    failure: errors.SiteError | None = None
    status, tries_left = 200, 0
    if form.is_valid():
        try:
            login_request = pending_login.login_request
            tries_left = codes.take_try(request, login_request)
            typed_code = form.cleaned_data["code"]
            completed = SignInRepository(create_admin_client(request)).exchange_code(
                login_request.email, typed_code, mailed_here=codes.is_mailed_code(login_request, typed_code)
            )
            browsers.give_try_back(request)
            return flow.complete(request, completed, login_request.next)
        except (ExpiredTokenError, ForgedTokenError):
            pass  # _waiting handles the expired or forged token
        except errors.InvalidTokenError:
            if tries_left:
                flow.refuse("code")
            else:
                return _failed(request, "tries", login_request, "code")
            form.add_error("code", _wrong_code(tries_left))
        except errors.RateLimitedError as error:
            form.add_error(None, error.sentence)
            status, failure = 429, error
        except UnfinishedError as error:
            log.error("using a code: %s", error)
            return _failed(request, "unfinished", login_request, "code")
        except errors.UnavailableError as error:
            codes.give_try_back(request, login_request)
            sentence = _outage(
                "using a code",
                error,
                unclear=_(
                    "The server didn’t respond. The code still works unless it has been used: "
                    "try again in a minute, or get a new one."
                ),
                otherwise=_("We can’t reach our sign-in service. The code still works: try again in a minute."),
            )
            form.add_error(None, sentence)
            status, failure = 503, error
    page = _waiting(request, pending_login, "accounts/code.html", {"form": form}, status)
    return errors.with_retry_after(page, failure)


def _wrong_code(left: int) -> str:
    return ngettext("Wrong code. You have one attempt left.", "Wrong code. You have %(left)s attempts left.", left) % {
        "left": in_words(left)
    }


# -- the link ----------------------------------------------------------------------------------------------------------
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def callback(request: Request) -> HttpResponse:
    """Show which account an e-mailed link is for (GET), or sign in with the link (POST)."""
    if "secret" in request.GET:
        parts = (request.GET.get(name, "")[:3000] for name in ("userId", "secret", PARAMETER))
        return flow.hide_secret(request, PendingCallback(*parts))
    pending = cookies.read_cookie(request, PendingCallback)
    if pending is None and request.user.is_authenticated:
        return redirect("posts:home")  # the person returned to this page after signing in
    if pending is None:
        return _failed(request, "incomplete")
    try:
        login_request = LoginRequest.from_token(pending.token, "link")
    except ExpiredTokenError as expired:
        return _failed(request, "expired", expired.login_request)
    except ForgedTokenError:
        return _failed(request, "incomplete")
    failure: errors.SiteError | None = None
    sentence = ""
    # The nonce ties the button to the address shown above it, in case the visitor has opened another link since.
    if request.method == "POST" and request.POST.get("nonce") == login_request.nonce:
        try:
            return flow.sign_in(request, pending.user_id, pending.secret, login_request)
        except errors.InvalidTokenError:
            return _failed(request, "used", login_request)
        except UnfinishedError as error:
            log.error("using a link: %s", error)
            return _failed(request, "unfinished", login_request)
        except errors.UnavailableError as error:
            failure = error
            sentence = _outage(
                "using a link",
                error,
                unclear=_(
                    "The server didn’t respond. The link still works unless it has been used: "
                    "try again in a minute, or get a new one."
                ),
                otherwise=_("We can’t reach our sign-in service. The link still works: try again in a minute."),
            )
    context = {
        "email_masked": login_request.email_masked,
        "same_browser": cookies.is_same_browser(request, login_request) and not failure,
        "fields": {"nonce": login_request.nonce},
        "failure": sentence,
    }
    page = render(request, "accounts/callback.html", context, status=503 if failure else 200)
    return errors.with_retry_after(page, failure)


def _outage(act: str, error: errors.UnavailableError, *, unclear: str, otherwise: str) -> str:
    """Log the error. Return the message for the visitor: `unclear` if the call may have succeeded nevertheless."""
    log.error("%s: %s", act, error)
    return unclear if error.may_have_happened else otherwise


def _failed(
    request: Request, reason: str, login_request: LoginRequest | None = None, kind: Kind = "link"
) -> HttpResponse:
    """Show the reason for the failure, and a button with which the visitor requests a new e-mail to the same address.

    `reason` is `expired`, `used`, `unfinished` (the secret was used, but Appwrite failed), `tries` (too many wrong
    codes) or `incomplete`.
    """
    if request.method == "POST":
        flow.refuse(reason)
    context = {
        "reason": reason,
        "kind": kind,
        "email": login_request.email if login_request else "",
        # In a different browser, the page must not show the address, because a stranger may have opened the link.
        "asked_here": bool(login_request and cookies.is_same_browser(request, login_request)),
        "next": login_request.next if login_request else "",
        "minutes": MINUTES,
    }
    status = {"incomplete": 400, "tries": 429, "unfinished": 503}.get(reason, 410)
    response = render(request, "accounts/callback_failed.html", context, status=status)
    if reason in ("used", "unfinished"):
        cookies.delete_cookies(response, PendingLogin)  # so that a new e-mail can be requested immediately
    return response


# -- signing out -------------------------------------------------------------------------------------------------------
@never_cache
@require_POST
def logout(request: Request) -> HttpResponse:
    """End the session in this browser and in Appwrite. If Appwrite is unreachable, end Appwrite's session later."""
    response = redirect("posts:home")
    session.sign_out(response)
    if not request.appwrite_session or flow.end_session(request, response):
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
