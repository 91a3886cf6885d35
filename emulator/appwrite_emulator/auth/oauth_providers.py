"""OAuth2 providers: the authorization URL, and the user that a provider returns.

The emulator contacts no external server. `mock` and `mock-unverified` are Appwrite's own mock providers, which always
return the same user. The others use the emulator's sign-in page if their client ID is `emulator` or empty. With any
other client ID, the browser is redirected to the real provider, but the emulator cannot exchange the code that the
provider returns.
"""

import base64
import datetime
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from appwrite_emulator.auth.oauth_catalogue import PROVIDERS, Definition
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import OAuth2Code, OAuth2Provider, Project

STAND_IN_CLIENT = "emulator"
"""Client ID with which a provider uses the emulator's own sign-in page."""
MOCK_SCOPES = "email"
MOCK_CODE = "abcdef"
TOKEN_TTL = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class OAuthUser:
    """The user that a provider returned."""

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
    """Return the provider. Raise 412 `project_provider_disabled` unless the project has enabled it."""
    provider = project.oauth2_providers.filter(name=name, enabled=True).first()
    if provider is None:
        raise AppwriteError("project_provider_disabled")
    return provider


def authorize_url(provider: OAuth2Provider, endpoint: str, scopes: list[str], state: str) -> str:
    """Return the URL of the provider's sign-in page.

    Raise 500 `general_unknown` for OpenID Connect without the URL of the page or of the well-known configuration.
    """
    redirect_uri = f"{endpoint}/account/sessions/oauth2/callback/{provider.name}/{provider.project_id}"
    if provider.name in MOCK_USERS:
        all_scopes = _join_scopes(MOCK_SCOPES, scopes)
        query = {"client_id": provider.application_id, "redirect_uri": redirect_uri, "scope": " ".join(all_scopes)}
        return f"{endpoint}/mock/tests/general/oauth2?{urlencode({**query, 'state': state})}"
    definition = PROVIDERS[provider.name]
    query = {
        "client_id": provider.application_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "response_type": "code",
    }
    page = definition.authorization_url(definition.settings | provider.settings)
    is_stand_in = provider.application_id in ("", STAND_IN_CLIENT)
    if definition.name == "oidc" and not is_stand_in and not (page or provider.settings.get("wellKnownURL")):
        raise AppwriteError("general_unknown", "Invalid well-known configuration")
    if is_stand_in or not page:
        query["scope"] = " ".join(_join_scopes(definition.scopes, scopes))
        return f"{endpoint.removesuffix('/v1')}/_emulator/oauth2/{provider.name}/authorize?{urlencode(query)}"
    query["redirect_uri"] = redirect_uri.replace("localhost", definition.localhost)
    query |= _own_parameters(provider, definition)
    query |= _scope_parameters(definition, _join_scopes(definition.scopes, scopes))
    return f"{page}?{urlencode({name: query[name] for name in query.keys() - definition.without.split()})}"


def _join_scopes(default: str, requested: list[str]) -> list[str]:
    return list(dict.fromkeys([*default.split(), *requested]))


def _own_parameters(provider: OAuth2Provider, definition: Definition) -> dict[str, str]:
    """Return the parameters that only this provider needs."""
    prompt = " ".join(provider.settings.get("prompt", definition.settings.get("prompt", [])))
    own = {name: value.format(prompt=prompt) for name, value in definition.parameters.items()}
    if definition.pkce:
        digest = hashlib.sha256(secrets.token_bytes(32)).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        own |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return own


def _scope_parameters(definition: Definition, scopes: list[str]) -> dict[str, str]:
    """Return the scopes as one parameter, or as a list in PHP's notation."""
    if definition.scope_separator:
        return {definition.scope_parameter: definition.scope_separator.join(scopes)}
    return {f"{definition.scope_parameter}[{n}]": scope for n, scope in enumerate(scopes)}


def exchange_code(provider: OAuth2Provider, code: str) -> tuple[OAuthUser, Tokens]:
    """Exchange a code for the user. Raise 400 `user_oauth2_bad_request` if the code is unknown or has been used."""
    if mock_user := MOCK_USERS.get(provider.name):
        if code != MOCK_CODE:
            raise AppwriteError("user_oauth2_bad_request")
        return mock_user, _mock_tokens()
    issued = OAuth2Code.objects.filter(provider=provider.name, code=code).first()
    if issued is None:
        raise AppwriteError("user_oauth2_bad_request")
    issued.delete()
    return OAuthUser(issued.uid, issued.email, issued.name, issued.verified), _tokens()


def refresh_tokens(project: Project, name: str, refresh_token: str) -> Tokens:
    """Return new tokens.

    Raise 400 `user_oauth2_bad_request` if there is no refresh token, for example after the token flow.
    """
    require_enabled(project, name)
    if not refresh_token:
        raise AppwriteError("user_oauth2_bad_request")
    return _mock_tokens() if name in MOCK_USERS else _tokens()


def _mock_tokens() -> Tokens:
    """Return the tokens of Appwrite's mock provider, which are always the same and expire after four hours."""
    return Tokens("123456", "tuvwxyz", clock.now() + datetime.timedelta(hours=4))


def _tokens() -> Tokens:
    return Tokens(secrets.token_urlsafe(24), secrets.token_urlsafe(24), clock.now() + TOKEN_TTL)
