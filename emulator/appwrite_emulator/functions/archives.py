"""Uploaded archives: unpacked into a temporary folder, and run from there with `--run-functions`."""

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

_INVALID = (tarfile.TarError, OSError, EOFError, zlib.error)
_lock = threading.Lock()


class ArchiveError(ValueError):
    """An archive that cannot be unpacked or run. The message is a sentence for the build logs."""


def check(source: bytes, entrypoint: str) -> int:
    """Return the size of the archive's files in bytes, or raise ArchiveError if it cannot be run."""
    with _open(source) as archive:
        members = _members(archive)
    if _normalised(entrypoint) not in {_normalised(member.name) for member in members if member.isfile()}:
        raise ArchiveError(f"The archive has no file {entrypoint!r}, which is the entrypoint.")
    if not runner.can_run(Path(entrypoint)):
        raise ArchiveError(f"The emulator runs Python and JavaScript files only, and {entrypoint!r} is neither.")
    return sum(member.size for member in members)


def unpack(deployment: Deployment) -> Path:
    """Return the file with the deployment's code. The archive is unpacked once."""
    source = bytes(deployment.source)
    folder = _folder() / hashlib.sha256(source).hexdigest()
    with _lock:
        if not folder.exists():
            unfinished = Path(tempfile.mkdtemp(dir=_folder()))
            with _open(source) as archive:
                archive.extractall(unfinished, members=_members(archive), filter="data")
            unfinished.rename(folder)
    return folder / _normalised(deployment.entrypoint)


@cache
def _folder() -> Path:
    """Return the temporary folder of this process; it is deleted when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="appwrite-emulator-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _open(source: bytes) -> tarfile.TarFile:
    """Open the archive. It is decompressed up to the limit, so that a small one cannot fill memory or disk."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(source)) as compressed:
            content = compressed.read(MAX_UNPACKED_SIZE + 1)
        if len(content) > MAX_UNPACKED_SIZE:
            raise ArchiveError(f"The archive is larger than {MAX_UNPACKED_SIZE} bytes when it is unpacked.")
        return tarfile.open(fileobj=io.BytesIO(content), mode="r:")
    except _INVALID:
        raise ArchiveError("The archive is not a valid .tar.gz file.") from None


def _members(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """Return the files and folders of the archive. Raise ArchiveError for anything that may not be unpacked."""
    try:
        members = archive.getmembers()
    except _INVALID:
        raise ArchiveError("The archive is not a valid .tar.gz file.") from None
    if len(members) > MAX_FILES:
        raise ArchiveError(f"The archive has more than {MAX_FILES} files.")
    for member in members:
        _check_member(member)
    return members


def _check_member(member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        raise ArchiveError(f"The archive contains {member.name!r}, which is outside its folder.")
    if not (member.isfile() or member.isdir()):
        raise ArchiveError(f"The archive contains {member.name!r}, which is a link or no regular file.")


def _normalised(path: str) -> str:
    """Return the path without a leading `./`."""
    return str(PurePosixPath(path))
