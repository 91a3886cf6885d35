"""What the views of posts stand on: the post this person may see or change, whose rights an act needs, and the audit
log."""

import logging

from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from posts import policy
from posts.models import Post
from posts.repository import PostRepository

audit = logging.getLogger("audit")


def readable(request: Request, posts: PostRepository, post_id: str) -> Post:
    """The post; NotFound where the policy does not let this person know that it is there."""
    post = posts.get(post_id)
    if not policy.can_read(request.user, post):
        raise errors.NotFound
    return post


def editable(request: Request, posts: PostRepository, post_id: str) -> Post:
    """The post, for its author and admins; NotAllowed for others who may read it."""
    post = readable(request, posts, post_id)
    require_editor(request, post)
    return post


def require_editor(request: Request, post: Post) -> None:
    """Raise NotAllowed unless the policy lets this person edit the post."""
    if not policy.can_edit(request.user, post):
        raise errors.NotAllowed(sentence=_("Only the author can edit this post."))


def publisher(request: Request, post: Post) -> PostRepository:
    """Where to publish and unpublish `post`.

    The list of permissions names the author, and Appwrite lets nobody grant a role they do not hold: an admin's act on
    somebody else's post runs with the API key. Appwrite then refuses nothing, so it is asked first whether the person
    is still an admin. Raises NotAllowed, SignInRequired or Blocked if not.
    """
    if post.author_id == request.user.id:
        return PostRepository(create_session_client(request))
    confirm_user(request)
    require_editor(request, post)
    return PostRepository(create_admin_client())


def record(request: Request, act: str, post: Post, *, always: bool = False) -> None:
    """One line for what an admin has done with somebody else's post: who, what, whose. `always`: with their own, too,
    where it is an admin's act."""
    if always or post.author_id != request.user.id:
        audit.info("user=%s act=%s post=%s author=%s", request.user.id, act, post.id, post.author_id)
