"""Buckets: list, create, get, update, delete. Only for API keys."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Bucket
from appwrite_emulator.db.models.storage import MAX_FILE_SIZE
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Integer, ListOf, NewId, Permissions, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.storage.access import find_bucket

ATTRIBUTES = lists.attributes(
    Bucket,
    enabled="enabled",
    name="name",
    fileSecurity="file_security",
    maximumFileSize="maximum_file_size",
    encryption="encryption",
    antivirus="antivirus",
    transformations="transformations",
)
ACTIONS = ("create", "read", "update", "delete")
SETTINGS = {
    "file_security": Boolean(default=False),
    "enabled": Boolean(default=True),
    "maximum_file_size": Integer(1, MAX_FILE_SIZE, default=MAX_FILE_SIZE, nullable=True),
    "allowed_file_extensions": ListOf(Text(64), default=()),
    "compression": Text(choices=("none", "gzip", "zstd"), default="none", nullable=True),
    "encryption": Boolean(default=True, nullable=True),
    "antivirus": Boolean(default=True),
    "transformations": Boolean(default=True),
}
"""Settings of a bucket.

An update resets omitted settings to these defaults. With null, a nullable setting stays unchanged.
"""


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_buckets(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /storage/buckets."""
    page = lists.page(Bucket.objects.all(), queries, ATTRIBUTES, search=search, searched=("search",), total=total)
    return {"total": page.total, "buckets": [_model(bucket) for bucket in page.items]}


@accepts(
    bucket_id=NewId(required=True),
    name=Text(128, required=True),
    permissions=Permissions(*ACTIONS, default=()),
    **SETTINGS,
)
def create_bucket(
    request: Request, *, bucket_id: str, name: str, permissions: list[str], **settings: Any
) -> dict[str, Any]:
    """POST /storage/buckets."""
    if Bucket.objects.filter(id=bucket_id).exists():
        raise AppwriteError("storage_bucket_already_exists")
    bucket = Bucket(id=bucket_id, name=name, permissions=list(permissions), search=f"{bucket_id} {name}")
    return responses.bucket(_apply(bucket, settings))


def get_bucket(request: Request, *, bucket_id: str) -> dict[str, Any]:
    """GET /storage/buckets/{bucketId}."""
    return _model(find_bucket(request, bucket_id))


def _model(bucket: Bucket) -> dict[str, Any]:
    return responses.bucket(bucket, total_size=bucket.total_size)


@accepts(name=Text(128, required=True), permissions=Permissions(*ACTIONS), **SETTINGS)
def update_bucket(
    request: Request, *, bucket_id: str, name: str, permissions: list[str] | None, **settings: Any
) -> dict[str, Any]:
    """PUT /storage/buckets/{bucketId}.

    Omitted settings are reset to their defaults, but omitted permissions stay unchanged.
    """
    bucket = find_bucket(request, bucket_id)
    bucket.name = name
    bucket.permissions = bucket.permissions if permissions is None else permissions
    bucket.updated_at = clock.now()
    return responses.bucket(_apply(bucket, settings))


def _apply(bucket: Bucket, settings: dict[str, Any]) -> Bucket:
    for name, value in settings.items():
        if value is not None:
            setattr(bucket, name, value)
    bucket.allowed_file_extensions = list(bucket.allowed_file_extensions)
    bucket.save()
    return bucket


def delete_bucket(request: Request, *, bucket_id: str) -> None:
    """DELETE /storage/buckets/{bucketId}: delete the bucket and its files."""
    bucket = find_bucket(request, bucket_id)
    request.add_change(responses.bucket(bucket))
    bucket.delete()
