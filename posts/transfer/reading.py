"""Recognise the type of a file to import, and convert another blog's export to an archive."""

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from posts.transfer import archive, ghost, wordpress
from posts.transfer.archive import Archive
from posts.transfer.blog import Blog, Conversion, Folder, NoBlogError

UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks


class Options(NamedTuple):
    """The administrator's options for another blog: its pictures, the language of its posts, and its address."""

    images: Path | None = None
    language: str = "nb"
    address: str = ""


class Opened(NamedTuple):
    """A file to import. `paths` maps a published post's path on another blog to its id on this site."""

    source: Archive
    paths: dict[str, str]


@contextmanager
def opened(path: Path, options: Options, say: Callable[[str], None]) -> Iterator[Opened]:
    """Open an archive, or convert a Ghost or WordPress blog's export. Raise NoBlogError for any other file."""
    blog = None if zipfile.is_zipfile(path) else _blog(path, options, say)
    if blog is None:
        with closing(Archive(path)) as source:
            yield Opened(source, {})
        return
    with TemporaryDirectory() as folder:
        converted = Path(folder) / "blog.zip"
        with archive.writing(converted) as writer:
            conversion = Conversion(writer, Folder(options.images), options.language, say)
            conversion.run(blog)
        with closing(Archive(converted)) as source:
            yield Opened(source, conversion.paths)


def _blog(path: Path, options: Options, say: Callable[[str], None]) -> Blog | None:
    """Return the blog, or None if `Archive` can read the file. Raise NoBlogError if the format is unknown."""
    start = _first_line(path)
    if start.startswith((b"<", *UTF_16)):
        return wordpress.read(path, say)
    if not start or start.startswith(b"PK") or (isinstance(first := _json(start), dict) and "kind" in first):
        return None
    content = _json(path.read_bytes())
    if ghost.is_ghost(content):
        # Half a surrogate pair is not valid Unicode, and is replaced with a question mark.
        content = json.loads(json.dumps(content, ensure_ascii=False).encode(errors="replace"))
        return ghost.read(content, options.address)
    if content is not None:
        raise NoBlogError("The file is JSON, but not an export of this site or of Ghost.")
    raise NoBlogError("The file is not an export of this site, Ghost or WordPress.")


def _first_line(path: Path) -> bytes:
    """Return the first line that is not empty, without a byte order mark, or b"" if there is none."""
    with path.open("rb") as file:
        while line := file.readline(archive.MAX_LINE):
            if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                return text
    return b""


def _json(text: bytes) -> Any:
    """Return the parsed text, or None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
