"""Render HTML pages."""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from appwrite_emulator import bootstrap, projects
from appwrite_emulator.common import clock
from appwrite_emulator.http import faults, server_versions

# Pages, in the order of the navigation: URL name in urls.py, title, description.
NAVIGATION = (
    ("inbox", "Inbox", "e-mails and messages that Appwrite would send"),
    ("requests", "Requests", "requests with caller, duration and status"),
    ("data", "Data", "databases, users, files and everything else"),
    ("clock", "Clock", "move time forward and see what expires"),
    ("faults", "Faults", "inject errors, delays and broken responses"),
    ("coverage", "Coverage", "which Appwrite operations are emulated and tested"),
    ("transfer", "Export and import", "all data as one file"),
    ("reset", "Reset", "return to the initial state or to a checkpoint"),
)


def render_page(template: str, /, *, status: int = 200, **context: Any) -> HttpResponse:
    """Render `admin/TEMPLATE.html`, with the context that every page needs. `current` is the page's URL name."""
    context |= {"version": server_versions.number(), "project": bootstrap.identity().project, "navigation": NAVIGATION}
    context |= {"projects": projects.all_()}
    context |= {"clock_moved": bool(clock.offset()), "faults_set": len(faults.all_())}
    return HttpResponse(render_to_string(f"admin/{template}.html", context), status=status)
