"""Injected faults, as a page and as JSON."""

import dataclasses
import difflib
from typing import Any, get_type_hints

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_http_methods

from appwrite_emulator import realtime
from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import ERRORS
from appwrite_emulator.http import faults
from appwrite_emulator.http.faults import Fault

MAX_DELAY = 600
# Read-only fields, and the types of all other fields. An integer is also accepted for a float.
COUNTERS = ("id", "calls", "hits")
FIELD_TYPES = {name: type_ for name, type_ in get_type_hints(Fault).items() if name not in COUNTERS}


@require_http_methods(["GET", "HEAD", "POST"])
def as_page(http: HttpRequest) -> HttpResponse:
    """Show the active faults and a form. POST adds a fault, or removes one or all faults."""
    error = ""
    if http.method == "POST":
        error = _act(http)
        if not error:
            return HttpResponseRedirect("/_emulator/faults/")
    return render_page(
        "faults",
        status=400 if error else 200,
        current="faults",
        faults=[(fault, in_words(fault)) for fault in faults.all_()],
        operations=operations(),
        types=sorted(ERRORS),
        form=http.POST,
        error=error,
    )


def _act(http: HttpRequest) -> str:
    """Perform the form's action. Return an error message, or "" on success."""
    if http.POST.get("act") == "clear":
        faults.clear()
    elif fault_id := http.POST.get("remove"):
        faults.remove(fault_id)
    else:
        try:
            faults.add(_parse(_from_form(http)))
        except ValueError as reason:
            return str(reason)
    return ""


def _from_form(http: HttpRequest) -> dict[str, Any]:
    """Return the form's fields, with the types that the JSON view accepts."""
    fields: dict[str, Any] = {"operation": http.POST.get("operation", "").strip(), "after": "after" in http.POST}
    effect, calls = http.POST.get("effect", ""), http.POST.get("calls", "")
    if effect in ("drop", "malformed"):
        fields[effect] = True
    elif effect == "status":
        fields |= {"status": _number(http, "status", "Status"), "type": http.POST.get("type", "").strip()}
    if http.POST.get("delay", "").strip():
        fields["delay"] = _number(http, "delay", "Delay")
    if calls in ("first", "every"):
        fields[calls] = _number(http, "number", "Number of calls")
    return fields


def _number(http: HttpRequest, name: str, label: str) -> int | float:
    text = http.POST.get(name, "").strip()
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        raise ValueError(f"{label} must be a number.") from None


@require_http_methods(["GET", "POST", "DELETE"])
def as_json(http: HttpRequest) -> HttpResponse:
    """Return the faults as JSON, oldest first. POST adds a fault (201).

    DELETE removes the fault `?id=`, or all faults.
    """
    if http.method == "POST":
        try:
            fault = _parse(php_json.loads(http.body))
        except ValueError as reason:
            return JsonResponse({"message": str(reason)}, status=400)
        faults.add(fault)
        return JsonResponse(dataclasses.asdict(fault), status=201)
    if http.method == "DELETE":
        if "id" not in http.GET:
            faults.clear()
        elif not faults.remove(http.GET["id"]):
            return JsonResponse({"message": "There is no fault with this ID."}, status=404)
    active = faults.all_()
    return JsonResponse({"total": len(active), "faults": [dataclasses.asdict(fault) for fault in active]})


def operations() -> list[str]:
    """Return every operation name that a fault can refer to."""
    from appwrite_emulator.routes.table import ROUTES

    return sorted({*realtime.OPERATIONS, *realtime.FRAMES, *(name for route in ROUTES for name in route.operations)})


def _parse(fields: Any) -> Fault:
    """Validate a fault. Raise ValueError with the reason if it is invalid."""
    if not isinstance(fields, dict):
        raise ValueError('Send an object such as {"operation": "tablesDB.listRows", "status": 503}.')
    for name, value in fields.items():
        if name not in FIELD_TYPES:
            raise ValueError(f"Unknown field “{name}”. A fault has the fields {', '.join(sorted(FIELD_TYPES))}.")
        if type(value) is not FIELD_TYPES[name] and (type(value), FIELD_TYPES[name]) != (int, float):
            raise ValueError(f"Field “{name}” must be of type {FIELD_TYPES[name].__name__}.")
        if name in ("first", "every") and value < 1:
            raise ValueError(f"Field “{name}” must be at least 1.")
    fault = Fault(**{"operation": "", **fields})
    if not any(fault.applies_to((name,)) for name in operations()):
        similar = ", ".join(difflib.get_close_matches(fault.operation, operations(), 3, 0.4))
        raise ValueError(f"Unknown operation “{fault.operation}”." + (f" Did you mean {similar}?" if similar else ""))
    if fault.type and not fault.status:
        fault.status = ERRORS.get(fault.type, (0, ""))[0]
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    if fault.type and not fault.status:
        raise ValueError(f"Appwrite has no error type “{fault.type}”. To use it, also set `status`.")
    if fault.status and not 400 <= fault.status <= 599:
        raise ValueError("The status must be between 400 and 599.")
    if not 0 <= fault.delay <= MAX_DELAY:
        raise ValueError(f"The delay must be between 0 and {MAX_DELAY} seconds.")
    if bool(fault.status) + fault.drop + fault.malformed > 1:
        raise ValueError("Only one of `status`, `drop` and `malformed` is allowed.")
    if not fault.breaks and not fault.delay:
        raise ValueError("At least one of `status`, `drop`, `malformed` and `delay` is required.")
    if fault.first and fault.every:
        raise ValueError("Only one of `first` and `every` is allowed.")


def in_words(fault: Fault) -> tuple[str, str]:
    """Describe in words what the fault does and to which calls it applies."""
    effects = []
    if fault.delay:
        effects.append(f"waits {fault.delay:g} s")
    if fault.status:
        effects.append(
            f"responds with {fault.status} {fault.type or faults.typical_type(fault.operation, fault.status)}"
        )
    if fault.drop:
        effects.append("drops the connection")
    if fault.malformed:
        effects.append("responds with malformed JSON")
    calls = "every call"
    if fault.first:
        calls = f"the first {fault.first} calls" if fault.first > 1 else "the first call"
    elif fault.every > 1:
        calls = f"calls {fault.every}, {fault.every * 2}, {fault.every * 3} …"
    return ", ".join(effects) + (", after carrying it out" if fault.after else ""), calls
