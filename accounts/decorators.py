"""Preconditions of a view that ask only whether anybody is signed in; what they may do is `posts.policy`'s question."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from biso_site import errors

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def sign_in_required(view: View[P]) -> View[P]:
    """Raises SignInRequired for a guest."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            raise errors.SignInRequired
        return view(request, *args, **kwargs)

    return guarded
