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
    """Raises SignInRequired for a guest and NotAllowed for whoever is no admin."""

    @wraps(view)
    @sign_in_required
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_admin:
            raise errors.NotAllowed(sentence=_("This page is for admins."))
        return view(request, *args, **kwargs)

    return guarded
