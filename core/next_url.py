"""Addresses: the one check every `next` passes, the same page in another language, and the whole of an address."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_path, override

MAX_URL = 2000  # characters; longer than any address of ours


def same_site(request: HttpRequest, url: str | None) -> str:
    """`url` if it is a path on this site, the home page otherwise (ASVS 3.7.2)."""
    url = (url or "").strip()
    safe = (
        url.startswith("/")
        and not url.startswith("//")  # Django takes "//" itself for a path; a browser misses the host in it
        and len(url) <= MAX_URL
        and url.isprintable()
        and "\\" not in url
        and url_has_allowed_host_and_scheme(url, allowed_hosts=None, require_https=request.is_secure())
    )
    return url if safe else reverse("posts:home")


def asked_for(request: HttpRequest, default: str = "posts:home") -> str:
    """The `next` of this request, from the form or the address; `redirectTo`, the original's name, counts too.
    Without one, the page named `default`."""
    for name in ("next", "redirectTo"):
        for values in (request.POST, request.GET):
            if values.get(name):
                return same_site(request, values[name])
    return reverse(default)


def in_language(url: str, code: str) -> str:
    """The path `url` in the language `code`; the home page where no page has that address."""
    spoken = get_language_from_path(urlsplit(url).path) or settings.LANGUAGE_CODE
    with override(spoken):  # Django finds an address only in the language it is written in
        there = translate_url(url, code)
    if there != url or code == spoken:
        return there
    with override(code):
        return reverse("posts:home")


def absolute(request: HttpRequest, path: str) -> str:
    """`path` with scheme and host, for those who read it elsewhere: in a mail, a feed, a search engine. A deployed
    site says its own name (SITE_URL), whatever name it was asked by."""
    return settings.SITE_URL + path if settings.SITE_URL else request.build_absolute_uri(path)
