"""Set `request.appwrite_session`, and `request.user`, which is looked up on first use."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts import pending_sign_outs, session
from accounts.http import Request
from accounts.models import ANONYMOUS, User
from core import errors


def person(get_response: Callable[[Request], HttpResponse]) -> Callable[[Request], HttpResponse]:
    """Set the attributes of `accounts.http.Request`, and delete a cookie whose session has ended.

    Without a cookie, Appwrite is not called.
    """

    def middleware(request: Request) -> HttpResponse:
        request.appwrite_session = session.secret_of(request)
        request.session_ended = not request.appwrite_session and session.has_lapsed(request)
        request.is_blocked = False
        request.user = SimpleLazyObject(lambda: current_user(request))  # type: ignore[assignment]
        response = get_response(request)
        name = session.cookie_name()
        if name in request.COOKIES and not request.appwrite_session and name not in response.cookies:
            session.sign_out(response)
        elif request.appwrite_session and name not in response.cookies:
            session.renew(request, response)
        pending_sign_outs.finish_on_visit(request, response)
        patch_vary_headers(response, ("Cookie",))
        if "Cache-Control" not in response and (request.appwrite_session or request.session_ended):
            # `no-cache` would let the Back button show a draft after signing out.
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


def current_user(request: Request) -> User:
    """Return the person behind `request`; ANONYMOUS for a guest, a blocked person, and if the session has ended.

    Raises Unavailable if Appwrite cannot be reached and the person was not seen within a day.
    """
    try:
        return _person(request, session.person_of) if request.appwrite_session else ANONYMOUS
    except (errors.SignInRequired, errors.Blocked):
        return ANONYMOUS


def _person(request: Request, look_up: Callable[[str], User]) -> User:
    """Return the person of this request's session. Raises what `look_up` raises; an ended session is dropped."""
    try:
        return look_up(request.appwrite_session)
    except errors.SignInRequired:
        _end(request)
        raise
    except errors.Blocked:
        _end(request)
        request.is_blocked = True
        messages.error(request, _("Your account is blocked, so you are signed out. You can go on reading."))
        raise


def settle(request: Request, error: errors.SiteError) -> errors.SiteError:
    """Return what `error`, a refusal by Appwrite, means for the person behind `request`. Sets `request.user`.

    Appwrite treats an ended session as a guest's and answers "not authorized" or "not found", so ask again who the
    person is. While Appwrite cannot be reached, `request.user` is the person last remembered.
    """
    before = session.remembered(request.appwrite_session)
    if isinstance(error, errors.Unavailable):
        request.user = before
    elif request.appwrite_session and error.code in (401, 403, 404):
        session.forget(request.appwrite_session)
        try:
            request.user = current_user(request)
        except errors.Unavailable as away:
            request.user = before
            return away
        if not request.user.is_authenticated and not isinstance(error, errors.Blocked):
            return errors.SignInRequired(type=error.type, code=error.code)
    recall(request)
    return error


def recall(request: Request) -> None:
    """Make sure that an error page can read `request.user`, from memory while Appwrite cannot be reached."""
    try:
        bool(request.user.is_authenticated)
    except errors.Unavailable:
        request.user = session.remembered(request.appwrite_session)


def look_again(request: Request) -> None:
    """Ask Appwrite again who this is: one call. Raises SignInRequired for a guest or an ended session, Blocked for a
    blocked person, and Unavailable if Appwrite gives no answer.

    Needed before an act with the site's API key, because Appwrite refuses the key nothing, and where an ended session
    would give a wrong result: Appwrite treats it as a guest's, which owns nothing.
    """
    if not request.appwrite_session:
        raise errors.SignInRequired
    try:
        request.user = _person(request, session.confirmed_person_of)
    except (errors.SignInRequired, errors.Blocked):
        request.user = ANONYMOUS
        raise


def signed_out_note(request: Request) -> str:
    """Return the note for a person whose session has ended; "" for others. A blocked person gets another note."""
    if request.session_ended and not request.is_blocked:
        return _("You were signed out. Sign in again to go on.")
    return ""


def _end(request: Request) -> None:
    """Go on as a guest: the rest of this request carries no session, and its answer takes the cookie away."""
    session.forget(request.appwrite_session)
    request.appwrite_session = ""
    request.session_ended = True
