"""The last steps of a sign-in, and the end of the session when the person signs out."""

import logging

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import csrf, session
from accounts.repositories import mail_service
from accounts.repositories.invitations import Invitation
from accounts.repositories.sign_in import SignIn, SignInRepository
from accounts.request import Request
from accounts.sign_in import cookies, pending_sign_outs
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState, PendingCallback, PendingLogin
from core.appwrite_client import create_admin_client
from core.next_url import in_language, same_site

audit = logging.getLogger("audit")
SIGNED_IN = "signed-in"  # tag of a message; base.html then informs the browser's other tabs


def sign_in(request: Request, user_id: str, secret: str, login_request: LoginRequest) -> HttpResponse:
    """Exchange `secret` for a session, and redirect. Raise the same errors as `SignInRepository.exchange`."""
    repository = SignInRepository(create_admin_client(request))
    return complete(request, repository.exchange(user_id, secret, login_request.email or None), login_request.next)


def complete(request: Request, sign_in: SignIn, next: str) -> HttpResponse:
    """Redirect to `next` with the new session. End the browser's previous session (ASVS 7.2.4)."""
    if not sign_in.account.status:  # Appwrite creates a session even for a blocked person, but rejects its first use
        audit.info("user=%s act=sign_in outcome=refused reason=blocked", sign_in.account.id)
        response = _blocked_response(request, next)
    else:
        response = _redirect(request, next)
        session.sign_in(response, sign_in.session)
        session.remember_user(sign_in.session.secret, sign_in.account)
        csrf.rotate(request, response)
        pending_sign_outs.finish(sign_in.account.id)
        audit.info("user=%s act=sign_in outcome=done", sign_in.account.id)
        messages.success(request, _("You are signed in."), extra_tags=SIGNED_IN)
        _offer_mail(request, sign_in)
    if request.appwrite_session:
        end_session(request, response)
    return response


def _offer_mail(request: Request, sign_in: SignIn) -> None:
    """Ask the person once whether they want new posts by e-mail. The next page shows the question."""
    if "mail" not in sign_in.account.prefs.data and mail_service.is_on():
        messages.info(request, _("Would you like new posts by e-mail?"), extra_tags="mail_offer")


def _blocked_response(request: Request, next: str) -> HttpResponse:
    """Redirect to `next` as a guest, with a message that the account is blocked."""
    response = _redirect(request, next)
    session.sign_out(response)
    messages.error(request, _("Your account is blocked, so you are signed out. You can still read posts."))
    return response


def _redirect(request: Request, next: str) -> HttpResponse:
    # Use the language of this page: the visitor may have changed the language since requesting the e-mail.
    response = HttpResponseRedirect(in_language(same_site(request, next), get_language()))
    cookies.delete_cookies(response, PendingLogin, OAuthState, PendingCallback)
    response["Referrer-Policy"] = "no-referrer"
    return response


def end_session(request: Request, response: HttpResponse) -> bool:
    """End this request's session, or end it later if Appwrite fails now. Return whether the session has ended."""
    cookie = session.read_cookie(request)
    has_ended = pending_sign_outs.end(cookie)
    if not has_ended:
        pending_sign_outs.postpone(response, cookie)
    session.forget_user(cookie.secret)
    return has_ended


def refuse(reason: str) -> None:
    """Write a rejected sign-in to the audit log, without the address."""
    audit.info("user=- act=sign_in outcome=refused reason=%s", reason)


def hide_secret(request: Request, pending: PendingCallback | Invitation) -> HttpResponse:
    """Move a link's parameters into a cookie, and redirect to the page's URL without them.

    Do not use the link's secret yet.
    """
    response = HttpResponseRedirect(request.path)
    cookies.set_cookie(response, pending)
    response["Referrer-Policy"] = "no-referrer"
    return response
