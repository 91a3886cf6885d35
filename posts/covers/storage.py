"""Covers in Appwrite Storage: pictures go in and come out. What the bucket is like stands in `posts.schema`.

A file's id is made of its post's, so that a row can only name a file that was uploaded for it: whoever writes somebody
else's cover into a row of their own gets no picture, and an admin who deletes that post deletes nothing of others.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from appwrite.input_file import InputFile
from appwrite.models.file import File

from core import errors
from core.appwrite_client import SessionClient, confirm
from core.ids import is_id
from posts import cover_sizes, models, policy
from posts.covers import images
from posts.schema import COVERS

log = logging.getLogger(__name__)

QUALITY = 80  # of what is served


def is_cover_of(file_id: object, post_id: str) -> bool:
    """Whether a file of this id was uploaded for this post."""
    return isinstance(file_id, str) and is_id(file_id) and file_id.startswith(_beginning(post_id))


def _beginning(post_id: str) -> str:
    """What the ids of a post's covers begin with. 80 bits: nobody finds a post's id to fit another's cover."""
    return hashlib.sha256(post_id.encode()).hexdigest()[:20] + "-"


@contextmanager
def _row_not_written() -> Iterator[None]:
    """Mark errors in this block as certain: the row is written after the file, so no text has been saved yet."""
    try:
        yield
    except errors.SiteError as error:
        error.may_have_happened = False
        raise


class CoverRepository:
    """Covers as whoever holds `client` may see and change them."""

    def __init__(self, client: SessionClient) -> None:
        self._storage = client.storage

    def picture(self, file_id: str, width: int) -> bytes:
        """The cover in this width, as WebP in 3:2 whatever was uploaded. Raises NotFound where there is none, none that
        this client may see, and none that is a picture."""
        content = self._preview(file_id, (width, cover_sizes.height(width)), "webp")
        if not images.is_webp(content):
            raise errors.NotFound(f"file {file_id} is no picture")
        return content

    def shared_picture(self, file_id: str) -> bytes:
        """Return the cover as JPEG, cropped to cover_sizes.SHARED, because LinkedIn does not show WebP.

        Raises NotFound as `picture` does.
        """
        content = self._preview(file_id, cover_sizes.SHARED, "jpg")
        if not images.is_jpeg(content):
            raise errors.NotFound(f"file {file_id} is no picture")
        return content

    def _preview(self, file_id: str, size: tuple[int, int], output: str) -> bytes:
        width, height = size
        try:
            content = self._storage.get_file_preview(
                COVERS, file_id, width=width, height=height, quality=QUALITY, output=output
            )
        except errors.Invalid as error:  # uploaded directly to Appwrite, bypassing our validation
            raise errors.NotFound(f"file {file_id} cannot be shown") from error
        return bytes(content)

    def original(self, file_id: str) -> bytes:
        """The cover as it was uploaded. Raises NotFound as `picture` does."""
        content = bytes(self._storage.get_file_download(COVERS, file_id))
        if not images.is_webp(content):
            raise errors.NotFound(f"file {file_id} is no picture")
        return content

    def add(self, picture: bytes, post_id: str, author_id: str, *, published: bool) -> str:
        """Upload a picture that `posts.covers.images` has made, to be seen by whoever may read the post; its id."""
        file_id = _beginning(post_id) + models.new_id()
        permissions = policy.row_permissions(author_id, published=published)
        with _row_not_written():
            confirm(
                lambda: self._storage.create_file(
                    COVERS, file_id, InputFile.from_bytes(picture, "cover.webp"), permissions
                ),
                lambda: self._file(file_id),
            )
        return file_id

    def set_readers(self, file_id: str, author_id: str, *, published: bool) -> None:
        """Let everybody see it, or the author and admins alone. A file that is gone has no readers."""
        permissions = policy.row_permissions(author_id, published=published)
        try:
            with _row_not_written():
                confirm(
                    lambda: self._storage.update_file(COVERS, file_id, permissions=permissions),
                    lambda: self._file(file_id, permissions),
                )
        except errors.NotFound:
            log.warning("cover %s is not there", file_id)

    def _file(self, file_id: str, permissions: list[str] | None = None) -> File | None:
        """Return the file; None if there is none, or if it has other permissions than these."""
        try:
            file = self._storage.get_file(COVERS, file_id)
        except errors.NotFound:
            return None
        return file if permissions is None or set(file.permissions) == set(permissions) else None

    def discard(self, file_id: str) -> None:
        """Delete it, if it can be done: no post names it any more, so a failure is the log's business alone."""
        try:
            self._storage.delete_file(COVERS, file_id)
        except errors.SiteError as error:
            log.warning("cover %s is left behind: %s", file_id, error)
