"""Appwrite calls for sign-in: send links and codes, and exchange them for sessions."""

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


class UnfinishedError(errors.UnavailableError):
    """The link or code was used, but the account clean-up failed, so the person is not signed in."""


@dataclass(frozen=True)
class SignIn:
    """A new session and its account."""

    session: Session
    account: AppwriteUser


class SignInRepository:
    """Creates sessions with the admin client: Appwrite returns a session's secret only if the call has an API key."""

    def __init__(self, client: AdminClient) -> None:
        self._client = client
        self._account = client.account
        self._users = client.users

    def send_link(self, email: str, url: str, *, phrase: bool = True) -> Token:
        """Have Appwrite send an e-mail with a link to `url`.

        Appwrite creates a user for an unknown address. If `phrase` is true, the e-mail contains the token's security
        phrase. Raise InvalidInputError if Appwrite rejects the address, and UnavailableError for any other error.
        """
        with _or_unavailable(errors.InvalidInputError):
            return self._account.create_magic_url_token(user_id=ID.unique(), email=email, url=url, phrase=phrase)

    def send_code(self, email: str) -> Token:
        """Have Appwrite send an e-mail with a six-digit code. Raise the same errors as `send_link`."""
        with _or_unavailable(errors.InvalidInputError):
            return self._account.create_email_token(user_id=ID.unique(), email=email, phrase=True)

    def microsoft(self, url: str, state: str) -> str:
        """Return the URL of Microsoft's sign-in page, which sends the browser back to `url`, even after an error.

        Older releases of Appwrite ignore `state`.
        """
        location = self._account.create_o_auth2_token(OAuthProvider.MICROSOFT, success=url, failure=url, state=state)
        if not location:
            raise errors.UnavailableError("sign-in with Microsoft: the response has no Location header")
        return str(location)

    def exchange_code(self, email: str, code: str, *, mailed_here: bool) -> SignIn:
        """Exchange a code for a session.

        `mailed_here`: True if we sent this code to `email`. Raise the same errors as `exchange`.
        """
        with _or_unavailable():
            users = self._users.list([Query.equal("email", [email.lower()]), Query.limit(1)], total=0).users
        if not users:
            raise errors.InvalidTokenError("no user has this address")
        # Appwrite also accepts a code that was sent to an earlier address of the account. Changing the address sets a
        # password, so an account without a password has never had an earlier address.
        is_proved = mailed_here or not users[0].passwordupdate
        return self._exchange(users[0], code, BY_MAIL if is_proved else UNPROVED)

    def exchange(self, user_id: str, secret: str, email: str | None) -> SignIn:
        """Exchange a secret for a session.

        The link that was sent to `email` contains the secret. If `email` is None, the secret comes from a sign-in with
        Microsoft. Raise InvalidTokenError if the secret is not valid. If Appwrite fails after the secret has been used,
        raise UnfinishedError. If Appwrite fails before that, raise UnavailableError.
        """
        if not is_id(user_id):
            raise errors.InvalidTokenError("not the id of a user")
        try:
            with _or_unavailable(errors.NotFoundError):
                user = self._users.get(user_id)
        except errors.NotFoundError as error:
            if error.type != "user_not_found":
                raise errors.UnavailableError(str(error), type=error.type, code=error.code) from error
            raise errors.InvalidTokenError("no such user") from error
        if email is not None and user.email.lower() != email.lower():
            raise errors.InvalidTokenError("the link was not mailed to the account's address")
        return self._exchange(user, secret, BY_PROVIDER if email is None else BY_MAIL)

    def _exchange(self, user: AppwriteUser, secret: str, proof: str) -> SignIn:
        try:
            with _or_unavailable(errors.InvalidInputError, errors.InvalidTokenError, errors.BlockedError):
                session = self._account.create_session(user_id=user.id, secret=secret)
        except errors.InvalidInputError as error:  # the secret has the wrong format
            raise errors.InvalidTokenError(str(error), type=error.type, code=error.code) from error
        if not session.secret:
            raise errors.MisconfiguredError("Appwrite returns no session secret to this API key")
        if proof == BY_PROVIDER and session.provider != OAuthProvider.MICROSOFT.value:
            proof = UNPROVED  # the secret is from a different sign-in method
        if not user.status or is_enough(user, proof):
            return SignIn(session, user)
        try:
            account = AccountCleanup(self._client).run(user.id, user.email, proof)
            return SignIn(self._users.create_session(user.id), account)  # the clean-up ended the first session
        except (errors.SiteError, OSError) as error:
            raise UnfinishedError(str(error)) from error


@contextmanager
def _or_unavailable(*expected: type[errors.SiteError]) -> Iterator[None]:
    """Convert errors in this block to UnavailableError, except those of the `expected` classes.

    The calls use the site's API key, so rate limits, conflicts or missing rows are not the fault of the person signing
    in.
    """
    try:
        yield
    except expected:
        raise
    except errors.SiteError as error:
        unavailable = errors.UnavailableError(
            str(error), type=error.type, code=error.code, retry_after=error.retry_after
        )
        unavailable.may_have_happened = error.may_have_happened
        raise unavailable from error
