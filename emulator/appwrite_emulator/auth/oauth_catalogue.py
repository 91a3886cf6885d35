"""Definitions of Appwrite's OAuth2 providers: configuration fields, sign-in URL and default scopes of each."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Settings = dict[str, Any]


@dataclass(frozen=True)
class Definition:
    """One of Appwrite's providers."""

    name: str
    """ID in URLs, such as `github`."""
    title: str
    """Display name, such as `GitHub`."""
    login_url: str | Callable[[Settings], str]
    """URL of the sign-in page without a query, or a function that returns it ("" if a required setting is missing)."""
    scopes: str = ""
    """Scopes that are always requested."""
    client: str = "clientId"
    """API name of the client ID."""
    secret: str = "clientSecret"  # noqa: S105
    """API name of the client secret; "" if all secrets are among the settings."""
    settings: Settings = field(default_factory=dict)
    """Further fields in the API, with their defaults."""
    keeps_settings: bool = True
    """Whether every update stores the settings, even one that sends only the client ID."""
    secret_settings: tuple[str, ...] = ()
    """Settings that are neither shown nor exported."""
    api_name: str = ""
    """Name in operations and models, if it differs from the title without spaces."""
    model: str = ""
    """Name of the response model without the prefix `OAuth2`, if it differs from the API name."""
    without: str = ""
    """Standard parameters that are not sent to this provider's sign-in page."""
    parameters: dict[str, str] = field(default_factory=dict)
    """Additional parameters for the sign-in page."""
    scope_parameter: str = "scope"
    scope_separator: str = " "
    """Separator between scopes; "" sends them as a PHP list."""
    localhost: str = "localhost"
    """Replaces `localhost` in redirect URIs."""
    pkce: bool = False
    verifies: bool = True
    """Whether the provider reports e-mail addresses as verified."""
    gives_name: bool = True
    uid: str = "xxxxxxxxxxxxxxxx"
    """Format of user IDs: `#` stands for a digit, `x` for a hexadecimal digit."""

    @property
    def operation(self) -> str:
        """Name of the SDK method that configures the provider."""
        return f"updateOAuth2{self.api_name or self.title}"

    @property
    def response_model(self) -> str:
        return f"OAuth2{self.model or self.api_name or self.title}"

    def without_secrets(self, settings: Settings) -> Settings:
        """Return the settings with empty strings instead of the secret ones."""
        return {name: "" if name in self.secret_settings else value for name, value in settings.items()}

    def authorization_url(self, settings: Settings) -> str:
        return self.login_url if isinstance(self.login_url, str) else self.login_url(settings)


def _at(pattern: str) -> Callable[[Settings], str]:
    """Return a function that inserts the settings into `pattern`.

    It returns "" if the settings have no endpoint or domain.
    """

    def insert(settings: Settings) -> str:
        named = {key: quote(str(value), safe="") for key, value in settings.items()}
        return pattern.format(**named) if named.get("endpoint") or named.get("domain") else ""

    return insert


def _gitlab(settings: Settings) -> str:
    return f"{settings['endpoint'] or 'https://gitlab.com'}/oauth/authorize"


def _microsoft(settings: Settings) -> str:
    return f"https://login.microsoftonline.com/{settings['tenant']}/oauth2/v2.0/authorize"


def _oidc(settings: Settings) -> str:
    return str(settings["authorizationURL"])


def _okta(settings: Settings) -> str:
    server = quote(settings["authorizationServerId"], safe="")
    return f"https://{settings['domain']}/oauth2/{server}/v1/authorize" if settings["domain"] else ""


OPENID = "openid profile email"
OFFLINE = f"{OPENID} offline_access"
DIGITS = "##########"

_PROVIDERS = (
    Definition("amazon", "Amazon", "https://www.amazon.com/ap/oa", "profile", uid="amzn1.account.xxxxxxxxxxxxxxxx"),
    Definition(
        "apple",
        "Apple",
        "https://appleid.apple.com/auth/authorize",
        "name email",
        client="serviceId",
        secret="",
        settings={"keyId": "", "teamId": "", "p8File": ""},
        keeps_settings=False,
        secret_settings=("p8File",),
        parameters={"response_mode": "form_post"},
        gives_name=False,
        uid="00####.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.####",
    ),
    Definition(
        "auth0",
        "Auth0",
        _at("https://{endpoint}/authorize"),
        OFFLINE,
        settings={"endpoint": ""},
        keeps_settings=False,
        uid="auth0|xxxxxxxxxxxxxxxxxxxxxxxx",
    ),
    Definition(
        "authentik",
        "Authentik",
        _at("https://{endpoint}/application/o/authorize"),
        OFFLINE,
        settings={"endpoint": ""},
    ),
    Definition(
        "autodesk",
        "Autodesk",
        "https://developer.api.autodesk.com/authentication/v1/authorize",
        "user-profile:read",
    ),
    Definition(
        "bitbucket",
        "BitBucket",
        "https://bitbucket.org/site/oauth2/authorize",
        client="key",
        secret="secret",  # noqa: S106
        api_name="Bitbucket",
        without="redirect_uri",
        uid="{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}",
    ),
    Definition("bitly", "Bitly", "https://bitly.com/oauth/authorize", without="scope response_type"),
    Definition(
        "box",
        "Box",
        "https://account.box.com/api/oauth2/authorize",
        "manage_app_users",
        scope_separator=",",
        uid=DIGITS,
    ),
    Definition(
        "dailymotion",
        "Dailymotion",
        "https://www.dailymotion.com/oauth/authorize",
        "userinfo email",
        client="apiKey",
        secret="apiSecret",  # noqa: S106
    ),
    Definition(
        "discord",
        "Discord",
        "https://discordapp.com/api/oauth2/authorize",
        "identify email",
        uid="##################",
    ),
    Definition(
        "disqus",
        "Disqus",
        "https://disqus.com/api/oauth/2.0/authorize/",
        "read email",
        client="publicKey",
        secret="secretKey",  # noqa: S106
        scope_separator=",",
        verifies=False,
        uid=DIGITS,
    ),
    Definition(
        "dropbox",
        "Dropbox",
        "https://www.dropbox.com/oauth2/authorize",
        client="appKey",
        secret="appSecret",  # noqa: S106
        without="scope",
        uid="dbid:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ),
    Definition(
        "etsy",
        "Etsy",
        "https://www.etsy.com/oauth/connect/oauth/authorize",
        "email_r profile_r",
        client="keyString",
        secret="sharedSecret",  # noqa: S106
        scope_separator="",
        pkce=True,
        uid=DIGITS,
    ),
    Definition(
        "facebook",
        "Facebook",
        "https://www.facebook.com/v2.8/dialog/oauth",
        "email",
        client="appId",
        secret="appSecret",  # noqa: S106
        without="response_type",
        uid="#################",
    ),
    Definition("figma", "Figma", "https://www.figma.com/oauth", "current_user:read", uid=DIGITS),
    Definition(
        "fusionauth",
        "FusionAuth",
        _at("https://{endpoint}/oauth2/authorize"),
        OFFLINE,
        settings={"endpoint": ""},
        uid="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    ),
    Definition(
        "github",
        "GitHub",
        "https://github.com/login/oauth/authorize",
        "user:email",
        model="Github",
        without="response_type",
        uid="########",
    ),
    Definition(
        "gitlab",
        "GitLab",
        _gitlab,
        "read_user",
        client="applicationId",
        secret="secret",  # noqa: S106
        settings={"endpoint": ""},
        keeps_settings=False,
        api_name="Gitlab",
        uid="########",
    ),
    Definition(
        "google",
        "Google",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile openid",
        settings={"prompt": ["consent"]},
        parameters={"access_type": "offline", "prompt": "{prompt}"},
        uid="#####################",
    ),
    Definition(
        "keycloak",
        "Keycloak",
        _at("https://{endpoint}/realms/{realmName}/protocol/openid-connect/auth"),
        OFFLINE,
        settings={"endpoint": "", "realmName": ""},
        uid="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    ),
    Definition("kick", "Kick", "https://id.kick.com/oauth/authorize", "user:read", pkce=True, uid="########"),
    Definition(
        "linkedin",
        "LinkedIn",
        "https://www.linkedin.com/oauth/v2/authorization",
        OPENID,
        secret="primaryClientSecret",  # noqa: S106
        api_name="Linkedin",
    ),
    Definition(
        "microsoft",
        "Microsoft",
        _microsoft,
        "offline_access user.read",
        client="applicationId",
        secret="applicationSecret",  # noqa: S106
        settings={"tenant": ""},
        parameters={"response_mode": "query"},
        verifies=False,
    ),
    Definition(
        "notion",
        "Notion",
        "https://api.notion.com/v1/oauth/authorize",
        client="oauthClientId",
        secret="oauthClientSecret",  # noqa: S106
        without="scope",
        parameters={"owner": "user"},
        uid="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    ),
    Definition(
        "oidc",
        "OpenID Connect",
        _oidc,
        OPENID,
        settings={"wellKnownURL": "", "authorizationURL": "", "tokenURL": "", "userInfoURL": ""},
        api_name="Oidc",
    ),
    Definition(
        "okta",
        "Okta",
        _okta,
        OFFLINE,
        settings={"domain": "", "authorizationServerId": ""},
        keeps_settings=False,
        uid="00uxxxxxxxxxxxxxxxxx",
    ),
    Definition(
        "paypal",
        "PayPal",
        "https://www.paypal.com/connect/",
        OPENID,
        secret="secretKey",  # noqa: S106
        api_name="Paypal",
        parameters={"flowEntry": "static"},
        localhost="127.0.0.1",
    ),
    Definition(
        "paypalSandbox",
        "PayPal Sandbox",
        "https://www.sandbox.paypal.com/connect/",
        OPENID,
        secret="secretKey",  # noqa: S106
        api_name="PaypalSandbox",
        model="Paypal",
        parameters={"flowEntry": "static"},
        localhost="127.0.0.1",
    ),
    Definition("podio", "Podio", "https://podio.com/oauth/authorize", without="scope response_type", uid=DIGITS),
    Definition(
        "salesforce",
        "Salesforce",
        "https://login.salesforce.com/services/oauth2/authorize",
        "openid",
        client="customerKey",
        secret="customerSecret",  # noqa: S106
        uid="005xxxxxxxxxxxxxxx",
    ),
    Definition(
        "slack",
        "Slack",
        "https://slack.com/oauth/v2/authorize",
        "openid email profile",
        without="response_type",
        scope_parameter="user_scope",
        uid="Uxxxxxxxxxx",
    ),
    Definition("spotify", "Spotify", "https://accounts.spotify.com/authorize", "user-read-email", verifies=False),
    Definition(
        "stripe",
        "Stripe",
        "https://connect.stripe.com/oauth/authorize",
        "read_write",
        secret="apiSecretKey",  # noqa: S106
        uid="acct_xxxxxxxxxxxxxxxx",
    ),
    Definition(
        "tradeshift",
        "Tradeshift",
        "https://api.tradeshift.com/tradeshift/auth/login",
        "openid offline",
        client="oauth2ClientId",
        secret="oauth2ClientSecret",  # noqa: S106
        localhost="127.0.0.1",
        uid="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    ),
    Definition(
        "tradeshiftBox",
        "Tradeshift Sandbox",
        "https://api-sandbox.tradeshift.com/tradeshift/auth/login",
        "openid offline",
        client="oauth2ClientId",
        secret="oauth2ClientSecret",  # noqa: S106
        api_name="TradeshiftSandbox",
        model="Tradeshift",
        localhost="127.0.0.1",
        uid="xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    ),
    Definition(
        "twitch",
        "Twitch",
        "https://id.twitch.tv/oauth2/authorize",
        "user:read:email",
        parameters={"force_verify": "1"},
        uid="#########",
    ),
    Definition(
        "wordpress",
        "WordPress",
        "https://public-api.wordpress.com/oauth2/authorize",
        "auth",
        scope_separator="",
        uid=DIGITS,
    ),
    Definition(
        "x",
        "X",
        "https://x.com/i/oauth2/authorize",
        "tweet.read users.read users.email offline.access",
        client="customerKey",
        secret="secretKey",  # noqa: S106
        pkce=True,
        uid="###################",
    ),
    Definition("yahoo", "Yahoo", "https://api.login.yahoo.com/oauth2/request_auth", OPENID),
    Definition(
        "yandex", "Yandex", "https://oauth.yandex.com/authorize", without="redirect_uri", verifies=False, uid=DIGITS
    ),
    Definition("zoho", "Zoho", "https://accounts.zoho.com/oauth/v2/auth", "email profile", uid="########"),
    Definition("zoom", "Zoom", "https://zoom.us/oauth/authorize", "user_info:read", uid="xxxxxxxxxxxxxxxxxxxxxx"),
)
PROVIDERS = {definition.name: definition for definition in _PROVIDERS}
"""The providers that can be configured, by name in alphabetical order, as Appwrite lists them."""
MOCK_PROVIDERS = ("mock", "mock-unverified")
"""Appwrite's own mock providers, which always return the same user."""
NAMES = frozenset({*PROVIDERS, *MOCK_PROVIDERS, "yammer"})
"""Provider names that a sign-in request may contain. Yammer is accepted, but cannot be configured."""
