"""Data browser: buckets and files, with previews of images and text files."""

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from appwrite_emulator.admin.data.components import (
    MAX_TEXT_LENGTH,
    ROOT,
    Cell,
    DataPage,
    DataRow,
    DataTable,
    fields_of,
    labelled_cells,
    page_as_json,
    paginate,
    respond,
    truncate,
)
from appwrite_emulator.admin.data.forms import (
    Form,
    FormField,
    call,
    delete_form,
    id_field,
    lines,
    permissions_field,
    submit,
)
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Bucket, File

IMAGE_TYPES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/svg+xml"}
TEXT_TYPES = {"application/json", "application/xml"}
"""Media types that are shown as text, besides `text/…`."""


@require_http_methods(["GET", "HEAD", "POST"])
def bucket(http: HttpRequest, bucket_id: str) -> HttpResponse:
    """Show a bucket and its files, newest first. `?q=` filters by ID or name. POST uploads a file."""
    shown = get_object_or_404(Bucket, id=bucket_id)
    form = _upload_form(http, shown)
    if redirect := submit(http, form):
        return redirect
    files = shown.files.order_by("-sequence")
    if search := http.GET.get("q", "").strip():
        files = files.filter(Q(id__icontains=search) | Q(name__icontains=search))
    files_page = paginate(http, files)
    rows = [
        DataRow(
            each.name,
            f"{ROOT}buckets/{shown.id}/{each.id}/",
            (
                Cell(format_size(each.size_original), "number"),
                Cell(each.mime_type, "code"),
                Cell(clock.iso(each.created_at), "time"),
                Cell(each.permissions, "list"),
            ),
            each.id,
        )
        for each in files_page
    ]
    empty_text = f"No files match “{search}”." if search else "No files yet."
    table = DataTable("Files", "File", ("Size", "Type", "Created", "Permissions"), rows, empty_text, files_page)
    fields = fields_of(shown)
    page = DataPage(shown.name, cells=labelled_cells(fields), tables=[table], search_label="ID or name", forms=[form])
    return respond(http, fields | {"files": page_as_json(files_page, map(fields_of, files_page), "files")}, page)


def _upload_form(http: HttpRequest, bucket: Bucket) -> Form:
    def upload(typed: QueryDict) -> str:
        created = call(
            http,
            "storage.createFile",
            bucket_id=bucket.id,
            file_id=typed.get("id") or "unique()",
            file=http.FILES.get("file"),
            permissions=lines(typed.get("permissions", "")) or None,
        )
        return f"{ROOT}buckets/{bucket.id}/{created['$id']}/"

    fields = [FormField("file", "File", kind="file"), id_field("File ID"), permissions_field()]
    return Form("upload", "Upload a file", "Upload file", upload, fields)


def format_size(size: int) -> str:
    """Format a size in bytes, kB or MB: `123 bytes`, `1.2 kB`, `3.4 MB`."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:,.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"


@require_http_methods(["GET", "HEAD", "POST"])
def file(http: HttpRequest, bucket_id: str, file_id: str) -> HttpResponse:
    """Show a file: metadata, tokens, and a preview if possible. POST changes or deletes the file."""
    shown = _find_file(bucket_id, file_id)
    forms = _file_forms(http, shown)
    if redirect := submit(http, *forms):
        return redirect
    fields = fields_of(shown)
    tokens = [fields_of(each) for each in shown.tokens.order_by("created_at")]
    rows = [DataRow(each["id"], cells=(Cell(each["expire"], "time"),)) for each in tokens]
    page = DataPage(
        shown.name,
        [(shown.bucket.name, f"{ROOT}buckets/{shown.bucket.id}/")],
        labelled_cells(fields),
        [DataTable("Tokens", "Token", ("Expires",), rows, "No tokens yet.")],
        forms=forms,
        context={
            "is_image": shown.mime_type in IMAGE_TYPES,
            "text_preview": _text_preview(shown),
            "is_complete": shown.is_complete,
            "uploaded": f"{shown.chunks_uploaded} of {shown.chunks_total}",
        },
    )
    return respond(http, fields | {"tokens": tokens}, page, "file_page")


def _file_forms(http: HttpRequest, file: File) -> list[Form]:
    where = {"bucket_id": file.bucket.id, "file_id": file.id}

    def change(typed: QueryDict) -> str:
        permissions = lines(typed.get("permissions", ""))
        call(http, "storage.updateFile", **where, name=typed.get("name", ""), permissions=permissions)
        return f"{ROOT}buckets/{file.bucket.id}/{file.id}/"

    def delete(_: QueryDict) -> str:
        call(http, "storage.deleteFile", **where)
        return f"{ROOT}buckets/{file.bucket.id}/"

    fields = [FormField("name", "Name", file.name), permissions_field(file.permissions)]
    return [Form("change", "Change file", "Save changes", change, fields), delete_form("file", delete)]


def _find_file(bucket_id: str, file_id: str) -> File:
    return get_object_or_404(File.objects.select_related("bucket"), bucket__id=bucket_id, id=file_id)


def _text_preview(file: File) -> str:
    """Return the beginning of a text file, or "" for other files."""
    if not file.mime_type.startswith("text/") and file.mime_type not in TEXT_TYPES:
        return ""
    return truncate(file.read(0, MAX_TEXT_LENGTH * 4).decode(errors="replace"), MAX_TEXT_LENGTH)


@require_safe
def content(http: HttpRequest, bucket_id: str, file_id: str) -> HttpResponse:
    """Return the file's content. Images are shown inline, and other files are downloaded. Scripts are disabled."""
    shown = _find_file(bucket_id, file_id)
    if not shown.is_complete:
        raise Http404
    is_image = shown.mime_type in IMAGE_TYPES
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    if disposition := content_disposition_header(not is_image, shown.name):
        headers["Content-Disposition"] = disposition
    content_type = shown.mime_type if is_image else "application/octet-stream"
    return HttpResponse(shown.read(), content_type=content_type, headers=headers)
