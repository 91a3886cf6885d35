"""Check whether Appwrite can send e-mails about posts, and send them.

Appwrite sends sign-in links and codes with its SMTP settings, without this module. E-mails about posts use Appwrite
Messaging, which needs an e-mail provider, the topics of `accounts.repositories.subscriptions` and an API key with
additional scopes. A project that was set up with an earlier release has none of these.
"""

import hashlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Literal

from appwrite.models.target import Target
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query
from django.conf import settings
from django.core.cache import cache

from accounts.repositories.address_proof import is_confirmed
from accounts.repositories.people import PeopleRepository
from core import errors
from core.appwrite_client import AdminClient, create_admin_client
from core.calls import run_concurrently
from core.text_fields import line

log = logging.getLogger(__name__)

ALL = "posts"  # the topic for people who want an e-mail about every post
MAX_SUBJECT = 300  # characters
MAX_ADMINS = 20  # at most this many admins get an e-mail about a request, because each e-mail needs a call

# The reasons why e-mails cannot be sent: no e-mail provider is enabled (`provider`), the API key lacks a scope
# (`scope`), `setup_appwrite` has not created the topics (`topics`), or Appwrite did not respond (`unreachable`).
State = Literal["on", "provider", "scope", "topics", "unreachable"]

CACHE_KEY = "mail-service"
ON_TTL = 600  # seconds
OFF_TTL = 60  # seconds; short, so that the feature works soon after an administrator has set it up


def state() -> State:
    """Return whether the site can send e-mails about posts, and if not, why not. The result is cached.

    Never raise: if Appwrite fails, return `unreachable`.
    """
    known: State | None = cache.get(CACHE_KEY)
    if known is None:
        known = _look_up(create_admin_client())
        cache.set(CACHE_KEY, known, ON_TTL if known == "on" else OFF_TTL)
    return known


def is_on() -> bool:
    return state() == "on"


def is_switched_off(error: errors.SiteError) -> bool:
    """Return whether the call failed because a scope or a topic is missing, not because Appwrite failed."""
    return error.type in ("general_unauthorized_scope", "topic_not_found")


def state_after(error: errors.SiteError) -> State:
    """Return the new state after a call that failed with `error` while the state was `on`. Never raise."""
    if not isinstance(error, errors.MisconfiguredError):
        return "unreachable"
    cache.set(CACHE_KEY, "scope", OFF_TTL)
    return "scope"


def _look_up(client: AdminClient) -> State:
    queries = [Query.equal("type", ["email"]), Query.equal("enabled", [True]), Query.limit(1)]
    try:
        providers, _topic = run_concurrently(
            lambda: client.messaging.list_providers(queries).providers,
            lambda: client.messaging.get_topic(ALL),
        )
    except errors.NotFoundError:
        known: State = "topics"
    except errors.MisconfiguredError as error:
        known = "scope"
        log.warning("E-mails about posts are off: %s docs/deploy.md lists the scopes.", error)
        return known
    except errors.SiteError as error:
        known = "unreachable"
        log.warning("E-mails about posts are off: %s", error)
        return known
    else:
        known = "on" if providers else "provider"
    if known != "on":
        log.warning("E-mails about posts are off: %s. docs/deploy.md describes the requirements.", _MISSING[known])
    return known


_MISSING = {"topics": "setup_appwrite has not created the topics", "provider": "no e-mail provider is enabled"}


def mail_target(user: AppwriteUser) -> Target | None:
    """Return the target with the person's current address, or None if the site must not e-mail this person.

    The site e-mails only confirmed addresses of accounts that are not blocked. People can change the addresses in their
    own targets, so only a target with the account's address is used.
    """
    if not (user.status and user.email and is_confirmed(user)):
        return None
    return next((target for target in user.targets if is_current_address(target, user)), None)


def is_current_address(target: Target, user: AppwriteUser) -> bool:
    return bool(target.providertype == "email" and target.identifier.lower() == user.email.lower())


def message_id(*parts: str) -> str:
    """Return a message id derived from `parts`. Appwrite rejects a second message with the same id."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def write_to(user_id: str, message_id: str, compose: Callable[[str], tuple[str, str]]) -> None:
    """Send a person an e-mail, unless `message_id` was already used or `mail_target` returns None.

    `compose` takes a language, or "" if the person has not chosen one, and returns the subject and the HTML.
    Raise a SiteError if Appwrite fails.
    """
    client = create_admin_client()
    try:
        user = client.users.get(user_id)
    except errors.NotFoundError:
        return
    if target := mail_target(user):
        send(client, message_id, target.id, *compose(language_of(user)))


def write_to_admins(key: tuple[str, ...], compose: Callable[[str, str], tuple[str, str]]) -> None:
    """Send an e-mail to at most MAX_ADMINS admins. Skip each admin who has already been sent an e-mail with this `key`.

    Also skip admins who are blocked, and those without a confirmed address, such as an invited admin who has not signed
    in yet. `compose` takes an admin's id and a language ("" if the admin has not chosen one), and returns the subject
    and the HTML. Raise a SiteError if Appwrite fails.
    """
    client = create_admin_client()
    calls = []
    for user in PeopleRepository(client).active_admins(MAX_ADMINS):
        if target := mail_target(user):
            letter = compose(user.id, language_of(user))
            calls.append(partial(send, client, message_id(*key, user.id), target.id, *letter))
    if calls:
        run_concurrently(*calls)


def language_of(user: AppwriteUser) -> str:
    """Return the person's chosen language, or "" if they have not chosen one, or if the site does not support it."""
    language = user.prefs.data.get("language") if isinstance(user.prefs.data, dict) else ""
    return str(language) if language in dict(settings.LANGUAGES) else ""


def send(client: AdminClient, message_id: str, target_id: str, subject: str, html: str) -> None:
    """Send an e-mail. Do nothing if a message with this id exists. Any user text in `html` must already be escaped."""
    try:
        client.messaging.create_email(message_id, line(subject)[:MAX_SUBJECT], html, targets=[target_id], html=True)
    except errors.ConflictError:
        log.info("Message %s was already sent", message_id)
