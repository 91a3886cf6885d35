"""Images in the text, in Appwrite Storage. `posts.schema` describes the bucket, and `posts.image_ids` the ids.

A newly uploaded file is private. It is public while a published text shows it.
"""

import logging
from collections.abc import Callable, Iterable
from functools import partial

from appwrite.input_file import InputFile
from appwrite.models.file import File
from appwrite.query import Query

from core import errors
from core.calls import confirm, run_concurrently
from posts import image_ids, policy
from posts.covers.images import TextImage
from posts.covers.storage import PictureRepository, row_not_written
from posts.image_ids import Image
from posts.schema import IMAGES

log = logging.getLogger(__name__)

AT_ONCE = 4  # concurrent calls to Appwrite; one slot of the bulkhead stays free for other requests
LISTED_AT_ONCE = 100  # files per response
NO_BUCKET = "storage_bucket_not_found"  # Appwrite's error type


class ImageRepository(PictureRepository):
    """The images in the text."""

    bucket_id = IMAGES

    def picture(self, image: Image, width: int) -> bytes:
        """Return the image as WebP, `width` pixels wide.

        Raise NotFoundError if the file is missing, hidden from this client, or not a picture.
        """
        return self._preview(image.id, (width, image.height_for(width)))

    def add(self, picture: TextImage, post_id: str, permissions: list[str]) -> Image:
        """Upload an image for a post's text, with the permissions of a draft.

        Raise NotFoundError with the type NO_BUCKET if the bucket does not exist yet.
        """
        image = image_ids.new(post_id, picture.width, picture.height)
        upload = InputFile.from_bytes(picture.content, "image.webp")
        with row_not_written():
            confirm(
                lambda: self._storage.create_file(IMAGES, image.id, upload, permissions),
                lambda: self._file(image.id),
            )
        return image

    def with_ids(self, ids: Iterable[str], author_id: str) -> list[File]:
        """Return the author's files with these ids, except those that this client cannot read.

        Omit other people's files: a row can reuse the id of a deleted post, and its text can contain the ids of images
        that someone else uploaded for that post. If the bucket does not exist yet, return no files.
        """
        files = self._listed([Query.equal("$id", list(ids)), Query.limit(2 * image_ids.MAX_IMAGES)])
        return [file for file in files if _is_by(author_id, file)]

    def of_post(self, post_id: str, author_id: str) -> list[File]:
        """Return at most LISTED_AT_ONCE of the author's files for this post, even if its text does not show them.

        Omit other people's files: any writer can upload files for this post directly to Appwrite.
        """
        files = self._listed([Query.starts_with("$id", image_ids.prefix(post_id)), Query.limit(LISTED_AT_ONCE)])
        return [file for file in files if _is_by(author_id, file)]

    def _listed(self, queries: list[str]) -> list[File]:
        try:
            return list(self._storage.list_files(IMAGES, queries).files)
        except errors.NotFoundError as error:
            log.warning("Bucket %s is missing, so posts have no images: %s", IMAGES, error)
            return []

    def set_permissions(self, ids: Iterable[str], permissions: list[str]) -> None:
        """Give the files `ids` the permissions of their post.

        Skip files that this client cannot change, because someone else uploaded them directly to Appwrite.
        """
        _in_batches(lambda file_id: self._set(file_id, permissions), list(ids))

    def _set(self, file_id: str, permissions: list[str]) -> None:
        try:
            self._storage.update_file(IMAGES, file_id, permissions=permissions)
        except (errors.NotFoundError, errors.NotAllowedError) as error:
            log.warning("The permissions of image %s could not be changed: %s", file_id, error)

    def discard(self, ids: Iterable[str]) -> None:
        """Delete the files `ids`. Log errors without raising them, because no post shows the files any more."""
        _in_batches(self._discard, list(ids))

    def _discard(self, file_id: str) -> None:
        try:
            self._storage.delete_file(IMAGES, file_id)
        except errors.SiteError as error:
            log.warning("image %s could not be deleted: %s", file_id, error)


def _is_by(author_id: str, file: File) -> bool:
    return author_id in policy.owners_of(file.permissions)


def with_other_permissions(files: Iterable[File], permissions: list[str]) -> list[str]:
    """Return the ids of the files whose permissions differ from `permissions`."""
    return [file.id for file in files if set(file.permissions) != set(permissions)]


def _in_batches(call: Callable[[str], None], ids: list[str]) -> None:
    """Call `call(id)` for each id, a few at a time. Raise the error of the first batch in which a call fails."""
    for start in range(0, len(ids), AT_ONCE):
        run_concurrently(*(partial(call, file_id) for file_id in ids[start : start + AT_ONCE]))
