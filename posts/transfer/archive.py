"""The file written by `export_posts`: a ZIP archive of pictures and `entries.jsonl`, with one JSON object per line.

The first line describes the export. Each other line has a `kind`:

- `person`: an account, without password and sessions.
- `row`: a row of a table, with its permissions, dates and values.
- `file`: a picture, with its permissions; `path` is the picture's name in the archive.
- `subscriber`: a person's subscription to e-mails.
- `invalid`: an entry of another blog that cannot be imported, with the `reason`.

An entry from another blog also has `from`: its place in that blog's export, for messages about the entry.
"""

import json
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

FORMAT = "biso-posts/1"
ENTRIES = "entries.jsonl"
MAX_LINE = 8 * 1024 * 1024  # bytes; the longest possible post has about a tenth of this


class DamagedError(ValueError):
    """The archive, or a picture in the archive, cannot be read. The message is a sentence."""


class Entry(NamedTuple):
    """An entry of a file to import, and its place in the file.

    `fault` says why the entry cannot be read, or is "" if it can be read.
    """

    place: str
    values: dict[str, Any]
    fault: str = ""


class Source(Protocol):
    """A file to import."""

    def entries(self) -> Iterator[Entry]:
        """Read the file from its beginning."""

    def picture(self, path: str, limit: int) -> bytes:
        """Return at most `limit` bytes of a picture.

        Raise KeyError if the file does not contain the picture, and DamagedError if it cannot be read.
        """


class Writer:
    """Adds entries and pictures to an archive, without keeping them in memory."""

    def __init__(self, archive: zipfile.ZipFile, lines: Any) -> None:
        self._archive = archive
        self._lines = lines
        self._paths: set[str] = set()

    def add(self, **values: Any) -> None:
        self._lines.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")

    def add_picture(self, path: str, content: bytes) -> None:
        self._archive.writestr(path, content, zipfile.ZIP_STORED)

    def add_picture_once(self, path: str, content: bytes) -> bool:
        """Add the picture, unless the archive already contains `path`. Return whether the picture was added."""
        if path in self._paths:
            return False
        self._paths.add(path)
        self.add_picture(path, content)
        return True


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """Create an archive that only its owner can read. Rename it to `path` when it is complete."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # only the owner can read this file
    try:
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
            tempfile.TemporaryFile(dir=path.parent) as lines,
        ):
            yield Writer(archive, lines)
            lines.seek(0)
            with archive.open(ENTRIES, "w", force_zip64=True) as entries:
                shutil.copyfileobj(lines, entries)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


class Archive:
    """An archive written by `export_posts`, or only its `entries.jsonl`, without pictures."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _reading("The ZIP file"):
            self._zip = zipfile.ZipFile(path) if zipfile.is_zipfile(path) else None
        if self._zip is not None and ENTRIES not in self._zip.namelist():
            self.close()
            raise DamagedError(
                f"It contains no {ENTRIES}. If it is the packed export of another blog, unpack it first."
            )
        with path.open("rb") as file:
            if self._zip is None and file.read(2) == b"PK":
                raise DamagedError("The ZIP file is incomplete. Copy it again.")

    def close(self) -> None:
        if self._zip:
            self._zip.close()

    def entries(self) -> Iterator[Entry]:
        with _reading(ENTRIES), self._zip.open(ENTRIES) if self._zip else self._path.open("rb") as lines:
            number = 0
            while line := lines.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    yield Entry(f"line {number}", {}, f"The line is longer than {MAX_LINE} bytes.")
                    while line and not line.endswith(b"\n"):
                        line = lines.readline(MAX_LINE)
                elif line.strip():
                    yield _entry(f"line {number}", line)

    def picture(self, path: str, limit: int) -> bytes:
        if self._zip is None:
            raise KeyError(path)
        with _reading(path), self._zip.open(path) as file:
            return file.read(limit)


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Convert all exceptions that `zipfile` raises for a damaged, encrypted or unknown file to DamagedError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError) as error:
        raise DamagedError(f"{name} is damaged: {error}.") from error


def _entry(place: str, line: bytes) -> Entry:
    try:
        values = json.loads(line)
        # This fails for NaN, and for half a surrogate pair, which is not valid Unicode.
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return Entry(place, {}, "The line is not valid JSON.")
    if not isinstance(values, dict):
        return Entry(place, {}, "The line is not a JSON object.")
    if isinstance(values.get("from"), str):
        place = values["from"]
    return Entry(place, values, str(values.get("reason")) if values.get("kind") == "invalid" else "")
