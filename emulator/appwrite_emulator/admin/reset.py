"""The page for resets and checkpoints. `control` has the JSON views that reset the emulator and save checkpoints."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

from appwrite_emulator import bootstrap
from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import state

MAX_NAME_LENGTH = 60
# Action -> confirmation message.
DONE = {
    "reset": "Reset done.",
    "checkpoint": "Checkpoint saved.",
    "delete": "Checkpoint deleted.",
}


@require_http_methods(["GET", "HEAD", "POST"])
def as_page(http: HttpRequest) -> HttpResponse:
    """/_emulator/reset/: reset to the initial state or a checkpoint, and manage checkpoints."""
    if http.method == "POST":
        return _act(http.POST.get("act", ""), http.POST.get("name", "").strip())
    return _page(done=DONE.get(http.GET.get("done", ""), ""))


@require_safe
def as_json(http: HttpRequest) -> JsonResponse:
    """/_emulator/checkpoints.json: return the checkpoints, oldest first.

    A reset without a name returns to the unnamed checkpoint.
    """
    checkpoints = [{"name": name, "setAt": iso(saved_at)} for name, saved_at in state.checkpoints().items()]
    return JsonResponse({"total": len(checkpoints), "checkpoints": checkpoints})


def _act(act: str, name: str) -> HttpResponse:
    if act == "checkpoint" and (not name or len(name) > MAX_NAME_LENGTH):
        return _page(status=400, error=f"The name must be between 1 and {MAX_NAME_LENGTH} characters long.", name=name)
    try:
        if act == "reset":
            state.reset(name)
        elif act == "checkpoint":
            state.checkpoint(name)
        elif act == "delete":
            state.discard(name)
        else:
            return _page(status=400, error="Unknown action.")
    except KeyError:
        return _page(status=404, error=f"Checkpoint “{name}” no longer exists.")
    except bootstrap.UnusableSeedError as reason:
        return _page(status=409, error=f"The seed can no longer be loaded. {reason}")
    return HttpResponseRedirect(f"/_emulator/reset/?done={act}")


def _page(*, status: int = 200, **context: str) -> HttpResponse:
    checkpoints = state.checkpoints()
    checkpoints.pop("", None)  # the initial state, which has its own button
    return render_page(
        "reset",
        current="reset",
        status=status,
        checkpoints=[{"name": name, "at": saved_at} for name, saved_at in reversed(checkpoints.items())],
        seed=settings.SEED,
        max_length=MAX_NAME_LENGTH,
        **context,
    )
