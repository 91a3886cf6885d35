"""Storage for deployed static files: minified stylesheets, hashed file names and compressed files."""

from collections.abc import Iterator
from typing import Any

import rcssmin
from django.core.files.base import ContentFile
from django.core.files.storage import Storage as FileStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class _Minified:
    """A storage that minifies each stylesheet when the file is opened."""

    def __init__(self, storage: FileStorage) -> None:
        self._storage = storage

    def open(self, path: str) -> "ContentFile[bytes]":
        with self._storage.open(path) as file:
            return ContentFile(rcssmin.cssmin(file.read().decode()).encode())


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise's class has no annotations
    """WhiteNoise's storage with minified stylesheets. Only the copies with hashed names are minified."""

    def post_process(self, paths: dict[str, tuple[Any, str]], **options: Any) -> Iterator[tuple[str, Any, Any]]:
        sources = {
            name: (_Minified(storage) if name.endswith(".css") else storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(sources, **options)
