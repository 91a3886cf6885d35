"""Ask for a review of one's own draft, or withdraw this request. `posts.reviews` stores the requests."""

from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from posts import models, policy
from posts.access import record
from posts.mail import notices
from posts.models import Post
from posts.reviews import ReviewRepository


def ask(request: Request, post: Post) -> Post:
    """Ask for a review of the draft, and return the draft.

    Raise NotAllowedError unless the person is the author and can't publish the post themselves. Raise ConflictError if
    the post is already published.
    """
    _require_author(request, post)
    if post.status == models.PUBLISHED:
        raise errors.ConflictError(sentence=_("This post is already published."))
    if not post.is_restricted:
        # The author saved the draft when they could still publish. Without a new save, which restricts the draft, they
        # could publish it over REST.
        raise errors.ConflictError(sentence=_("Open the draft and save it before you ask for a review."))
    rate_limits.REVIEWS.require(request.user.id)
    confirm_user(request)
    asked_post = ReviewRepository(create_admin_client()).ask(post)
    record(request, "ask_review", asked_post)
    if not post.is_in_review:
        notices.send_to_admins(request, asked_post, is_answer=bool(post.review_note))
    return asked_post


def withdraw(request: Request, post: Post) -> Post:
    """Withdraw the request, and return the draft. Raise NotAllowedError in the same cases as `ask`."""
    _require_author(request, post)
    confirm_user(request)
    draft = ReviewRepository(create_admin_client()).withdraw(post)
    record(request, "withdraw_review", draft)
    return draft


def asked() -> str:
    """Return the message to show after the author has asked for a review."""
    return _("You have asked for a review. An admin will read the draft, and you can still edit it.")


def _require_author(request: Request, post: Post) -> None:
    if post.author_id != request.user.id or not policy.needs_review(request.user):
        raise errors.NotAllowedError(
            sentence=_("Only the author can ask for a review, and only if they can’t publish the post themselves.")
        )
