"""Pages as HTML."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string

from appwrite_emulator import VERSION, clock, faults

# The pages under /_emulator/NAME/, in their order: the name of the row in urls.py, what it is called, what it is for.
NAVIGATION = (
    ("inbox", "Inbox", "every mail and message that Appwrite would send"),
    ("requests", "Requests", "who asked what, how long it took and what was answered"),
    ("data", "Data", "databases and rows, users and sessions, files"),
    ("clock", "Clock", "move time forward and see what expires"),
    ("faults", "Faults", "errors, delays and broken answers, as often as asked for"),
    ("coverage", "Coverage", "which operations of Appwrite are answered, and tested"),
    ("transfer", "Export and import", "everything as one file"),
    ("reset", "Reset", "back to the first day, or to a checkpoint"),
)


def page(name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """The template `pages/NAME.html` with what every page shows; `page=` says which one of NAVIGATION it is."""
    context |= {"version": VERSION, "project": settings.PROJECT, "navigation": NAVIGATION}
    context |= {"clock_moved": bool(clock.moved()), "faults_set": len(faults.all_())}
    return HttpResponse(render_to_string(f"appwrite_emulator/pages/{name}.html", context), status=status)
