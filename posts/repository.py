"""Posts in Appwrite. `posts.schema` describes the tables.

This module writes a post's row and its files (`posts.post_files`) in such an order that readers never see an incomplete
post.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from datetime import datetime
from typing import Any, NamedTuple

from appwrite.models.row import Row
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core import errors
from core.appwrite_client import SessionClient
from core.calls import confirm, confirm_done
from core.formats import appwrite_time
from core.pagination import Page
from core.revalidation import revalidating
from posts import due_times, models, new_columns, policy, topics, withdrawn
from posts.filters import REVIEW, SCHEDULED, AllFilters
from posts.models import OrphanRow, Plan, Post
from posts.post_files import PostFiles
from posts.queries import matching_all
from posts.row_mapping import columns_of, is_same, orphan_of, post_of, posts_of, written_post
from posts.rows import LINKED, MANAGED, MAX_BY_AUTHOR, OWN, OWNED, REVIEWED, WHOLE, AnyRow, Matches, RowReader
from posts.schema import POSTS

log = logging.getLogger(__name__)

PER_PAGE_OF_TABLES = 20  # rows per page in "My posts" and in the admins' list
ROWS_AT_ONCE = 500  # rows per response, if only the columns in OWNED are read
TEXTS_AT_ONCE = 25  # posts per response; each can have 100,000 characters


NO_REVIEW = {"reviewAskedAt": None, "reviewNote": None}

SECTIONS = ("draft", "scheduled", "published")  # the sections of “My posts”, in their order


class OwnPosts(NamedTuple):
    """One page of a person's own posts, and the number of all their posts in each of the SECTIONS."""

    page: Page[Post]
    totals: Mapping[str, int]


def section_of(post: Post) -> str:
    """Return the section of “My posts” that contains the post."""
    if post.is_published:
        return "published"
    return "scheduled" if post.is_scheduled else "draft"


def _place(post: Post) -> tuple[int, float]:
    """Return the sort key for “My posts”.

    Among scheduled posts, the next to be published comes first. Among other posts, the newest comes first.
    """
    section = section_of(post)
    moment = {"draft": post.updated_at, "scheduled": post.scheduled_at, "published": post.published_at}[section]
    seconds = (moment or post.updated_at).timestamp()
    return SECTIONS.index(section), seconds if section == "scheduled" else -seconds


class PostRepository:
    """The posts, accessed with the permissions of `client`."""

    def __init__(self, client: SessionClient) -> None:
        self._client = client
        self._db = client.db
        self._rows = RowReader(client)
        self.files = PostFiles(client)

    # -- reading ------------------------------------------------------------------------------------------------------
    def get(self, post_id: str) -> Post:
        """Return a post or draft. Raise NotFoundError if it is missing, or if this client cannot read it."""
        post = post_of(self._rows.get(post_id))
        if post is None:
            raise errors.NotFoundError(f"row {post_id} is not a post")
        return post

    def exists(self, post_id: str) -> bool:
        """Return whether there is a row with the id `post_id` that this client can read."""
        return self._row(post_id) is not None

    def get_many(self, authors: dict[str, str]) -> list[Post]:
        """Return the posts with these ids and authors, in this order.

        Omit posts that this client cannot read. `authors` maps post ids to author ids. If `authors` is empty, make no
        call to Appwrite.
        """
        return posts_of(self._rows.chosen(authors, columns=LINKED))

    def choose(self, ids: list[str], *, with_texts: bool) -> list[Post]:
        """Return the posts with these ids, in this order. Omit posts that this client cannot read."""
        columns = [*WHOLE, *REVIEWED, "scheduledAt"] if with_texts else MANAGED
        rows = self._rows.select([Query.equal("$id", ids), Query.limit(len(ids))], columns=columns).rows
        posts = [post for post in posts_of(rows) if post.id in ids]  # Appwrite ignores the case of ids
        return sorted(posts, key=lambda post: ids.index(post.id))

    def all_rows(self, page: int, filters: AllFilters, *, size: int = PER_PAGE_OF_TABLES) -> Page[Post | OrphanRow]:
        """Return one page of all rows, including drafts and orphan rows, most recently changed first.

        This needs an admin's client, because other clients get only the rows that they can read.
        """
        Page.check(page, size)
        matches = self._matches(filters, page, size, MANAGED)
        items = [post_of(row) or orphan_of(row) for row in matches.rows]
        return Page(page, items, matches.total, size, matches.is_partial).existing()

    def count(self, filters: AllFilters) -> int:
        """Return the number of rows that match the filters. Appwrite stops counting at 5,000."""
        return self._matches(filters, 1, 1, ["status"]).total

    def _matches(self, filters: AllFilters, page: int, size: int, columns: list[str]) -> Matches:
        def call(new: list[str]) -> Matches:
            if filters.status in (SCHEDULED, REVIEW) and not new:
                return Matches([], 0)
            queries = [*matching_all(filters, has_new_columns=bool(new)), Query.order_desc("updatedAt")]
            return self._rows.page(queries, filters, page, size, columns=columns)

        return new_columns.read(["scheduledAt"], call)

    def remove_orphan(self, row_id: str) -> None:
        """Delete an orphan row. Raise ConflictError if the row is a post, because deleting posts needs confirmation."""
        row = self._rows.get(row_id)
        if post_of(row) is not None:
            raise errors.ConflictError(f"row {row_id} is a post")
        with revalidating():
            self._delete(self._db, row.id)

    def mine(self, user: User, page: int = 1, *, size: int = PER_PAGE_OF_TABLES) -> OwnPosts:
        """Return one page of the user's own posts: drafts, then scheduled posts, then published posts."""
        Page.check(page, size)
        # Read all rows before splitting them into pages, because other people's rows, which are filtered out, could
        # otherwise leave a page empty.
        queries = [Query.order_asc("status"), Query.order_desc("updatedAt")]
        posts = sorted(posts_of(self._rows.by_author(user.id, queries, columns=OWN)), key=_place)
        items = posts[(page - 1) * size : page * size]
        totals = Counter(section_of(post) for post in posts)
        return OwnPosts(Page(page, items, len(posts), size).existing(), totals)

    def mine_with_texts(self, user: User, part: int, *, size: int) -> list[Post]:
        """Return one part of the user's own posts with their text, oldest first. Parts are numbered from 1."""
        posts: list[Post] = []
        for start in range((part - 1) * size, part * size, TEXTS_AT_ONCE):
            limit = min(TEXTS_AT_ONCE, part * size - start)
            queries = [Query.equal("authorId", [user.id]), Query.limit(limit), Query.offset(start)]
            rows = self._rows.select(queries, columns=[*WHOLE, *REVIEWED, "scheduledAt"]).rows
            posts += [post for post in posts_of(rows) if post.author_id == user.id]
            if len(rows) < limit:
                break
        return posts

    def count_drafts(self, user: User) -> int:
        """Return the number of the user's own drafts.

        Rows in which other people name the user as author do not count.
        """
        return len(self._rows.by_author(user.id, [Query.equal("status", [models.DRAFT])], columns=["status"]))

    def count_mine(self, user: User, *, published: bool | None = None) -> int:
        """Return the number of rows that name the user as their author, at most 5,000.

        If `published` is None, count both published posts and drafts.
        """
        queries = [Query.equal("authorId", [user.id]), Query.limit(1)]
        if published is not None:
            queries.append(Query.equal("status", [models.PUBLISHED if published else models.DRAFT]))
        return int(self._rows.select(queries, count=True, columns=["status"]).total)

    # -- writing ------------------------------------------------------------------------------------------------------
    def create(
        self, post_id: str, author: User, fields: dict[str, Any], *, publish: bool = False, plan: Plan | None = None
    ) -> Post:
        """Create a post by `author`, as a draft, scheduled or published, and return it.

        Raise ConflictError if the id is taken.
        """
        now = _now()
        scheduled_at = plan.at if plan else None
        data = {
            **columns_of(fields),
            "authorId": author.id,
            "authorName": author.name,
            "status": models.PUBLISHED if publish else models.DRAFT,
            "createdAt": now,
            "updatedAt": now,
            "publishedAt": now if publish else None,
            "scheduledAt": scheduled_at and appwrite_time(scheduled_at),
        }
        owner = policy.Owner(author.id, not policy.can_publish_own(author))
        image_update = self.files.updating_images(post_id, owner, fields["content"], published=publish)
        cover_update = self.files.updating_cover(post_id, owner, fields, published=publish)
        with cover_update as cover, image_update, due_times.expecting(scheduled_at):
            row = self._create(post_id, {**data, **cover}, owner.permissions(published=publish))
        return _written(row, None)

    def restore(self, post: Post, picture: bytes | None) -> Post:
        """Restore a deleted post with its id, author, dates, permissions, cover and images.

        If the post was scheduled for a time that has passed, restore it as a draft. Raise ConflictError if the id is
        taken.
        """
        is_ahead = post.scheduled_at is not None and post.scheduled_at > timezone.now()
        scheduled_at = post.scheduled_at if is_ahead else None
        data = {
            **columns_of(vars(post)),
            "authorId": post.author_id,
            "authorName": post.author_name,
            "status": post.status,
            "createdAt": appwrite_time(post.created_at),
            "updatedAt": appwrite_time(post.updated_at),
            "publishedAt": post.published_at and appwrite_time(post.published_at),
            "scheduledAt": scheduled_at and appwrite_time(scheduled_at),
            **NO_REVIEW,
        }
        if post.is_restricted:
            data |= {
                "reviewAskedAt": post.review_asked_at and appwrite_time(post.review_asked_at),
                "reviewNote": post.review_note or None,
            }
        published = post.status == models.PUBLISHED
        owner = policy.owner_of(post)
        cover_update = self.files.updating_cover(post.id, owner, {"cover": picture}, published=published)
        image_update = self.files.updating_images(post.id, owner, post.content, published=published)
        with cover_update as cover, image_update, due_times.expecting(scheduled_at):
            row = self._create(post.id, {**data, **cover}, owner.permissions(published=published))
        return _written(row, None)

    def update(
        self,
        post: Post,
        fields: dict[str, Any],
        plan: Plan | None = None,
        *,
        is_autosave: bool = False,
        owner: policy.Owner | None = None,
    ) -> Post:
        """Change the post, but not its permissions.

        If `plan` is given, also change the time at which the site publishes the post. An autosave, which is only for
        drafts, does not check who can read the images in the text. If `owner` is given, also set the row's permissions,
        which needs the API key. Raise ConflictError if `post` is not the newest version.
        """
        data = {**columns_of(fields), "updatedAt": _now()}
        if plan:
            data["scheduledAt"] = plan.at and appwrite_time(plan.at)
        published = post.status == models.PUBLISHED
        permissions = owner.permissions(published=published) if owner else None
        if owner and not owner.is_restricted:
            data |= NO_REVIEW
        owner = owner or policy.owner_of(post)
        cover_update = self.files.updating_cover(post.id, owner, fields, published=published, old=post.cover_id)
        old, new = ("", "") if is_autosave else (post.content, fields["content"])
        image_update = self.files.updating_images(post.id, owner, new, old, published=published)
        with cover_update as cover, image_update, due_times.expecting(plan.at if plan else None):
            row = self._update(self._over(post), post, {**data, **cover}, permissions)
        saved = written_post(row)
        topics.note_change(post, saved)
        return saved

    def publish(self, post: Post, fields: dict[str, Any] | None = None, *, is_checked: bool = False) -> Post:
        """Publish the post, with its fields changed to `fields` if given.

        If the post was published before, it keeps its first publication date. Raise ConflictError if `post` is not the
        newest version; this is checked only if `fields` is given or `is_checked` is true.
        """
        return self._set_published(post, fields, published=True, is_checked=is_checked)

    def unpublish(self, post: Post, fields: dict[str, Any] | None = None, *, is_checked: bool = False) -> Post:
        """Make the post a draft again, with its fields changed to `fields` if given.

        Only the author and admins can read a draft. Raise ConflictError in the same cases as `publish`.
        """
        return self._set_published(post, fields, published=False, is_checked=is_checked)

    def unschedule(self, post: Post) -> Post:
        """Cancel the schedule of a draft. Raise ConflictError if `post` is not the newest version."""
        return written_post(self._update(self._over(post), post, {"scheduledAt": None}))

    def publish_scheduled(self, post: Post) -> Post:
        """Publish a scheduled post with its scheduled time as its date. Do not change the time of its last edit.

        Raise ConflictError if `post` is not the newest version.
        """
        data = {
            "status": models.PUBLISHED,
            "publishedAt": post.scheduled_at and appwrite_time(post.scheduled_at),
            "scheduledAt": None,
        }
        owner = policy.owner_of(post)
        content = self.get(post.id).content  # the text names the images that become public
        cover_update = self.files.updating_cover(post.id, owner, {}, published=True, old=post.cover_id)
        image_update = self.files.updating_images(post.id, owner, content, published=True)
        with cover_update as cover, image_update:
            row = self._update(self._over(post), post, {**data, **cover}, owner.permissions(published=True))
        return _written(row, post)

    def cancel_invalid_schedule(self, row: Row[dict[str, Any]]) -> None:
        """Remove the scheduled time from a draft that the site must not publish.

        Raise ConflictError if `row` is not the newest version.
        """
        db = self._client.unless_changed_since(datetime.fromisoformat(row.updatedat)).db
        db.update_row(settings.APPWRITE_DATABASE, POSTS, row.id, {"scheduledAt": None})

    def _set_published(self, post: Post, fields: dict[str, Any] | None, *, published: bool, is_checked: bool) -> Post:
        data: dict[str, Any] = {**(columns_of(fields) if fields else {}), "updatedAt": _now()}
        data["status"] = models.PUBLISHED if published else models.DRAFT
        data["scheduledAt"] = None
        if published or not post.is_restricted:
            data |= NO_REVIEW
        if published and (post.published_at is None or post.published_at > timezone.now()):
            data["publishedAt"] = _now()
        owner = policy.owner_of(post)
        db = self._over(post) if fields or is_checked else self._db
        cover_update = self.files.updating_cover(
            post.id, owner, fields or {}, published=published, old=post.cover_id, closing=not published
        )
        # This wraps only the row's update. The update hides the post, even if a later update of the cover fails.
        row_hidden = nullcontext() if published else withdrawn.withdrawing(post.id, post.version)
        new = fields["content"] if fields else post.content
        image_update = self.files.updating_images(post.id, owner, new, post.content, published=published)
        with cover_update as cover, image_update, row_hidden:
            row = self._update(db, post, {**data, **cover}, owner.permissions(published=published))
        return _written(row, post)

    def _create(self, post_id: str, data: dict[str, Any], permissions: list[str]) -> Row[dict[str, Any]]:
        data = new_columns.to_write(data)
        return confirm(
            lambda: new_columns.write(
                data, lambda sent: self._db.create_row(settings.APPWRITE_DATABASE, POSTS, post_id, sent, permissions)
            ),
            lambda: self._row_with(post_id, data, permissions),
        )

    def _update(
        self, db: TablesDB, post: Post, data: dict[str, Any], permissions: list[str] | None = None
    ) -> Row[dict[str, Any]]:
        data = new_columns.to_write(data, post)
        return confirm(
            lambda: new_columns.write(
                data, lambda sent: db.update_row(settings.APPWRITE_DATABASE, POSTS, post.id, sent, permissions)
            ),
            lambda: self._row_with(post.id, data, permissions),
        )

    def _delete(self, db: TablesDB, row_id: str) -> None:
        confirm_done(
            lambda: db.delete_row(settings.APPWRITE_DATABASE, POSTS, row_id), lambda: self._row(row_id) is None
        )

    def _row(self, row_id: str) -> Row[dict[str, Any]] | None:
        try:
            return self._rows.get(row_id)
        except errors.NotFoundError:
            return None

    def _row_with(self, row_id: str, data: dict[str, Any], permissions: list[str] | None) -> Row[dict[str, Any]] | None:
        """Return the row if it contains `data` and has `permissions`, otherwise None.

        The time in `data` identifies the write. If `permissions` is None, do not compare permissions.
        """
        row = self._row(row_id)
        if row is None or (permissions is not None and set(row.permissions) != set(permissions)):
            return None
        sent = {key: value for key, value in data.items() if key not in new_columns.DERIVED}
        return row if all(is_same(row.data.get(key), value) for key, value in sent.items()) else None

    def _over(self, post: Post) -> TablesDB:
        """Return a service whose writes fail unless this version of the post is the newest."""
        return self._client.unless_changed_since(post.version).db

    # -- rows that name a person, for a client with the API key --------------------------------------------------------
    def rows_after(self, cursor: str) -> tuple[list[AnyRow], bool]:
        """Return the rows after the row with the id `cursor`, and whether they are the last rows.

        Start with the first rows if `cursor` is "" or if that row has been deleted since.
        """
        queries = [Query.limit(ROWS_AT_ONCE)]
        try:
            rows = self._rows.select([*queries, *([Query.cursor_after(cursor)] if cursor else [])], columns=OWNED).rows
        except errors.InvalidInputError as error:
            if error.type != "general_cursor_not_found":
                raise
            rows = self._rows.select(queries, columns=OWNED).rows
        return list(rows), len(rows) < ROWS_AT_ONCE

    def rows_naming(self, author_id: str) -> list[AnyRow]:
        """Return at most MAX_BY_AUTHOR rows that name this author, including rows that other people wrote."""
        queries = [Query.equal("authorId", [author_id]), Query.limit(MAX_BY_AUTHOR)]
        return list(self._rows.select(queries, columns=OWNED).rows)

    def hand_over(self, post: Post, owner: User) -> bool:
        """Make `owner` the author of a published post and its cover. Return False if the post has been deleted."""
        data = {"authorId": owner.id, "authorName": owner.name}
        permissions = policy.row_permissions(owner.id, published=True)
        with revalidating():
            self.files.set_cover_permissions(post, permissions)
            try:
                self._change_author(post.id, data, permissions)
            except errors.NotFoundError:
                return False
        return True

    def set_author(self, row_id: str, author: User) -> None:
        """Change the columns that state the author, but not the permissions. Do nothing if the row is missing."""
        with revalidating(), suppress(errors.NotFoundError):
            self._change_author(row_id, {"authorId": author.id, "authorName": author.name or None}, None)

    def _change_author(self, row_id: str, data: dict[str, Any], permissions: list[str] | None) -> None:
        confirm(
            lambda: self._db.update_row(settings.APPWRITE_DATABASE, POSTS, row_id, data, permissions),
            lambda: self._row_with(row_id, data, permissions),
        )

    def remove_row(self, row_id: str) -> None:
        """Delete a row that is not a post. Do nothing if the row is missing."""
        with revalidating(), suppress(errors.NotFoundError):
            self._delete(self._db, row_id)

    def rebuild_derived(self) -> int:
        """Replace summaries from an earlier release, and add missing reading times. Return the number of changed posts.

        This needs a client with the API key, because other clients see only some rows.
        """
        rebuilt, place = 0, [Query.limit(TEXTS_AT_ONCE)]
        while rows := self._rows.select(place, columns=WHOLE).rows:
            for post in filter(None, map(post_of, rows)):
                if data := _outdated(post):
                    # After a conflict, nothing is left to do: the author has just saved the post, and that save also
                    # updated these columns.
                    with suppress(errors.ConflictError):
                        self._over(post).update_row(settings.APPWRITE_DATABASE, POSTS, post.id, data)
                        rebuilt += 1
            place = [Query.limit(TEXTS_AT_ONCE), Query.cursor_after(rows[-1].id)]
        return rebuilt

    def delete(self, post: Post, *, can_undo: bool = False) -> None:
        """Delete the post, then its files, so that readers never see the post without them.

        If `can_undo` is true, keep the images in the text for `restore`, and let only the author and admins read them.
        Raise ConflictError if `post` is not the newest version.
        """
        with revalidating(post.status == models.PUBLISHED), withdrawn.withdrawing(post.id, post.version):
            self._delete(self._over(post), post.id)
            topics.note_change(post, None)
            self.files.discard(post, can_undo=can_undo)


def _outdated(post: Post) -> dict[str, Any]:
    """Return new values for the post's derived columns that are missing or were computed by an earlier release."""
    minutes = min(post.reading_minutes, models.MAX_MINUTES)
    return {
        **({"excerpt": post.summary} if post.excerpt and post.summary != post.excerpt else {}),
        **({"minutes": minutes} if post.content and post.minutes != minutes else {}),
    }


def _written(row: Row[dict[str, Any]], before: Post | None) -> Post:
    """Return the row as a post, and count its topics. If the post is published, remove it from the withdrawn posts.

    `before` is the version that was changed, or None if the post is new.
    """
    post = written_post(row)
    topics.note_change(before, post)
    if post.status == models.PUBLISHED:
        withdrawn.readmit(post.id, post.version)
    return post


def _now() -> str:
    return appwrite_time(timezone.now())
