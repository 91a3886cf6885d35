"""Data browser: buckets and files, with a preview of images and the beginning of text files."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from appwrite_emulator.admin import browsing
from appwrite_emulator.admin.browsing import Cell, Line, Sheet, Shown, answer, facts_of, find, listed, paged
from appwrite_emulator.admin.data import MUCH, ROOT
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Bucket, File

PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/svg+xml"}
TEXTS = {"application/json", "application/xml"}


@require_safe
def bucket(http: HttpRequest, bucket_id: str) -> HttpResponse:
    """Show a bucket and its files, newest first, filtered by `?q=` in ID or name."""
    found = find(Bucket.objects, id=bucket_id)
    files = found.files.order_by("-sequence")
    if sought := http.GET.get("q", "").strip():
        files = files.filter(Q(id__icontains=sought) | Q(name__icontains=sought))
    shown = paged(http, files)
    lines = [
        Line(
            file.name,
            f"{ROOT}buckets/{found.id}/{file.id}/",
            (
                Cell(size(file.size_original), "num"),
                Cell(file.mime_type, "code"),
                Cell(clock.iso(file.created_at), "time"),
                Cell(file.permissions, "codes"),
            ),
            file.id,
        )
        for file in shown
    ]
    empty = f"No files match “{sought}”." if sought else "No files yet."
    sheet = Sheet("Files", "File", ("Size", "Type", "Created", "Permissions"), lines, empty, shown)
    facts = facts_of(found) | {"files": listed(shown, map(facts_of, shown), "files")}
    pairs = browsing.pairs_of(facts_of(found))
    return answer(http, facts, Shown(found.name, pairs=pairs, sheets=[sheet], search="ID or name"))


def size(number: int) -> str:
    """Format a size with the largest fitting unit: `123 bytes`, `1.2 kB`, `3.4 MB`."""
    if number < 1000:
        return f"{number} bytes"
    return f"{number / 1000:,.1f} kB" if number < 1_000_000 else f"{number / 1_000_000:,.1f} MB"


@require_safe
def file(http: HttpRequest, bucket_id: str, file_id: str) -> HttpResponse:
    """Show a file: metadata, tokens, and a preview if possible."""
    found = _file(bucket_id, file_id)
    tokens = [facts_of(each) for each in found.tokens.order_by("created_at")]
    facts = facts_of(found) | {"tokens": tokens}
    pairs = browsing.pairs_of(facts_of(found))
    lines = [Line(each["id"], cells=(Cell(each["expire"], "time"),)) for each in tokens]
    sheets = [Sheet("Tokens", "Token", ("Expires",), lines, "No tokens.")]
    extra = {
        "picture": found.mime_type in PICTURES and found.is_complete,
        "beginning": _beginning(found),
        "is_complete": found.is_complete,
        "uploaded": f"{found.chunks_uploaded} of {found.chunks_total}",
    }
    trail = [(found.bucket.name, f"{ROOT}buckets/{found.bucket.id}/")]
    return answer(http, facts, Shown(found.name, trail, pairs, sheets, extra=extra), "file")


def _file(bucket_id: str, file_id: str) -> File:
    found: File = find(File.objects.select_related("bucket"), bucket__id=bucket_id, id=file_id)
    return found


def _beginning(found: File) -> str:
    if not found.mime_type.startswith("text/") and found.mime_type not in TEXTS:
        return ""
    return browsing.cut(found.read(0, MUCH * 4).decode(errors="replace"), MUCH)


@require_safe
def content(http: HttpRequest, bucket_id: str, file_id: str) -> HttpResponse:
    """Return the file's content. Images are shown inline; all else is a download, and scripts are disabled."""
    found = _file(bucket_id, file_id)
    if not found.is_complete:
        raise Http404
    is_picture = found.mime_type in PICTURES
    headers: dict[str, Any] = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    if disposition := content_disposition_header(not is_picture, found.name):
        headers["Content-Disposition"] = disposition
    kind = found.mime_type if is_picture else "application/octet-stream"
    return HttpResponse(found.read(), content_type=kind, headers=headers)
