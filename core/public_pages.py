"""Mark views that show the same page to every guest, so that `biso_site.page_cache` can cache the page for all guests.

A guest is a visitor whose request has no cookies except the language cookie.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]

REVALIDATED = "max-age=0, must-revalidate"
"""Cache-Control of a guest's page. It has no `s-maxage`, because the site cannot purge other caches after a write."""


@dataclass(frozen=True)
class PublicPage:
    """The arguments of `public_page`."""

    parameters: tuple[str, ...]
    language: Callable[[HttpRequest], str] | None
    share: str


def public_page(
    *parameters: str, language: Callable[[HttpRequest], str] | None = None, share: str = "pages"
) -> Callable[[View], View]:
    """Declare that the page a guest sees depends only on the URL path and these query `parameters`.

    `language` is a function that returns the language in which the view will respond to a request, or "" if the URL
    determines the language. Omit `language` if the URL always determines the language. `share`, a key of
    `page_copies.SHARES`, names the part of the cache that stores the page. A response with an error status, a cookie or
    its own `Cache-Control` is not cached.
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
    """Return whether the request has no cookies except a valid language cookie.

    Earlier releases set a language cookie without a prefix, which browsers keep for a year. The site ignores its value.
    """
    names = (settings.LANGUAGE_COOKIE_NAME, "language")
    return all(name in names and value in dict(settings.LANGUAGES) for name, value in request.COOKIES.items())
