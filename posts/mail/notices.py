"""E-mails to authors about what an admin has done with their posts, and to admins about requests for a review."""

import logging
from functools import partial

from django.core.cache import cache

from accounts.repositories import mail_service
from accounts.request import Request
from core import errors, personal_entries, rate_limits
from core.after_response import after_response
from posts.mail import letters
from posts.models import Post

log = logging.getLogger(__name__)

ACTS = ("edit", "publish", "unpublish", "schedule", "unschedule", "delete", "undo", "send_back")
# Minimum seconds between two e-mails about edits of a post by the same admin, because drafts are saved automatically.
EDIT_INTERVAL = 3600
REVIEW_INTERVAL = 3600  # minimum seconds between two e-mails about a draft, if its author withdraws and asks again


def send(request: Request, act: str, posts: list[Post]) -> None:
    """After the response to the admin, e-mail the authors about the admin's action.

    Log errors without raising them. Each author gets one e-mail about all their posts in `posts`. The admin gets no
    e-mail about their own posts.
    """
    if act not in ACTS:
        return
    by_author: dict[str, list[Post]] = {}
    for post in posts:
        by_author.setdefault(post.author_id, []).append(post)
    for author_id, theirs in by_author.items():
        if author_id != request.user.id:
            after_response(partial(_send, request, act, theirs))


def _send(request: Request, act: str, posts: list[Post]) -> None:
    """E-mail the author of `posts`, who must be the same for all of them."""
    if not mail_service.is_on():
        return
    post = posts[0]
    if act == "edit":
        key = f"notice:{post.id}:{request.user.id}"
        personal_entries.register(request.user.id, key, ttl=EDIT_INTERVAL)
        if not cache.add(key, 1, EDIT_INTERVAL):
            return
    versions = [part for each in posts for part in (each.id, each.stamp)]
    message_id = mail_service.message_id("notice", act, *versions)

    def compose(language: str) -> letters.Letter:
        return letters.notice(request, act, posts, who=request.user, language=language or post.language)

    try:
        mail_service.write_to(post.author_id, message_id, compose)
    except errors.SiteError as error:
        ids = " ".join(each.id for each in posts)
        log.warning("The author of post %s gets no e-mail about act=%s: %s", ids, act, error)


def send_to_admins(request: Request, post: Post, *, is_answer: bool) -> None:
    """After the response, tell the admins by e-mail that the author asks for a review.

    Log errors without raising them. Send at most one e-mail about a draft every REVIEW_INTERVAL seconds. If `is_answer`
    is true, the interval does not apply, because the author asks again after an admin has sent the draft back. Send
    nothing if `rate_limits.REVIEW_MAILS` is exceeded: admins still see the draft in their list.
    """
    after_response(lambda: _send_to_admins(request, post, is_answer=is_answer))


def _send_to_admins(request: Request, post: Post, *, is_answer: bool) -> None:
    if not mail_service.is_on():
        return
    is_first = cache.add(f"review-mail:{post.id}", 1, REVIEW_INTERVAL)
    if not (is_first or is_answer):
        return
    if rate_limits.REVIEW_MAILS.take(post.author_id) or rate_limits.REVIEW_MAILS_IN_ALL.take("all"):
        return
    asked_at = post.review_asked_at.isoformat() if post.review_asked_at else ""

    def compose(admin_id: str, language: str) -> letters.Letter:
        language = language or post.language
        return letters.review(request, post, admin_id=admin_id, who=request.user, language=language)

    try:
        mail_service.write_to_admins(("review", post.id, asked_at), compose)
    except errors.SiteError as error:
        log.warning("Not all admins get an e-mail about the request for a review of post %s: %s", post.id, error)
