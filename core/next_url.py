"""Validate `next` parameters, translate a page's URL into another language, and build absolute URLs."""

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_path, override

MAX_URL = 2000  # characters; longer than any URL on this site


def same_site(request: HttpRequest, url: str | None) -> str:
    """Return `url` if it is a path on this site, otherwise the home page's path (ASVS 3.7.2)."""
    url = (url or "").strip()
    safe = (
        url.startswith("/")
        and not url.startswith("//")  # Django accepts "//" alone as a path; browsers do not
        and len(url) <= MAX_URL
        and url.isprintable()
        and "\\" not in url
        and url_has_allowed_host_and_scheme(url, allowed_hosts=None, require_https=request.is_secure())
    )
    return url if safe else reverse("posts:home")


def next_url(request: HttpRequest, default: str = "posts:home") -> str:
    """Return the `next` parameter of the form or the query string, or the URL named `default` if there is none.

    `redirectTo`, the name of this parameter on the previous site, is also accepted.
    """
    for name in ("next", "redirectTo"):
        for values in (request.POST, request.GET):
            if values.get(name):
                return same_site(request, values[name])
    return reverse(default)


def in_language(url: str, code: str) -> str:
    """Return the path of the same page in the language `code`, or the home page's path if `url` is not a page."""
    language = get_language_from_path(urlsplit(url).path) or settings.LANGUAGE_CODE
    return url if code == language else _translated(url, language, code)


@lru_cache(512)
def _translated(url: str, language: str, code: str) -> str:
    with override(language):  # Django resolves a URL only while the URL's language is active
        translated = translate_url(url, code)
    if translated != url:
        return translated
    with override(code):
        return reverse("posts:home")


def absolute(request: HttpRequest, path: str) -> str:
    """Return the absolute URL of `path`, for e-mails, feeds and search engines.

    If SITE_URL is set, as on every deployed site, the Host header is ignored.
    """
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)
