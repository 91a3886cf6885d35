"""Upload files in one request, or in chunks of 5 MiB in any order (`content-range` and `x-appwrite-id`)."""

import math
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from django.core.files.uploadedfile import UploadedFile

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, ids, permissions
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Bucket, Chunk, File
from appwrite_emulator.db.models.storage import CHUNK_SIZE
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import NewId, Permissions, Upload, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.http.upload_handlers import sent_name
from appwrite_emulator.media import file_metadata
from appwrite_emulator.services.storage.access import find_bucket, require
from appwrite_emulator.services.storage.files import ACTIONS

# The unit can be anything, not only bytes.
_CONTENT_RANGE = re.compile(r"\S+ (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)

MAX_NAME = 2048
"""Maximum length of a file's name."""


@dataclass(frozen=True)
class Part:
    """The content of one upload request, its offset in the file, and the file's total size."""

    file: "UploadedFile[bytes]"
    start: int
    size: int

    @property
    def chunk_start(self) -> int:
        """Offset of the chunk to which this part belongs."""
        return self.start // CHUNK_SIZE * CHUNK_SIZE


@accepts(file_id=NewId(required=True), file=Upload(), permissions=Permissions(*ACTIONS))
def create_file(
    request: Request, *, bucket_id: str, file_id: str, file: Any, permissions: list[str] | None
) -> Response | dict[str, Any]:
    """POST /storage/buckets/{bucketId}/files: upload a file, or a chunk of it.

    The status is 201, or 200 for a chunk of a file that was already complete. The first chunk sets the name and the
    size, and the last chunk sets the permissions.
    """
    bucket = find_bucket(request, bucket_id)
    require(request, bucket, "create")
    granted = _file_permissions(request, permissions)
    if not isinstance(file, UploadedFile):
        raise AppwriteError("storage_file_empty", "No file sent")
    name = _name(file)
    is_chunked = bool(request.headers.get("Content-Range"))
    if is_chunked:
        file_id = request.headers.get("X-Appwrite-ID") or file_id
    part = _read_part(request, file)
    if is_chunked and not ids.ID.fullmatch(file_id):
        raise AppwriteError("storage_invalid_appwrite_id")
    _check_allowed(bucket, name, part)

    stored = bucket.files.select_related("bucket").filter(id=file_id).first()
    if stored and stored.is_complete:
        if not is_chunked:
            raise AppwriteError("storage_file_already_exists")
        request.changes = []
        return Response(responses.file(stored), status=200)
    is_new = stored is None
    stored = stored or File.objects.create(
        bucket=bucket,
        id=file_id,
        name=name,
        extension=_extension(name),
        permissions=granted,
        size_original=part.size,
        chunks_total=max(1, math.ceil(part.size / CHUNK_SIZE)) if is_chunked else 1,
        search=f"{file_id} {name}",
    )
    _store_chunk(stored, part)
    if stored.is_complete:
        stored.permissions = granted
        _finish(stored, part)
    else:
        request.changes = []  # only the last chunk publishes an event
    if not is_new:
        stored.updated_at = clock.now()
    stored.save()
    return responses.file(stored)


def _file_permissions(request: Request, requested: list[str] | None) -> list[str]:
    """Return the requested permissions, or else the default.

    By default, the user who uploads a file can perform all actions. A file from a key or guest has no permissions.
    """
    caller = request.caller
    if requested is None:
        return permissions.for_user(caller.user.id, ACTIONS) if caller.user else []
    if not caller.is_key:
        permissions.PermissionList(requested).check_grants(caller.roles)
    return requested


def _name(file: "UploadedFile[bytes]") -> str:
    """Return the file's name.

    The name is percent-decoded, because browsers and other clients send a quotation mark as `%22`.
    """
    name = "".join(char for char in unquote(sent_name(file)) if char.isprintable())
    name = PurePosixPath(name.replace("\\", "/")).name
    if len(name) > MAX_NAME:
        raise AppwriteError("general_argument_invalid", f"A file name must have at most {MAX_NAME} characters.")
    return name


def _extension(name: str) -> str:
    """Return the part after the last dot, in lower case."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _read_part(request: Request, file: "UploadedFile[bytes]") -> Part:
    header = request.headers.get("Content-Range")
    if not header:
        return Part(file, 0, file.size or 0)
    match = _CONTENT_RANGE.fullmatch(header)
    if not match:
        raise AppwriteError("storage_invalid_content_range")
    start, end, size = map(int, match.groups())
    # The real server accepts an end equal to `size`, although that is one byte too many.
    if start > end or end > size:
        raise AppwriteError("storage_invalid_content_range")
    return Part(file, start, size)


def _check_allowed(bucket: Bucket, name: str, part: Part) -> None:
    # The file's extension is converted to lower case, but the allowed extensions are not. An allowed extension in upper
    # case therefore never matches.
    if bucket.allowed_file_extensions and _extension(name) not in bucket.allowed_file_extensions:
        raise AppwriteError("storage_file_type_unsupported", "File extension not allowed")
    if max(part.size, part.file.size or 0) > bucket.maximum_file_size:
        raise AppwriteError("storage_invalid_file_size", "File size not allowed")


def _store_chunk(file: File, part: Part) -> None:
    """Store the content. A chunk that is sent twice counts once."""
    Chunk.objects.update_or_create(file=file, start=part.chunk_start, defaults={"content": part.file.read()})
    file.chunks_uploaded = file.chunks.count()


def _finish(file: File, part: Part) -> None:
    """Complete the upload: store the content in chunks of equal size, and set the file's type, digest and size."""
    chunks = list(file.chunks.order_by("start"))
    content = b"".join(chunk.content for chunk in chunks)
    if [len(chunk.content) for chunk in chunks[:-1]] != [CHUNK_SIZE] * (len(chunks) - 1) or len(
        chunks[-1].content
    ) > CHUNK_SIZE:
        file.chunks.all().delete()
        for start in range(0, len(content), CHUNK_SIZE):
            Chunk.objects.create(file=file, start=start, content=content[start : start + CHUNK_SIZE])
    metadata = file_metadata.describe(content, part.size, file.bucket)
    file.signature, file.mime_type = metadata.signature, metadata.mime_type
    file.compression, file.encryption, file.size_actual = metadata.compression, metadata.encryption, metadata.size
