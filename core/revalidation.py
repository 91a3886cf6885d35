"""The generation: a text that changes with every write of public content through the site, for all workers.

A copy of a read or a page keeps the generation from before it was read. It counts as current only while that is still
the current generation. Copies also have a short lifetime, because writes made elsewhere change no generation.

The workers of one machine share a file in LOCAL_DIR. A write appends a byte to it, so that a check costs one `stat`,
and no generation comes back: the size only grows, and a new file has another time.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

FILE = "generation"
_unmarked: set[Path] = set()  # files that could not be changed after a write
_reported: set[Path] = set()  # files about whose failure the log has a line


def current_generation(max_age: float = 0) -> str | None:  # noqa: ARG001 - the file is too cheap to read to reuse it
    """Return the current generation; None while it cannot be read.

    With None, nothing may be served from a cache or put into one. `max_age` is the number of seconds for which a value
    that this process has read before may be returned again.
    """
    path = settings.LOCAL_DIR / FILE
    try:
        if path in _unmarked:
            _mark(path)
        return _identity(path)
    except OSError as error:
        _report(path, error)
        return None


def revalidate() -> None:
    """Change the generation. Call it after a write of public content, also after one that may have been carried out.

    Raises nothing. If the file cannot be changed, this process has no generation until it can; other processes may
    serve copies of what was read before the write until these are too old.
    """
    path = settings.LOCAL_DIR / FILE
    try:
        _mark(path)
    except OSError as error:
        _unmarked.add(path)
        _report(path, error)


@contextmanager
def revalidating(is_public: bool = True) -> Iterator[None]:
    """Run a block that writes public content, then change the generation, even if the block fails.

    Nothing happens if the content is not public (`is_public`), such as the text of a draft.
    """
    try:
        yield
    finally:
        if is_public:
            revalidate()


def _identity(path: Path) -> str:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        status = os.stat(path)
    _reported.discard(path)
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


def _mark(path: Path) -> None:
    """Change the file. Without one there is nothing to do, because the next check creates it.

    So a command that is run as root leaves no file that the site cannot change.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        pass
    except PermissionError:
        path.unlink()  # another user's file, in our folder
    else:
        try:
            os.write(file, b".")
        except OSError:
            os.utime(file)  # a full disk still stores another time
        finally:
            os.close(file)
    _unmarked.discard(path)


def _report(path: Path, error: OSError) -> None:
    """Log the failure, once until the file can be read again."""
    if path not in _reported:
        _reported.add(path)
        log.error("The file %s cannot be used, so pages are not cached: %s", path, error)
