"""Subscriptions to e-mails about new posts. A person subscribes to at most one topic of Appwrite Messaging.

A subscriber's id is derived from the person's id. Appwrite rejects a second subscriber with the same id in any topic. A
person therefore cannot have two subscriptions.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from appwrite.enums.messaging_provider_type import MessagingProviderType
from appwrite.id import ID
from appwrite.models.subscriber import Subscriber
from appwrite.models.target import Target
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query
from django.core import signing

from accounts.repositories.address_proof import is_confirmed
from accounts.repositories.mail_service import ALL, is_current_address, language_of, mail_target
from core import errors
from core.appwrite_client import AdminClient
from core.calls import confirm_done, run_concurrently
from core.campuses import CAMPUSES

PREFIX = f"{ALL}-"
TOPICS = {ALL: "Posts from all campuses", **{f"{PREFIX}{key}": f"Posts from campus {key}" for key in CAMPUSES}}
"""Topic id -> the name that Appwrite's Console shows."""

TOKENS = signing.Signer(salt="accounts.unsubscribe")


@dataclass(frozen=True)
class Recipient:
    """A person who gets the e-mail. `language` is "" if the person has not chosen one."""

    user_id: str
    target_id: str
    language: str


@dataclass(frozen=True)
class Batch:
    """Some of a topic's subscribers. `last` is the id of the last one in the batch, or "" if there are no more."""

    size: int  # including subscribers who get no e-mail because they are blocked or their address is not confirmed
    recipients: list[Recipient]
    last: str


def topics_of(campus: str) -> list[str]:
    """Return the topics whose subscribers are e-mailed about a post from `campus` ("" for a post without a campus)."""
    return [ALL, f"{PREFIX}{campus}"] if campus else [ALL]


def campus_of(topic: str) -> str:
    """Return the campus of a topic, or "" for the topic of all posts."""
    return topic.removeprefix(PREFIX) if topic != ALL else ""


def unsubscribe_token(user_id: str, topic: str) -> str:
    """Return a token with which the person can unsubscribe without signing in. It does not expire."""
    return TOKENS.sign(f"{user_id}:{topic}")


def read_unsubscribe_token(token: str) -> tuple[str, str] | None:
    """Return the user id and the topic in the token, or None if the site did not sign it."""
    try:
        user_id, _, topic = TOKENS.unsign(token[:300]).partition(":")
    except signing.BadSignature:
        return None
    return user_id, topic


def _subscriber_id(user_id: str) -> str:
    return hashlib.sha256(f"subscriber|{user_id}".encode()).hexdigest()[:32]


class SubscriptionRepository:
    """People's subscriptions, accessed with the admin client: members have no access to the topics."""

    def __init__(self, client: AdminClient) -> None:
        self._users = client.users
        self._messaging = client.messaging

    def has(self, user_id: str, topic: str) -> bool:
        """Return whether the person subscribes to `topic`."""
        try:
            self._messaging.get_subscriber(topic, _subscriber_id(user_id))
        except errors.NotFoundError:
            return False
        return True

    def subscribe(self, user_id: str, topic: str) -> None:
        """Replace the person's subscription, if there is one, with a subscription to `topic`.

        Raise NotAllowedError if the person is blocked or their address is not confirmed. Raise ConflictError if a
        different account has a target with this address. Such a target can exist, because members can enter any text as
        the target of a push message.
        """
        user = self._users.get(user_id)
        if not (user.status and user.email and is_confirmed(user)):
            raise errors.NotAllowedError("the address is not confirmed")
        target_id = (mail_target(user) or self._create_target(user)).id
        subscriber_id = _subscriber_id(user_id)
        try:
            self._subscribe(topic, subscriber_id, target_id)
        except errors.ConflictError:
            if self.has(user_id, topic):
                return
            self.unsubscribe(user_id)
            self._subscribe(topic, subscriber_id, target_id)

    def restore(self, user_id: str, topic: str) -> bool:
        """Subscribe the person to `topic`, unless they have a subscription. Return whether they were subscribed.

        Raise the same errors as `subscribe`.
        """
        if any(run_concurrently(*(lambda each=each: self.has(user_id, each) for each in TOPICS))):
            return False
        self.subscribe(user_id, topic)
        return True

    def _subscribe(self, topic: str, subscriber_id: str, target_id: str) -> None:
        confirm_done(
            lambda: self._messaging.create_subscriber(topic, subscriber_id, target_id),
            lambda: self._messaging.get_subscriber(topic, subscriber_id).targetid == target_id,
        )

    def _create_target(self, user: AppwriteUser) -> Target:
        """Create a target for the person's address, and return it. For most accounts, Appwrite has already done so."""
        target: Target = self._users.create_target(user.id, ID.unique(), MessagingProviderType.EMAIL, user.email)
        return target

    def unsubscribe(self, user_id: str, topic: str = "") -> bool:
        """End the person's subscription. Look for it in `topic` first. Return False if there was no subscription."""
        first = [topic] if topic in TOPICS else []
        if any(self._unsubscribe(user_id, each) for each in first):
            return True
        rest = [each for each in TOPICS if each not in first]
        return any(run_concurrently(*(lambda each=each: self._unsubscribe(user_id, each) for each in rest)))

    def _unsubscribe(self, user_id: str, topic: str) -> bool:
        try:
            self._messaging.delete_subscriber(topic, _subscriber_id(user_id))
        except errors.NotFoundError:
            return False
        return True

    def count(self, topics: list[str]) -> int:
        """Return the number of subscribers of `topics`, including people whom `batch` skips."""
        queries = [Query.equal("$id", topics), Query.limit(len(topics))]
        return sum(int(topic.emailtotal) for topic in self._messaging.list_topics(queries).topics)

    def batch(self, topic: str, after: str, size: int) -> Batch:
        """Return the next `size` subscribers of the topic, by id, after the subscriber with the id `after`.

        Do not use a cursor, because Appwrite rejects a cursor whose subscriber has unsubscribed.
        """
        queries = [Query.order_asc("$id"), Query.limit(size)]
        if after:
            queries.append(Query.greater_than("$id", after))
        try:
            page = self._messaging.list_subscribers(topic, queries, total=0)  # 0: see RowReader.select
            subscribers = page.subscribers
        except errors.NotFoundError:  # a missing topic has no subscribers
            subscribers = []
        users = self._users_of(subscribers)
        recipients = list(_recipients(subscribers, users))
        last = subscribers[-1].id if len(subscribers) == size else ""
        return Batch(len(subscribers), recipients, last)

    def _users_of(self, subscribers: list[Subscriber]) -> dict[str, AppwriteUser]:
        ids = list({subscriber.userid for subscriber in subscribers})
        if not ids:
            return {}
        return {user.id: user for user in self._users.list([Query.equal("$id", ids), Query.limit(len(ids))]).users}

    def create_topics(self) -> list[str]:
        """Create the missing topics, which only the API key can access. Return their ids."""
        existing = {topic.id: topic for topic in self._messaging.list_topics([Query.limit(100)]).topics}
        for topic, name in TOPICS.items():
            if topic not in existing:
                self._messaging.create_topic(topic, name, subscribe=[])
            elif existing[topic].subscribe:
                self._messaging.update_topic(topic, name, subscribe=[])
        return [topic for topic in TOPICS if topic not in existing]


def _recipients(subscribers: list[Subscriber], users: dict[str, AppwriteUser]) -> Iterator[Recipient]:
    for subscriber in subscribers:
        user = users.get(subscriber.userid)
        if user is None or not user.status or not user.email or not is_confirmed(user):
            continue
        if is_current_address(subscriber.target, user):
            yield Recipient(user.id, subscriber.targetid, language_of(user))
