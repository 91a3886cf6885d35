"""The files of a post in Appwrite Storage: its cover and the images in its text.

`posts.repository` writes rows and files in such an order that readers never see an incomplete post.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from core import errors
from core.appwrite_client import SessionClient
from core.revalidation import revalidating
from posts import image_ids, policy
from posts.covers.images import TextImage
from posts.covers.storage import CoverRepository, row_not_written
from posts.covers.text_images import ImageRepository, with_other_permissions
from posts.models import Post

log = logging.getLogger(__name__)


class ImageLimitError(errors.SiteError):
    """The post already has the maximum number of images."""


class PostFiles:
    """The covers and text images of posts, accessed with the permissions of `client`."""

    def __init__(self, client: SessionClient) -> None:
        self._covers = CoverRepository(client)
        self._images = ImageRepository(client)

    def cover(self, post: Post) -> bytes | None:
        """Return the stored WebP file of the post's cover, or None if the post has no cover or the file is missing."""
        if not post.cover_id:
            return None
        try:
            return self._covers.original(post.cover_id)
        except errors.NotFoundError:
            return None

    def image(self, file_id: str) -> bytes | None:
        """Return the stored WebP file of a post's image, or None if it is missing or hidden from this client."""
        try:
            return self._images.original(file_id)
        except errors.NotFoundError:
            return None

    def add_image(
        self, post_id: str, author_id: str, picture: TextImage, *, is_restricted: bool = False
    ) -> image_ids.Image:
        """Upload an image for the text of a post.

        Until a save makes the image public, only the author and admins can read it. If `is_restricted` is true, the
        author can change neither the file nor the post (`policy.Owner`). Raise ImageLimitError if the post already has
        MAX_IMAGES images, and NotFoundError if the bucket is missing.
        """
        if len(self._images.of_post(post_id, author_id)) >= image_ids.MAX_IMAGES:
            raise ImageLimitError
        owner = policy.Owner(author_id, is_restricted)
        return self._images.add(picture, post_id, owner.permissions(published=False))

    @contextmanager
    def updating_cover(
        self,
        post_id: str,
        owner: policy.Owner,
        fields: dict[str, Any],
        *,
        published: bool,
        old: str = "",
        closing: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Update the cover's file around a block that writes the row. Yield the columns that the block must change.

        Before the block, create a new file, and let readers of a published post read the file, so that no failure
        leaves a post without its cover. If `closing` is true, stop readers from reading the file after the block, so
        that no reader sees the post without its cover. If that fails, the next save of the draft tries again.

        At the end, change the cache generation if the post is public or was public before.
        """
        with revalidating(published or closing):
            picture, columns = fields.get("cover"), dict[str, Any]()
            if picture:
                columns["coverId"] = self._covers.add(picture, post_id, owner.permissions(published=published))
            elif fields.get("remove_cover"):
                columns["coverId"] = None
            elif old and not closing:
                self._covers.set_permissions(old, owner.permissions(published=published))
            try:
                yield columns
            except errors.SiteError as error:
                # If the write may have succeeded, the row may refer to the file.
                if picture and not error.may_have_happened:
                    self._covers.discard(columns["coverId"])
                raise
            if old and columns:
                self._covers.discard(old)
            elif old and closing:
                self._covers.set_permissions(old, owner.permissions(published=False))

    @contextmanager
    def updating_images(
        self, post_id: str, owner: policy.Owner, new: str, old: str = "", *, published: bool
    ) -> Iterator[None]:
        """Update the readers of the images in the text around a block that writes the row. `new` replaces `old`.

        Before the block, the images of a published text become public, so that no reader sees the text without them.
        After the block, all other images become private: those of a draft, and those that the text no longer shows.
        If the block has certainly failed, the images that have become public become private again. Other people's files
        are never changed, even if the client has the API key, because a member's row can reuse the id of another
        person's deleted post.

        A post without images needs no call. For other posts, one call reads the files, and each change needs one more.
        """
        ids = image_ids.find(new, post_id)
        all_ids = dict.fromkeys([*ids, *image_ids.find(old, post_id)])
        files = self._images.with_ids(all_ids, owner.id) if all_ids else []
        shown = [file for file in files if published and file.id in ids]
        public, private = owner.permissions(published=True), owner.permissions(published=False)
        to_open = with_other_permissions(shown, public)
        try:
            with row_not_written():
                self._images.set_permissions(to_open, public)
            yield
        except errors.SiteError as error:
            if to_open and not error.may_have_happened:
                with suppress(errors.SiteError):
                    self._images.set_permissions(to_open, private)
            raise
        to_hide = with_other_permissions([file for file in files if file not in shown], private)
        try:
            self._images.set_permissions(to_hide, private)
        except errors.SiteError as error:
            if not published:  # the person must learn that images of the draft are still public
                raise
            log.warning("Images that post %s no longer shows are still public: %s", post_id, error)

    def set_cover_permissions(self, post: Post, permissions: list[str]) -> None:
        """Let the people in `permissions` read and change the post's cover. Do nothing if the post has no cover."""
        if post.cover_id:
            self._covers.set_permissions(post.cover_id, permissions)

    def discard(self, post: Post, *, can_undo: bool) -> None:
        """Delete the files of a deleted post. Log errors without raising them.

        If `can_undo` is true, only hide the images in the text.
        """
        if post.cover_id:
            self._covers.discard(post.cover_id)
        shown = image_ids.find(post.content, post.id)
        try:
            if shown:
                shown = tuple(file.id for file in self._images.with_ids(shown, post.author_id))
            if can_undo and shown:
                self._images.set_permissions(shown, policy.owner_of(post).permissions(published=False))
            elif not can_undo:
                self.discard_images(post.id, post.author_id, shown)
        except errors.SiteError as error:
            log.warning("Images of the deleted post %s could not be deleted: %s", post.id, error)

    def discard_images(self, post_id: str, author_id: str, shown: Iterable[str] = ()) -> None:
        """Delete the images that the author uploaded for a deleted post.

        Also delete the images with the ids in `shown`, which were in the post's text.
        """
        files = self._images.of_post(post_id, author_id)
        self._images.discard(dict.fromkeys([*(file.id for file in files), *shown]))
