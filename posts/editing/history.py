"""After the response has been sent, store the saved version, or delete versions and private links no longer needed.

Errors are logged, but not raised.
"""

from accounts.request import Request
from core.after_response import after_response
from core.appwrite_client import create_admin_client
from posts.models import Post
from posts.preview_links import PreviewLinkRepository
from posts.revisions import RevisionRepository


def keep(request: Request, post: Post, *, before: Post | None = None) -> None:
    """Store this version of the post, which has just replaced the version `before`."""
    user_id, name = request.user.id, request.user.name
    after_response(lambda: RevisionRepository(create_admin_client()).keep(post, user_id, name, before))


def discard(post: Post) -> None:
    """Delete the versions and the private link of a deleted post. If this fails, nobody can read them anyway."""
    after_response(lambda: RevisionRepository(create_admin_client()).delete_of(post.id))
    end_link(post)


def end_link(post: Post) -> None:
    """Delete the private link to a post that was deleted or unpublished.

    Otherwise the link might work again, because a post's dates do not reliably show whether the link is older than the
    publication: a post that is published again keeps its first date, and a scheduled post may be published late.
    """
    after_response(lambda: PreviewLinkRepository(create_admin_client()).revoke(post.id))
