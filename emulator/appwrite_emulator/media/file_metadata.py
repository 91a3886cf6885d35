"""Metadata that the real server stores for a file: digest, media type, and size after compression and encryption.

The emulator stores the content unchanged, because clients see only the size that the content has after compression and
encryption.
"""

import gzip
import hashlib
from dataclasses import dataclass

from appwrite_emulator.db.models import Bucket
from appwrite_emulator.media import media_types

MAX_TRANSFORMED_SIZE = 20_000_000
"""Files larger than this many bytes are neither compressed nor encrypted (APP_STORAGE_READ_BUFFER)."""


@dataclass(frozen=True)
class FileMetadata:
    signature: str
    mime_type: str
    compression: str
    encryption: bool
    size: int


def describe(content: bytes, declared_size: int, bucket: Bucket) -> FileMetadata:
    """Return the metadata that `content` would have in the bucket on the real server.

    Whether a file is too large to be compressed or encrypted depends on its declared size, not on its actual size.
    """
    is_small = declared_size <= MAX_TRANSFORMED_SIZE
    compression = bucket.compression if is_small else "none"
    encryption = bucket.encryption and is_small
    size = len(content)
    if compression != "none":
        # Zstandard is not in Python 3.11's standard library, so its size is estimated as gzip's.
        size = len(gzip.compress(content, 6))
    if encryption:
        size = (size + 2) // 3 * 4  # base64 of the cipher text
    signature = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return FileMetadata(signature, media_types.detect(content), compression, encryption, size)
