"""Appwrite calls for a person's own account: sessions, identities, name and language."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appwrite.models.session import Session

from core import errors
from core.appwrite_client import SessionClient, create_admin_client
from core.calls import confirm_done


@dataclass(frozen=True)
class AccountSession:
    """A person's session, as shown on the account page."""

    id: str
    user_id: str
    browser: str
    system: str
    country: str
    since: datetime
    is_current: bool


@dataclass(frozen=True)
class Identity:
    """An account at an OAuth provider that the person can use to sign in."""

    id: str
    provider: str
    email: str
    since: datetime


class AccountRepository:
    """A person's own account, accessed with the person's session client."""

    def __init__(self, client: SessionClient) -> None:
        self._account = client.account

    def sessions(self) -> list[AccountSession]:
        """Return the person's sessions: the current session first, then the others from newest to oldest."""
        sessions = [account_session_of(session) for session in self._account.list_sessions().sessions]
        return sorted(sessions, key=lambda session: (not session.is_current, -session.since.timestamp()))

    def end_session(self, session_id: str) -> None:
        """End one of the person's sessions. Raise NotFoundError if the person has no session with this id."""
        mine = {session.id: session for session in self.sessions()}
        if session_id not in mine:
            raise errors.NotFoundError
        self._end(mine[session_id])

    def end_other_sessions(self) -> int:
        """End every session except the current one. Return the number of ended sessions.

        Send one request per session, because the SDK's method for all sessions would also end the current session.
        """
        others = [session for session in self.sessions() if not session.is_current]
        for session in others:
            self._end(session)
        return len(others)

    def _end(self, session: AccountSession) -> None:
        confirm_done(
            lambda: end_session(session.user_id, session.id),
            lambda: all(each.id != session.id for each in self.sessions()),
        )

    def identities(self) -> list[Identity]:
        return [
            Identity(each.id, each.provider, each.provideremail, datetime.fromisoformat(each.createdat))
            for each in self._account.list_identities().identities
        ]

    def remove_identity(self, identity_id: str) -> None:
        """Remove an identity. Raise NotFoundError if the person has no such identity."""
        confirm_done(
            lambda: self._account.delete_identity(identity_id),
            lambda: all(identity.id != identity_id for identity in self.identities()),
        )

    def update_name(self, name: str) -> None:
        confirm_done(lambda: self._account.update_name(name), lambda: self._account.get().name == name)

    def language(self) -> str:
        """Return the person's chosen language, or "" if they have not chosen one."""
        return str(self._prefs().get("language", ""))

    def update_language(self, code: str) -> None:
        self._update_prefs(language=code)

    def update_mail(self, topic: str) -> None:
        """Save the person's choice of e-mails. The subscription itself is in Appwrite Messaging."""
        self._update_prefs(mail=topic)

    def _update_prefs(self, **changes: str) -> None:
        """Change some preferences. Send the unchanged preferences as well, because Appwrite replaces all of them."""
        prefs = {**self._prefs(), **changes}
        confirm_done(lambda: self._account.update_prefs(prefs), lambda: self._prefs() == prefs)

    def _prefs(self) -> dict[str, Any]:
        # Read the preferences as part of the account, because `response_shapes` checks an account's shape. Otherwise
        # the site might save an object that came from a proxy, not from Appwrite.
        return dict(self._account.get().prefs.data)


def end_session(user_id: str, session_id: str) -> None:
    """End a session with the API key. Do nothing if the session has already ended.

    The caller must check that the session belongs to the person, because Appwrite does not do so for a call with an API
    key. Without the key, Appwrite would allow only 100 deletions an hour from the site's IP address.
    """
    with suppress(errors.NotFoundError):
        create_admin_client().users.delete_session(user_id, session_id)


def account_session_of(session: Session) -> AccountSession:
    return AccountSession(
        id=session.id,
        user_id=session.userid,
        browser=session.clientname,
        system=session.osname,
        country=session.countryname if session.countrycode not in ("", "--") else "",
        since=datetime.fromisoformat(session.createdat),
        is_current=session.current,
    )
