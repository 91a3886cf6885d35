"""Check whether Appwrite can send e-mails about posts, and send them.

Links and codes for signing in do not use this: Appwrite sends them with its SMTP settings. E-mails about posts use
Appwrite Messaging, which needs an e-mail provider, the topics of `accounts.repositories.subscriptions` and an API key
with more scopes. A project that an earlier release has set up has none of these.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import Literal

from appwrite.models.target import Target
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query
from django.conf import settings
from django.core.cache import cache

from accounts.repositories.address_proof import is_confirmed
from core import errors
from core.appwrite_client import AdminClient, create_admin_client, run_concurrently
from core.text_fields import line

log = logging.getLogger(__name__)

ALL = "posts"  # the topic of people who want an e-mail about every post
MAX_SUBJECT = 300  # characters

# `on`; `provider`: no e-mail provider is enabled; `scope`: the API key lacks a scope; `topics`: `setup_appwrite` has
# not created the topics; `unreachable`: Appwrite did not answer.
State = Literal["on", "provider", "scope", "topics", "unreachable"]

CACHE_KEY = "mail-service"
ON_TTL = 600  # seconds
OFF_TTL = 60  # seconds, so that the feature soon works after an administrator has set it up


def state() -> State:
    """Return whether the site can send e-mails about posts, and if not, why. The result is cached.

    Raise no error: if Appwrite fails, return `unreachable`.
    """
    known: State | None = cache.get(CACHE_KEY)
    if known is None:
        known = _look_up(create_admin_client())
        cache.set(CACHE_KEY, known, ON_TTL if known == "on" else OFF_TTL)
    return known


def is_on() -> bool:
    return state() == "on"


def is_switched_off(error: errors.SiteError) -> bool:
    """Return whether the call failed because a scope or a topic is missing, and not because Appwrite is failing."""
    return error.type in ("general_unauthorized_scope", "topic_not_found")


def state_after(error: errors.SiteError) -> State:
    """Return the new state after a call failed with `error` although the state was `on`. Raise no error."""
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
        log.warning("E-mails about posts are off: %s. docs/deploy.md describes what they need.", _MISSING[known])
    return known


_MISSING = {"topics": "setup_appwrite has not created the topics", "provider": "no e-mail provider is enabled"}


def mail_target(user: AppwriteUser) -> Target | None:
    """Return the target with the person's current address; None if we may not send mail to this person.

    We may send mail only to a confirmed address of an account that is not blocked. A person can change the address in
    their own targets, so another address is never used.
    """
    if not (user.status and user.email and is_confirmed(user)):
        return None
    return next((target for target in user.targets if is_current_address(target, user)), None)


def is_current_address(target: Target, user: AppwriteUser) -> bool:
    return bool(target.providertype == "email" and target.identifier.lower() == user.email.lower())


def message_id(*parts: str) -> str:
    """Return a message id derived from these parts. Appwrite refuses a second message with the same id."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def write_to(user_id: str, message_id: str, compose: Callable[[str], tuple[str, str]]) -> None:
    """Send a person an e-mail, unless one with this id was sent before or `mail_target` does not allow it.

    `compose` returns the subject and the HTML in a language; the language is "" if the person has not chosen one.
    Raise a SiteError if Appwrite fails.
    """
    client = create_admin_client()
    try:
        user = client.users.get(user_id)
    except errors.NotFoundError:
        return
    if target := mail_target(user):
        send(client, message_id, target.id, *compose(language_of(user)))


def language_of(user: AppwriteUser) -> str:
    """Return the language that the person has chosen; "" if they have not chosen one, or one that we do not have."""
    language = user.prefs.data.get("language") if isinstance(user.prefs.data, dict) else ""
    return str(language) if language in dict(settings.LANGUAGES) else ""


def send(client: AdminClient, message_id: str, target_id: str, subject: str, html: str) -> None:
    """Send an e-mail. Do nothing if a message with this id exists. `html` must be escaped."""
    try:
        client.messaging.create_email(message_id, line(subject)[:MAX_SUBJECT], html, targets=[target_id], html=True)
    except errors.ConflictError:
        log.info("message %s has been sent before", message_id)
