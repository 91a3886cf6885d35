"""OAuth2 providers: where the browser is sent, and who the provider says came back.

Nobody outside is ever asked. `mock` and `mock-unverified` are Appwrite's own stand-ins of its development mode: they
always name the same person. `microsoft` without an application id goes to a page of ours with people to choose from;
with one it goes to Microsoft, as a real server would, and what comes back from there cannot be redeemed here.
"""

import datetime
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from appwrite_emulator import clock
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import OAuth2Code, OAuth2Provider, Project

_NAMES = """
amazon apple auth0 authentik autodesk bitbucket bitly box dailymotion discord disqus dropbox etsy facebook figma
github gitlab google linkedin microsoft mock mock-unverified notion oidc okta paypal paypalSandbox podio
salesforce slack spotify stripe tradeshift tradeshiftBox twitch wordpress x yahoo yammer yandex zoho zoom
"""
NAMES = frozenset(_NAMES.split())
DEFAULT_SCOPES = {"microsoft": ["offline_access", "user.read"], "mock": ["email"], "mock-unverified": ["email"]}
MOCK_CODE = "abcdef"
TOKEN_LIFE = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Person:
    """Who the provider says it is."""

    uid: str
    email: str
    name: str
    verified: bool


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str
    expiry: datetime.datetime


MOCK_PEOPLE = {
    "mock": Person("1", "useroauth@localhost.test", "User Name", True),
    "mock-unverified": Person("2", "useroauthunverified@localhost.test", "User Name Unverified", False),
}


def enabled(project: Project, name: str) -> OAuth2Provider:
    """The provider, if the project has it switched on; 412 `project_provider_disabled` otherwise."""
    provider = project.oauth2_providers.filter(name=name, enabled=True).first()
    if provider is None:
        raise AppwriteError("project_provider_disabled")
    return provider


def authorize_url(provider: OAuth2Provider, endpoint: str, scopes: list[str], state: str) -> str:
    """Where the browser goes to sign in."""
    redirect_uri = f"{endpoint}/account/sessions/oauth2/callback/{provider.name}/{provider.project_id}"
    query = {"client_id": provider.application_id, "redirect_uri": redirect_uri}
    wanted = list(dict.fromkeys([*DEFAULT_SCOPES.get(provider.name, []), *scopes]))
    if provider.name in MOCK_PEOPLE:
        return f"{endpoint}/mock/tests/general/oauth2?" + urlencode(
            {**query, "scope": " ".join(wanted), "state": state}
        )
    query |= {"state": state, "scope": " ".join(wanted), "response_type": "code", "response_mode": "query"}
    if provider.name == "microsoft" and provider.application_id:
        return f"https://login.microsoftonline.com/{provider.tenant}/oauth2/v2.0/authorize?{urlencode(query)}"
    return f"{endpoint.removesuffix('/v1')}/_emulator/microsoft/authorize?{urlencode(query)}"


def redeem(provider: OAuth2Provider, code: str) -> tuple[Person, Tokens]:
    """The person who came back with this code; 400 `user_oauth2_bad_request` for one that is unknown or used."""
    if person := MOCK_PEOPLE.get(provider.name):
        if code != MOCK_CODE:
            raise AppwriteError("user_oauth2_bad_request")
        return person, _tokens()
    given = OAuth2Code.objects.filter(provider=provider.name, code=code).first()
    if given is None:
        raise AppwriteError("user_oauth2_bad_request")
    given.delete()
    return Person(given.uid, given.email, given.name, verified=False), _tokens()


def refresh(project: Project, name: str, refresh_token: str) -> Tokens:
    """Fresh tokens for a session that has a refresh token; those of the token flow have none."""
    enabled(project, name)
    if not refresh_token:
        raise AppwriteError("user_oauth2_bad_request")
    return _tokens()


def _tokens() -> Tokens:
    return Tokens(secrets.token_urlsafe(24), secrets.token_urlsafe(24), clock.now() + TOKEN_LIFE)
