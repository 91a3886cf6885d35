"""Default pages after an OAuth2 sign-in, for clients that send no URLs. In Appwrite, they are part of the console."""

import json

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.rendering import render_page


@require_safe
def success(http: HttpRequest) -> HttpResponse:
    return render_page("message", heading="Signed in", sentence="You can close this window.")


@require_safe
def failure(http: HttpRequest) -> HttpResponse:
    try:
        error = json.loads(http.GET.get("error", "{}"))
        sentence = f"{error.get('message', '')} ({error.get('type', 'unknown')})"
    except (ValueError, AttributeError):
        sentence = "The provider gave no reason."
    return render_page("message", heading="Sign-in failed", sentence=sentence)
