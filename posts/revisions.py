"""A post's history: the versions that people have saved. `posts.schema` describes the table.

A row's id is a hash of the post, its author and the text, so a version that is saved twice is stored only once. The row
contains the author's id, because someone else's post can reuse the id of a deleted post.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from appwrite.models.row import Row
from appwrite.query import Query
from django.conf import settings
from django.utils import timezone

from core import errors
from core.appwrite_client import AdminClient
from core.formats import appwrite_time
from posts import new_tables
from posts.models import Post
from posts.row_mapping import name_of, time_of, words_of
from posts.schema import REVISIONS

MAX_REVISIONS = 20  # maximum number of versions stored for each post
MAX_READ = 100  # maximum number of ids read before storing a version; a post has more only if deletions failed


@dataclass(frozen=True)
class Revision:
    """A saved version. `post` is the current post with the text of this version. `saved_by` is "" if unknown."""

    id: str
    saved_at: datetime
    saved_by: str
    saved_by_name: str
    post: Post


class RevisionRepository:
    """The versions of posts. Only the API key can read and write them, so views must check `posts.policy` first."""

    def __init__(self, client: AdminClient) -> None:
        self._db = client.db

    def of(self, post: Post) -> list[Revision] | None:
        """Return the stored versions of the post, newest first, or None if the table does not exist yet."""
        try:
            rows = self._list([*_belongs_to(post), Query.order_desc("savedAt"), Query.limit(MAX_REVISIONS)])
        except errors.NotFoundError as error:
            if new_tables.is_missing(error, REVISIONS):
                return None
            raise
        return [_revision(post, row) for row in rows]

    def get(self, post: Post, revision_id: str) -> Revision:
        """Return one version of the post. Raise NotFoundError if it is not stored or belongs to another post."""
        row = self._db.get_row(settings.APPWRITE_DATABASE, REVISIONS, revision_id)
        data = row.data if isinstance(row.data, dict) else {}
        if (data.get("postId"), data.get("authorId")) != (post.id, post.author_id):
            raise errors.NotFoundError(f"version {revision_id} is not of post {post.id}")
        return _revision(post, row)

    def keep(
        self, post: Post, saved_by: str, saved_by_name: str, before: Post | None = None, *, restoring: str = ""
    ) -> None:
        """Store this version of the post, and delete the oldest versions if there are more than MAX_REVISIONS.

        `restoring` is the id of a version that the person is about to restore. Keep that version, even if it is the
        oldest.

        `before` is the version that was replaced. If no version of the post has been stored yet, store `before` as
        well, so that the text of a post written before versions existed is not lost. Write nothing if the post has not
        changed and this version is already stored.
        """
        queries = [*_belongs_to(post), Query.order_desc("savedAt"), Query.limit(MAX_READ)]
        try:
            kept = [row.id for row in self._list([*queries, Query.select(["$id"])])]
        except errors.NotFoundError as error:
            if new_tables.is_missing(error, REVISIONS):
                return
            raise
        if before is not None and not kept and _id(before) != _id(post):
            self._write(before, before.updated_at, "", "")
            kept = [_id(before)]
        if post == before and _id(post) in kept:
            return
        self._write(post, timezone.now(), saved_by, saved_by_name)
        stay = {_id(post), restoring} & {_id(post), *kept}
        others = [revision_id for revision_id in kept if revision_id not in stay]
        if oldest := others[MAX_REVISIONS - len(stay) :]:
            self._delete([Query.equal("$id", oldest)])

    def delete_of(self, post_id: str) -> None:
        """Delete all versions of the post. Do nothing if the table does not exist yet."""
        self._delete([Query.equal("postId", [post_id])])

    def forget_person(self, user_id: str) -> None:
        """Delete the versions of the user's posts, and the user's name from versions of other people's posts."""
        self._delete([Query.equal("authorId", [user_id])])
        try:
            self._db.update_rows(
                settings.APPWRITE_DATABASE,
                REVISIONS,
                {"savedBy": None, "savedByName": None},
                [Query.equal("savedBy", [user_id])],
            )
        except errors.NotFoundError as error:
            if not new_tables.is_missing(error, REVISIONS):
                raise

    def _list(self, queries: list[str]) -> list[Row[dict[str, Any]]]:
        return list(self._db.list_rows(settings.APPWRITE_DATABASE, REVISIONS, queries, total=0).rows)

    def _write(self, post: Post, moment: datetime, saved_by: str, saved_by_name: str) -> None:
        data = {
            **_texts(post),
            **{"postId": post.id, "authorId": post.author_id, "savedAt": appwrite_time(moment)},
            **{"savedBy": saved_by or None, "savedByName": saved_by_name or None},
        }
        self._db.upsert_row(settings.APPWRITE_DATABASE, REVISIONS, _id(post), data)

    def _delete(self, queries: list[str]) -> None:
        try:
            self._db.delete_rows(settings.APPWRITE_DATABASE, REVISIONS, queries)
        except errors.NotFoundError as error:
            if not new_tables.is_missing(error, REVISIONS):
                raise


def is_same_text(one: Post, other: Post) -> bool:
    """Return whether both versions have the same title, text, other fields and cover."""
    return _id(one) == _id(other)


def _belongs_to(post: Post) -> list[str]:
    return [Query.equal("postId", [post.id]), Query.equal("authorId", [post.author_id])]


def _texts(post: Post) -> dict[str, Any]:
    return {
        "title": post.title,
        "content": post.content,
        "excerpt": post.excerpt or None,
        "language": post.language,
        "campus": post.campus or None,
        "tags": list(post.tags),
        "coverId": post.cover_id or None,
        "coverAlt": post.cover_alt or None,
    }


def _id(post: Post) -> str:
    words = json.dumps([post.id, post.author_id, *_texts(post).values()])
    return hashlib.sha256(words.encode()).hexdigest()[:36]


def _revision(post: Post, row: Row[dict[str, Any]]) -> Revision:
    """Return the row as a version.

    Rows contain neither the picture nor its focal point, so the version has the post's current cover and focal point.
    Use the stored description only if the cover has not changed since.
    """
    data = row.data if isinstance(row.data, dict) else {}
    words = {**words_of(data), "cover_x": post.cover_x, "cover_y": post.cover_y}
    if data.get("coverId") != (post.cover_id or None):
        words["cover_alt"] = post.cover_alt
    return Revision(
        id=row.id,
        saved_at=time_of(data.get("savedAt")) or datetime.fromisoformat(row.updatedat),
        saved_by=str(data.get("savedBy") or ""),
        saved_by_name=name_of(data.get("savedByName")),
        post=replace(post, **words),
    )
