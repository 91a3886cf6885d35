"""OAuth2 providers: the authorization URL, and the user a provider returns.

No external server is contacted. `mock` and `mock-unverified` are Appwrite's own mock providers, which always return the
same user. `microsoft` without an application ID uses the emulator's sign-in page; with one, the browser goes to
Microsoft as with a real server, but the returned code cannot be exchanged here.
"""

import datetime
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import OAuth2Code, OAuth2Provider, Project

_NAMES = """
amazon apple auth0 authentik autodesk bitbucket bitly box dailymotion discord disqus dropbox etsy facebook figma
github gitlab google linkedin microsoft mock mock-unverified notion oidc okta paypal paypalSandbox podio
salesforce slack spotify stripe tradeshift tradeshiftBox twitch wordpress x yahoo yammer yandex zoho zoom
"""
NAMES = frozenset(_NAMES.split())
DEFAULT_SCOPES = {"microsoft": ["offline_access", "user.read"], "mock": ["email"], "mock-unverified": ["email"]}
MOCK_CODE = "abcdef"
TOKEN_TTL = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class OAuthUser:
    """The user a provider returned."""

    uid: str
    email: str
    name: str
    verified: bool


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    expiry: datetime.datetime


MOCK_USERS = {
    "mock": OAuthUser("1", "useroauth@localhost.test", "User Name", True),
    "mock-unverified": OAuthUser("2", "useroauthunverified@localhost.test", "User Name Unverified", False),
}


def require_enabled(project: Project, name: str) -> OAuth2Provider:
    """Return the provider; raise 412 `project_provider_disabled` unless the project has enabled it."""
    provider = project.oauth2_providers.filter(name=name, enabled=True).first()
    if provider is None:
        raise AppwriteError("project_provider_disabled")
    return provider


def authorize_url(provider: OAuth2Provider, endpoint: str, scopes: list[str], state: str) -> str:
    """Return the URL where the browser signs in."""
    redirect_uri = f"{endpoint}/account/sessions/oauth2/callback/{provider.name}/{provider.project_id}"
    query = {"client_id": provider.application_id, "redirect_uri": redirect_uri}
    all_scopes = " ".join(dict.fromkeys([*DEFAULT_SCOPES.get(provider.name, []), *scopes]))
    if provider.name in MOCK_USERS:
        return f"{endpoint}/mock/tests/general/oauth2?" + urlencode({**query, "scope": all_scopes, "state": state})
    query |= {"state": state, "scope": all_scopes, "response_type": "code", "response_mode": "query"}
    if provider.name == "microsoft" and provider.application_id:
        return f"https://login.microsoftonline.com/{provider.tenant}/oauth2/v2.0/authorize?{urlencode(query)}"
    return f"{endpoint.removesuffix('/v1')}/_emulator/microsoft/authorize?{urlencode(query)}"


def exchange_code(provider: OAuth2Provider, code: str) -> tuple[OAuthUser, Tokens]:
    """Exchange a code for the user; raise 400 `user_oauth2_bad_request` if it is unknown or used."""
    if mock_user := MOCK_USERS.get(provider.name):
        if code != MOCK_CODE:
            raise AppwriteError("user_oauth2_bad_request")
        return mock_user, _tokens()
    issued = OAuth2Code.objects.filter(provider=provider.name, code=code).first()
    if issued is None:
        raise AppwriteError("user_oauth2_bad_request")
    issued.delete()
    return OAuthUser(issued.uid, issued.email, issued.name, verified=False), _tokens()


def refresh_tokens(project: Project, name: str, refresh_token: str) -> Tokens:
    """Return new tokens for a session with a refresh token; sessions from the token flow have none."""
    require_enabled(project, name)
    if not refresh_token:
        raise AppwriteError("user_oauth2_bad_request")
    return _tokens()


def _tokens() -> Tokens:
    return Tokens(secrets.token_urlsafe(24), secrets.token_urlsafe(24), clock.now() + TOKEN_TTL)
