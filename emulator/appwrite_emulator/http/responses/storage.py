"""Buckets, files and file tokens."""

from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import models


def bucket(bucket: models.Bucket, *, total_size: int = 0) -> dict[str, Any]:
    """Return a bucket. `total_size` is set on GET, and 0 after PUT and POST."""
    return {
        "$id": bucket.id,
        "$createdAt": iso(bucket.created_at),
        "$updatedAt": iso(bucket.updated_at),
        "$permissions": bucket.permissions,
        "fileSecurity": bucket.file_security,
        "name": bucket.name,
        "enabled": bucket.enabled,
        "maximumFileSize": bucket.maximum_file_size,
        "allowedFileExtensions": bucket.allowed_file_extensions,
        "compression": bucket.compression,
        "encryption": bucket.encryption,
        "antivirus": bucket.antivirus,
        "transformations": bucket.transformations,
        "totalSize": total_size,
    }


def file(file: models.File) -> dict[str, Any]:
    return {
        "$id": file.id,
        "bucketId": file.bucket.id,
        "$createdAt": iso(file.created_at),
        "$updatedAt": iso(file.updated_at),
        "$permissions": file.permissions,
        "name": file.name,
        "signature": file.signature,
        "mimeType": file.mime_type,
        "sizeOriginal": file.size_original,
        "sizeActual": file.size_actual,
        "chunksTotal": file.chunks_total,
        "chunksUploaded": file.chunks_uploaded,
        "encryption": file.encryption,
        "compression": file.compression,
    }


def file_token(token: models.FileToken, *, secret: str) -> dict[str, Any]:
    return {
        "$id": token.id,
        "$createdAt": iso(token.created_at),
        "resourceId": token.resource_id,
        "resourceType": "files",
        "expire": iso(token.expire),
        "secret": secret,
        "accessedAt": iso(token.accessed_at),
    }
