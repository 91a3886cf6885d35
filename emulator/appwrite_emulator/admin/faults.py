"""Injected faults, as page and as JSON."""

import dataclasses
import difflib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_http_methods

from appwrite_emulator.admin.rendering import page
from appwrite_emulator.common.errors import ERRORS
from appwrite_emulator.common.php_values import parse_json
from appwrite_emulator.http import faults
from appwrite_emulator.http.faults import Fault

MAX_DELAY = 600
# Counters that cannot be set, and the type of every other field; an integer is accepted for a float.
COUNTERS = ("id", "calls", "hits")
FIELD_TYPES = {each.name: each.type for each in dataclasses.fields(Fault) if each.name not in COUNTERS}


@require_http_methods(["GET", "HEAD", "POST"])
def as_page(http: HttpRequest) -> HttpResponse:
    """Show the active faults and a form. POST adds a fault, or removes one or all."""
    error = ""
    if http.method == "POST":
        error = _act(http)
        if not error:
            return HttpResponseRedirect("/_emulator/faults/")
    return page(
        "faults",
        status=400 if error else 200,
        page="faults",
        faults=[(fault, in_words(fault)) for fault in faults.all_()],
        operations=operations(),
        types=sorted(ERRORS),
        sent=http.POST,
        error=error,
    )


def _act(http: HttpRequest) -> str:
    """Carry out the form's action; return an error message, or ""."""
    if http.POST.get("act") == "clear":
        faults.clear()
    elif fault_id := http.POST.get("remove"):
        faults.remove(fault_id)
    else:
        try:
            faults.add(_read(_from_form(http)))
        except ValueError as reason:
            return str(reason)
    return ""


def _from_form(http: HttpRequest) -> dict[str, Any]:
    """Return the form's fields as they would be in JSON."""
    sent: dict[str, Any] = {"operation": http.POST.get("operation", "").strip(), "after": "after" in http.POST}
    what, when = http.POST.get("what", ""), http.POST.get("when", "")
    if what in ("drop", "malformed"):
        sent[what] = True
    elif what == "status":
        sent |= {"status": _number(http, "status", "Status"), "type": http.POST.get("type", "").strip()}
    if http.POST.get("delay", "").strip():
        sent["delay"] = _number(http, "delay", "Delay")
    if when in ("first", "every"):
        sent[when] = _number(http, "number", "How many")
    return sent


def _number(http: HttpRequest, name: str, label: str) -> int | float:
    text = http.POST.get(name, "").strip()
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        raise ValueError(f"{label} must be a number.") from None


@require_http_methods(["GET", "POST", "DELETE"])
def as_json(http: HttpRequest) -> HttpResponse:
    """Return the faults as JSON, oldest first. POST adds one (201); DELETE removes the one with `?id=`, or all."""
    if http.method == "POST":
        try:
            fault = _read(parse_json(http.body))
        except ValueError as reason:
            return JsonResponse({"message": str(reason)}, status=400)
        faults.add(fault)
        return JsonResponse(dataclasses.asdict(fault), status=201)
    if http.method == "DELETE":
        if "id" not in http.GET:
            faults.clear()
        elif not faults.remove(http.GET["id"]):
            return JsonResponse({"message": "There is no fault with this ID."}, status=404)
    found = faults.all_()
    return JsonResponse({"total": len(found), "faults": [dataclasses.asdict(fault) for fault in found]})


def operations() -> list[str]:
    """Return every operation name that a fault can refer to."""
    from appwrite_emulator.routes.table import ROUTES

    return sorted({name for route in ROUTES for name in route.operations})


def _read(sent: Any) -> Fault:
    """Validate a fault; raise ValueError with the reason if it is invalid."""
    if not isinstance(sent, dict):
        raise ValueError('Send an object such as {"operation": "tablesDB.listRows", "status": 503}.')
    for name, value in sent.items():
        if name not in FIELD_TYPES:
            raise ValueError(f"Unknown field “{name}”. A fault has the fields {', '.join(sorted(FIELD_TYPES))}.")
        if type(value) is not FIELD_TYPES[name] and (type(value), FIELD_TYPES[name]) != (int, float):
            raise ValueError(f"Field “{name}” must be of type {FIELD_TYPES[name].__name__}.")
        if name in ("first", "every") and value < 1:
            raise ValueError(f"Field “{name}” must be at least 1.")
    fault = Fault(**{"operation": "", **sent})
    if not any(fault.applies_to((name,)) for name in operations()):
        near = ", ".join(difflib.get_close_matches(fault.operation, operations(), 3, 0.4))
        raise ValueError(f"Unknown operation “{fault.operation}”." + (f" Did you mean {near}?" if near else ""))
    if fault.type and not fault.status:
        fault.status = ERRORS.get(fault.type, (0, ""))[0]
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    if fault.type and not fault.status:
        raise ValueError(f"Appwrite has no error type “{fault.type}”; set `status` too to use it.")
    if fault.status and not 400 <= fault.status <= 599:
        raise ValueError("The status must be between 400 and 599.")
    if not 0 <= fault.delay <= MAX_DELAY:
        raise ValueError(f"The delay must be between 0 and {MAX_DELAY} seconds.")
    if bool(fault.status) + fault.drop + fault.malformed > 1:
        raise ValueError("Only one of `status`, `drop` and `malformed` is allowed.")
    if not fault.breaks and not fault.delay:
        raise ValueError("One of `status`, `drop`, `malformed` and `delay` is required.")
    if fault.first and fault.every:
        raise ValueError("Only one of `first` and `every` is allowed.")


def in_words(fault: Fault) -> tuple[str, str]:
    """Return what the fault does and when, in words."""
    what = []
    if fault.delay:
        what.append(f"waits {fault.delay:g} s")
    if fault.status:
        what.append(f"answers {fault.status} {fault.type or faults.fitting_type(fault.operation, fault.status)}")
    if fault.drop:
        what.append("drops the connection")
    if fault.malformed:
        what.append("answers with malformed JSON")
    when = "every call"
    if fault.first:
        when = f"the first {fault.first} calls" if fault.first > 1 else "the first call"
    elif fault.every > 1:
        when = f"calls {fault.every}, {fault.every * 2}, {fault.every * 3} …"
    return ", ".join(what) + (", after carrying it out" if fault.after else ""), when
