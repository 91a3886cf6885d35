"""Deliver file content: view and download, in full or as a range."""

import re

from appwrite_emulator.auth import jwt as tokens
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import File
from appwrite_emulator.http.parameters import Text, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.services.storage.access import find_bucket, find_file, find_readable
from appwrite_emulator.services.storage.tokens import find_token_file

# Types that browsers can display inline (Appwrite's app/config/storage/mimes.php). Other types become text/plain.
INLINE_TYPES = frozenset(
    {
        "image/jpeg",
        "image/gif",
        "image/png",
        "image/webp",
        "video/mp4",
        "video/x-flv",
        "video/3gpp",
        "video/quicktime",
        "video/x-msvideo",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
MAX_RANGE = 20_000_000
OPEN_RANGE = 10 * 1024 * 1024
"""Maximum bytes sent for a range that is open-ended or too long (APP_STORAGE_READ_BUFFER, MAX_OUTPUT_CHUNK_SIZE)."""
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)
CACHE_HEADERS = {"Cache-Control": "private, max-age=3888000"}


@accepts(token=Text(512))
def get_file_view(request: Request, *, bucket_id: str, file_id: str, token: str | None) -> Response:
    """GET /storage/buckets/{bucketId}/files/{fileId}/view: return the file for display, with scripts disabled."""
    file = _find(request, bucket_id, file_id, token)
    content_type = file.mime_type if file.mime_type in INLINE_TYPES else "text/plain"
    headers = {"Content-Security-Policy": "script-src none;", **_disposition("inline", file), **CACHE_HEADERS}
    return _deliver(request, file, content_type, headers)


@accepts(token=Text(512))
def get_file_download(request: Request, *, bucket_id: str, file_id: str, token: str | None) -> Response:
    """GET /storage/buckets/{bucketId}/files/{fileId}/download."""
    file = _find(request, bucket_id, file_id, token)
    return _deliver(request, file, file.mime_type, {**_disposition("attachment", file), **CACHE_HEADERS})


@accepts(jwt=Text(2048, min=0, default=""))
def get_file_for_push(request: Request, *, bucket_id: str, file_id: str, jwt: str) -> Response:
    """GET /storage/buckets/{bucketId}/files/{fileId}/push: return a push message's image to anyone who has its JWT.

    The SDKs have no method for this route. The message contains its URL.
    """
    try:
        claims = tokens.decode(jwt, request.project.jwt_secret)
    except (ValueError, KeyError, TypeError):
        raise AppwriteError("user_unauthorized") from None
    named = {"bucketId": bucket_id, "fileId": file_id, "projectId": request.project.id}
    if any(claims.get(name) != value for name, value in named.items()):
        raise AppwriteError("user_unauthorized", "The link is for another file.")
    file = find_file(find_bucket(request, bucket_id), file_id)
    content_type = file.mime_type if file.mime_type in INLINE_TYPES else "text/plain"
    headers = {"Content-Security-Policy": "script-src none;", **_disposition("inline", file), **CACHE_HEADERS}
    return _deliver(request, file, content_type, headers)


def _find(request: Request, bucket_id: str, file_id: str, token: str | None) -> File:
    file = find_readable(request, find_bucket(request, bucket_id), file_id, find_token_file(request, token))
    if not file.is_complete:
        raise AppwriteError("storage_file_not_found", "The upload of this file is not finished.")
    return file


def _disposition(disposition: str, file: File) -> dict[str, str]:
    """Return the `Content-Disposition` header, with the file's name in raw UTF-8.

    The bytes are decoded as Latin-1, because Django encodes headers as Latin-1.
    """
    name = "".join(char for char in file.name if char.isprintable())
    return {"Content-Disposition": f'{disposition}; filename="{name}"'.encode().decode("latin-1")}


def _deliver(request: Request, file: File, content_type: str, headers: dict[str, str]) -> Response:
    header = request.headers.get("Range")
    if not header:
        return Response(file.read(), content_type=content_type, headers=headers)
    start, end = _parse_range(header, file.size_original)
    headers |= {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end}/{file.size_original}"}
    return Response(file.read(start, end + 1), status=206, content_type=content_type, headers=headers)


def _parse_range(header: str, size: int) -> tuple[int, int]:
    """Return the positions of the first and last byte.

    Raise 416 `storage_invalid_range` unless the range has at least two bytes and is within the file. A range that is
    open-ended or longer than `MAX_RANGE` is cut off after 10 MiB, or at the end of the file.
    """
    match = _RANGE.fullmatch(header)
    if not match:
        raise AppwriteError("storage_invalid_range")
    start, end = int(match[1]), int(match[2]) if match[2] else None
    if end is None or end - start > MAX_RANGE:
        end = min(start + OPEN_RANGE - 1, size - 1)
    if start >= end or end >= size:
        raise AppwriteError("storage_invalid_range")
    return start, end
