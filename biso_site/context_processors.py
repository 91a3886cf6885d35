"""What base.html needs on every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from core.next_url import absolute, in_language


def site(request: HttpRequest) -> dict[str, Any]:
    """`alternates`: (code, own name, absolute URL) of this page in each language; `other`: (code, name, path) of the
    one it is not in. Both are worked out when a template asks: a refused request may not even have a host."""

    def alternates() -> list[tuple[str, str, str]]:
        return [
            (code, name, absolute(request, in_language(request.get_full_path(), code)))
            for code, name in settings.LANGUAGES
        ]

    def other() -> tuple[str, str, str]:
        code, name = next(language for language in settings.LANGUAGES if language[0] != get_language())
        return code, name, in_language(request.get_full_path(), code)

    return {"site_name": "BISO posts", "alternates": alternates, "other": other}
