"""Delete a person's account together with everything that names the person.

Each of the STEPS deletes one kind of data about the person. A feature that stores data about people must add a step.
The steps run in batches, because a person may have hundreds of posts. The account is deleted last, so that the person
can resume a deletion that stopped half-way.

After the deletion, only the audit log names the person, by id.
"""

import logging
import operator
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from django.core import signing

from accounts.models import User
from accounts.repositories.messages import MessageRepository
from accounts.repositories.people import PeopleRepository
from accounts.repositories.site_account import SITE_ACCOUNT
from accounts.sign_in import pending_sign_outs
from core import errors, personal_entries, purging
from core.appwrite_client import AdminClient
from core.calls import run_concurrently
from posts import markdown, models, policy
from posts.covers.storage import FileRepository
from posts.editing import last_save
from posts.featured import FeaturedRepository
from posts.preview_links import PreviewLinkRepository
from posts.profiles import ProfileRepository
from posts.repository import PostRepository
from posts.revisions import RevisionRepository
from posts.row_mapping import post_of
from posts.rows import AnyRow
from posts.schema import buckets

log = logging.getLogger(__name__)

SECONDS = 4  # per request, before the next request continues the deletion; well below APPWRITE_DEADLINE
AT_ONCE = 4  # the number of rows or files changed concurrently; fewer than the bulkhead's slots
TOKEN_TTL = 3600  # seconds
SALT = "posts.departures"


@dataclass(frozen=True)
class Progress:
    """The progress of a deletion. The page that continues the deletion contains it as a signed token."""

    user_id: str
    hands_over: bool  # published posts are handed over to the site's account instead of deleted
    step: int = 0
    cursor: str = ""
    deleted: int = 0
    handed_over: int = 0

    def to_token(self) -> str:
        return signing.dumps(list(vars(self).values()), salt=SALT)

    @classmethod
    def from_token(cls, token: str, user: User) -> "Progress | None":
        """Return the progress in `token`, or None if the token is forged, older than TOKEN_TTL or someone else's."""
        try:
            progress = cls(*signing.loads(token, salt=SALT, max_age=TOKEN_TTL))
        except (signing.BadSignature, TypeError):
            return None
        return progress if progress.user_id == user.id else None


class Batch(NamedTuple):
    """The result of one batch of a step. The next batch starts at `cursor`, which is None after the last batch."""

    cursor: str | None
    deleted: int = 0
    handed_over: int = 0


class Departure:
    """The deletion of one person's account, with the API key. The caller must first call `confirm_user`."""

    def __init__(self, client: AdminClient, user: User, progress: Progress) -> None:
        self.progress = progress
        self._client = client
        self._user = user
        self._people = PeopleRepository(client)
        self._posts = PostRepository(client)
        self._messages = MessageRepository(client)
        self._featured = FeaturedRepository(client)
        self._revisions = RevisionRepository(client)
        self._profiles = ProfileRepository(client)

    def run(self) -> bool:
        """Continue the deletion for about SECONDS.

        Return whether the account has been deleted. If the person is the last admin, raise LastAdminError before
        deleting anything. `progress` is up to date even after an error.
        """
        if self._user.is_admin:
            with self._people.keeping_an_admin(self._user):
                pass
        until = time.monotonic() + SECONDS
        while self.progress.step < len(STEPS):
            step = STEPS[self.progress.step]
            batch = step(self, self.progress.cursor)
            self.progress = replace(
                self.progress,
                step=self.progress.step + (batch.cursor is None),
                cursor=batch.cursor or "",
                deleted=self.progress.deleted + batch.deleted,
                handed_over=self.progress.handed_over + batch.handed_over,
            )
            if time.monotonic() > until:
                return False
        self._finish()
        return True

    # -- the steps -----------------------------------------------------------------------------------------------------
    def posts(self, cursor: str) -> Batch:
        """Delete or hand over the person's posts.

        Also remove the person's name from other people's rows. Read all rows, because only a row's permissions identify
        its real author, and Appwrite cannot search permissions.
        """
        rows, is_last = self._posts.rows_after(cursor)
        named = [row for row in rows if self._is_named_in(row)]
        chunk = named[:AT_ONCE]
        kept = run_concurrently(*(partial(self._leave, row) for row in chunk)) if chunk else []
        deleted = {row.id for row, is_kept in zip(chunk, kept, strict=True) if not is_kept}
        own = [self._user.id in policy.owners_of(row.permissions) for row in chunk]
        counts = {"deleted": len(deleted), "handed_over": sum(map(operator.and_, kept, own))}
        if len(named) > len(chunk):
            return Batch(cursor, **counts)
        stays = [row.id for row in rows if row.id not in deleted]
        return Batch(None if is_last else stays[-1] if stays else cursor, **counts)

    def files(self, bucket_id: str, cursor: str) -> Batch:
        """Delete or hand over the person's files, including files that no post uses."""
        repository = FileRepository(self._client, bucket_id)
        files, is_last = repository.files_after(cursor)
        theirs = [file for file in files if self._user.id in policy.owners_of(file.permissions)]
        chunk = theirs[:AT_ONCE]

        def leave(file: Any) -> bool:
            return repository.hand_over(file, SITE_ACCOUNT.id) if self._hands_over else repository.remove(file)

        kept = run_concurrently(*(partial(leave, file) for file in chunk)) if chunk else []
        if len(theirs) > len(chunk):
            return Batch(cursor)
        deleted = {file.id for file, is_kept in zip(chunk, kept, strict=True) if not is_kept}
        stays = [file.id for file in files if file.id not in deleted]
        return Batch(None if is_last else stays[-1] if stays else cursor)

    def featured(self, _cursor: str) -> Batch:
        """Remove the person's id from the featured posts. Posts that were handed over remain featured."""
        self._featured.replace_author(self._user.id, SITE_ACCOUNT.id if self._hands_over else "")
        return Batch(None)

    def revisions(self, _cursor: str) -> Batch:
        """Delete the saved versions of the person's posts, even if the posts were handed over.

        Also remove the person's name from versions of other people's posts.
        """
        self._revisions.forget_person(self._user.id)
        return Batch(None)

    def profile(self, _cursor: str) -> Batch:
        """Delete the person's bio."""
        self._profiles.delete(self._user.id)
        return Batch(None)

    def messages(self, cursor: str) -> Batch:
        """Delete Appwrite's copies of e-mails to or about the person."""
        return Batch(self._messages.delete_naming(self._user, cursor))

    def preview_links(self, _cursor: str) -> Batch:
        """Delete private links to the person's posts, and private links that the person created."""
        PreviewLinkRepository(self._client).forget_person(self._user.id)
        return Batch(None)

    def copies(self, _cursor: str) -> Batch:
        """Delete all cached copies of public pages and rows, because they may show the person's name."""
        purging.purge()
        return Batch(None)

    def _finish(self) -> None:
        """Delete the account, then any rows written since the first step, for instance by an autosave."""
        self._people.delete(self._user)
        try:
            for row in self._posts.rows_naming(self._user.id):
                self._leave(row)
        except errors.SiteError as error:
            log.error("Posts of the deleted account %s may remain: %s", self._user.id, error)
        personal_entries.delete(self._user.id)
        pending_sign_outs.forget(self._user.id)

    # -- one post ------------------------------------------------------------------------------------------------------
    @property
    def _hands_over(self) -> bool:
        return self.progress.hands_over

    def _is_named_in(self, row: AnyRow) -> bool:
        data = row.data if isinstance(row.data, dict) else {}
        return data.get("authorId") == self._user.id or self._user.id in policy.owners_of(row.permissions)

    def _leave(self, row: AnyRow) -> bool:
        """Delete the row, or remove the person from the row. Return whether the row still exists."""
        owners = policy.owners_of(row.permissions)
        if self._user.id not in owners:
            # Someone else wrote the row, and entered this person's id as the author.
            self._posts.set_author(row.id, User(id=next(iter(owners), "") if len(owners) == 1 else ""))
            return True
        post = post_of(row)
        if post is None:
            self._posts.remove_row(row.id)
            return False
        if self._hands_over and post.status == models.PUBLISHED:
            return self._posts.hand_over(post, SITE_ACCOUNT)
        try:
            self._delete(row.id)
        except errors.ConflictError:  # the row has changed since we read it, perhaps by an autosave
            self._delete(row.id)
        return False

    def _delete(self, post_id: str) -> None:
        with suppress(errors.NotFoundError):  # the person has just deleted the post in another window
            post = self._posts.get(post_id)  # the newest version, including the text
            self._posts.delete(post)
            markdown.forget(post.content, post.id)
            last_save.forget(post)


# The steps in the order in which they run. The first batch of a step receives the cursor "". Each later batch receives
# the cursor that the previous batch returned.
STEPS: tuple[Callable[[Departure, str], Batch], ...] = (
    Departure.posts,
    *(lambda departure, cursor, id=bucket.id: departure.files(id, cursor) for bucket in buckets()),
    Departure.featured,
    Departure.revisions,
    Departure.profile,
    Departure.messages,
    Departure.preview_links,
    Departure.copies,
)
