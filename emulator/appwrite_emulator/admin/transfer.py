"""Export and import all data as one file, for people and for tests."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appwrite_emulator import bootstrap, seed
from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.db.state import writing
from appwrite_emulator.seed.importing import MODES


@require_safe
def export(http: HttpRequest) -> HttpResponse:
    """/_emulator/export: download all data, as a file for `--seed`."""
    name = f"{bootstrap.identity().project}.seed.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(seed.export_text(), content_type="application/json; charset=utf-8", headers=headers)


@require_POST
def import_(http: HttpRequest) -> JsonResponse:
    """/_emulator/import: load the file in the body, completely or not at all.

    `?mode=` is merge (default) or replace.
    """
    mode = http.GET.get("mode", "merge")
    if mode not in MODES:
        return JsonResponse({"message": f"The mode must be {' or '.join(MODES)}, not “{mode}”."}, status=400)
    try:
        return JsonResponse(_load(http.body, mode))
    except seed.SeedError as error:
        return JsonResponse({"message": str(error), "place": error.place}, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
def as_page(http: HttpRequest) -> HttpResponse:
    """/_emulator/transfer/: show a download link and an upload form. POST imports the uploaded file."""
    if http.method != "POST":
        return render_page("transfer", current="transfer")
    mode = http.POST.get("mode", "")
    uploaded = http.FILES.get("file")
    if uploaded is None or mode not in MODES:
        return render_page("transfer", current="transfer", status=400, error="Choose a file and a mode.")
    try:
        report = _load(uploaded.read(), mode)
    except seed.SeedError as error:
        return render_page("transfer", current="transfer", status=400, error=str(error), file=uploaded.name, mode=mode)
    return render_page("transfer", current="transfer", report=report, file=uploaded.name)


def _load(text: bytes, mode: str) -> dict[str, Any]:
    with writing():
        report = seed.load(seed.read(text), mode)
        bootstrap.grant_key()
    return {
        "mode": report.mode,
        "added": {name: count for name, count in report.added.items() if count},
        "present": {name: count for name, count in report.present.items() if count},
        "notes": report.notes,
    }
