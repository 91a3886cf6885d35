"""Requests for a review: people who cannot publish ask an admin to read and publish a draft.

A request is stored in columns of the draft's row. Appwrite does not allow these people to change the row
(`policy.Owner`), so they cannot write the columns over REST. People who can publish can write the columns in their own
rows, but the site does not list those rows as requests.
"""

from typing import Any

from appwrite.query import Query
from django.conf import settings
from django.utils import timezone

from core import errors
from core.appwrite_client import AdminClient, SessionClient
from core.calls import confirm
from core.formats import appwrite_time
from core.pagination import Page
from posts import models, new_columns
from posts.models import Post
from posts.repository import PER_PAGE_OF_TABLES
from posts.row_mapping import post_of, posts_of, time_of, written_post
from posts.rows import MANAGED, AnyRow, RowReader
from posts.schema import POSTS


class ReviewRepository:
    """The requests. Only the API key can write them, so callers must check `posts.policy` first."""

    def __init__(self, client: AdminClient) -> None:
        self._client = client
        self._db = client.db

    def ask(self, post: Post) -> Post:
        """Ask for a review of the draft, and remove the note from an earlier review.

        Do nothing if a request is already waiting.
        """
        if post.is_in_review:
            return post
        return self._write(post, {"reviewAskedAt": appwrite_time(timezone.now()), "reviewNote": None})

    def withdraw(self, post: Post) -> Post:
        """Withdraw the request. Do nothing if no request is waiting."""
        return self._write(post, {"reviewAskedAt": None}) if post.is_in_review else post

    def send_back(self, post: Post, note: str) -> Post:
        """Send the draft back to its author with a note, and end the review request."""
        return self._write(post, {"reviewAskedAt": None, "reviewNote": note})

    def _write(self, post: Post, data: dict[str, Any]) -> Post:
        """Change these columns of the draft, even if its text has just been saved again.

        Raise ConflictError if the draft has been published, because everyone could then read the note over REST.
        """
        try:
            return self._write_over(post, data)
        except errors.ConflictError:
            newest = written_post(self._db.get_row(settings.APPWRITE_DATABASE, POSTS, post.id))
            if newest.status != models.DRAFT:
                raise
        return self._write_over(newest, data)

    def _write_over(self, post: Post, data: dict[str, Any]) -> Post:
        data = new_columns.to_write(data, post)
        db = self._client.unless_changed_since(post.version).db
        row = confirm(
            lambda: new_columns.write(
                data, lambda sent: db.update_row(settings.APPWRITE_DATABASE, POSTS, post.id, sent)
            ),
            lambda: self._row_with(post.id, data),
        )
        return written_post(row)

    def _row_with(self, post_id: str, data: dict[str, Any]) -> Any:
        row = self._db.get_row(settings.APPWRITE_DATABASE, POSTS, post_id)
        asked, sent = row.data.get("reviewAskedAt"), data.get("reviewAskedAt")
        return row if time_of(asked) == time_of(sent) else None


def waiting(client: SessionClient, page: int, *, size: int = PER_PAGE_OF_TABLES) -> Page[Post] | None:
    """Return one page of the drafts whose authors have asked for a review, oldest request first.

    Return None if the columns do not exist yet. `client` must be an admin's: other people cannot read these drafts.
    """
    Page.check(page, size)
    queries = [
        Query.equal("status", [models.DRAFT]),
        Query.is_not_null("reviewAskedAt"),
        Query.order_asc("reviewAskedAt"),
    ]
    try:
        rows = RowReader(client).valid(
            queries,
            _is_waiting,
            columns=MANAGED,
            forged="Rows of people who may publish pretend to wait for a review.",
        )
    except errors.InvalidInputError as error:
        if error.type != new_columns.QUERY_INVALID:
            raise
        new_columns.remember_missing(error)
        return None
    posts = posts_of(rows)
    return Page(page, posts[(page - 1) * size : page * size], len(posts), size).existing()


def _is_waiting(row: AnyRow) -> bool:
    post = post_of(row)
    return post is not None and post.is_in_review
