"""A context processor that adds the variables of base.html to the context of every template."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import get_language

from core.next_url import absolute, in_language


def site(request: HttpRequest) -> dict[str, Any]:
    """Return LANGUAGE_CODE, `site_name`, and the functions `alternates`, `other`, `copied_at` and `share_image`.

    `alternates` returns (code, native name, absolute URL) for each language. `other` returns (code, native name, path)
    for the language that the visitor can switch to. These variables are functions, because building a URL fails for a
    malformed request, such as one without a valid host. `copied_at` returns the time of the stale data that the page
    shows during an outage, or None. `share_image` returns the absolute URL of the picture for link previews.
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
        reads = getattr(request, "reads", None)  # missing if an earlier middleware rejected the request
        return datetime.fromtimestamp(reads.read_at, UTC) if reads and reads.is_outdated else None

    def share_image() -> str:
        return absolute(request, static("img/share.jpg"))

    return {
        "LANGUAGE_CODE": current,
        "site_name": "BISO posts",
        "alternates": alternates,
        "other": other,
        "copied_at": copied_at,
        "share_image": share_image,
    }
