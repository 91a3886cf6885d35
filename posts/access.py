"""Helpers shared by the views of posts.

They find a post that the person may read or edit, choose whose rights to publish with, and write the audit log.
"""

import logging

from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from posts import policy
from posts.models import Post
from posts.public_posts import PublicPosts
from posts.repository import PostRepository

audit = logging.getLogger("audit")


def readable(request: Request, post_id: str) -> Post:
    """Return the post, from the copies for all visitors if it is for all of them.

    Raise NotFoundError if the policy does not allow this person to read it.
    """
    try:
        post = PublicPosts().get(post_id)
    except errors.NotFoundError:
        if not request.appwrite_session:
            raise
        post = PostRepository(create_session_client(request)).get(post_id)
    return _allowed(request, post)


def editable(request: Request, posts: PostRepository, post_id: str) -> Post:
    """Return the post as Appwrite has it now, for its author and admins.

    Raise NotAllowedError for others who may read it, and NotFoundError as `readable` does.
    """
    post = _allowed(request, posts.get(post_id))
    require_editor(request, post)
    return post


def _allowed(request: Request, post: Post) -> Post:
    if not policy.can_read(request.user, post):
        raise errors.NotFoundError
    return post


def require_editor(request: Request, post: Post) -> None:
    """Raise NotAllowedError unless the policy lets this person edit the post."""
    if not policy.can_edit(request.user, post):
        raise errors.NotAllowedError(sentence=_("Only the author can edit this post."))


def publisher(request: Request, post: Post) -> PostRepository:
    """Return the repository with which to publish and unpublish `post`.

    The permissions of a post name its author, and Appwrite allows a person to grant only their own roles. So an admin
    changes another person's post with the API key. The key has no limits, so Appwrite is asked first whether the person
    is still an admin. Raise NotAllowedError, SignInRequiredError or BlockedError if not.
    """
    if post.author_id == request.user.id:
        return PostRepository(create_session_client(request))
    confirm_user(request)
    require_editor(request, post)
    return PostRepository(create_admin_client())


def record(request: Request, act: str, post: Post, *, always: bool = False) -> None:
    """Log an admin's action on another person's post; with `always`, also on the admin's own."""
    if always or post.author_id != request.user.id:
        audit.info("user=%s act=%s post=%s author=%s", request.user.id, act, post.id, post.author_id)
