"""Private links with which people without an account can read a draft. `posts.schema` describes the table.

The link contains a signed key: the post's id, a random nonce and the link's expiry time. The row contains the nonce of
the current link, so deleting or replacing the row revokes the link. The signature is checked first, so a guessed link
causes no call to Appwrite.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from appwrite.models.row import Row
from appwrite.query import Query
from django.conf import settings
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from core import errors
from core.appwrite_client import AdminClient
from core.calls import confirm_done
from core.formats import appwrite_time
from core.ids import is_id
from posts import new_tables
from posts.models import Post
from posts.row_mapping import time_of
from posts.schema import PREVIEW_LINKS

LIFETIME = timedelta(days=7)
SIGNER = signing.Signer(salt="posts.preview_links")
SEPARATOR = "~"  # ids and nonces do not contain this character
MAX_KEY = 300  # characters; longer than any key


class Key(NamedTuple):
    """The content of a key with a valid signature."""

    post_id: str
    nonce: str
    expires_at: datetime


@dataclass(frozen=True)
class PreviewLink:
    """The current link to a post. `created_by` is the id of the person who created it."""

    post_id: str
    author_id: str
    nonce: str
    created_by: str
    created_at: datetime
    expires_at: datetime

    @property
    def key(self) -> str:
        expires = str(int(self.expires_at.timestamp()))
        return SIGNER.sign(SEPARATOR.join((self.post_id, self.nonce, expires)))

    def opens(self, post: Post) -> bool:
        """Return whether the link can still show this post. A link expires after a week.

        If a post is published and then unpublished, a link created before the publication no longer shows it, because
        people who unpublish a post do not want it to be read. The link must also belong to the post's author, because
        someone else's post can reuse the id of a deleted post.
        """
        was_published = post.published_at is not None and self.created_at < post.published_at <= timezone.now()
        is_current = timezone.now() < self.expires_at and (post.is_published or not was_published)
        return is_current and (self.post_id, self.author_id) == (post.id, post.author_id)


def read_key(text: str) -> Key | None:
    """Return the content of the key, or None if the key is invalid or was not signed by this site."""
    try:
        post_id, nonce, expires = SIGNER.unsign(text[:MAX_KEY]).split(SEPARATOR)
        key = Key(post_id, nonce, datetime.fromtimestamp(int(expires), UTC))
    except (signing.BadSignature, ValueError):
        return None
    return key if is_id(key.post_id) else None


class PreviewLinkRepository:
    """The links. Only the API key can read and write them, so views must check `posts.policy` first."""

    def __init__(self, client: AdminClient) -> None:
        self._db = client.db

    def find(self, post_id: str) -> PreviewLink | None:
        """Return the post's link, or None if there is none. Raise NotFoundError if the table does not exist yet."""
        try:
            row = self._db.get_row(settings.APPWRITE_DATABASE, PREVIEW_LINKS, post_id)
        except errors.NotFoundError as error:
            if new_tables.is_missing(error, PREVIEW_LINKS):
                raise
            return None
        return _link(row)

    def matching(self, key: Key) -> PreviewLink:
        """Return the link with this key. Raise NotFoundError if it was revoked or replaced."""
        link = self.find(key.post_id)
        if link is None or not constant_time_compare(link.nonce, key.nonce):
            raise errors.NotFoundError(f"the link to post {key.post_id} has been revoked")
        return link

    def create(self, post: Post, user: User) -> None:
        """Create a link to the post. Any earlier link to the post stops working."""
        now = timezone.now()
        data = {
            "authorId": post.author_id,
            "nonce": secrets.token_urlsafe(16),
            "createdBy": user.id,
            "createdAt": appwrite_time(now),
            "expiresAt": appwrite_time(now + LIFETIME),
        }
        confirm_done(
            lambda: self._db.upsert_row(settings.APPWRITE_DATABASE, PREVIEW_LINKS, post.id, data),
            lambda: (link := self.find(post.id)) is not None and link.nonce == data["nonce"],
        )

    def revoke(self, post_id: str) -> None:
        """Delete the link to the post. Do nothing if there is none, or if the table does not exist yet."""
        self._delete([Query.equal("$id", [post_id])])

    def forget_person(self, user_id: str) -> None:
        """Delete the links to the user's posts, and the links that the user created."""
        self._delete([Query.equal("authorId", [user_id])])
        self._delete([Query.equal("createdBy", [user_id])])

    def _delete(self, queries: list[str]) -> None:
        try:
            self._db.delete_rows(settings.APPWRITE_DATABASE, PREVIEW_LINKS, queries)
        except errors.NotFoundError as error:
            if not new_tables.is_missing(error, PREVIEW_LINKS):
                raise


def _link(row: Row[dict[str, str]]) -> PreviewLink:
    data = row.data or {}
    created_at = time_of(data.get("createdAt")) or datetime.fromisoformat(row.createdat)
    return PreviewLink(
        post_id=row.id,
        author_id=str(data.get("authorId") or ""),
        nonce=str(data.get("nonce") or ""),
        created_by=str(data.get("createdBy") or ""),
        created_at=created_at,
        expires_at=time_of(data.get("expiresAt")) or created_at,
    )
