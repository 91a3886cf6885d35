"""Pages as HTML."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from appwrite_emulator import VERSION


def page(name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """The template `pages/NAME.html` with what every page shows."""
    context |= {"version": VERSION, "project": settings.PROJECT}
    return HttpResponse(render_to_string(f"appwrite_emulator/pages/{name}.html", context), status=status)
