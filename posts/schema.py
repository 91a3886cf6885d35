"""What the site keeps in Appwrite: tables, columns, indexes, the bucket, and who may touch them. `setup_appwrite` makes
it so, `posts.repository` and `posts.covers.storage` fill it."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import MAX_NAME
from posts import models, policy

POSTS = "posts"
FEATURED = "featured"
COVERS = "covers"
MAX_ID = 36
MAX_COVER = 3 * 1024 * 1024  # bytes; pure noise makes a cover of half of it


@dataclass(frozen=True)
class Column:
    """`kind` is the SDK's word: `varchar` is made by `create_varchar_column`."""

    key: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    required: bool = False


@dataclass(frozen=True)
class Index:
    key: str
    type: str
    columns: tuple[str, ...]
    orders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    id: str
    name: str
    row_security: bool
    permissions: list[str]
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]


@dataclass(frozen=True)
class Bucket:
    """`compression` stays off: pictures are compressed already."""

    id: str
    name: str
    permissions: list[str]
    maximum_file_size: int
    allowed_file_extensions: tuple[str, ...]
    file_security: bool = True
    compression: str = "none"


def buckets() -> tuple[Bucket, ...]:
    """The bucket of covers. Who may write posts may upload; who may see a file stands on the file."""
    return (
        Bucket(
            id=COVERS,
            name="Covers",
            permissions=policy.table_permissions(settings.POSTS_WRITERS),
            maximum_file_size=MAX_COVER,
            allowed_file_extensions=("webp",),
        ),
    )


def tables() -> tuple[Table, ...]:
    """Every table, with the permissions that today's settings ask for."""
    return (
        Table(
            id=POSTS,
            name="Posts",
            row_security=True,
            permissions=policy.table_permissions(settings.POSTS_WRITERS),
            columns=(
                Column("title", "varchar", {"size": models.MAX_TITLE}, required=True),
                # A varchar of this size would hold 65,535 bytes and answer 500 beyond; mediumtext holds 16 MB.
                Column("content", "mediumtext", required=True),
                Column("authorId", "varchar", {"size": MAX_ID}, required=True),
                Column("authorName", "varchar", {"size": MAX_NAME}),
                Column("status", "enum", {"elements": [models.DRAFT, models.PUBLISHED], "default": models.DRAFT}),
                Column("createdAt", "datetime", required=True),
                Column("updatedAt", "datetime"),
                Column("publishedAt", "datetime"),
                Column("excerpt", "varchar", {"size": models.MAX_EXCERPT}),
                Column("language", "enum", {"elements": list(models.LANGUAGES), "default": "nb"}),
                Column("tags", "varchar", {"size": models.MAX_TAG, "array": True}),
                Column("campus", "enum", {"elements": list(models.CAMPUSES)}),
                Column("coverId", "varchar", {"size": MAX_ID}),
                Column("coverAlt", "varchar", {"size": models.MAX_COVER_ALT}),
            ),
            indexes=(
                Index("by_status_published", "key", ("status", "publishedAt"), ("ASC", "DESC")),
                Index("by_author_status", "key", ("authorId", "status")),
                Index("search_title", "fulltext", ("title",)),
                Index("search_content", "fulltext", ("content",)),
                Index("search_excerpt", "fulltext", ("excerpt",)),
            ),
        ),
        Table(
            id=FEATURED,
            name="Featured posts",  # a row's id is the post's
            row_security=False,
            permissions=policy.featured_permissions(),
            columns=(
                Column("position", "integer", {"min": 0, "max": 1_000_000}, required=True),
                Column("authorId", "varchar", {"size": MAX_ID}),
            ),
            indexes=(Index("by_position", "key", ("position",), ("ASC",)),),
        ),
    )
