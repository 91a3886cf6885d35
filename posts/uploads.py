"""Files that are larger than a cover may be: read to their end, so that the rest of the form arrives, and not kept."""

from __future__ import annotations

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from posts.images import BYTES_MAX

REQUEST_MAX = 100 * 1024 * 1024
"""Bytes in one request. Of more nothing is read: nobody sends that by mistake, and a thread would wait for it."""


class Bounded(FileUploadHandler):
    """The first of settings.FILE_UPLOAD_HANDLERS: hands on what a cover may have. Of a larger file the size is told,
    and the content is empty."""

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, Any], content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > REQUEST_MAX:
            raise RequestDataTooBig(f"{content_length} bytes are more than REQUEST_MAX")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start + len(raw_data) <= BYTES_MAX else None

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        if file_size <= BYTES_MAX:
            return None
        return UploadedFile(ContentFile(b""), self.file_name, size=file_size)
