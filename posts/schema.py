"""The Appwrite tables, columns, indexes and buckets, with their permissions. `setup_appwrite` creates them."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import MAX_NAME
from posts import models, policy

POSTS = "posts"
FEATURED = "featured"
REVISIONS = "revisions"
PROFILES = "profiles"
MAILINGS = "mailings"
PREVIEW_LINKS = "preview_links"
TOPICS = "topics"
COVERS = "covers"
IMAGES = "images"
MAX_ID = 36
MAX_MEDIUMTEXT = 16_777_215  # bytes; Appwrite 1.8 stores a `string` column of this size as mediumtext
MAX_COVER = 3 * 1024 * 1024  # bytes; twice the size of a cover that shows only noise
MAX_IMAGE = 5 * 1024 * 1024  # bytes; the largest text image that shows only noise takes 4.2 MB


@dataclass(frozen=True)
class Column:
    """A column. `kind` is the type in the SDK method's name, such as `varchar` in `create_varchar_column`.

    If `is_new` is true, projects set up with an earlier release lack the column until `setup_appwrite` runs again. The
    site works without the column (`posts.new_columns`). A new column of the `posts` table, such as `scheduledAt`, has
    the name `scheduled_at` in the `Post` class. If `is_derived` is true, the value is computed from other columns, so
    posts can be saved while the column is missing.
    """

    key: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    required: bool = False
    is_new: bool = False
    is_derived: bool = False

    def as_string(self) -> dict[str, Any] | None:
        """Return the options for Appwrite 1.8's only text type, `string`, or None if the column is not text."""
        if self.kind == "mediumtext":
            return {"size": MAX_MEDIUMTEXT, **self.options}
        return dict(self.options) if self.kind == "varchar" else None


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
    """A storage bucket. Compression is disabled, because images are already compressed."""

    id: str
    name: str
    permissions: list[str]
    maximum_file_size: int
    allowed_file_extensions: tuple[str, ...]
    file_security: bool = True
    compression: str = "none"


POSTS_COLUMNS = (
    Column("title", "varchar", {"size": models.MAX_TITLE}, required=True),
    # A varchar holds 65,535 bytes, and Appwrite responds with 500 to longer strings. A mediumtext holds 16 MB.
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
    Column("coverX", "integer", {"min": 0, "max": 100}, is_new=True),
    Column("coverY", "integer", {"min": 0, "max": 100}, is_new=True),
    Column("scheduledAt", "datetime", is_new=True),
    Column("reviewAskedAt", "datetime", is_new=True),
    Column("reviewNote", "varchar", {"size": models.MAX_REVIEW_NOTE}, is_new=True),
    Column("minutes", "integer", {"min": 0, "max": models.MAX_MINUTES}, is_new=True, is_derived=True),
)


def buckets() -> tuple[Bucket, ...]:
    """Return the buckets. Admins and the role in POSTS_WRITERS can upload files. Each file has its own readers."""
    permissions = policy.table_permissions(settings.POSTS_WRITERS)
    return (
        Bucket(COVERS, "Covers", permissions, MAX_COVER, ("webp",)),
        Bucket(IMAGES, "Images in the text", permissions, MAX_IMAGE, ("webp",)),
    )


def tables() -> tuple[Table, ...]:
    """Return all tables, with permissions for the current settings."""
    return (
        Table(
            id=POSTS,
            name="Posts",
            row_security=True,
            permissions=policy.table_permissions(settings.POSTS_WRITERS),
            columns=POSTS_COLUMNS,
            indexes=(
                Index("by_status_published", "key", ("status", "publishedAt"), ("ASC", "DESC")),
                Index("by_status_scheduled", "key", ("status", "scheduledAt"), ("ASC", "ASC")),
                Index("by_status_review", "key", ("status", "reviewAskedAt"), ("ASC", "ASC")),
                Index("by_author_status", "key", ("authorId", "status")),
                Index("search_title", "fulltext", ("title",)),
                Index("search_content", "fulltext", ("content",)),
                Index("search_excerpt", "fulltext", ("excerpt",)),
            ),
        ),
        Table(
            id=FEATURED,
            name="Featured posts",  # a row has the same id as its post
            row_security=False,
            permissions=policy.featured_permissions(),
            columns=(
                Column("position", "integer", {"min": 0, "max": 1_000_000}, required=True),
                Column("authorId", "varchar", {"size": MAX_ID}),
            ),
            indexes=(Index("by_position", "key", ("position",), ("ASC",)),),
        ),
        Table(
            id=PROFILES,
            name="Authors' bios",
            row_security=False,
            permissions=[],  # only the API key reads and writes
            columns=(Column("bio", "varchar", {"size": models.MAX_BIO}),),
            indexes=(),
        ),
        Table(
            id=MAILINGS,
            name="Posts sent to subscribers",  # a row has the same id as its post
            row_security=False,
            permissions=[],  # only the API key reads and writes
            columns=(
                Column("startedAt", "datetime", required=True),
                Column("finishedAt", "datetime"),
                Column("campus", "varchar", {"size": 32}),
                Column("recipients", "integer", {"min": 0, "max": 10_000_000}, required=True),
                Column("sent", "integer", {"min": 0, "max": 10_000_000}),
                Column("skipped", "integer", {"min": 0, "max": 10_000_000}),
                Column("topic", "varchar", {"size": MAX_ID}),
                Column("after", "varchar", {"size": MAX_ID}),
            ),
            indexes=(),
        ),
        Table(
            id=REVISIONS,
            name="Saved versions of posts",
            row_security=False,
            permissions=[],  # only the API key reads and writes, because the versions contain drafts
            columns=(
                Column("postId", "varchar", {"size": MAX_ID}, required=True),
                Column("authorId", "varchar", {"size": MAX_ID}, required=True),
                Column("savedAt", "datetime", required=True),
                Column("savedBy", "varchar", {"size": MAX_ID}),
                Column("savedByName", "varchar", {"size": MAX_NAME}),
                Column("title", "varchar", {"size": models.MAX_TITLE}, required=True),
                Column("content", "mediumtext", required=True),
                Column("excerpt", "varchar", {"size": models.MAX_EXCERPT}),
                Column("language", "varchar", {"size": 8}),
                Column("campus", "varchar", {"size": 32}),
                Column("tags", "varchar", {"size": models.MAX_TAG, "array": True}),
                Column("coverId", "varchar", {"size": MAX_ID}),
                Column("coverAlt", "varchar", {"size": models.MAX_COVER_ALT}),
            ),
            indexes=(
                Index("by_post", "key", ("postId", "savedAt"), ("ASC", "DESC")),
                Index("by_author", "key", ("authorId",)),
                Index("by_person", "key", ("savedBy",)),
            ),
        ),
        Table(
            id=PREVIEW_LINKS,
            name="Private links to drafts",  # a row has the same id as its post
            row_security=False,
            permissions=[],  # only the API key reads and writes, because the nonces are secret
            columns=(
                Column("authorId", "varchar", {"size": MAX_ID}, required=True),
                Column("nonce", "varchar", {"size": 64}, required=True),
                Column("createdBy", "varchar", {"size": MAX_ID}, required=True),
                Column("createdAt", "datetime", required=True),
                Column("expiresAt", "datetime", required=True),
            ),
            indexes=(Index("by_author", "key", ("authorId",)), Index("by_person", "key", ("createdBy",))),
        ),
        Table(
            id=TOPICS,
            name="Topics",  # a row's id is a hash of its topic
            row_security=False,
            permissions=[policy.READ_BY_EVERYONE],
            columns=(
                Column("name", "varchar", {"size": models.MAX_TAG}, required=True),
                Column("count", "integer", {"min": 0}, required=True),
            ),
            indexes=(Index("by_count", "key", ("count",), ("DESC",)),),
        ),
    )
