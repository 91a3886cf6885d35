"""What the real server would keep of a file: its digest, its kind, and how large it lies compressed and encrypted.

The bytes themselves are kept here as they came. Nobody ever sees another form of them, only its size.
"""

import gzip
import hashlib
from dataclasses import dataclass

from appwrite_emulator import media_types
from appwrite_emulator.models import Bucket

LARGEST_CHANGED = 20_000_000
"""Above this the real server neither compresses nor encrypts (APP_STORAGE_READ_BUFFER)."""


@dataclass(frozen=True)
class Form:
    signature: str
    mime_type: str
    compression: str
    encryption: bool
    size: int


def judge(content: bytes, declared_size: int, bucket: Bucket) -> Form:
    """The form in which this bucket keeps `content`; the size its sender declared decides about the limit."""
    small = declared_size <= LARGEST_CHANGED
    compression = bucket.compression if small else "none"
    encryption = bucket.encryption and small
    size = len(content)
    if compression != "none":
        # Zstandard comes with no Python of today; what deflate makes of the bytes stands for it.
        size = len(gzip.compress(content, 6))
    if encryption:
        size = (size + 2) // 3 * 4  # the cipher text is written as base64
    signature = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Form(signature, media_types.of(content), compression, encryption, size)
