"""Send a published post to subscribers once, in batches.

A row in the `mailings` table records the progress. Appwrite rejects a second row with the post's id, so a post cannot
be sent twice. Each request, from a button or a script, sends one batch. If a batch stops half-way, the next request
repeats it. Even so, nobody gets a second message: each message id is derived from the post and the person, and Appwrite
rejects an id that it has already used.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.http import HttpRequest

from accounts.repositories import mail_service
from accounts.repositories.subscriptions import Recipient, SubscriptionRepository, topics_of
from core import errors
from core.appwrite_client import AdminClient
from core.calls import confirm, run_concurrently
from core.formats import appwrite_time
from posts import new_tables
from posts.mail import letters
from posts.models import Post
from posts.row_mapping import time_of
from posts.rows import AnyRow
from posts.schema import MAILINGS

log = logging.getLogger(__name__)

BATCH = 20  # subscribers per request


class TableMissingError(errors.SiteError):
    """`setup_appwrite` has not created the `mailings` table yet."""


@dataclass(frozen=True)
class Mailing:
    """The progress of a post's mailing.

    The next batch begins after the subscriber with the id `after` in the topic `topic`.
    """

    post_id: str
    started_at: datetime
    finished_at: datetime | None
    campus: str
    recipients: int  # the number of subscribers when the mailing started
    sent: int
    skipped: int  # subscribers who were blocked, or whose address was not confirmed
    topic: str
    after: str
    version: datetime

    @property
    def done(self) -> int:
        return self.sent + self.skipped

    @property
    def total(self) -> int:
        """Return the expected number of subscribers. People may subscribe or unsubscribe during the mailing."""
        return max(self.recipients, self.done)


class MailingRepository:
    """The mailings, accessed with the API key. The caller must check `policy.can_send`."""

    def __init__(self, client: AdminClient) -> None:
        self._client = client
        self._subscriptions = SubscriptionRepository(client)

    def find(self, post_id: str) -> Mailing | None:
        """Return the post's mailing, or None if the post has not been sent.

        Raise TableMissingError if the table does not exist yet.
        """
        try:
            row = self._client.db.get_row(settings.APPWRITE_DATABASE, MAILINGS, post_id)
        except errors.NotFoundError as error:
            if new_tables.is_missing(error, MAILINGS):
                raise TableMissingError from error
            return None
        return _mailing(row)

    def count(self, post: Post) -> int:
        """Return the number of subscribers for the post, including blocked people, to whom nothing is sent."""
        return self._subscriptions.count(topics_of(post.campus))

    def start(self, post: Post) -> Mailing:
        """Create the mailing.

        Raise ConflictError if it already exists, and TableMissingError if the table does not exist yet.
        """
        topics = topics_of(post.campus)
        data = {
            **{"startedAt": _now(), "campus": post.campus or None, "recipients": self.count(post)},
            **{"sent": 0, "skipped": 0, "topic": topics[0], "after": None},
        }
        create = partial(self._client.db.create_row, settings.APPWRITE_DATABASE, MAILINGS, post.id, data)
        read = partial(self._client.db.get_row, settings.APPWRITE_DATABASE, MAILINGS, post.id)
        try:
            return _mailing(confirm(create, read))
        except errors.NotFoundError as error:
            if new_tables.is_missing(error, MAILINGS):
                raise TableMissingError from error
            raise

    def send_batch(self, request: HttpRequest, post: Post, mailing: Mailing) -> None:
        """Send the post to the next subscribers.

        Do nothing if the mailing has finished. If two requests send the same batch at the same time, each person still
        gets only one message, and only one request records the progress.
        """
        if mailing.finished_at:
            return
        topic, after, size = mailing.topic, mailing.after, 0
        calls: list[Callable[[], bool]] = []
        while topic and size < BATCH:
            batch = self._subscriptions.batch(topic, after, BATCH - size)
            size += batch.size
            calls += [self._call(request, post, topic, recipient) for recipient in batch.recipients]
            after = batch.last
            if not after:
                topic = _topic_after(topic, mailing.campus)
        sent = sum(run_concurrently(*calls)) if calls else 0
        data = {
            **{"sent": mailing.sent + sent, "skipped": mailing.skipped + size - sent},
            **{"topic": topic or None, "after": after or None, "finishedAt": None if topic else _now()},
        }
        newest = self._client.unless_changed_since(mailing.version)
        with suppress(errors.ConflictError):
            newest.db.update_row(settings.APPWRITE_DATABASE, MAILINGS, post.id, data)

    def _call(self, request: HttpRequest, post: Post, topic: str, recipient: Recipient) -> Callable[[], bool]:
        """Return a function that sends one e-mail and returns whether Appwrite accepted it."""
        language = recipient.language or post.language
        letter = letters.new_post(request, post, language=language, user_id=recipient.user_id, topic=topic)
        message_id = mail_service.message_id("mailing", post.id, recipient.user_id)

        def call() -> bool:
            try:
                mail_service.send(self._client, message_id, recipient.target_id, *letter)
            except errors.InvalidInputError as error:  # for example, the target has just been deleted
                log.warning("subscriber %s gets no e-mail about post %s: %s", recipient.user_id, post.id, error)
                return False
            return True

        return call


def _topic_after(topic: str, campus: str) -> str:
    topics = topics_of(campus)
    return next(iter(topics[topics.index(topic) + 1 :]), "") if topic in topics else ""


def _mailing(row: AnyRow) -> Mailing:
    data = row.data if isinstance(row.data, dict) else {}
    version = datetime.fromisoformat(row.updatedat)
    return Mailing(
        post_id=row.id,
        started_at=time_of(data.get("startedAt")) or version,
        finished_at=time_of(data.get("finishedAt")),
        campus=str(data.get("campus") or ""),
        recipients=int(data.get("recipients") or 0),
        sent=int(data.get("sent") or 0),
        skipped=int(data.get("skipped") or 0),
        topic=str(data.get("topic") or ""),
        after=str(data.get("after") or ""),
        version=version,
    )


def _now() -> str:
    return appwrite_time(datetime.now(UTC))
