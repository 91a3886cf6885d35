"""Delete a post and everything that belongs to it."""

import logging

from accounts.request import Request
from core import errors
from posts import image_ids
from posts.access import record
from posts.editing import history, last_save, undo_store
from posts.models import Post
from posts.repository import PostRepository

log = logging.getLogger(__name__)


def delete(request: Request, posts: PostRepository, post: Post, *, can_undo: bool, sends_mail: bool = True) -> None:
    """Delete the post.

    `can_undo` is true if `undo_store` contains the post, so that the person can restore it. If `sends_mail` is false,
    send no e-mail, because the caller e-mails the author. Raise ConflictError if `post` is not the newest version.
    """
    try:
        posts.delete(post, can_undo=can_undo)
    except errors.SiteError as error:
        if not isinstance(error, errors.UnavailableError):  # during an outage, the row may have been deleted
            undo_store.forget(request.user, post.id)
        raise
    last_save.forget(post)
    history.discard(post)
    record(request, "delete", post, sends_mail=sends_mail)
    _discard_overdue_images(request, posts)
    if can_undo and image_ids.find(post.content, post.id):
        undo_store.remember_images(request.user, post)


def _discard_overdue_images(request: Request, posts: PostRepository) -> None:
    """Delete the images of posts that the signed-in user has deleted and can no longer restore.

    Skip posts that exist: they were restored, but the cache could not record this.
    """
    for post_id, author_id in undo_store.take_overdue_images(request.user).items():
        try:
            if not posts.exists(post_id):
                posts.files.discard_images(post_id, author_id)
        except errors.SiteError as error:
            log.warning("Images of the deleted post %s could not be deleted: %s", post_id, error)
