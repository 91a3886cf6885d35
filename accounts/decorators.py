"""Preconditions of a view that ask only whether anybody is signed in; what they may do is `posts.policy`'s question."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse

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
