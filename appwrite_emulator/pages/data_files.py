"""The data browser: buckets and their files; a picture is shown, a text begins to be."""

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from appwrite_emulator import clock
from appwrite_emulator.models import Bucket, File
from appwrite_emulator.pages import browsing
from appwrite_emulator.pages.browsing import Cell, Line, Sheet, Shown, answer, facts_of, find, listed, paged
from appwrite_emulator.pages.data import MUCH, ROOT

PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/svg+xml"}
TEXTS = {"application/json", "application/xml"}


@require_safe
def bucket(http: HttpRequest, bucket_id: str) -> HttpResponse:
    """One bucket and its files, the newest first; those with `?q=` in id or name."""
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
    empty = f"No file is found by “{sought}”." if sought else "This bucket has no file yet."
    sheet = Sheet("Files", "File", ("Size", "Type", "Created", "Permissions"), lines, empty, shown)
    facts = facts_of(found) | {"files": listed(shown, map(facts_of, shown), "files")}
    pairs = browsing.pairs_of(facts_of(found))
    return answer(http, facts, Shown(found.name, pairs=pairs, sheets=[sheet], search="Id or name"))


def size(number: int) -> str:
    """`1,234 bytes` in the largest unit that fits."""
    if number < 1000:
        return f"{number} bytes"
    return f"{number / 1000:,.1f} kB" if number < 1_000_000 else f"{number / 1_000_000:,.1f} MB"


@require_safe
def file(http: HttpRequest, bucket_id: str, file_id: str) -> HttpResponse:
    """One file: what is known of it, its tokens, and what it looks like where that can be shown."""
    found = _file(bucket_id, file_id)
    tokens = [facts_of(each) for each in found.tokens.order_by("created_at")]
    facts = facts_of(found) | {"tokens": tokens}
    pairs = browsing.pairs_of(facts_of(found))
    lines = [Line(each["id"], cells=(Cell(each["expire"], "time"),)) for each in tokens]
    sheets = [Sheet("Tokens", "Token", ("Expires",), lines, "No token opens it.")]
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
    """The file's bytes. A picture is shown where it is asked for; anything else is saved, and nothing in it runs."""
    found = _file(bucket_id, file_id)
    if not found.is_complete:
        raise Http404
    is_picture = found.mime_type in PICTURES
    headers: dict[str, Any] = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    if disposition := content_disposition_header(not is_picture, found.name):
        headers["Content-Disposition"] = disposition
    kind = found.mime_type if is_picture else "application/octet-stream"
    return HttpResponse(found.read(), content_type=kind, headers=headers)
