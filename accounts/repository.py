"""What the accounts pages ask of Appwrite."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.id import ID
from appwrite.models.session import Session as Session  # what a sign-in gives: the views hand it to accounts.session
from appwrite.models.token import Token
from appwrite.query import Query

from accounts.locks import one_at_a_time
from accounts.models import User
from biso_site import errors
from biso_site.appwrite_client import AdminClient, SessionClient, client_of_session, confirm, create_admin_client
from biso_site.lines import forms_of, line


class SignInRepository:
    """Making sessions. Holds the admin client: nobody is signed in yet, and only a key is shown a session's secret."""

    def __init__(self, client: AdminClient) -> None:
        self._account = client.account
        self._users = client.users

    def send_link(self, email: str, url: str) -> Token:
        """Have Appwrite mail a link to `url`. It does so for known and unknown addresses alike; an unknown one becomes
        a user. Raises Invalid where Appwrite refuses the address."""
        with _or_unavailable(errors.Invalid):
            return self._account.create_magic_url_token(user_id=ID.unique(), email=email, url=url, phrase=True)

    def send_code(self, email: str) -> Token:
        """The same with six digits to type."""
        with _or_unavailable(errors.Invalid):
            return self._account.create_email_token(user_id=ID.unique(), email=email, phrase=True)

    def microsoft(self, url: str, state: str) -> str:
        """Where the browser has to go to sign in at Microsoft; it comes back to `url`, with or without an error.
        Servers older than `state` ignore it."""
        there = self._account.create_o_auth2_token(OAuthProvider.MICROSOFT, success=url, failure=url, state=state)
        if not there:
            raise errors.Unavailable("no way to Microsoft: the answer has no Location")
        return str(there)

    def exchange_code(self, email: str, code: str) -> Session:
        """The session for a mailed code. Raises InvalidToken."""
        with _or_unavailable():
            found = self._users.list([Query.equal("email", [email.lower()]), Query.limit(1)], total=0).users
        if not found:
            raise errors.InvalidToken("nobody has this address")
        return self.exchange(found[0].id, code)

    def exchange(self, user_id: str, secret: str) -> Session:
        """The session for a link's, code's or Microsoft's `secret`, which is used up by it. Raises InvalidToken."""
        try:
            with _or_unavailable(errors.Invalid, errors.InvalidToken, errors.Blocked):
                made = self._account.create_session(user_id=user_id, secret=secret)
        except errors.Invalid as error:  # cut or mended on the way here: not even the shape of one
            raise errors.InvalidToken(str(error), type=error.type, code=error.code) from error
        if not made.secret:
            raise errors.Misconfigured("the API key is not shown the secret of the session it made")
        return made


@contextmanager
def _or_unavailable(*expected: type[errors.SiteError]) -> Iterator[None]:
    """Let what is `expected` rise; whatever else the site's own key is refused is an outage to somebody signing in: its
    rate, its conflicts and its missing rows are none of theirs."""
    try:
        yield
    except expected:
        raise
    except errors.SiteError as error:
        unavailable = errors.Unavailable(str(error), type=error.type, code=error.code, retry_after=error.retry_after)
        unavailable.may_have_happened = error.may_have_happened
        raise unavailable from error


@dataclass(frozen=True)
class SignedIn:
    """One session of a person, as the account page shows it."""

    id: str
    user_id: str
    browser: str
    system: str
    country: str
    since: datetime
    is_current: bool


@dataclass(frozen=True)
class Identity:
    """A way to sign in beside the mailed link: an account at a provider."""

    id: str
    provider: str
    email: str
    since: datetime


def _done(_response: object) -> bool:
    return True


def _unless(is_missing: bool) -> bool | None:
    """Return what `confirm` takes for done: None if something of the write is still missing."""
    return None if is_missing else True


class AccountRepository:
    """A person's own account. Holds their session client."""

    def __init__(self, client: SessionClient) -> None:
        self._account = client.account

    def sessions(self) -> list[SignedIn]:
        """Where the person is signed in, this session first, then the newest."""
        found = [_signed_in(session) for session in self._account.list_sessions().sessions]
        return sorted(found, key=lambda session: (not session.is_current, -session.since.timestamp()))

    def end_session(self, session_id: str) -> None:
        """End one of the person's sessions. Raises NotFound if it is not theirs."""
        mine = {session.id: session for session in self.sessions()}
        if session_id not in mine:
            raise errors.NotFound
        self._end(mine[session_id])

    def end_other_sessions(self) -> int:
        """End every session but this one, one by one: the SDK's single call would on this server end this one, too.
        Returns how many there were."""
        others = [session for session in self.sessions() if not session.is_current]
        for session in others:
            self._end(session)
        return len(others)

    def _end(self, session: SignedIn) -> None:
        def write() -> bool:
            end_session(session.user_id, session.id)
            return True

        confirm(write, lambda: _unless(any(each.id == session.id for each in self.sessions())))

    def identities(self) -> list[Identity]:
        return [
            Identity(each.id, each.provider, each.provideremail, datetime.fromisoformat(each.createdat))
            for each in self._account.list_identities().identities
        ]

    def remove_identity(self, identity_id: str) -> None:
        """Raises NotFound where the person has no such identity."""
        confirm(
            lambda: _done(self._account.delete_identity(identity_id)),
            lambda: _unless(any(identity.id == identity_id for identity in self.identities())),
        )

    def update_name(self, name: str) -> None:
        confirm(
            lambda: _done(self._account.update_name(name)),
            lambda: _unless(self._account.get().name != name),
        )

    def language(self) -> str:
        """The language the person has chosen; "" where they have not."""
        return str(self._prefs().get("language", ""))

    def update_language(self, code: str) -> None:
        """Kept in the preferences beside whatever else is there: Appwrite replaces them as a whole."""
        prefs = {**self._prefs(), "language": code}
        confirm(
            lambda: _done(self._account.update_prefs(prefs)),
            lambda: _unless(self._prefs() != prefs),
        )

    def _prefs(self) -> dict[str, Any]:
        # Of the account: alone the preferences could be any object, and what a proxy made up would be written back.
        return dict(self._account.get().prefs.data)

    def close(self) -> None:
        """Block the account for good, by the person's own wish. Only an admin can open it again."""
        confirm(lambda: _done(self._account.update_status()), self._is_closed)

    def _is_closed(self) -> bool | None:
        try:
            self._account.get()
        except errors.Blocked:
            return True
        return None


def end_session(user_id: str, session_id: str) -> None:
    """End a session with the API key, also if it has ended already.

    To callers without a key Appwrite grants 100 deletions an hour and IP address, and the whole site has one address.
    With the key it does not check whose session it is: the caller has to.
    """
    with suppress(errors.NotFound):
        create_admin_client().users.delete_session(user_id, session_id)


def accept_invitation(client: SessionClient, *, team_id: str, membership_id: str, user_id: str, secret: str) -> Session:
    """Join the team the person was invited to; `client` is a guest's. Returns the session that Appwrite signs them in
    with. Raises InvalidToken for a wrong or used secret, NotFound for an unknown invitation, NotAllowed for another's.

    The secret stands in no body, only in the header for browsers that refuse cookies.
    """
    client.teams.update_membership_status(team_id, membership_id, user_id, secret)
    made = client.client.session_made()
    if not made:
        raise errors.Unavailable("the answer to an accepted invitation made no session")
    session: Session = client_of_session(made).account.get_session("current")
    session.secret = made
    return session


LABELS = ("admin", "editor")  # the fixed list: what a person may be labelled with here


@dataclass(frozen=True)
class Person:
    """Somebody else, as the people pages show them."""

    user: User
    is_active: bool
    seen: datetime | None
    joined: datetime

    @property
    def labels(self) -> tuple[str, ...]:
        return self.user.labels


class PeopleRepository:
    """All people. Holds the admin client: the Users service takes nothing less."""

    PAGE = 25

    def __init__(self, client: AdminClient) -> None:
        self._users = client.users

    def page(self, number: int, search: str = "") -> tuple[list[Person], int]:
        """Return one page of people, the last active first, and the number of all people found. With a `search`, those
        who have each of its words in their name or address, as a part of it.

        Appwrite 1.9.6 refuses to sort users by `accessedAt`. `$updatedAt` changes with a sign-in and with the first
        visit of a day, but also when an admin changes the account. Its own search joins words of three letters and
        more by OR, and fails on some signs.
        """
        queries = [
            Query.order_desc("$updatedAt"),
            Query.limit(self.PAGE),
            Query.offset((number - 1) * self.PAGE),
        ]
        words = [word for word in dict.fromkeys(search.lower().split()) if any(sign.isalnum() for sign in word)]
        queries += [_in_name_or_address(word) for word in words]
        found = self._users.list(queries)
        return [_person(user) for user in found.users], int(found.total)

    def get(self, user_id: str) -> Person:
        """Raises NotFound."""
        return _person(self._users.get(user_id))

    def providers(self, user_ids: list[str]) -> dict[str, list[str]]:
        """By which providers, beside e-mail, each of these people signs in; one call for all."""
        found: dict[str, list[str]] = {user_id: [] for user_id in user_ids}
        if user_ids:
            for each in self._users.list_identities([Query.equal("userId", user_ids), Query.limit(500)]).identities:
                found[each.userid].append(each.provider)
        return found

    def sessions(self, user_id: str) -> list[SignedIn]:
        return [_signed_in(session) for session in self._users.list_sessions(user_id).sessions]

    def set_labels(self, person: Person, labels: list[str]) -> None:
        """Give exactly these of LABELS; labels that are not ours stay. Raises Conflict for the last admin's own."""
        leaves = "admin" in person.labels and "admin" not in labels
        foreign = [label for label in person.labels if label not in LABELS]
        with self.keeping_an_admin(person.user) if leaves else nullcontext():
            wanted = [*foreign, *(label for label in LABELS if label in labels)]
            confirm(
                lambda: _done(self._users.update_labels(person.user.id, wanted)),
                lambda: _unless(set(self.get(person.user.id).labels) != set(wanted)),
            )

    def set_active(self, person: Person, active: bool) -> None:
        """Block or unblock. Raises Conflict for the last admin.

        While they are blocked, their sessions tell them so; Appwrite would take them up again with the account, so they
        are ended before it is opened (ASVS 7.4.2).
        """
        if active:
            self.end_sessions(person)
        leaves = not active and "admin" in person.labels
        with self.keeping_an_admin(person.user) if leaves else nullcontext():
            confirm(
                lambda: _done(self._users.update_status(person.user.id, active)),
                lambda: _unless(self.get(person.user.id).is_active != active),
            )

    def end_sessions(self, person: Person) -> None:
        confirm(
            lambda: _done(self._users.delete_sessions(person.user.id)),
            lambda: _unless(bool(self.sessions(person.user.id))),
        )

    @contextmanager
    def keeping_an_admin(self, user: User) -> Iterator[None]:
        """For the act that makes `user` an admin no more. One such act at a time: two admins who send each other away
        would both still see the other. Raises Conflict where nobody else is an admin."""
        with one_at_a_time("admins"):
            admins = self._users.list([Query.contains("labels", ["admin"]), Query.equal("status", [True])]).users
            if not any(admin.id != user.id for admin in admins):
                raise errors.Conflict("the last admin")
            yield


def _in_name_or_address(word: str) -> str:
    """As a query. A backslash is LIKE's own sign: of a word with one only the longest part counts. The beginning of an
    address finds no address that merely ends with it."""
    word = max(word.split("\\"), key=len)
    in_address = Query.starts_with("email", word) if "@" in word[1:] else Query.contains("email", [word])
    return str(Query.or_queries([Query.contains("name", forms_of(word)), in_address]))


def _signed_in(session: Session) -> SignedIn:
    return SignedIn(
        id=session.id,
        user_id=session.userid,
        browser=session.clientname,
        system=session.osname,
        country=session.countryname if session.countrycode not in ("", "--") else "",
        since=datetime.fromisoformat(session.createdat),
        is_current=session.current,
    )


def _person(user: Any) -> Person:
    return Person(
        user=User(id=user.id, name=line(user.name), email=user.email, labels=tuple(user.labels)),
        is_active=user.status,
        seen=datetime.fromisoformat(user.accessedat) if user.accessedat else None,
        joined=datetime.fromisoformat(user.createdat),
    )
