"""Publish scheduled posts. The first request after a post's scheduled time publishes it before rendering the page.

Members can set `scheduledAt` in their own rows with Appwrite's REST API. Therefore, before publishing a post with the
API key, the site checks that the author can still publish posts.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from appwrite.models.row import Row
from appwrite.query import Query
from django.utils.translation import gettext as _

from accounts.request import Request, confirm_user
from core import errors, transport
from core.after_response import after_response
from core.appwrite_client import AdminClient, create_admin_client
from core.calls import EXECUTOR
from core.locks import claimed
from core.revalidation import MAX_LAG, current_generation
from posts import due_times, models, new_columns, policy, restrictions
from posts.access import audit
from posts.repository import PostRepository
from posts.revisions import RevisionRepository
from posts.row_mapping import post_of, time_of
from posts.rows import SCHEDULED_COLUMNS, RowReader

log = logging.getLogger(__name__)

MAX_SECONDS = 5  # the time limit for all calls of one check together, because a visitor is waiting
MAX_ROWS = 25  # rows per read; one check reads and publishes at most MAX_ROUNDS times
MAX_ROUNDS = 3
LOCK = "schedule"
_reading = threading.Lock()  # held while this process reads the scheduled posts in the background


def require_author_can_publish(request: Request, author_id: str) -> None:
    """Raise NotAllowedError unless the author can publish their own posts.

    The site publishes a scheduled post on behalf of its author. If the author is someone else, the visitor must be an
    admin, and both accounts are read from Appwrite.
    """
    if author_id == request.user.id:
        if not policy.can_publish_own(request.user):
            raise errors.NotAllowedError(sentence=_("Only members with permission to publish can schedule a post."))
        return
    confirm_user(request)
    if not request.user.is_admin:
        raise errors.NotAllowedError
    if not restrictions.can_author_publish(create_admin_client(), author_id, even_if_blocked=False):
        sentence = _("The author can no longer publish posts, so you can’t schedule the post. You can publish it now.")
        raise errors.NotAllowedError(sentence=sentence)


def publish_due() -> None:
    """Publish the posts that are due. Return immediately if there are none, or if another request is publishing them.

    Raise no errors: after a failure, a request a minute later tries again. If no post is due and the scheduled posts
    were last read more than REREAD_TTL seconds ago, read them in the background.
    """
    generation = current_generation(max_age=MAX_LAG)
    if due_times.is_due(generation):
        with claimed(LOCK, 2 * MAX_SECONDS) as is_ours:
            if is_ours and due_times.is_due(current_generation()):
                _attempt(_publish_all)
    elif due_times.current(generation).is_old and due_times.stored(generation).is_old:
        read_in_background()


def read_in_background() -> None:
    """Read the scheduled posts in a separate thread, unless this process is already doing so."""
    if _reading.acquire(blocking=False):
        EXECUTOR.submit(_reread)


def _reread() -> None:
    """Read the scheduled posts, unless another process has just read them. Release `_reading`."""
    try:
        with claimed(LOCK, 2 * MAX_SECONDS) as is_ours:
            if is_ours and due_times.stored().is_old:
                _attempt(lambda: _plan_next(create_admin_client()))
    finally:
        _reading.release()


def _attempt(act: Callable[[], object]) -> None:
    """Run `act` with a time limit.

    If it fails, plan a new attempt. If it fails repeatedly, log only the first failure.
    """
    has_failed = due_times.stored().has_failed
    try:
        with transport.deadline(MAX_SECONDS):
            act()
    except Exception as error:
        due_times.postpone()
        if not has_failed:
            log.error("Scheduled posts cannot be read or published; next attempt in a minute: %s", error)


def _plan_next(client: AdminClient) -> list[Row[dict[str, Any]]]:
    """Read the scheduled posts, and plan the next check. Return the rows that are due."""
    before = due_times.stored()
    rows = _scheduled_rows(client)
    due = [row for row in rows if _seconds(row) <= time.time()]
    due_times.remember(_seconds(rows[0]) if rows else math.inf, before)
    return due


def _publish_all() -> None:
    client = create_admin_client()
    failures: list[str] = []
    for _round in range(MAX_ROUNDS):
        due = _plan_next(client)
        if not due:
            break
        for row in due:
            try:
                _publish(client, row)
            except (errors.ConflictError, errors.NotFoundError):
                pass  # the post was changed or deleted after it was read
            except errors.UnavailableError:
                raise
            except errors.SiteError as error:  # one failure must not prevent the publication of the other posts
                failures.append(f"{row.id}: {error}")
    if failures:
        raise errors.SiteError("; ".join(dict.fromkeys(failures)))


def _scheduled_rows(client: AdminClient) -> list[Row[dict[str, Any]]]:
    """Return the drafts with a scheduled time, earliest first, or an empty list if the project lacks the column."""
    queries = [
        Query.equal("status", [models.DRAFT]),
        Query.is_not_null("scheduledAt"),
        Query.order_asc("scheduledAt"),
        Query.limit(MAX_ROWS),
    ]
    try:
        rows: list[Row[dict[str, Any]]] = RowReader(client).select(queries, columns=SCHEDULED_COLUMNS).rows
    except errors.InvalidInputError as error:
        if error.type != new_columns.QUERY_INVALID:
            raise
        new_columns.remember_missing(error)
        return []
    return rows


def _seconds(row: Row[dict[str, Any]]) -> float:
    """Return the row's scheduled time as a `time.time()` value, or 0, which is always due, if the time is invalid."""
    moment = time_of(row.data.get("scheduledAt"))
    return moment.timestamp() if moment else 0


def _publish(client: AdminClient, row: Row[dict[str, Any]]) -> None:
    """Publish the post in `row`, or cancel the schedule if the author is not allowed to publish the post."""
    posts = PostRepository(client)
    post = post_of(row)
    if post is None or post.scheduled_at is None:
        posts.cancel_invalid_schedule(row)
    elif restrictions.can_author_publish(client, post.author_id, even_if_blocked=False):
        published = posts.publish_scheduled(post)
        audit.info("user=- act=publish_scheduled post=%s author=%s", post.id, post.author_id)
        # The history may lack the published text, because it does not contain automatic saves.
        after_response(lambda: RevisionRepository(client).keep(published, "", "", before=published))
    else:
        posts.cancel_invalid_schedule(row)
        audit.info("user=- act=cancel_schedule post=%s author=%s", post.id, post.author_id)
