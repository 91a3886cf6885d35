"""Uploaded archives. With `--run-functions`, they are unpacked into a temporary folder, where their code runs."""

import atexit
import gzip
import hashlib
import io
import shutil
import tarfile
import tempfile
import threading
import zlib
from functools import cache
from pathlib import Path, PurePosixPath

from appwrite_emulator.db.models import Deployment
from appwrite_emulator.functions import runner

MAX_UNPACKED_SIZE = 100_000_000
"""Maximum size of a decompressed archive, in bytes."""
MAX_FILES = 20_000

# Invalid numbers in headers raise ValueError or OverflowError.
_INVALID = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError)
INVALID_ARCHIVE = "The archive is not a valid .tar.gz file."
_lock = threading.Lock()


class ArchiveError(ValueError):
    """The archive cannot be unpacked or run. The message is a complete sentence for the build logs."""


def check(source: bytes, entrypoint: str) -> int:
    """Return the total size of the files in the archive, in bytes.

    Raise ArchiveError if the archive does not contain code that the emulator can run.
    """
    with _open(source) as archive:
        members = _members(archive)
    if _normalised(entrypoint) not in {_normalised(member.name) for member in members if member.isfile()}:
        raise ArchiveError(f"The archive does not contain the entrypoint {entrypoint!r}.")
    if not runner.can_run(Path(entrypoint)):
        raise ArchiveError(f"The emulator only runs Python and JavaScript files, and {entrypoint!r} is neither.")
    return sum(member.size for member in members)


def unpack(deployment: Deployment) -> Path:
    """Return the file with the deployment's code. Unpack the archive on first use. Raise ArchiveError if this fails."""
    source = bytes(deployment.source)
    folder = _folder() / hashlib.sha256(source).hexdigest()
    with _lock:
        if not folder.exists():
            unfinished = Path(tempfile.mkdtemp(dir=_folder()))
            try:
                _extract(source, unfinished)
            except ArchiveError:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
            unfinished.rename(folder)
    return folder / _normalised(deployment.entrypoint)


def _extract(source: bytes, folder: Path) -> None:
    with _open(source) as archive:
        members = _members(archive)
        try:
            archive.extractall(folder, members=members, filter="data")
        except _INVALID as error:
            # Two members may have the same path, or a name may be too long for the file system.
            raise ArchiveError(
                f"The archive cannot be unpacked: {getattr(error, 'strerror', None) or error}"
            ) from error


@cache
def _folder() -> Path:
    """Return this process's temporary folder. It is deleted when the process exits."""
    folder = Path(tempfile.mkdtemp(prefix="appwrite-emulator-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _open(source: bytes) -> tarfile.TarFile:
    """Open the archive. Limit the decompressed size, so that a small archive cannot fill memory or disk."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(source)) as compressed:
            content = compressed.read(MAX_UNPACKED_SIZE + 1)
    except _INVALID:
        raise ArchiveError(INVALID_ARCHIVE) from None
    if len(content) > MAX_UNPACKED_SIZE:
        raise ArchiveError(f"The unpacked archive is larger than {MAX_UNPACKED_SIZE} bytes.")
    try:
        return tarfile.open(fileobj=io.BytesIO(content), mode="r:")
    except _INVALID:
        raise ArchiveError(INVALID_ARCHIVE) from None


def _members(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """Return the archive's files and folders. Raise ArchiveError for a member that must not be unpacked.

    Check each member before reading the next one, because `tarfile` would read a member with a negative size forever.
    """
    members: list[tarfile.TarInfo] = []
    try:
        for member in archive:
            _check_member(member)
            members.append(member)
            if len(members) > MAX_FILES:
                raise ArchiveError(f"The archive has more than {MAX_FILES} files.")
    except ArchiveError:
        raise
    except _INVALID:
        raise ArchiveError(INVALID_ARCHIVE) from None
    return members


def _check_member(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        raise ArchiveError(f"The archive contains {member.name!r}, which is outside its folder.")
    if not (member.isfile() or member.isdir()):
        raise ArchiveError(f"The archive contains {member.name!r}, which is a link or not a regular file.")
    if member.issparse() or not 0 <= member.size <= MAX_UNPACKED_SIZE:
        raise ArchiveError(f"The archive contains {member.name!r}, whose size is invalid.")


def _normalised(path: str) -> str:
    """Return the path without a leading `./`."""
    return str(PurePosixPath(path))
