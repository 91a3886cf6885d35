"""The topics of published posts, with the number of posts for each topic.

The `topics` table has one row for every topic that any post has ever had. A row's id is a hash of its topic. After
writing a post, the site adds 1 for each topic under which readers can now find the post, and subtracts 1 for each topic
under which they no longer can. Posts written by other Appwrite clients are not counted until `setup_appwrite` counts
all posts again.
"""

import logging
import re
from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from appwrite.query import Query
from django.conf import settings
from django.urls import register_converter
from django.utils import timezone

from core import errors
from core.after_response import after_response
from core.appwrite_client import AdminClient, create_admin_client, create_guest_client
from core.calls import run_concurrently
from core.read_cache import ReadCache
from core.revalidation import revalidating
from posts import models, new_tables
from posts.models import Post
from posts.row_mapping import posts_of
from posts.rows import RowReader
from posts.schema import TOPICS

log = logging.getLogger(__name__)

MAX_LISTED = 1000  # maximum number of topics on the page of all topics, which shows those with the most posts
COUNTED_AT_ONCE = 1000  # posts or topics per response when all posts are counted


# -- URLs --------------------------------------------------------------------------------------------------------------
class TopicConverter:
    """`<topic:…>` in a URL pattern. Each topic has exactly one spelling, without slashes or dots.

    A space becomes `-`. Every other ASCII character that is neither a letter nor a digit becomes `~` and two
    hexadecimal digits. Browsers and Django percent-encode all non-ASCII characters.
    """

    regex = r"(?:[a-z0-9-]|~[0-9A-F]{2}|[^\x00-\x7f])+"

    def to_python(self, value: str) -> str:
        text = re.sub("~(..)", lambda code: chr(int(code[1], 16)), value.replace("-", " "))
        if models.topic(models.legible(text)) != text or len(text) > models.MAX_TAG or self.to_url(text) != value:
            raise ValueError(f"{value!r} is not a topic")
        return text

    def to_url(self, value: str) -> str:
        return re.sub(
            r"[^a-z0-9\x80-\U0010ffff]",
            lambda sign: "-" if sign[0] == " " else f"~{ord(sign[0]):02X}",
            models.topic(value),
        )


register_converter(TopicConverter, "topic")


# -- reading -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Topic:
    name: str
    count: int  # the number of published posts about the topic


def _topics(data: list[list[Any]] | None) -> tuple[Topic, ...] | None:
    return None if data is None else tuple(Topic(name, count) for name, count in data)


TOPICS_READ = ReadCache("topics", _topics, max_size=256 * 1024, memory=512 * 1024)


def all_topics() -> tuple[Topic, ...] | None:
    """Return the MAX_LISTED topics with the most posts, in alphabetical order, or None if there is no table yet."""

    def call() -> list[list[Any]] | None:
        queries = [Query.greater_than("count", 0), Query.order_desc("count"), Query.limit(MAX_LISTED)]
        try:
            rows = create_guest_client().db.list_rows(settings.APPWRITE_DATABASE, TOPICS, queries, total=0).rows
        except errors.MisconfiguredError as error:
            if new_tables.is_missing(error, TOPICS):
                return None
            raise
        found = {row.data["name"]: row.data["count"] for row in rows}
        return [[name, found[name]] for name in sorted(found, key=_in_alphabet) if models.topic(name) == name]

    return TOPICS_READ.read("all", call).value


def _in_alphabet(name: str) -> str:
    """Return a key that sorts “å” after “ø”, as in the Norwegian alphabet."""
    return name.replace("å", "ù")


# -- counting ----------------------------------------------------------------------------------------------------------
def note_change(before: Post | None, after: Post | None) -> None:
    """After the response, update the counts of the topics that differ between two versions of a post.

    `before` is None for a new post, and `after` is None for a deleted post.
    """
    changes = Counter(_of(after))
    changes.subtract(_of(before))
    changed = {topic: change for topic, change in changes.items() if change}
    if changed:
        after_response(lambda: _count(changed))


def _of(post: Post | None) -> set[str]:
    """Return the topics under which readers can find the post."""
    return {models.topic(tag) for tag in post.tags} if post and post.is_published else set()


@revalidating()
def _count(changes: dict[str, int]) -> None:
    """Add the changes, each 1 or -1, to the topics' counts. Log errors without raising them."""
    run_concurrently(*(lambda topic=topic, change=change: _add(topic, change) for topic, change in changes.items()))


def _add(topic: str, change: int) -> None:
    try:
        _write(topic, change)
    except errors.SiteError as error:  # an InvalidInputError means that the count is already 0
        if not new_tables.is_missing(error, TOPICS):
            log.warning("The number of posts about a topic could not be updated: %s", error)


def _write(topic: str, change: int) -> None:
    db = create_admin_client().db
    row = settings.APPWRITE_DATABASE, TOPICS, _row_id(topic)
    if change < 0:
        db.decrement_row_column(*row, "count", min=0)
        return
    try:
        db.increment_row_column(*row, "count")
    except errors.NotFoundError as error:
        if new_tables.is_missing(error, TOPICS):
            return
        try:
            db.create_row(*row, {"name": topic, "count": 1})
        except errors.ConflictError:  # a concurrent request has just created the row
            db.increment_row_column(*row, "count")


def _row_id(topic: str) -> str:
    return blake2b(topic.encode(), digest_size=16).hexdigest()


def recount(client: AdminClient) -> int:
    """Count the topics of all published posts. Return the number of topics whose count was wrong.

    Changes made during the count may be lost.
    """
    right = _counted(RowReader(client))
    stored = _stored(client)
    wrong = {topic for topic in {*right, *stored} if right[topic] != stored.get(topic, 0)}
    for topic in sorted(wrong):
        row = settings.APPWRITE_DATABASE, TOPICS, _row_id(topic)
        client.db.upsert_row(*row, {"name": topic, "count": right[topic]})
    return len(wrong)


def _counted(rows: RowReader) -> Counter[str]:
    counted: Counter[str] = Counter()
    published = [Query.equal("status", [models.PUBLISHED]), Query.limit(COUNTED_AT_ONCE)]
    now, place = timezone.now(), list[str]()
    while batch := rows.select([*published, *place], columns=["status", "publishedAt", "tags"]).rows:
        for post in posts_of(batch):
            counted.update(_of(post) if post.is_published_at(now) else ())
        place = [Query.cursor_after(batch[-1].id)]
    return counted


def _stored(client: AdminClient) -> dict[str, int]:
    stored: dict[str, int] = {}
    place = list[str]()
    while batch := client.db.list_rows(
        settings.APPWRITE_DATABASE, TOPICS, [Query.limit(COUNTED_AT_ONCE), *place], total=0
    ).rows:
        stored |= {str(row.data["name"]): int(row.data["count"]) for row in batch}
        place = [Query.cursor_after(batch[-1].id)]
    return stored
