"""Preconditions of a view that ask only who is signed in; what they may do with a post is `posts.policy`'s question."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.http import Request
from biso_site import errors

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
    """Raises SignInRequired for a guest, NotAllowed for whoever is no admin, and Unavailable as below."""

    @wraps(view)
    @sign_in_required
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_admin:
            raise errors.NotAllowed(sentence=_("This page is for admins."))
        require_confirmed(request)
        return view(request, *args, **kwargs)

    return guarded


def require_confirmed(request: Request) -> None:
    """For what an admin does with the site's key, where Appwrite does not ask once more who they are.

    Raises Unavailable where the label is a memory. People can make their own account unreadable (1.9.6 answers 500 to
    preferences that hold `$id`), and would keep for a day what was taken from them.
    """
    if request.user.is_recalled:
        raise errors.Unavailable("nobody can say whether this is still an admin")
