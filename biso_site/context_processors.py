"""Variables of base.html, for every page."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from core.next_url import absolute, in_language


def site(request: HttpRequest) -> dict[str, Any]:
    """Return LANGUAGE_CODE; `alternates`, this page in each language; and `other`, the language it is not in.

    `alternates` lists (code, own name, absolute URL) for each language; `other` is (code, own name, path). Both are
    functions, because building the URL fails for a malformed request, for instance one without a valid host.
    """
    current = get_language()

    @cache
    def alternates() -> list[tuple[str, str, str]]:
        return [
            (code, name, absolute(request, in_language(request.get_full_path(), code)))
            for code, name in settings.LANGUAGES
        ]

    @cache
    def other() -> tuple[str, str, str]:
        code, name = next(language for language in settings.LANGUAGES if language[0] != current)
        return code, name, in_language(request.get_full_path(), code)

    return {"LANGUAGE_CODE": current, "site_name": "BISO posts", "alternates": alternates, "other": other}
