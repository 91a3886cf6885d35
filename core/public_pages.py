"""Which views show the same page to every guest, so that a shared cache may store it (`biso_site.page_cache`).

A guest is a visitor whose request has no cookie except the choice of a language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]

REVALIDATED = "max-age=0, must-revalidate"
"""Cache-Control of a guest's page. No `s-maxage`: after a write, the site could not remove pages from other caches."""


@dataclass(frozen=True)
class PublicPage:
    """What `public_page` declares."""

    parameters: tuple[str, ...]
    language: Callable[[HttpRequest], str] | None
    share: str


def public_page(
    *parameters: str, language: Callable[[HttpRequest], str] | None = None, share: str = "pages"
) -> Callable[[View], View]:
    """Declare that the view shows a guest a page that depends on nothing but its URL and these query `parameters`.

    `language` returns the language that the view chooses for the visitor, if it chooses one; "" where the URL decides.
    `share` is the part of the cache that stores the page, one of `biso_site.page_copies.SHARES`.

    The view may refuse a guest with an error, a cookie or another `Cache-Control`: such a response is not stored.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = view(request, *args, **kwargs)
            if response.status_code < 400 and is_guest(request):
                response.headers.setdefault("Cache-Control", REVALIDATED)
            return response

        marked.public_page = PublicPage(parameters, language, share)  # type: ignore[attr-defined]
        return marked

    return decorate


def is_guest(request: HttpRequest) -> bool:
    """Return whether the request has no cookie except a language of the site."""
    return all(
        name == settings.LANGUAGE_COOKIE_NAME and value in dict(settings.LANGUAGES)
        for name, value in request.COOKIES.items()
    )
