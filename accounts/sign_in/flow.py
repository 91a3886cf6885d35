"""The last steps of signing in, and signing out."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts import csrf, session
from accounts.repositories.invitations import Invitation
from accounts.repositories.sign_in import SignIn, SignInRepository
from accounts.request import Request
from accounts.sign_in import cookies, pending_sign_outs
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState, PendingCallback, PendingLogin
from core.appwrite_client import create_admin_client
from core.next_url import in_language, same_site


def sign_in(request: Request, user_id: str, secret: str, login_request: LoginRequest) -> HttpResponse:
    """Use up `secret` and sign in. Raises InvalidToken, Unavailable, UnfinishedError."""
    repository = SignInRepository(create_admin_client(request))
    return complete(request, repository.exchange(user_id, secret, login_request.email or None), login_request.next)


def complete(request: Request, sign_in: SignIn, next: str) -> HttpResponse:
    """Go on to `next` with the session `made`. One that was there before is ended, not kept beside it (ASVS 7.2.4)."""
    if not sign_in.account.status:  # Appwrite makes a session for a blocked person, too, and refuses its first use
        response = _refuse_blocked(request, next)
    else:
        response = _redirect(request, next)
        session.sign_in(response, sign_in.session)
        session.remember_user(sign_in.session.secret, sign_in.account)
        csrf.rotate(request, response)
        pending_sign_outs.finish(sign_in.account.id)
        messages.success(request, _("You are signed in."))
    if request.appwrite_session:
        end_session(request, response)
    return response


def _refuse_blocked(request: Request, next: str) -> HttpResponse:
    """Go on to `next` as a guest, and told why: the person is blocked."""
    response = _redirect(request, next)
    session.sign_out(response)
    messages.error(request, _("Your account is blocked, so you are signed out. You can go on reading."))
    return response


def _redirect(request: Request, next: str) -> HttpResponse:
    # In the language of this page: perhaps another was chosen on the way.
    response = HttpResponseRedirect(in_language(same_site(request, next), get_language()))
    cookies.delete_cookies(response, PendingLogin, OAuthState, PendingCallback)
    response["Referrer-Policy"] = "no-referrer"
    return response


def end_session(request: Request, response: HttpResponse) -> bool:
    """End the session of this request, or keep it to be ended later. Return whether it has ended."""
    cookie = session.read_cookie(request)
    ended = pending_sign_outs.end(cookie)
    if not ended:
        pending_sign_outs.postpone(response, cookie)
    session.forget_user(cookie.secret)
    return ended


def hide_secret(request: Request, what: PendingCallback | Invitation) -> HttpResponse:
    """Put what a link brings out of sight and show the page under its clean address. Nothing is used up."""
    response = HttpResponseRedirect(request.path)
    cookies.set_cookie(response, what)
    response["Referrer-Policy"] = "no-referrer"
    return response
