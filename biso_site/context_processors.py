"""Variables of base.html, for every page."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from core.next_url import absolute, in_language


def site(request: HttpRequest) -> dict[str, Any]:
    """Return LANGUAGE_CODE, `site_name`, and functions about the languages and the age of this page.

    `alternates` lists (code, own name, absolute URL) for each language; `other` is (code, own name, path) of the
    language that it is not in. Building a URL fails for a malformed request, for instance one without a valid host.
    `copied_at` returns the time of the copy that the page is made from because Appwrite does not answer; else None.
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

    def copied_at() -> datetime | None:
        reads = getattr(request, "reads", None)  # not set if an earlier middleware has refused the request
        return datetime.fromtimestamp(reads.read_at, UTC) if reads and reads.is_outdated else None

    return {
        "LANGUAGE_CODE": current,
        "site_name": "BISO posts",
        "alternates": alternates,
        "other": other,
        "copied_at": copied_at,
    }
