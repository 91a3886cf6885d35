"""The pages' static files: style sheets, icon, scripts."""

import re
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}
# The site's style sheet declares fonts that the emulator does not have. Browsers would request them even if no text
# uses them.
FONT_FACE = re.compile(rb"@font-face \{[^}]*\}\n?")


@require_safe
def static(http: HttpRequest, name: str) -> HttpResponse:
    path = FOLDER / name
    if path.suffix not in TYPES or not path.is_file():
        raise Http404
    return HttpResponse(FONT_FACE.sub(b"", path.read_bytes()), content_type=TYPES[path.suffix])
