"""Permissions for files.

Without file security, only the bucket's permissions apply. With file security, a permission on either the bucket or the
file is enough. If the caller is not allowed to read a file, the error is `storage_file_not_found`. API keys bypass all
checks, and can also use disabled buckets.
"""

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db.models import Bucket, File


def find_bucket(request: Request, bucket_id: str) -> Bucket:
    """Return the bucket, or raise 404 `storage_bucket_not_found`."""
    bucket = Bucket.objects.filter(id=bucket_id).first()
    if bucket is None or not (bucket.enabled or request.caller.is_key):
        raise AppwriteError("storage_bucket_not_found")
    return bucket


def find_file(bucket: Bucket, file_id: str) -> File:
    """Return the file, or raise 404 `storage_file_not_found`."""
    file = bucket.files.select_related("bucket").filter(id=file_id).first()
    if file is None:
        raise AppwriteError("storage_file_not_found")
    return file


def is_allowed(request: Request, owner: Bucket | File, action: str) -> bool:
    """Return whether the permissions of `owner` (a bucket or a file) allow the caller to perform `action`."""
    return request.caller.is_key or PermissionList(owner.permissions).allows(action, request.caller.roles)


def is_allowed_in_bucket(request: Request, bucket: Bucket, action: str) -> bool:
    """Return whether the caller can perform `action` on all files in the bucket.

    Without this permission, raise 401 `user_unauthorized` unless the bucket has file security.
    """
    allowed = is_allowed(request, bucket, action)
    if not allowed and not bucket.file_security:
        require(request, bucket, action)
    return allowed


def require(request: Request, owner: Bucket | File, action: str) -> None:
    """Raise 401 `user_unauthorized` unless the permissions of `owner` allow the caller to perform `action`."""
    if not request.caller.is_key:
        PermissionList(owner.permissions).check(action, request.caller.roles)


def find_readable(request: Request, bucket: Bucket, file_id: str, token_file: File | None = None) -> File:
    """Return the file. Raise an error if it does not exist or the caller is not allowed to read it.

    `token_file`: the file that the request's token gives access to.
    """
    allowed = (token_file is not None and token_file.bucket_id == bucket.pk) or is_allowed_in_bucket(
        request, bucket, "read"
    )
    file = bucket.files.select_related("bucket").filter(id=file_id).first()
    if file and not allowed and not is_allowed(request, file, "read"):
        file = None
    if token_file is not None and token_file != file:
        raise AppwriteError("user_unauthorized")
    if file is None:
        raise AppwriteError("storage_file_not_found")
    return file


def find_changeable(request: Request, bucket: Bucket, file_id: str, action: str) -> File:
    """Return the file. Raise an error if it does not exist or the caller is not allowed to perform `action`.

    `action` is `update` or `delete`. Read permission is not required.
    """
    allowed = is_allowed_in_bucket(request, bucket, action)
    file = find_file(bucket, file_id)
    if not allowed:
        require(request, file, action)
    return file
