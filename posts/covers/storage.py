"""Covers in Appwrite Storage. `posts.schema` describes the bucket.

A cover's file id begins with a hash of its post's id, so a post can use only files that were uploaded for it. If a row
names the cover of another post, the site shows no picture, and deleting the row's post does not delete that file.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from appwrite.input_file import InputFile
from appwrite.models.file import File
from appwrite.query import Query

from core import errors
from core.appwrite_client import SessionClient
from core.calls import confirm
from core.ids import is_id
from posts import cover_sizes, models, policy
from posts.covers import images
from posts.schema import COVERS

log = logging.getLogger(__name__)

FILES_AT_ONCE = 500  # files per response, without their contents
QUALITY = 80  # the quality of the served pictures


def is_cover_of(file_id: object, post_id: str) -> bool:
    """Return whether the file with this id was uploaded for this post."""
    return isinstance(file_id, str) and can_be_cover(file_id) and file_id.startswith(cover_prefix(post_id))


def can_be_cover(file_id: str) -> bool:
    """Return whether this is a valid cover id. It must be in lower case, although Appwrite ignores case in ids."""
    return is_id(file_id) and file_id == file_id.lower()


def cover_prefix(post_id: str) -> str:
    """Return the prefix of the post's cover ids. It has 80 bits, so two posts never share a prefix."""
    return hashlib.sha256(post_id.encode()).hexdigest()[:20] + "-"


@contextmanager
def row_not_written() -> Iterator[None]:
    """Mark errors in this block as definite failures: the file is written before the row, so no text is saved yet."""
    try:
        yield
    except errors.SiteError as error:
        error.may_have_happened = False
        raise


class FileRepository:
    """All files of a bucket, accessed with the API key."""

    def __init__(self, client: SessionClient, bucket_id: str) -> None:
        self._storage = client.storage
        self._bucket_id = bucket_id

    def files_after(self, cursor: str) -> tuple[list[File], bool]:
        """Return the files after the file with the id `cursor`, and whether they are the last files.

        Start with the first files if `cursor` is "" or if that file has been deleted since. If the bucket is missing,
        return no files.
        """
        queries = [Query.limit(FILES_AT_ONCE)]
        try:
            page = self._storage.list_files(
                self._bucket_id, [*queries, *([Query.cursor_after(cursor)] if cursor else [])], total=0
            )
        except errors.NotFoundError:  # `setup_appwrite` has not created the bucket yet
            return [], True
        except errors.InvalidInputError as error:
            if error.type != "general_cursor_not_found":
                raise
            page = self._storage.list_files(self._bucket_id, queries, total=0)
        return list(page.files), len(page.files) < FILES_AT_ONCE

    def hand_over(self, file: File, owner_id: str) -> bool:
        """Change the owner of a public file, or delete a private file. Return whether the file still exists."""
        if policy.READ_BY_EVERYONE not in file.permissions:
            return self.remove(file)
        permissions = policy.row_permissions(owner_id, published=True)
        try:
            self._storage.update_file(self._bucket_id, file.id, permissions=permissions)
        except errors.NotFoundError:
            return False
        return True

    def remove(self, file: File) -> bool:
        """Delete the file. Return False, because it no longer exists."""
        with suppress(errors.NotFoundError):
            self._storage.delete_file(self._bucket_id, file.id)
        return False


class PictureRepository:
    """The pictures in a bucket, accessed with the permissions of `client`."""

    bucket_id: str

    def __init__(self, client: SessionClient) -> None:
        self._storage = client.storage

    def original(self, file_id: str) -> bytes:
        """Return the stored WebP file.

        Raise NotFoundError if it is missing, hidden from this client, or not a picture.
        """
        content = bytes(self._storage.get_file_download(self.bucket_id, file_id))
        return _checked(content, file_id, images.is_webp)

    def _preview(self, file_id: str, size: tuple[int, int], output: str = "webp") -> bytes:
        """Return the picture, resized, as "webp" or "jpg". Raise NotFoundError in the same cases as `original`."""
        width, height = size
        try:
            content = self._storage.get_file_preview(
                self.bucket_id, file_id, width=width, height=height, quality=QUALITY, output=output
            )
        except errors.InvalidInputError as error:  # uploaded directly to Appwrite, bypassing our validation
            raise errors.NotFoundError(f"file {file_id} cannot be shown") from error
        return _checked(bytes(content), file_id, images.is_jpeg if output == "jpg" else images.is_webp)

    def _file(self, file_id: str, permissions: list[str] | None = None) -> File | None:
        """Return the file, or None if it is missing, or if `permissions` are given and differ from the file's."""
        try:
            file = self._storage.get_file(self.bucket_id, file_id)
        except errors.NotFoundError:
            return None
        return file if permissions is None or set(file.permissions) == set(permissions) else None


def _checked(content: bytes, file_id: str, is_picture: Callable[[bytes], bool]) -> bytes:
    if not is_picture(content):
        raise errors.NotFoundError(f"file {file_id} is not a picture")
    return content


class CoverRepository(PictureRepository):
    """The covers."""

    bucket_id = COVERS

    def picture(self, file_id: str, width: int, gravity: str = "") -> bytes:
        """Return the cover as WebP, `width` pixels wide. Its ratio is 3:2, unless `gravity` is cover_sizes.WHOLE.

        Raise NotFoundError if the file is missing, hidden from this client, or not a picture.
        """
        if gravity in cover_sizes.GRAVITIES:
            return self._part(file_id, (width, cover_sizes.height(width)), gravity, "WEBP")
        height = 0 if gravity == cover_sizes.WHOLE else cover_sizes.height(width)
        return self._preview(file_id, (width, height))

    def shared_picture(self, file_id: str, gravity: str = "") -> bytes:
        """Return the cover as a JPEG in the size cover_sizes.SHARED. LinkedIn does not show WebP.

        Raise NotFoundError in the same cases as `picture`.
        """
        if gravity in cover_sizes.GRAVITIES:
            return self._part(file_id, cover_sizes.SHARED, gravity, "JPEG")
        return self._preview(file_id, cover_sizes.SHARED, "jpg")

    def _part(self, file_id: str, size: tuple[int, int], gravity: str, kind: str) -> bytes:
        """Crop the cover here, because Appwrite 1.9.6 distorts pictures unless it crops them around the middle."""
        content = self._storage.get_file_download(self.bucket_id, file_id)
        try:
            return images.part(bytes(content), size, gravity, QUALITY, kind)
        except images.PictureError as error:  # uploaded directly to Appwrite, bypassing our validation
            raise errors.NotFoundError(f"file {file_id} cannot be shown") from error

    def add(self, picture: bytes, post_id: str, permissions: list[str]) -> str:
        """Upload a picture converted by `posts.covers.images`, with `permissions`. Return the file id."""
        file_id = cover_prefix(post_id) + models.new_id()
        with row_not_written():
            confirm(
                lambda: self._storage.create_file(
                    COVERS, file_id, InputFile.from_bytes(picture, "cover.webp"), permissions
                ),
                lambda: self._file(file_id),
            )
        return file_id

    def set_permissions(self, file_id: str, permissions: list[str]) -> None:
        """Give the file its post's permissions. Log a warning if the file is missing."""
        try:
            with row_not_written():
                confirm(
                    lambda: self._storage.update_file(COVERS, file_id, permissions=permissions),
                    lambda: self._file(file_id, permissions),
                )
        except errors.NotFoundError:
            log.warning("cover %s is missing", file_id)

    def discard(self, file_id: str) -> None:
        """Delete the file. Log errors without raising them, because no post uses the file any more."""
        try:
            self._storage.delete_file(COVERS, file_id)
        except errors.SiteError as error:
            log.warning("cover %s could not be deleted: %s", file_id, error)
