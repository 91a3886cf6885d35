"""The request log: a page for people, JSON for tests."""

from fnmatch import fnmatchcase
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.views.decorators.http import require_http_methods

from appwrite_emulator import request_log
from appwrite_emulator.clock import iso
from appwrite_emulator.pages.rendering import page
from appwrite_emulator.request_log import Entry

MOST_SHOWN = 200
FILTERS = ("operation", "status", "caller")


@require_http_methods(["GET", "HEAD", "POST"])
def requests(http: HttpRequest) -> HttpResponse:
    """The newest requests, or those that `?operation=&status=&caller=` lets through. POST empties the log."""
    if http.method == "POST":
        request_log.clear()
        return HttpResponseRedirect("/_emulator/requests/")
    found = _chosen(http.GET)
    wanted = {name: http.GET.get(name, "") for name in FILTERS}
    return page(
        "requests",
        page="requests",
        entries=found[:MOST_SHOWN],
        total=len(found),
        most_kept=request_log.MOST_KEPT,
        no_answer=request_log.NO_ANSWER,
        wanted=wanted,
        filtered=any(wanted.values()),
    )


@require_http_methods(["GET", "DELETE"])
def as_json(http: HttpRequest) -> HttpResponse:
    """The same as JSON, newest first; DELETE empties the log."""
    if http.method == "DELETE":
        request_log.clear()
    found = _chosen(http.GET)
    return JsonResponse({"total": len(found), "requests": [_json(entry) for entry in found]})


def _chosen(wanted: QueryDict) -> list[Entry]:
    """Newest first. The operation may be a pattern (`tablesDB.*`), the status its beginning (`4` or `4xx`).

    The caller is a kind (`guest`, `user`, `key`), a user's id or a key's name.
    """
    operation, status, caller = (wanted.get(name, "").strip() for name in FILTERS)
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
