"""Static files as they are deployed: the stylesheet minified, every file with a hash in its name, compressed."""

from collections.abc import Iterator
from typing import Any

import rcssmin
from django.core.files.base import ContentFile
from django.core.files.storage import Storage as FileStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class _Minified:
    """A storage whose stylesheets are minified when they are opened."""

    def __init__(self, storage: FileStorage) -> None:
        self._storage = storage

    def open(self, path: str) -> "ContentFile[bytes]":
        with self._storage.open(path) as file:
            return ContentFile(rcssmin.cssmin(file.read().decode()).encode())


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no annotations here
    """WhiteNoise's storage, with stylesheets minified in the files that have a hash in their name."""

    def post_process(self, paths: dict[str, tuple[Any, str]], **options: Any) -> Iterator[tuple[str, Any, Any]]:
        sources = {
            name: (_Minified(storage) if name.endswith(".css") else storage, path)
            for name, (storage, path) in paths.items()
        }
        yield from super().post_process(sources, **options)
