"""Preconditions of a view that ask only who is signed in; what they may do with a post is `posts.policy`'s question."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors

View = Callable[..., HttpResponse]


def sign_in_required(view: View) -> View:
    """Raises SignInRequired for a guest."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            raise errors.SignInRequired
        return view(request, *args, **kwargs)

    return guarded


def admin_required(view: View) -> View:
    """Raise SignInRequired for a guest and NotAllowed for a person who is not an admin.

    Only for views that call Appwrite with the admin's own session, because the role may be up to a minute old.
    """

    @wraps(view)
    @sign_in_required
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        _require_admin(request)
        return view(request, *args, **kwargs)

    return guarded


def confirmed_admin_required(view: View) -> View:
    """Ask Appwrite who the person is now, then do the same as `admin_required`. For views that use the site's API key.

    Appwrite refuses the key nothing, so an admin who was demoted, blocked or signed out less than a minute ago could
    otherwise restore their own role. Raises Unavailable if Appwrite cannot say who the person is.
    """

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            confirm_user(request)
        except errors.Blocked as error:  # as on every page: the sign-in page says why
            raise errors.SignInRequired from error
        _require_admin(request)
        return view(request, *args, **kwargs)

    return guarded


def _require_admin(request: Request) -> None:
    if not request.user.is_admin:
        raise errors.NotAllowed(sentence=_("This page is for admins."))
