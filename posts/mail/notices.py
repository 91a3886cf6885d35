"""E-mails to an author when an admin changes, publishes, schedules, unpublishes, deletes or restores their post."""

import logging

from django.core.cache import cache

from accounts.repositories import mail_service
from accounts.request import Request
from core import errors, personal_entries
from core.after_response import after_response
from posts.mail import letters
from posts.models import Post

log = logging.getLogger(__name__)

ACTS = ("edit", "publish", "unpublish", "schedule", "unschedule", "delete", "undo", "send_back")
EDIT_INTERVAL = 3600  # seconds between two mails about changes by the same admin, because drafts save automatically


def send(request: Request, act: str, post: Post) -> None:
    """E-mail the author about an admin's action, after the response to the admin. A failure is only logged."""
    if act in ACTS:
        after_response(lambda: _send(request, act, post))


def _send(request: Request, act: str, post: Post) -> None:
    if not mail_service.is_on():
        return
    if act == "edit":
        key = f"notice:{post.id}:{request.user.id}"
        personal_entries.register(request.user.id, key, ttl=EDIT_INTERVAL)
        if not cache.add(key, 1, EDIT_INTERVAL):
            return
    message_id = mail_service.message_id("notice", act, post.id, post.version.isoformat())

    def compose(language: str) -> letters.Letter:
        return letters.notice(request, act, post, who=request.user, language=language or post.language)

    try:
        mail_service.write_to(post.author_id, message_id, compose)
    except errors.SiteError as error:
        log.warning("The author of post %s gets no e-mail about act=%s: %s", post.id, act, error)
