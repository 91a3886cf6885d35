"""Helpers shared by the post views.

They find a post that the person may read or edit, choose the credentials for publishing, and write the audit log.
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
    """Return the post, from the copies that all visitors share if it is public, otherwise with this person's session.

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
    """Return the current version of the post from Appwrite, for its author or an admin.

    Raise NotAllowedError if this person may only read the post, and NotFoundError if they may not even read it.
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


def require_publisher(request: Request, post: Post) -> None:
    """Raise NotAllowedError unless the policy lets this person publish the post, and change its published text."""
    if not policy.can_publish(request.user, post):
        raise review_needed()


def review_needed() -> errors.NotAllowedError:
    """Return the error for a person who wants to publish, but may not."""
    return errors.NotAllowedError(sentence=_("An admin must read the text before it is published."))


def publisher(request: Request, post: Post) -> PostRepository:
    """Return the repository to use for publishing and unpublishing `post`.

    A post's permissions name its author, and people can grant only their own roles in Appwrite. An admin therefore
    changes another person's post with the API key, and so does the author of a post that Appwrite does not let them
    change. Appwrite does not restrict the key, so first check with Appwrite that the person is still an admin or may
    still sign in. Raise NotAllowedError, SignInRequiredError or BlockedError if not.
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
    """Return whether to publish the post without asking first.

    An admin who publishes another person's draft must confirm this: the page that asks submits the author's id.
    """
    is_own = post.author_id == request.user.id
    return is_own or post.is_published or request.POST.get("confirmed") == post.author_id


def changer(request: Request, post: Post) -> PostRepository:
    """Return the repository to use for other changes of `post`, and for its deletion.

    Appwrite lets admins change the rows of other people, as long as the permissions stay the same.
    """
    if post.author_id == request.user.id:
        return publisher(request, post)
    return PostRepository(create_session_client(request))


def record(request: Request, act: str, post: Post, *, always: bool = True, sends_mail: bool = True) -> None:
    """Write an action to the audit log, and e-mail the author about most actions on another person's post.

    Without `always`, write no line about the person's own post. Without `sends_mail`, the caller sends the e-mail.
    """
    observation.note_audited()
    if always or post.author_id != request.user.id:
        audit.info("user=%s act=%s post=%s author=%s", request.user.id, act, post.id, post.author_id)
    if sends_mail and request.user.is_admin:
        notices.send(request, act, [post])
