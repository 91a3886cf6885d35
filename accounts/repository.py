"""What the accounts pages ask of Appwrite. Signing in needs the API key: only a key is shown a session's secret."""

from appwrite.id import ID
from appwrite.models.session import Session
from appwrite.models.token import Token

from biso_site.appwrite_client import AdminClient, SessionClient


class SignInRepository:
    """Making sessions. Holds the admin client, for nobody is signed in yet."""

    def __init__(self, client: AdminClient) -> None:
        self._account = client.account

    def send_link(self, email: str, url: str) -> Token:
        """Have Appwrite mail a link to `url`. It does so for known and unknown addresses alike; an unknown one becomes
        a user. Raises Invalid where Appwrite refuses the address or `url`'s host is no registered platform."""
        return self._account.create_magic_url_token(user_id=ID.unique(), email=email, url=url)

    def exchange(self, user_id: str, secret: str) -> Session:
        """The session for a link's `secret`, which is used up by it. Raises InvalidToken, Blocked."""
        return self._account.create_session(user_id=user_id, secret=secret)


class AccountRepository:
    """A person's own account. Holds their session client."""

    def __init__(self, client: SessionClient) -> None:
        self._account = client.account

    def sign_out(self) -> None:
        """End this session in Appwrite. Raises SignInRequired where it has ended already."""
        self._account.delete_session("current")
