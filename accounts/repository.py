"""What the accounts pages ask of Appwrite."""

import hashlib
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.id import ID
from appwrite.models.identity import Identity as AppwriteIdentity
from appwrite.models.mfa_factors import MfaFactors
from appwrite.models.session import Session
from appwrite.models.token import Token
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query

from accounts.intent import Invitation
from accounts.models import User
from core import errors
from core.appwrite_client import AdminClient, SessionClient, confirm_done, create_admin_client, side_by_side
from core.ids import is_id
from core.locks import one_at_a_time
from core.text_fields import forms_of, line

audit = logging.getLogger("audit")

LABELS = ("admin", "editor")  # the roles that admins give here

# How the address of an account was proved, recorded as a label: only an API key can write labels. Appwrite's own
# `emailVerification` does not prove it: it is also set for the address that Microsoft claims, and for a link, code or
# invitation that was mailed before the address was changed.
BY_MAIL = "mail"  # by a link or code that we mailed to it
BY_PROVIDER = "oauth"  # by Microsoft's word
UNPROVED = "none"  # cleaned by us, and not proved yet: the next sign-in cleans the account again
PROOF = re.compile(rf"(?:{BY_MAIL}|{BY_PROVIDER}|{UNPROVED})[0-9a-f]{{31}}")
MAX_CLEANUPS = 3  # in a row, while an attacker keeps attaching things


def proof_label(kind: str, email: str) -> str:
    """Return the label that says that `email` was proved by `kind`. A changed address has another label."""
    return kind + hashlib.sha256(email.lower().encode()).hexdigest()[:31]


def _is_proved(user: AppwriteUser | User, *kinds: str) -> bool:
    return any(proof_label(kind, user.email) in user.labels for kind in kinds)


def is_proved_by_mail(user: AppwriteUser | User) -> bool:
    """Return whether the person has signed in by a link or code that we mailed to the account's address."""
    return _is_proved(user, BY_MAIL)


def _is_enough(user: AppwriteUser, proof: str) -> bool:
    """Return whether the address is already proved at least as well as a sign-in with `proof` would prove it."""
    return is_proved_by_mail(user) or (proof == BY_PROVIDER and _is_proved(user, BY_PROVIDER))


class UnfinishedError(errors.Unavailable):
    """Cleaning the account failed after the link or code was used, so the person is not signed in."""


@dataclass(frozen=True)
class SignIn:
    """A session that was just made, and whose it is."""

    session: Session
    account: AppwriteUser


class SignInRepository:
    """Make sessions. Uses the admin client: nobody is signed in yet, and only a key sees a session's secret."""

    def __init__(self, client: AdminClient) -> None:
        self._client = client
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

    def exchange_code(self, email: str, code: str, *, mailed_here: bool) -> SignIn:
        """Return the sign-in for a code; `mailed_here`: it is the one that we mailed to `email`.

        Raises as `exchange` does.
        """
        with _or_unavailable():
            found = self._users.list([Query.equal("email", [email.lower()]), Query.limit(1)], total=0).users
        if not found:
            raise errors.InvalidToken("nobody has this address")
        # Appwrite also takes a code that was mailed to an earlier address. Changing the address sets a password, so an
        # account without one has had no other address.
        proved = mailed_here or not found[0].passwordupdate
        return self._exchange(found[0], code, BY_MAIL if proved else UNPROVED)

    def exchange(self, user_id: str, secret: str, email: str | None) -> SignIn:
        """Use up the `secret` of a link that was mailed to `email`, or of Microsoft's answer (`email` is None).

        Raises InvalidToken, Unavailable while the secret is unused, and UnfinishedError when it is used up.
        """
        if not is_id(user_id):
            raise errors.InvalidToken("not a user's id")
        try:
            with _or_unavailable(errors.NotFound):
                user = self._users.get(user_id)
        except errors.NotFound as error:
            if error.type != "user_not_found":
                raise errors.Unavailable(str(error), type=error.type, code=error.code) from error
            raise errors.InvalidToken("no such user") from error
        if email is not None and user.email.lower() != email.lower():
            raise errors.InvalidToken("the account has another address than the link was mailed to")
        return self._exchange(user, secret, BY_PROVIDER if email is None else BY_MAIL)

    def _exchange(self, user: AppwriteUser, secret: str, proof: str) -> SignIn:
        try:
            with _or_unavailable(errors.Invalid, errors.InvalidToken, errors.Blocked):
                session = self._account.create_session(user_id=user.id, secret=secret)
        except errors.Invalid as error:  # cut or mended on the way here: not even the shape of one
            raise errors.InvalidToken(str(error), type=error.type, code=error.code) from error
        if not session.secret:
            raise errors.Misconfigured("the API key is not shown the secret of the session it made")
        if proof == BY_PROVIDER and session.provider != OAuthProvider.MICROSOFT.value:
            proof = UNPROVED  # the secret of another way to sign in
        if not user.status or _is_enough(user, proof):
            return SignIn(session, user)
        try:
            account = AccountCleanup(self._client).run(user.id, user.email, proof)
            return SignIn(self._users.create_session(user.id), account)  # the clean-up has ended the first one, too
        except (errors.SiteError, OSError) as error:
            raise UnfinishedError(str(error)) from error


class AccountCleanup:
    """End every way into an account that was attached before its address was proved. Holds the admin client.

    An attacker can sign up with another person's address, or change their own to it, and wait for its owner to sign in
    (account pre-hijacking; docs/security.md).
    """

    def __init__(self, client: AdminClient) -> None:
        self._users = client.users

    def run(self, user_id: str, email: str, proof: str) -> AppwriteUser:
        """End all sessions, set a random password, remove identities, second factors and the phone number, and record
        `proof` for `email`. Return the account as it is then. Raises Conflict if its address changes meanwhile.

        The proof is recorded last: after a failure half-way the next sign-in starts again.
        """
        with one_at_a_time(f"cleanup-{hashlib.sha256(user_id.encode()).hexdigest()[0]}"):
            before: AppwriteUser = self._users.get(user_id)
            if before.email.lower() != email.lower():
                raise errors.Conflict("the address of the account was changed meanwhile")
            if _is_enough(before, proof):
                return before  # another sign-in has cleaned it meanwhile
            removed = []
            if before.passwordupdate and not _is_proved(before, BY_PROVIDER, UNPROVED):  # not by an earlier clean-up
                removed.append("password")
            current = before
            for _ in range(MAX_CLEANUPS):
                current, found = self._pass(current, keep_provider=proof == BY_PROVIDER)
                removed += found
                if not found:
                    break
            else:
                raise errors.Conflict("something is attached to the account again and again")
            if current.email.lower() != email.lower():
                raise errors.Conflict("the address of the account was changed meanwhile")
            if "password" in removed:  # so a stranger may have chosen these, too
                self._users.update_name(user_id, "")
                self._users.update_prefs(user_id, {})
            current, roles = self._record(current, proof)
        removed += [f"role:{role}" for role in roles]
        audit.info("user=%s act=clean_account proof=%s removed=%s", user_id, proof, ",".join(removed) or "nothing")
        return current

    def _pass(self, before: AppwriteUser, *, keep_provider: bool) -> tuple[AppwriteUser, list[str]]:
        """Clean once. Return the account as it was when all sessions had ended, and what was still attached to it.

        The password comes first: without it, a session that is still open can change neither address nor password.
        """
        changed = before.passwordupdate
        if changed:  # an account that never had a password needs none
            changed = self._users.update_password(before.id, f"{secrets.token_urlsafe(40)}-Aa1").passwordupdate
        self._users.delete_sessions(before.id)
        user, identities, factors = side_by_side(
            lambda: self._users.get(before.id),
            lambda: self._identities(before.id),
            lambda: self._users.list_mfa_factors(before.id),
        )
        if keep_provider:
            identities = [each for each in identities if not _is_microsofts(each, user.email)]
        found = self._detach(user, identities, factors)
        if user.passwordupdate and (not changed or _moment(user.passwordupdate) > _moment(changed)):
            found.append("password")
        return user, found

    def _identities(self, user_id: str) -> list[AppwriteIdentity]:
        queries = [Query.equal("userId", [user_id]), Query.limit(100)]
        return list(self._users.list_identities(queries).identities)

    def _detach(self, user: AppwriteUser, identities: list[AppwriteIdentity], factors: MfaFactors) -> list[str]:
        """Remove what is attached to the account, and return the names of it."""
        found = [f"identity:{each.provider}" for each in identities]
        for identity in identities:
            with suppress(errors.NotFound):
                self._users.delete_identity(identity.id)
        if factors.recoverycode:  # they can only be replaced, so they do not count as found
            with suppress(errors.NotFound):
                self._users.update_mfa_recovery_codes(user.id)
        if factors.totp:
            found.append("totp")
            with suppress(errors.NotFound):
                self._users.delete_mfa_authenticator(user.id, AuthenticatorType.TOTP)
        if user.mfa:
            found.append("mfa")
            self._users.update_mfa(user.id, False)
        if user.phone:
            found.append("phone")
            self._users.update_phone(user.id, "")
        return found

    def _record(self, user: AppwriteUser, proof: str) -> tuple[AppwriteUser, list[str]]:
        """Record the proof in place of older ones. Roles that were given to the owner of another address go with it."""
        proofs = {label for label in user.labels if PROOF.fullmatch(label)}
        moved = proofs - {proof_label(kind, user.email) for kind in (BY_MAIL, BY_PROVIDER, UNPROVED)}
        roles = [label for label in user.labels if moved and label in LABELS]
        labels = [label for label in user.labels if label not in proofs and label not in roles]
        return self._users.update_labels(user.id, [*labels, proof_label(proof, user.email)]), roles


def _is_microsofts(identity: AppwriteIdentity, email: str) -> bool:
    is_microsoft: bool = identity.provider == OAuthProvider.MICROSOFT.value
    return is_microsoft and identity.provideremail.lower() == email.lower()


def _moment(text: str) -> datetime:
    """Return the time in an answer. Appwrite writes some answers to a change without the zone, which is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def _or_unavailable(*expected: type[errors.SiteError]) -> Iterator[None]:
    """Let what is `expected` rise; any other refusal of the site's own key is an outage for the person signing in: its
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
        """Raises NotFound where the person has no such identity."""
        confirm_done(
            lambda: self._account.delete_identity(identity_id),
            lambda: all(identity.id != identity_id for identity in self.identities()),
        )

    def update_name(self, name: str) -> None:
        confirm_done(lambda: self._account.update_name(name), lambda: self._account.get().name == name)

    def language(self) -> str:
        """The language the person has chosen; "" where they have not."""
        return str(self._prefs().get("language", ""))

    def update_language(self, code: str) -> None:
        """Store the language beside the other preferences, because Appwrite replaces all of them."""
        prefs = {**self._prefs(), "language": code}
        confirm_done(lambda: self._account.update_prefs(prefs), lambda: self._prefs() == prefs)

    def _prefs(self) -> dict[str, Any]:
        # Read with the account, whose shape is checked: a proxy's made-up object must not be written back.
        return dict(self._account.get().prefs.data)

    def close(self) -> None:
        """Block the account for good, by the person's own wish. Only an admin can open it again."""
        confirm_done(self._account.update_status, self._is_closed)

    def _is_closed(self) -> bool:
        try:
            self._account.get()
        except errors.Blocked:
            return True
        return False


def end_session(user_id: str, session_id: str) -> None:
    """End a session with the API key, also if it has ended already.

    Without a key, Appwrite allows 100 deletions per hour and IP address, and the whole site has one address. With the
    key, Appwrite does not check whose session it is, so the caller must.
    """
    with suppress(errors.NotFound):
        create_admin_client().users.delete_session(user_id, session_id)


def open_invitation(client: AdminClient, invitation: Invitation) -> tuple[str, str]:
    """Return the team's name and the invited person's address. Raises NotFound, and Conflict if it was accepted."""
    membership = client.teams.get_membership(invitation.team_id, invitation.membership_id)
    if membership.userid != invitation.user_id:
        raise errors.NotFound("the invitation is another person's")
    if membership.confirm:
        raise errors.Conflict("the invitation has been accepted")
    return line(membership.teamname), membership.useremail


def accept_invitation(client: SessionClient, invitation: Invitation) -> None:
    """Join the team as the invited person, whose session `client` has. Raises InvalidToken for a wrong or used secret,
    Conflict for one that was accepted, NotFound for an unknown invitation, and NotAllowed for another's."""
    client.teams.update_membership_status(
        invitation.team_id, invitation.membership_id, invitation.user_id, invitation.secret
    )


@dataclass(frozen=True)
class Person:
    """Somebody else, as the people pages show them."""

    user: User
    is_active: bool
    is_confirmed: bool  # whether the e-mail address has been confirmed
    seen: datetime | None
    joined: datetime

    @property
    def labels(self) -> tuple[str, ...]:
        """The roles; not the labels that record how the address was proved."""
        return tuple(label for label in self.user.labels if not PROOF.fullmatch(label))


class PeopleRepository:
    """All people. Holds the admin client: the Users service takes nothing less."""

    PAGE = 25

    def __init__(self, client: AdminClient) -> None:
        self._client = client
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
        queries += [_in_name_or_address(word) for word in words_of(search)]
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
        """Give exactly these of LABELS; labels that are not ours stay. Raises Conflict for the last admin's own, and
        NotAllowed for a new role if the person's address is not confirmed."""
        leaves = "admin" in person.labels and "admin" not in labels
        if set(labels) - set(person.labels):
            person = self._confirmed(person)
        foreign = [label for label in person.user.labels if label not in LABELS]
        with self.keeping_an_admin(person.user) if leaves else nullcontext():
            wanted = [*foreign, *(label for label in LABELS if label in labels)]
            confirm_done(
                lambda: self._users.update_labels(person.user.id, wanted),
                lambda: set(self.get(person.user.id).user.labels) == set(wanted),
            )

    def _confirmed(self, person: Person) -> Person:
        """Return `person`, safe to be given a role. An address that only Appwrite calls verified is not proved to us:
        that account is cleaned first. Raises NotAllowed if the address is not confirmed."""
        if not person.is_confirmed:
            raise errors.NotAllowed("the address is not confirmed")
        if is_proved_by_mail(person.user):
            return person
        return _person(AccountCleanup(self._client).run(person.user.id, person.user.email, UNPROVED))

    def set_active(self, person: Person, active: bool) -> None:
        """Block or unblock. Raises Conflict for the last admin.

        While they are blocked, their sessions tell them so; Appwrite would take them up again with the account, so they
        are ended before it is opened (ASVS 7.4.2).
        """
        if active:
            self.end_sessions(person)
        leaves = not active and "admin" in person.labels
        with self.keeping_an_admin(person.user) if leaves else nullcontext():
            confirm_done(
                lambda: self._users.update_status(person.user.id, active),
                lambda: self.get(person.user.id).is_active == active,
            )

    def end_sessions(self, person: Person) -> None:
        confirm_done(
            lambda: self._users.delete_sessions(person.user.id),
            lambda: not self.sessions(person.user.id),
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


def words_of(search: str) -> list[str]:
    """Return the words of a search for people, each once: what has a letter or a digit."""
    return [word for word in dict.fromkeys(search.lower().split()) if any(sign.isalnum() for sign in word)]


def _in_name_or_address(word: str) -> str:
    """Return a query for `word` in the name or the address.

    LIKE has its own use for backslashes, so of a word with one only the longest part is searched for. A word with “@”
    has to be the beginning of the address: “a@example.com” does not find “anna@example.com”.
    """
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


def _person(user: AppwriteUser) -> Person:
    return Person(
        user=User(id=user.id, name=line(user.name), email=user.email, labels=tuple(user.labels)),
        is_active=user.status,
        # Changing the address sets a password. Then a link to an earlier address may have verified this one, and
        # another may still be under way, which no clean-up can end.
        is_confirmed=is_proved_by_mail(user)
        or (user.emailverification and not user.passwordupdate and not _is_proved(user, BY_PROVIDER, UNPROVED)),
        seen=datetime.fromisoformat(user.accessedat) if user.accessedat else None,
        joined=datetime.fromisoformat(user.createdat),
    )
