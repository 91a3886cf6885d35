"""Helpers shared by the post views.

They find a post that the person can read or edit, choose the credentials for publishing, and write the audit log.
"""

import logging

from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors, observation, rate_limits
from core.appwrite_client import create_admin_client, create_session_client
from posts import policy
from posts.mail import notices
from posts.models import Post
from posts.public_posts import PublicPosts
from posts.repository import PostRepository

audit = logging.getLogger("audit")


def readable(request: Request, post_id: str) -> Post:
    """Return a post that the signed-in user can read.

    Take a public post from the cached copies that all visitors share. Read any other post from Appwrite with this
    person's session. Raise NotFoundError if the policy does not allow this person to read the post.
    """
    try:
        post = PublicPosts().get(post_id)
    except errors.NotFoundError:
        if not request.appwrite_session:
            raise
        post = PostRepository(create_session_client(request)).get(post_id)
    return _allowed(request, post)


def editable(request: Request, posts: PostRepository, post_id: str) -> Post:
    """Return the current version of the post from Appwrite, for its author or an admin.

    Raise NotAllowedError if this person can read but not edit the post, and NotFoundError if they cannot read it.
    """
    post = _allowed(request, posts.get(post_id))
    require_editor(request, post)
    return post


def _allowed(request: Request, post: Post) -> Post:
    if not policy.can_read(request.user, post):
        raise errors.NotFoundError
    return post


def require_editor(request: Request, post: Post) -> None:
    """Raise NotAllowedError unless the policy lets the signed-in user edit the post."""
    if not policy.can_edit(request.user, post):
        raise errors.NotAllowedError(sentence=_("Only the author can edit this post."))


def require_publisher(request: Request, post: Post) -> None:
    """Raise NotAllowedError unless the policy lets this person publish the post and edit it after publication."""
    if not policy.can_publish(request.user, post):
        raise review_needed()


def review_needed() -> errors.NotAllowedError:
    """Return the error for a person who is not allowed to publish the post."""
    return errors.NotAllowedError(sentence=_("An admin must read the text before it is published."))


def publisher(request: Request, post: Post) -> PostRepository:
    """Return the repository with which a person who can edit `post` publishes or unpublishes it.

    This function does not check whether the person can publish the post; `require_publisher` does.

    A post's permissions name its author, and people can grant only their own roles in Appwrite. The site therefore uses
    its API key if an admin changes someone else's post, or if Appwrite does not allow the author to change their own
    post. Appwrite does not restrict the key, so before the site uses it, this function reads the person from Appwrite
    again. Raise NotAllowedError if they can no longer edit the post, SignInRequiredError if they are signed out, and
    BlockedError if they are blocked.
    """
    is_own = post.author_id == request.user.id
    if is_own and not policy.needs_key(request.user, post):
        return PostRepository(create_session_client(request))
    if is_own:
        rate_limits.RESTRICTED_WRITES.require(request.user.id)
    confirm_user(request)
    require_editor(request, post)
    return PostRepository(create_admin_client())


def may_publish_at_once(request: Request, post: Post) -> bool:
    """Return whether this request can publish or schedule the post without asking for confirmation.

    An admin must confirm that they want to publish or schedule someone else's draft. The confirmation page submits the
    author's id as the confirmation.
    """
    is_own = post.author_id == request.user.id
    return is_own or post.is_published or request.POST.get("confirmed") == post.author_id


def changer(request: Request, post: Post) -> PostRepository:
    """Return the repository with which the signed-in user makes other changes to `post`, or deletes it.

    Appwrite lets admins change other people's rows, as long as the permissions stay the same.
    """
    if post.author_id == request.user.id:
        return publisher(request, post)
    return PostRepository(create_session_client(request))


def record(request: Request, act: str, post: Post, *, always: bool = True, sends_mail: bool = True) -> None:
    """Record the action in the audit log.

    If an admin acted on someone else's post, also e-mail the author if the action is in `notices.ACTS`. If `always` is
    false, do not record actions on the person's own posts. If `sends_mail` is false, send no e-mail, because the caller
    sends it.
    """
    observation.note_audited()
    if always or post.author_id != request.user.id:
        audit.info("user=%s act=%s post=%s author=%s", request.user.id, act, post.id, post.author_id)
    if sends_mail and request.user.is_admin:
        notices.send(request, act, [post])
