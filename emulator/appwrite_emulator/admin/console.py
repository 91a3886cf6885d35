"""Default pages after an OAuth2 sign-in, for websites that give no URLs; they replace the real server's console."""

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.rendering import page


@require_safe
def success(http: HttpRequest) -> HttpResponse:
    return page("message", heading="Signed in", sentence="You can close this window and go back.")


@require_safe
def failure(http: HttpRequest) -> HttpResponse:
    try:
        error = json.loads(http.GET.get("error", "{}"))
        sentence = f"{error.get('message', '')} ({error.get('type', 'unknown')})"
    except (ValueError, AttributeError):
        sentence = "The provider gave no reason."
    return page("message", heading="The sign-in failed", sentence=sentence)
