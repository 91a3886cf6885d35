"""JSON views that control the emulator: reset, checkpoint, clock, health."""

import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appwrite_emulator import bootstrap
from appwrite_emulator.common import clock as emulator_clock
from appwrite_emulator.common import php_json
from appwrite_emulator.db import state
from appwrite_emulator.http import server_versions


@require_safe
def health(http: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok", "appwrite": server_versions.number()})


@require_POST
def reset(http: HttpRequest) -> JsonResponse:
    """Reset to the checkpoint `?name=`, or to the freshly seeded project."""
    name = http.GET.get("name", "")
    try:
        state.reset(name)
    except KeyError:
        return JsonResponse({"message": f"Checkpoint “{name}” does not exist."}, status=404)
    except bootstrap.UnusableSeedError as reason:
        return JsonResponse({"message": f"The seed can no longer be loaded. {reason}"}, status=409)
    return JsonResponse({"status": "reset"})


@require_POST
def checkpoint(http: HttpRequest) -> JsonResponse:
    """Save the current state as the checkpoint `?name=`. A reset with the same name restores this state."""
    state.checkpoint(http.GET.get("name", ""))
    return JsonResponse({"status": "checkpoint"})


@require_http_methods(["GET", "POST"])
def clock(http: HttpRequest) -> JsonResponse:
    """Return the time.

    POST `{"advance": SECONDS}` or `{"now": TIME}` moves the clock, and `{"now": null}` resets it.
    """
    if http.method == "POST":
        try:
            _set_clock(php_json.loads(http.body))
        except (ValueError, OverflowError) as error:
            return JsonResponse({"message": f'Send {{"now": TIME}} or {{"advance": SECONDS}}: {error}'}, status=400)
    return JsonResponse({"now": emulator_clock.iso(emulator_clock.now())})


def _set_clock(body: Any) -> None:
    match body:
        case {"advance": bool()}:
            raise ValueError("`advance` must be a number")
        case {"advance": int() | float() | str() as seconds}:
            emulator_clock.advance(float(seconds))
        case {"now": None}:
            emulator_clock.reset()
        case {"now": str() as text}:
            time = datetime.datetime.fromisoformat(text)
            emulator_clock.move_to(time if time.tzinfo else time.replace(tzinfo=datetime.UTC))
        case _:
            raise ValueError("unknown key")
