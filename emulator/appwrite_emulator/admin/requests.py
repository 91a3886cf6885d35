"""The request log, as a page and as JSON."""

from fnmatch import fnmatchcase
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.views.decorators.http import require_http_methods

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common.clock import iso
from appwrite_emulator.http import request_log
from appwrite_emulator.http.request_log import Entry

MAX_SHOWN = 200
FILTERS = ("operation", "status", "caller")


@require_http_methods(["GET", "HEAD", "POST"])
def requests(http: HttpRequest) -> HttpResponse:
    """Show the newest requests, filtered by `?operation=&status=&caller=`. POST clears the log."""
    if http.method == "POST":
        request_log.clear()
        return HttpResponseRedirect("/_emulator/requests/")
    entries = _matching(http.GET)
    filters = {name: http.GET.get(name, "") for name in FILTERS}
    return render_page(
        "requests",
        current="requests",
        entries=entries[:MAX_SHOWN],
        total=len(entries),
        max_entries=request_log.MAX_ENTRIES,
        no_response=request_log.NO_ANSWER,
        filters=filters,
        filtered=any(filters.values()),
    )


@require_http_methods(["GET", "DELETE"])
def as_json(http: HttpRequest) -> HttpResponse:
    """Return the filtered log as JSON, newest first. DELETE clears the log."""
    if http.method == "DELETE":
        request_log.clear()
    entries = _matching(http.GET)
    return JsonResponse({"total": len(entries), "requests": [_json(entry) for entry in entries]})


def _matching(filters: QueryDict) -> list[Entry]:
    """Return the matching requests, newest first.

    The operation can be a pattern (`tablesDB.*`). The status can be a prefix (`4` or `4xx`). The caller can be a type
    (`guest`, `user`, `key`), a user ID or a key's name.
    """
    operation, status, caller = (filters.get(name, "").strip() for name in FILTERS)
    return [
        entry
        for entry in request_log.newest_first()
        if (not operation or fnmatchcase(entry.operation.lower(), operation.lower()))
        and str(entry.status).startswith(status.rstrip("x"))
        and (not caller or caller in (entry.caller, entry.name))
    ]


def _json(entry: Entry) -> dict[str, Any]:
    return {
        "at": iso(entry.at),
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation,
        "caller": entry.caller,
        "name": entry.name,
        "status": entry.status,
        "type": entry.type,
        "ms": entry.ms,
        "unread": entry.unread,
        "headers": entry.headers,
        "faults": entry.faults,
    }
