"""Read a Ghost blog's export (*Settings → Labs → Export*): a JSON file with Ghost's database tables."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from posts import models
from posts.transfer.blog import Author, Blog, BlogPost

ADDRESS = "__GHOST_URL__"  # Ghost's placeholder for the blog's address in posts and picture URLs
STATES = {"published": models.PUBLISHED, "sent": models.PUBLISHED, "scheduled": "scheduled", "draft": models.DRAFT}


def is_ghost(content: Any) -> bool:
    return _tables(content) is not None


def read(content: Any, address: str) -> Blog:
    """Return the blog.

    `address` is the blog's URL, which completes links to its own pages, or "" if the blog is gone.
    """
    tables = _tables(content) or {}
    users = {str(user.get("id")): user for user in _rows(tables, "users")}
    authors = [Author(_text(user, "name"), _text(user, "email")) for user in users.values()]
    return Blog(authors, _posts(tables, users, address.rstrip("/")))


def _tables(content: Any) -> dict[str, Any] | None:
    """Return the tables. The file may wrap them in `{"db": [...]}`."""
    if isinstance(content, dict) and isinstance(content.get("db"), list) and content["db"]:
        content = content["db"][0]
    tables = content.get("data") if isinstance(content, dict) else None
    return tables if isinstance(tables, dict) and isinstance(tables.get("posts"), list) else None


def _rows(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = tables.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _posts(tables: dict[str, Any], users: dict[str, dict[str, Any]], address: str) -> Iterator[BlogPost]:
    tags = {str(tag.get("id")): tag for tag in _rows(tables, "tags")}
    metas = {str(meta.get("post_id")): meta for meta in _rows(tables, "posts_meta")}
    tags_of, authors_of = _grouped(tables, "posts_tags", "tag_id"), _grouped(tables, "posts_authors", "author_id")
    for row in _rows(tables, "posts"):
        post_id, slug = str(row.get("id")), _text(row, "slug")
        losses = []
        if row.get("type") == "page" or row.get("page"):
            losses.append("It is a page, so it is imported as a draft.")
        if _text(row, "visibility") not in ("", "public"):
            losses.append("Only members could read it, so it is imported as a draft.")
        status = STATES.get(_text(row, "status"), models.DRAFT) if not losses else models.DRAFT
        html = _text(row, "html")
        if not html and (text := _text(row, "markdown") or _text(row, "plaintext")):
            losses.append("The file contains only unformatted text for it.")
            html = "".join(f"<p>{_escaped(part)}</p>" for part in text.split("\n\n"))
        writers = authors_of.get(post_id) or [str(row.get("author_id"))]
        if len(writers) > 1:
            losses.append("Only its first author is kept.")
        names = [_text(tags[tag], "name") for tag in tags_of.get(post_id, []) if tag in tags]
        yield BlogPost(
            place=f"post “{slug or post_id}”",
            key=f"ghost {post_id} {_text(row, 'uuid')}",
            title=_text(row, "title"),
            html=html.replace(ADDRESS, address),
            author=_text(users.get(writers[0], {}), "email"),
            created_at=_moment(row.get("created_at")) or datetime.now(UTC),
            updated_at=_moment(row.get("updated_at")),
            published_at=_moment(row.get("published_at")) or _moment(row.get("created_at")),
            status=status,
            excerpt=_text(row, "custom_excerpt"),
            tags=tuple(name for name in names if not name.startswith("#")),  # “#” marks internal tags
            language=_language(_text(row, "locale") or _text(row, "language")),
            cover=(_text(row, "feature_image") or _text(row, "image")).replace(ADDRESS, address),
            cover_alt=_text(metas.get(post_id, {}), "feature_image_alt"),
            path=f"/{slug}/" if slug else "",
            losses=tuple(losses),
        )


def _grouped(tables: dict[str, Any], name: str, column: str) -> dict[str, list[str]]:
    """Return a dictionary of post id -> the ids in `column`, in sort order."""
    grouped: dict[str, list[str]] = {}
    for row in sorted(_rows(tables, name), key=lambda row: _order(row.get("sort_order"))):
        grouped.setdefault(str(row.get("post_id")), []).append(str(row.get(column)))
    return grouped


def _order(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")


def _language(locale: str) -> str:
    return {"en": "en", "nb": "nb", "no": "nb", "nn": "nb"}.get(locale[:2].lower(), "")


def _moment(value: Any) -> datetime | None:
    """Return the value as a time, or None if it is not a time.

    Depending on its version, Ghost writes ISO dates, dates without a time zone, or milliseconds.
    """
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
