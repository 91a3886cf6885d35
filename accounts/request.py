"""The request as views see it once `accounts.middleware` has run, and the person behind it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import session
from accounts.models import ANONYMOUS, User
from core import errors
from core.read_age import Reads


class Request(HttpRequest):
    """For annotations only; at run time it is Django's own HttpRequest with these set."""

    user: User  # type: ignore[assignment]
    appwrite_session: str  # the session's secret; "" for a guest
    session_ended: bool  # True if the request came with a session that has ended
    is_blocked: bool  # True if it ended because the person is blocked
    reads: Reads  # what this page was made from


def current_user(request: Request) -> User:
    """Return the person behind `request`; ANONYMOUS for a guest, a blocked person, and if the session has ended.

    Raise UnavailableError if Appwrite cannot be reached and the person was not seen within a day.
    """
    try:
        return _person(request, session.user_of) if request.appwrite_session else ANONYMOUS
    except (errors.SignInRequiredError, errors.BlockedError):
        return ANONYMOUS


def _person(request: Request, look_up: Callable[[str], User]) -> User:
    """Return the person of this request's session. Raise what `look_up` raises, and drop an ended session."""
    try:
        return look_up(request.appwrite_session)
    except errors.SignInRequiredError:
        _end(request)
        raise
    except errors.BlockedError:
        _end(request)
        request.is_blocked = True
        messages.error(request, _("Your account is blocked, so you are signed out. You can still read posts."))
        raise


def resolve_error(request: Request, error: errors.SiteError) -> errors.SiteError:
    """Return what `error`, raised by a call to Appwrite, means for the person behind `request`. Set `request.user`.

    Appwrite treats an ended session as a guest's and answers "not authorized" or "not found", so ask again who the
    person is. While Appwrite cannot be reached, `request.user` is the person in the cache.
    """
    before = session.cached_user(request.appwrite_session)
    if isinstance(error, errors.UnavailableError):
        request.user = before
    elif request.appwrite_session and error.code in (401, 403, 404):
        session.forget_user(request.appwrite_session)
        try:
            request.user = current_user(request)
        except errors.UnavailableError as away:
            request.user = before
            return away
        if not request.user.is_authenticated and not isinstance(error, errors.BlockedError):
            return errors.SignInRequiredError(type=error.type, code=error.code)
    ensure_user(request)
    return error


def ensure_user(request: Request) -> None:
    """Make sure that a page can read `request.user` while Appwrite cannot be reached: from the cache, or as a guest.

    For error pages, and for pages that are the same for everyone.
    """
    try:
        bool(request.user.is_authenticated)
    except errors.UnavailableError:
        request.user = session.cached_user(request.appwrite_session)


def confirm_user(request: Request) -> None:
    """Ask Appwrite again who this is, with one call.

    Needed before an action with the site's API key, because the key has no limits, and where an ended session would
    give a wrong result: Appwrite treats it as a guest's, and a guest owns nothing.

    Raise SignInRequiredError for a guest or an ended session, BlockedError for a blocked person, and UnavailableError
    if Appwrite does not answer.
    """
    if not request.appwrite_session:
        raise errors.SignInRequiredError
    try:
        request.user = _person(request, session.confirmed_user_of)
    except (errors.SignInRequiredError, errors.BlockedError):
        request.user = ANONYMOUS
        raise


def signed_out_note(request: Request) -> str:
    """Return the note for a person whose session has ended; "" for others. A blocked person gets another note."""
    if request.session_ended and not request.is_blocked:
        return _("You were signed out. Sign in again to continue.")
    return ""


def _end(request: Request) -> None:
    """Treat the visitor as a guest for the rest of the request. The response will delete the cookie."""
    session.forget_user(request.appwrite_session)
    request.appwrite_session = ""
    request.session_ended = True
