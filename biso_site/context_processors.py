"""What base.html needs on every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.translation import get_language, override


def site(request: HttpRequest) -> dict[str, Any]:
    """`alternates`: (code, own name, absolute URL) of this page in each language; `other`: (code, name, path) of the
    one it is not in."""
    languages = [(code, name, _path(request, code)) for code, name in settings.LANGUAGES]
    return {
        "site_name": "BISO posts",
        "alternates": [(code, name, request.build_absolute_uri(path)) for code, name, path in languages],
        "other": next(language for language in languages if language[0] != get_language()),
    }


def _path(request: HttpRequest, code: str) -> str:
    here = request.get_full_path()
    if code == get_language():
        return here
    there = translate_url(here, code)
    if there != here:
        return there
    with override(code):  # an address that no page has, in whatever language
        return reverse("posts:home")
