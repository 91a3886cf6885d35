"""Read oversized files to the end, so that the rest of the form arrives, but do not store them."""

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

from posts.covers.images import MAX_BYTES

MAX_REQUEST = 100 * 1024 * 1024
"""Bytes per request. Larger requests are not read: they would occupy a thread, and nobody sends them by mistake."""


class CoverUpload(MemoryFileUploadHandler):
    """Keep at most MAX_BYTES of a file in memory, and record the file's full size.

    Nothing is written to disk, because a picture may contain the location where it was taken.
    """

    def handle_raw_input(  # Django passes all arguments positionally
        self, _input: IO[bytes], _meta: dict[str, Any], content_length: int, _boundary: Any, _encoding: Any = None
    ) -> None:
        if content_length > MAX_REQUEST:
            raise RequestDataTooBig(f"{content_length} bytes are more than MAX_REQUEST")
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) <= MAX_BYTES:
            super().receive_data_chunk(raw_data, start)
        return None
