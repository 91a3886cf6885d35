"""Decorators for views that require a signed-in person or an admin. `posts.policy` controls access to posts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors

View = Callable[..., HttpResponse]


def sign_in_required(view: View) -> View:
    """Decorate a view to raise SignInRequiredError for a guest."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            raise errors.SignInRequiredError
        return view(request, *args, **kwargs)

    return guarded


def admin_required(view: View) -> View:
    """Decorate a view to raise SignInRequiredError for a guest, and NotAllowedError for a person who is not an admin.

    The cached role may be a minute old. Use this decorator only for views that call Appwrite with the admin's own
    session, because Appwrite then checks the role again.
    """

    @wraps(view)
    @sign_in_required
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        _require_admin(request)
        return view(request, *args, **kwargs)

    return guarded


def confirmed_admin_required(view: View) -> View:
    """Like `admin_required`, but first read the account from Appwrite. Required for views that use the site's API key.

    The API key bypasses all permissions, so an admin who was demoted, blocked or signed out less than a minute ago
    could otherwise restore their own role. Raise UnavailableError if the person cannot be read.
    """

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        confirm_admin(request)
        return view(request, *args, **kwargs)

    return guarded


def confirm_admin(request: Request) -> None:
    """Read the person from Appwrite again.

    Raise SignInRequiredError for a guest, an ended session or a blocked person, and NotAllowedError for a person who is
    not an admin.
    """
    try:
        confirm_user(request)
    except errors.BlockedError as error:  # the sign-in page shows the reason
        raise errors.SignInRequiredError from error
    _require_admin(request)


def _require_admin(request: Request) -> None:
    if not request.user.is_admin:
        raise errors.NotAllowedError(sentence=_("This page is for admins."))
