"""Django's upload handlers, extended to keep the submitted file name, which Django shortens to 255 characters."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler

_ATTRIBUTE = "sent_name"


class InMemory(MemoryFileUploadHandler):
    def file_complete(self, file_size: int) -> Any:
        return _keep_name(super().file_complete(file_size), self.file_name)


class InTemporaryFile(TemporaryFileUploadHandler):
    def file_complete(self, file_size: int) -> Any:
        return _keep_name(super().file_complete(file_size), self.file_name)


def _keep_name(file: Any, name: str | None) -> Any:
    if file is not None:  # None if the other handler received the file
        setattr(file, _ATTRIBUTE, name)
    return file


def sent_name(file: "UploadedFile[bytes]") -> str:
    """Return the submitted file name without folders."""
    return getattr(file, _ATTRIBUTE, None) or file.name or ""
