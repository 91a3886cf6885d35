"""Signing in: mails, secrets and sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.id import ID
from appwrite.models.session import Session
from appwrite.models.token import Token
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query

from accounts.repositories.address_proof import BY_MAIL, BY_PROVIDER, UNPROVED, is_enough
from accounts.repositories.cleanup import AccountCleanup
from core import errors
from core.appwrite_client import AdminClient
from core.ids import is_id


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
        if not user.status or is_enough(user, proof):
            return SignIn(session, user)
        try:
            account = AccountCleanup(self._client).run(user.id, user.email, proof)
            return SignIn(self._users.create_session(user.id), account)  # the clean-up has ended the first one, too
        except (errors.SiteError, OSError) as error:
            raise UnfinishedError(str(error)) from error


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
