"""The static files of the pages: style sheet, icon, script."""

from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}


@require_safe
def static(http: HttpRequest, name: str) -> FileResponse:
    path = FOLDER / name
    if path.suffix not in TYPES or not path.is_file():
        raise Http404
    return FileResponse(path.open("rb"), content_type=TYPES[path.suffix])
