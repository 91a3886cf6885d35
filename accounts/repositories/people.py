"""Calls to Appwrite for the people pages, where admins manage all accounts."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from appwrite.id import ID
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query
from django.utils.crypto import salted_hmac

from accounts.models import LABELS, User
from accounts.repositories.account import AccountSession, account_session_of
from accounts.repositories.address_proof import PROOF, UNPROVED, is_confirmed, is_proved, is_proved_by_mail, proof_label
from accounts.repositories.cleanup import AccountCleanup
from accounts.repositories.site_account import SITE_ACCOUNT
from core import errors
from core.appwrite_client import AdminClient
from core.calls import confirm_done
from core.locks import one_at_a_time
from core.text_fields import forms_of, line


class LastAdminError(errors.ConflictError):
    """The action would leave the site without an admin."""


@dataclass(frozen=True)
class Person:
    """A person, with the details shown on the people pages."""

    user: User
    is_active: bool
    is_confirmed: bool  # whether the e-mail address has been confirmed
    seen: datetime | None
    joined: datetime

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the person's roles: all labels except those that record how the address was verified."""
        return tuple(label for label in self.user.labels if not PROOF.fullmatch(label))


class PeopleRepository:
    """All people's accounts, accessed with the admin client, because Appwrite's Users service requires an API key."""

    PAGE = 25  # people per page

    def __init__(self, client: AdminClient) -> None:
        self._client = client
        self._users = client.users

    def page(self, number: int, search: str = "") -> tuple[list[Person], int]:
        """Return one page of people, most recently active first, and the total number of matches.

        If `search` is given, return only people for whom each of its words occurs in the name or the address, possibly
        within a longer word.

        Sort by `$updatedAt`, because Appwrite 1.9.6 cannot sort users by `accessedAt`. `$updatedAt` changes at each
        sign-in, at the first visit of a day, and when an admin changes the account. Do not use Appwrite's
        own search, which finds people who match any word of three or more letters, and fails on some characters.
        """
        queries = [
            Query.not_equal("$id", SITE_ACCOUNT.id),
            Query.order_desc("$updatedAt"),
            Query.limit(self.PAGE),
            Query.offset((number - 1) * self.PAGE),
        ]
        queries += [_in_name_or_address(word) for word in words_of(search)]
        result = self._users.list(queries)
        return [_person(user) for user in result.users], int(result.total)

    def get(self, user_id: str) -> Person:
        """Return the person with this id. Raise NotFoundError if there is no such person."""
        return _person(self._users.get(user_id))

    def at_address(self, address: str) -> Person | None:
        """Return the person with exactly this e-mail address, or None if there is no such person."""
        queries = [Query.equal("email", [address.lower()]), Query.limit(1)]
        users = self._users.list(queries, total=0).users
        return _person(users[0]) if users else None

    def invite(self, address: str, role: str) -> Person:
        """Create an account with `address` and `role` ("" for none), and return the person.

        Only someone who receives e-mail at this address can sign in. If the address changes before the first sign-in,
        it no longer matches the address recorded with the invitation, so the clean-up removes the role. If an earlier
        invitation has already created the account, only set the role. Raise InvalidInputError if Appwrite rejects the
        address, and NotFoundError if another account has this address.
        """
        user_id = invited_id(address)
        try:
            user = self._users.create(user_id, address.lower())
        except errors.ConflictError:  # the response to an earlier call may have been lost
            user = self._users.get(user_id)
            if user.email.lower() != address.lower():  # the person invited earlier has changed their address
                user = self._users.create(ID.unique(), address.lower())
        roles = [role] if role else []
        return _person(self._users.update_labels(user.id, [*roles, proof_label(UNPROVED, address)]))

    def providers(self, user_ids: list[str]) -> dict[str, list[str]]:
        """Return the OAuth providers of each user in `user_ids`, with a single request."""
        providers: dict[str, list[str]] = {user_id: [] for user_id in user_ids}
        if user_ids:
            for each in self._users.list_identities([Query.equal("userId", user_ids), Query.limit(500)]).identities:
                providers[each.userid].append(each.provider)
        return providers

    def sessions(self, user_id: str) -> list[AccountSession]:
        return [account_session_of(session) for session in self._users.list_sessions(user_id).sessions]

    def set_labels(self, person: Person, labels: list[str]) -> None:
        """Give the person exactly those roles of LABELS that are in `labels`. Keep the person's other labels.

        Raise ConflictError if the site would have no admin left, and NotAllowedError if a person whose address is not
        confirmed would get a role.
        """
        leaves = "admin" in person.labels and "admin" not in labels
        if set(labels) - set(person.labels):
            person = self._confirmed(person)
        foreign = [label for label in person.user.labels if label not in LABELS]
        with self.keeping_an_admin(person.user) if leaves else nullcontext():
            new_labels = [*foreign, *(label for label in LABELS if label in labels)]
            confirm_done(
                lambda: self._users.update_labels(person.user.id, new_labels),
                lambda: set(self.get(person.user.id).user.labels) == set(new_labels),
            )

    def _confirmed(self, person: Person) -> Person:
        """Return the person. If only Appwrite regards the address as verified, run the account clean-up first.

        Appwrite's flag does not prove ownership (see `address_proof`). Raise NotAllowedError if the address is not
        confirmed.
        """
        if not person.is_confirmed:
            raise errors.NotAllowedError("the address is not confirmed")
        if is_proved_by_mail(person.user):
            return person
        return _person(AccountCleanup(self._client).run(person.user.id, person.user.email, UNPROVED))

    def set_active(self, person: Person, active: bool) -> None:
        """Block or unblock the person. Raise ConflictError if the person is the last admin and would be blocked.

        Blocking does not end the person's sessions, so that pages can show the reason. Unblocking first ends the
        sessions, because they would otherwise become active again (ASVS 7.4.2).
        """
        if active:
            self.end_sessions(person)
        leaves = not active and "admin" in person.labels
        with self.keeping_an_admin(person.user) if leaves else nullcontext():
            confirm_done(
                lambda: self._users.update_status(person.user.id, active),
                lambda: self.get(person.user.id).is_active == active,
            )

    def delete(self, user: User) -> None:
        """Delete the account with its sessions, identities, memberships and targets.

        Raise LastAdminError if there is no other admin.
        """
        with self.keeping_an_admin(user) if user.is_admin else nullcontext():
            confirm_done(lambda: self._users.delete(user.id), lambda: self._is_gone(user.id))

    def _is_gone(self, user_id: str) -> bool:
        try:
            self._users.get(user_id)
        except errors.NotFoundError:
            return True
        return False

    def end_sessions(self, person: Person) -> None:
        confirm_done(
            lambda: self._users.delete_sessions(person.user.id),
            lambda: not self.sessions(person.user.id),
        )

    def count_admins(self) -> int:
        """Return how many people are admins, including those who are blocked."""
        return int(self._users.list(_only_admins()).total)

    def active_admins(self, limit: int = 25) -> list[AppwriteUser]:
        """Return at most `limit` admins who are not blocked, including those who have not signed in yet."""
        queries = [*_only_admins(), Query.equal("status", [True]), Query.limit(limit)]
        return list(self._users.list(queries, total=0).users)

    @contextmanager
    def keeping_an_admin(self, user: User) -> Iterator[None]:
        """Run a block that demotes, blocks or deletes the admin `user`.

        Raise LastAdminError, and do not run the block, if there is no other admin.
        An invited admin who has not signed in does not count, because the address may be misspelt.
        Only one block runs at a time: otherwise, two admins could remove each other's role at the same moment.
        """
        with one_at_a_time("admins"):
            admins = self.active_admins()
            if not any(admin.id != user.id and not is_proved(admin, UNPROVED) for admin in admins):
                raise LastAdminError("the last admin")
            yield


def invited_id(address: str) -> str:
    """Return the id for an invited account. Anyone can sign up with an id of their choice, but cannot guess this id."""
    return salted_hmac("accounts.invitation", address.lower(), algorithm="sha256").hexdigest()[:32]


def words_of(search: str) -> list[str]:
    """Return the distinct words of a search for people. Omit words without a letter or digit."""
    return [word for word in dict.fromkeys(search.lower().split()) if any(char.isalnum() for char in word)]


def _in_name_or_address(word: str) -> str:
    """Return a query that matches `word` in the name or the address.

    A backslash is special in SQL's LIKE, so search only for the longest part between backslashes. A word with “@” must
    match the start of the address: otherwise “a@example.com” would match “anna@example.com”.
    """
    word = max(word.split("\\"), key=len)
    in_address = Query.starts_with("email", word) if "@" in word[1:] else Query.contains("email", [word])
    return str(Query.or_queries([Query.contains("name", forms_of(word)), in_address]))


def _person(user: AppwriteUser) -> Person:
    return Person(
        user=User(id=user.id, name=line(user.name), email=user.email, labels=tuple(user.labels)),
        is_active=user.status,
        is_confirmed=is_confirmed(user),
        seen=datetime.fromisoformat(user.accessedat) if user.accessedat else None,
        joined=datetime.fromisoformat(user.createdat),
    )


def _only_admins() -> list[str]:
    return [Query.contains("labels", ["admin"])]
