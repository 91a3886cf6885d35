"""The request as views receive it, after `accounts.middleware` has run, and the person who sent it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import session
from accounts.models import ANONYMOUS, User
from core import errors, observation
from core.read_age import Reads


class Request(HttpRequest):
    """A class for annotations only. At run time, a request is Django's own HttpRequest with these attributes."""

    user: User  # type: ignore[assignment]
    appwrite_session: str  # the session's secret; "" for a guest
    session_ended: bool  # True if the request's session has ended
    is_blocked: bool  # True if the session has ended because the person is blocked
    reads: Reads  # the reads for this page


def current_user(request: Request) -> User:
    """Return the person who sent `request`, or ANONYMOUS for a guest, a blocked person or an ended session.

    Raise UnavailableError if Appwrite is unreachable and the person is not in the cache.
    """
    try:
        return _person(request, session.user_of) if request.appwrite_session else ANONYMOUS
    except (errors.SignInRequiredError, errors.BlockedError):
        return ANONYMOUS


def _person(request: Request, look_up: Callable[[str], User]) -> User:
    """Return the person who owns this request's session. Discard an ended session. Raise the errors of `look_up`."""
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
    """Return the error to show for `error`, which an Appwrite call raised. Set `request.user`.

    Appwrite treats a request with an ended session as a guest's request, and returns "not authorized" or "not found".
    To see whether the session has ended, read the person from Appwrite again. While Appwrite is unreachable,
    `request.user` is the person in the cache.
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
    """Set `request.user`.

    If Appwrite is unreachable, set `request.user` to the cached person or a guest. Use this function for error pages
    and for pages that are the same for everyone.
    """
    try:
        bool(request.user.is_authenticated)
    except errors.UnavailableError:
        request.user = session.cached_user(request.appwrite_session)


def confirm_user(request: Request) -> None:
    """Read the person from Appwrite again, with one call.

    Call this before an action with the site's API key, because the key bypasses all permissions. Also call it where an
    ended session could go unnoticed: Appwrite does not report that a session has ended, but treats the person as a
    guest, so that, for example, the list of their own posts is empty.

    Raise SignInRequiredError for a guest or an ended session, BlockedError for a blocked person, and UnavailableError
    if Appwrite fails.
    """
    if not request.appwrite_session:
        raise errors.SignInRequiredError
    try:
        request.user = _person(request, session.confirmed_user_of)
    except (errors.SignInRequiredError, errors.BlockedError):
        request.user = ANONYMOUS
        raise


def signed_out_note(request: Request) -> str:
    """Return the note for a person whose session has ended, or "". A blocked person gets a different note."""
    if request.session_ended and not request.is_blocked:
        return _("You were signed out. Sign in again to continue.")
    return ""


def _end(request: Request) -> None:
    """Treat the visitor as a guest for the rest of the request. `accounts.middleware` then deletes the cookie."""
    session.forget_user(request.appwrite_session)
    request.appwrite_session = ""
    request.session_ended = True
    observation.note_user("")
