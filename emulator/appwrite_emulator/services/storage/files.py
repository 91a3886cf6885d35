"""File metadata: list, get, update and delete. uploads.py receives the files' content, and delivery.py sends it."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db.models import File
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Permissions, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.storage.access import find_bucket, find_changeable, find_readable, is_allowed_in_bucket

ATTRIBUTES = lists.attributes(
    File,
    name="name",
    signature="signature",
    mimeType="mime_type",
    sizeOriginal="size_original",
    chunksTotal="chunks_total",
    chunksUploaded="chunks_uploaded",
)
ACTIONS = ("read", "update", "delete")
"""Actions that a file's permissions can grant."""


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_files(request: Request, *, bucket_id: str, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /storage/buckets/{bucketId}/files: list files that the caller can read, including incomplete uploads.

    As on the real server, `search` finds a renamed file only by its original name.
    """
    bucket = find_bucket(request, bucket_id)
    files = bucket.files.select_related("bucket")
    if not is_allowed_in_bucket(request, bucket, "read"):
        files = files.readable_by(request.caller.roles)
    page = lists.page(files, queries, ATTRIBUTES, search=search, searched=("search",), total=total)
    return {"total": page.total, "files": [responses.file(file) for file in page.items]}


def get_file(request: Request, *, bucket_id: str, file_id: str) -> dict[str, Any]:
    """GET /storage/buckets/{bucketId}/files/{fileId}."""
    return responses.file(find_readable(request, find_bucket(request, bucket_id), file_id))


# `create` is accepted, although it has no effect on files. `write` does not expand to `create`.
@accepts(name=Text(128), permissions=Permissions("create", *ACTIONS, write=ACTIONS))
def update_file(
    request: Request, *, bucket_id: str, file_id: str, name: str | None, permissions: list[str] | None
) -> dict[str, Any]:
    """PUT /storage/buckets/{bucketId}/files/{fileId}. Omitted parameters stay unchanged.

    The new name can have any extension.
    """
    file = find_changeable(request, find_bucket(request, bucket_id), file_id, "update")
    if permissions is not None:
        if not request.caller.is_key:
            PermissionList(permissions).check_grants(request.caller.roles)
        file.permissions = permissions
    if name is not None:
        file.name = name
    file.updated_at = clock.now()
    file.save()
    return responses.file(file)


def delete_file(request: Request, *, bucket_id: str, file_id: str) -> None:
    """DELETE /storage/buckets/{bucketId}/files/{fileId}: delete the file, even if its upload is incomplete."""
    file = find_changeable(request, find_bucket(request, bucket_id), file_id, "delete")
    request.add_change(responses.file(file))
    file.delete()
