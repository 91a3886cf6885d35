"""Convert rows to posts and posts to rows.

Signed-in people can write their own rows through Appwrite's REST API, without our forms. Therefore this module checks
each row as strictly as the forms check their input, so that no row can break a page or show someone else's name.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from appwrite.models.row import Row

from accounts.models import MAX_NAME
from core import errors
from core.text_fields import line, without_invisible
from posts import models, policy
from posts.cover_sizes import MIDDLE
from posts.covers.storage import is_cover_of
from posts.models import OrphanRow, Post
from posts.schema import POSTS

log = logging.getLogger(__name__)

YEARS = range(1900, 3000)


def posts_of(rows: Iterable[Row[dict[str, Any]]]) -> list[Post]:
    return [post for row in rows if (post := post_of(row)) is not None]


def written_post(row: Row[dict[str, Any]]) -> Post:
    post = post_of(row)
    if post is None:
        raise errors.NotFoundError(f"row {row.id} is not a post")
    return post


def post_of(row: Row[dict[str, Any]]) -> Post | None:
    """Return the row as a post. If the row does not have exactly one owner, log a warning and return None."""
    owners = policy.owners_of(row.permissions)
    if len(owners) != 1:
        log.warning("row %s of table %s is not shown, because it has %d owners", row.id, POSTS, len(owners))
        return None
    (owner,) = owners
    data = row.data if isinstance(row.data, dict) else {}
    version = datetime.fromisoformat(row.updatedat)
    return Post(
        **words_of(data),
        id=row.id,
        author_id=owner,
        author_name=name_of(data.get("authorName")) if data.get("authorId") == owner else "",
        status=models.PUBLISHED if data.get("status") == models.PUBLISHED else models.DRAFT,
        created_at=time_of(data.get("createdAt")) or datetime.fromisoformat(row.createdat),
        updated_at=min(time_of(data.get("updatedAt")) or version, version),  # not later than Appwrite's own date
        published_at=time_of(data.get("publishedAt")),
        scheduled_at=time_of(data.get("scheduledAt")),
        review_asked_at=time_of(data.get("reviewAskedAt")),
        review_note=_line(data.get("reviewNote"), models.MAX_REVIEW_NOTE),
        minutes=_minutes(data.get("minutes")),
        cover_id=str(data["coverId"]) if is_cover_of(data.get("coverId"), row.id) else "",
        version=version,
        is_restricted=policy.is_restricted(row.permissions),
    )


def words_of(data: dict[str, Any]) -> dict[str, Any]:
    """Return the post fields that a person can write, cleaned and limited in length."""
    return {
        "title": _line(data.get("title"), models.MAX_TITLE) or "…",  # not empty, because links to the post need a label
        "content": _text(data.get("content"), models.MAX_CONTENT),
        "excerpt": _line(data.get("excerpt"), models.MAX_EXCERPT),
        "language": _choice(data.get("language"), models.LANGUAGES, "nb"),
        "tags": _tags(data.get("tags")),
        "campus": _choice(data.get("campus"), models.CAMPUSES, ""),
        "cover_alt": _line(data.get("coverAlt"), models.MAX_COVER_ALT),
        **dict(zip(("cover_x", "cover_y"), _point(data.get("coverX"), data.get("coverY")), strict=True)),
    }


def orphan_of(row: Row[dict[str, Any]]) -> OrphanRow:
    title = row.data.get("title") if isinstance(row.data, dict) else ""
    return OrphanRow(row.id, _line(title, models.MAX_TITLE), datetime.fromisoformat(row.createdat))


def name_of(value: Any) -> str:
    """Return a person's name, read from a row, as one line. Return "" if the value is not text."""
    return _line(value, MAX_NAME)


def _text(value: Any, limit: int) -> str:
    return models.legible(value)[:limit] if isinstance(value, str) else ""


def _line(value: Any, limit: int) -> str:
    return line(_text(value, limit))


def _choice(value: Any, choices: Iterable[str], default: str) -> str:
    return value if isinstance(value, str) and value in choices else default


def _tags(value: Any) -> tuple[str, ...]:
    tags = value if isinstance(value, list) else []
    tags = [line(without_invisible(_text(tag, models.MAX_TAG))) for tag in tags]
    return tuple(tag for tag in dict.fromkeys(tags) if tag)[: models.MAX_TAGS]


def _point(*point: Any) -> tuple[int | None, ...]:
    """Return the focal point in percent, or (None, None) for the middle. An invalid value counts as the middle."""
    valid = [place if type(place) is int and 0 <= place <= 100 else MIDDLE for place in point]
    return (None, None) if valid == [MIDDLE, MIDDLE] else tuple(valid)


def _minutes(value: Any) -> int:
    """Return the stored reading time, or 0 for an invalid value."""
    return value if type(value) is int and 0 < value <= models.MAX_MINUTES else 0


def time_of(value: Any) -> datetime | None:
    """Return the value as a time, in UTC if it has no time zone.

    Return None if the value is not a time, or if its year is outside YEARS, because calculations could then fail.
    """
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    if moment.year not in YEARS:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def columns_of(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the form's fields as columns. Omit all other columns, so that no form can set the author or a date."""
    return {
        "title": fields["title"],
        "content": fields["content"],
        "excerpt": fields["excerpt"] or models.summarise(fields["content"]),
        "language": fields["language"],
        "campus": fields["campus"] or None,
        "tags": list(fields["tags"]),
        "coverAlt": fields.get("cover_alt") or None,
        **dict(zip(("coverX", "coverY"), _point(fields.get("cover_x"), fields.get("cover_y")), strict=True)),
        "minutes": min(models.reading_minutes(fields["content"]), models.MAX_MINUTES),
    }


def holds(post: Post, fields: dict[str, Any]) -> bool:
    """Return whether saving `fields` would not change the post."""
    same_cover = not fields.get("cover") and not (fields.get("remove_cover") and post.cover_id)
    return same_cover and replace(post, **words_of(columns_of(fields))) == post


def is_same(stored: Any, sent: Any) -> bool:
    """Return whether a column's stored value equals the value sent. Appwrite may format a time differently."""
    if stored == sent:
        return True
    moment = time_of(stored)
    return moment is not None and moment == time_of(sent)
