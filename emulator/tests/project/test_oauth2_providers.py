"""Configuring the project's OAuth2 providers and signing in on the emulator's page."""

import inspect
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from appwrite.services.account import Account
from appwrite.services.project import Project
from appwrite.services.users import Users

from tests.conftest import CALLBACK, GUEST, INVALID, client

STAND_IN = "emulator"


@pytest.fixture
def project(server):
    return Project(server)


def configure(call_api, name, **fields):
    status, _, provider = call_api("PATCH", f"/project/oauth2/{name}", json=fields)
    assert status == 200, provider
    return provider


def start(emulator, name, flow="tokens"):
    """Start a sign-in and return the URL that the response redirects to."""
    response = requests.get(
        f"{emulator.endpoint}/account/{flow}/oauth2/{name}",
        headers=GUEST,
        params={"success": CALLBACK, "failure": "http://localhost/failed"},
        allow_redirects=False,
        timeout=20,
    )
    assert response.status_code == 301, response.text
    return response.headers["Location"]


def press(location, **fields):
    """Press a button on the emulator's page and follow the redirects. Return the first URL outside the emulator."""
    page, _, query = location.partition("?")
    response = requests.post(page, data={**dict(parse_qsl(query)), **fields}, allow_redirects=False, timeout=20)
    while (location := response.headers.get("Location", "")).startswith("http://127.0.0.1"):
        response = requests.get(location, allow_redirects=False, timeout=20)
    return location


def test_list_o_auth2_providers_and_get_o_auth2_provider(project, call_api):
    assert project.list_o_auth2_providers().total == 42
    listed = call_api("GET", "/project/oauth2")[2]["providers"]
    assert {"google", "github", "apple", "facebook", "discord", "keycloak"} <= {each["$id"] for each in listed}
    limit = {"queries[0]": '{"method":"limit","values":[1]}', "queries[1]": '{"method":"offset","values":[1]}'}
    assert [each["$id"] for each in call_api("GET", "/project/oauth2", params=limit)[2]["providers"]] == ["apple"]
    assert call_api("GET", "/project/oauth2/keycloak")[2] == {
        "$id": "keycloak",
        "enabled": False,
        "clientId": "",
        "clientSecret": "",
        "endpoint": "",
        "realmName": "",
    }
    assert call_api("GET", "/project/oauth2/yammer")[:2] == (400, "project_provider_unsupported")


LATER = {"appwrite", "cloudflare", "hugging_face", "kakao", "resend", "server", "tik_tok", "webflow"}
"""Providers added in later versions of Appwrite."""
LATER_FIELDS = ("native", "max_age")
METHODS = [name for name, _ in inspect.getmembers(Project, inspect.isfunction) if name.startswith("update_o_auth2_")]


@pytest.mark.parametrize("method", [name for name in METHODS if name.removeprefix("update_o_auth2_") not in LATER])
def test_each_provider_has_the_fields_of_its_sdk_method(project, method):
    fields = [
        name for name in inspect.signature(getattr(project, method)).parameters if not name.startswith(LATER_FIELDS)
    ]
    values = {name: "https://example.org" for name in fields if name not in ("enabled", "prompt", "domain")}
    provider = getattr(project, method)(**values, enabled=False).to_dict()
    assert not provider["enabled"]
    stored = {name.lower(): value for name, value in provider.items()}
    for name in values:
        is_secret = name.endswith(("secret", "secret_key", "p8_file"))
        assert stored[name.replace("_", "")] == ("" if is_secret else "https://example.org"), name


@pytest.mark.parametrize(
    ("name", "fields", "address"),
    [
        ("github", {"clientId": "c", "clientSecret": "s"}, "https://github.com/login/oauth/authorize"),
        ("bitbucket", {"key": "c", "secret": "s"}, "https://bitbucket.org/site/oauth2/authorize"),
        ("auth0", {"clientId": "c", "endpoint": "a.auth0.com"}, "https://a.auth0.com/authorize"),
        ("gitlab", {"applicationId": "c", "secret": "s", "endpoint": "https://git.example.org"},
         "https://git.example.org/oauth/authorize"),
        ("keycloak", {"clientId": "c", "endpoint": "k.example.org", "realmName": "my realm"},
         "https://k.example.org/realms/my%20realm/protocol/openid-connect/auth"),
        ("okta", {"clientId": "c", "domain": "o.okta.com", "authorizationServerId": "aus1"},
         "https://o.okta.com/oauth2/aus1/v1/authorize"),
        ("oidc", {"clientId": "c", "authorizationURL": "https://i.example.org/a", "tokenURL": "https://i.example.org/t",
                  "userInfoURL": "https://i.example.org/u"}, "https://i.example.org/a"),
        ("microsoft", {"applicationId": "c", "tenant": "organizations"},
         "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize"),
        ("x", {"customerKey": "c", "secretKey": "s"}, "https://x.com/i/oauth2/authorize"),
    ],
)  # fmt: skip
def test_configured_provider_redirects_the_browser_to_its_own_page(emulator, call_api, name, fields, address):
    configure(call_api, name, **fields, enabled=True)
    location = start(emulator, name)
    query = parse_qs(urlsplit(location).query)
    assert location.partition("?")[0] == address
    assert query["client_id"] == ["c"]
    assert ("redirect_uri" in query) == (name != "bitbucket")
    assert ("code_challenge" in query) == (name == "x")


def test_scopes_are_a_list_for_some_providers(emulator, call_api):
    configure(call_api, "etsy", keyString="c", sharedSecret="s", enabled=True)
    query = dict(parse_qsl(urlsplit(start(emulator, "etsy")).query))
    assert (query["scope[0]"], query["scope[1]"]) == ("email_r", "profile_r")


def test_secrets_are_never_shown(call_api):
    provider = configure(call_api, "apple", serviceId="c", keyId="KEY", teamId="TEAM", p8File="file", enabled=True)
    assert (provider["serviceId"], provider["keyId"], provider["p8File"]) == ("c", "KEY", "")
    assert call_api("GET", "/project/oauth2/apple")[2] == provider


def test_omitted_fields_stay_unchanged(emulator, call_api):
    configure(call_api, "google", clientId="c", clientSecret="s", prompt=["select_account"])
    provider = configure(call_api, "google", clientSecret="other")
    # If the request omits `enabled`, an update enables a provider with complete credentials.
    assert (provider["clientId"], provider["prompt"], provider["enabled"]) == ("c", ["select_account"], True)
    assert "prompt=select_account" in start(emulator, "google")
    assert configure(call_api, "google", enabled=False)["clientId"] == "c"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("github", {"clientSecret": "s"}),
        ("github", {"clientId": "c"}),
        ("okta", {"clientId": "c", "clientSecret": "s"}),
        ("oidc", {"clientId": "c", "authorizationURL": "https://i.example.org/a"}),
        ("google", {"clientId": "c", "prompt": ["none", "consent"]}),
        ("google", {"clientId": "c", "prompt": []}),
        ("google", {"clientId": "c", "prompt": ["nonsense"]}),
        ("gitlab", {"applicationId": "c", "endpoint": "nonsense"}),
    ],
)
def test_incomplete_provider_cannot_be_enabled(call_api, name, fields):
    assert call_api("PATCH", f"/project/oauth2/{name}", json={**fields, "enabled": True})[:2] == INVALID
    assert call_api("GET", f"/project/oauth2/{name}")[2]["enabled"] is False


@pytest.mark.parametrize(
    ("name", "client_field", "secret_field", "uid_length"),
    [("google", "clientId", "clientSecret", 21), ("github", "clientId", "clientSecret", 8),
     ("facebook", "appId", "appSecret", 17), ("discord", "clientId", "clientSecret", 18)],
)  # fmt: skip
def test_user_signs_in_on_the_local_page_of_each_provider(
    emulator, call_api, server, name, client_field, secret_field, uid_length
):
    configure(call_api, name, **{client_field: STAND_IN, secret_field: "any"}, enabled=True)
    location = start(emulator, name)
    assert urlsplit(location).path == f"/_emulator/oauth2/{name}/authorize"
    success = dict(parse_qsl(urlsplit(press(location, act="accept", name="Ada", email="ada@example.com")).query))
    session = Account(server).create_session(success["userId"], success["secret"])
    ada = Account(client(emulator, session=session.secret))
    assert (ada.get().name, ada.get().email, session.provider) == ("Ada", "ada@example.com", name)
    (identity,) = ada.list_identities().identities
    assert (identity.provider, len(identity.provideruid)) == (name, uid_length)


def test_apple_returns_no_name(emulator, call_api, server):
    configure(call_api, "apple", serviceId=STAND_IN, p8File="file", enabled=True)
    press(start(emulator, "apple"), act="accept", name="Ada", email="ada@example.com")
    (ada,) = Users(server).list().users
    assert (ada.name, ada.email) == ("", "ada@example.com")


def test_page_shows_the_provider(emulator, call_api):
    configure(call_api, "paypalSandbox", clientId=STAND_IN, secretKey="any", enabled=True)
    page = requests.get(start(emulator, "paypalSandbox"), timeout=20).text
    assert "PayPal Sandbox" in page
    assert "has not verified this address" in page


def test_verified_address_signs_in_an_existing_user(emulator, call_api, users):
    configure(call_api, "github", clientId=STAND_IN, clientSecret="any", enabled=True)
    users.create("ada", email="ada@example.com")
    rejected = press(start(emulator, "github"), act="accept", name="Ada", email="ada@example.com", unverified="1")
    assert rejected.startswith("http://localhost/failed")
    accepted = press(start(emulator, "github"), act="accept", name="Ada", email="ada@example.com")
    assert parse_qs(urlsplit(accepted).query)["userId"] == ["ada"]


def test_cancelled_sign_in_redirects_to_the_failure_url(emulator, call_api):
    configure(call_api, "discord", clientId=STAND_IN, clientSecret="any", enabled=True)
    failure = press(start(emulator, "discord", "sessions"), act="cancel")
    assert failure.startswith("http://localhost/failed")
    assert "user_oauth2_provider_error" in failure


def test_code_of_one_provider_is_not_valid_for_another_provider(emulator, call_api):
    for name in ("github", "discord"):
        configure(call_api, name, clientId=STAND_IN, clientSecret="any", enabled=True)
    page, _, query = start(emulator, "github").partition("?")
    fields = {**dict(parse_qsl(query)), "act": "accept", "name": "Ada", "email": "ada@example.com"}
    other = page.replace("github", "discord")
    assert requests.post(other, data=fields, allow_redirects=False, timeout=20).status_code == 400
