"""Metadata the real server stores for a file: digest, media type, and size after compression and encryption.

The emulator stores the content unchanged, since clients only ever see the size of the other form.
"""

import gzip
import hashlib
from dataclasses import dataclass

from appwrite_emulator.db.models import Bucket
from appwrite_emulator.media import media_types

LARGEST_CHANGED = 20_000_000
"""Files larger than this many bytes are neither compressed nor encrypted (APP_STORAGE_READ_BUFFER)."""


@dataclass(frozen=True)
class Form:
    signature: str
    mime_type: str
    compression: str
    encryption: bool
    size: int


def judge(content: bytes, declared_size: int, bucket: Bucket) -> Form:
    """Return how the bucket would store `content`.

    The declared size, not the actual one, is compared with the limit.
    """
    small = declared_size <= LARGEST_CHANGED
    compression = bucket.compression if small else "none"
    encryption = bucket.encryption and small
    size = len(content)
    if compression != "none":
        # Python's standard library lacks Zstandard, so gzip's size stands in for it.
        size = len(gzip.compress(content, 6))
    if encryption:
        size = (size + 2) // 3 * 4  # base64 of the cipher text
    signature = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Form(signature, media_types.of(content), compression, encryption, size)
