"""Files that are larger than a cover may be: read to their end, so that the rest of the form arrives, and not kept."""

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

from posts.covers.images import MAX_BYTES

MAX_REQUEST = 100 * 1024 * 1024
"""Bytes in one request. Of more nothing is read: nobody sends that by mistake, and a thread would wait for it."""


class CoverUpload(MemoryFileUploadHandler):
    """The one of settings.FILE_UPLOAD_HANDLERS. Of a file that is too large the size is told, and no more than
    MAX_BYTES of its content; nothing is written to a disk, for pictures know where they were taken."""

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, Any], content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > MAX_REQUEST:
            raise RequestDataTooBig(f"{content_length} bytes are more than MAX_REQUEST")
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) <= MAX_BYTES:
            super().receive_data_chunk(raw_data, start)
        return None
