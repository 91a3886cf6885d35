"""Attackers who prepare an account with a victim's e-mail address, and the ways in which the victim signs in.

The attacks call Appwrite's REST API directly and without an API key, as anyone can.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import requests
from appwrite.query import Query

from accounts import session
from accounts.sign_in.cookies import read_cookie
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState
from appwrite_emulator.testing import Emulator
from core.appwrite_client import create_admin_client
from tests.users import Browser

OWNER = "olga@example.com"  # the victim, who has never signed in
MOCK = "useroauth@localhost.test"  # the emulator's mock provider reports this address as verified
PASSWORD = "chosen-by-the-attacker"
SESSION = "X-Appwrite-Session"


@dataclass
class Attacker:
    """An attacker who calls Appwrite over HTTP.

    The object holds the sessions and secrets that the attacker has collected.
    """

    emulator: Emulator
    email: str = OWNER
    sessions: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)  # JWTs
    codes: list[str] = field(default_factory=list)
    user_id: str = ""

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> requests.Response:
        headers = {"X-Appwrite-Project": "biso", **(headers or {})}
        return requests.request(method, self.emulator.endpoint + path, headers=headers, json=body, timeout=20)

    def as_user(self, method: str, path: str, **body: Any) -> requests.Response:
        """Call Appwrite with the newest session."""
        response = self.call(method, path, {SESSION: self.sessions[-1]}, **body)
        assert response.ok, response.text
        return response

    def keep(self, response: requests.Response) -> None:
        """Store the session that `response` created."""
        assert response.ok or response.is_redirect, response.text
        self.sessions.append(unquote(response.cookies["a_session_biso"]))
        self.user_id = self.as_user("GET", "/account").json()["$id"]

    def sign_up(self, email: str = OWNER) -> None:
        assert self.call("POST", "/account", userId="unique()", email=email, password=PASSWORD, name="Not Olga").ok
        self.sign_in(email)

    def sign_in(self, email: str = OWNER) -> None:
        self.keep(self.call("POST", "/account/sessions/email", email=email, password=PASSWORD))

    def follow(self, email: str) -> None:
        """Sign in to Appwrite directly, with a link e-mailed to the attacker's own address."""
        link = self.request_link(email)
        self.keep(self.call("PUT", "/account/sessions/magic-url", **link))

    def request_link(self, email: str) -> dict[str, str]:
        self.call("POST", "/account/tokens/magic-url", userId="unique()", email=email, url="http://localhost/")
        query = parse_qs(urlsplit(self.emulator.inbox.link(email)).query)
        return {name: query[name][0] for name in ("userId", "secret")}

    def take_address(self, email: str = OWNER) -> None:
        """Change the account's address to the victim's. If the account has no password, Appwrite sets PASSWORD."""
        self.as_user("PATCH", "/account/email", email=email, password=PASSWORD)

    def come_by_provider(self, flow: str = "sessions") -> requests.Response:
        """Sign in with the mock OAuth provider.

        If the attacker has a session, Appwrite adds the provider's identity to the attacker's account.
        """
        browser = requests.Session()
        if self.sessions:
            browser.headers[SESSION] = self.sessions[-1]
        where = {"project": "biso", "success": "http://localhost/in", "failure": "http://localhost/out"}
        response = browser.get(
            f"{self.emulator.endpoint}/account/{flow}/oauth2/mock", params=where, allow_redirects=False, timeout=20
        )
        while (url := response.headers["Location"]).startswith(self.emulator.origin):
            response = browser.get(url, allow_redirects=False, timeout=20)
        return response

    def attach_provider(self) -> None:
        self.keep(self.come_by_provider())

    def attach_second_factors(self) -> None:
        secret = self.as_user("POST", "/account/mfa/authenticators/totp").json()["secret"]
        self.as_user("PUT", "/account/mfa/authenticators/totp", otp=pyotp.TOTP(secret).at(self.emulator.clock.now()))
        self.codes = self.as_user("POST", "/account/mfa/recovery-codes").json()["recoveryCodes"]
        self.as_user("PATCH", "/account/mfa", mfa=True)

    def take_token(self) -> None:
        self.tokens.append(self.as_user("POST", "/account/jwts", duration=3600).json()["jwt"])


# -- attacks ----------------------------------------------------------------------------------------------------------
def by_password(attacker: Attacker) -> None:
    attacker.sign_up()


def by_anonymous_session(attacker: Attacker) -> None:
    attacker.keep(attacker.call("POST", "/account/sessions/anonymous"))
    attacker.take_address()


def as_member(attacker: Attacker) -> None:
    """Sign in to the site by e-mail as a member, then change the account's address."""
    browser = Browser()
    sign_in_by_link(browser, attacker.emulator, "mallory@example.net")
    attacker.sessions.append(session.read_cookie(browser.get("/healthz").wsgi_request).secret)
    attacker.take_address()
    attacker.sign_in()


def by_link_to_earlier_address(attacker: Attacker) -> None:
    """Use a link e-mailed to the account's earlier address. Appwrite then marks the new address as verified."""
    attacker.follow("mallory@example.net")
    unused = attacker.request_link("mallory@example.net")
    attacker.take_address()
    attacker.keep(attacker.call("PUT", "/account/sessions/magic-url", **unused))
    assert attacker.as_user("GET", "/account").json()["emailVerification"]


def by_invitation_to_earlier_address(attacker: Attacker) -> None:
    """Use an invitation e-mailed to the earlier address. Appwrite then marks the new address as verified."""
    attacker.sign_up("boss@example.net")
    team = attacker.as_user("POST", "/teams", teamId="unique()", name="Team").json()["$id"]
    invited = Attacker(attacker.emulator)
    invited.sign_up("mallory@example.net")
    attacker.as_user(
        "POST",
        f"/teams/{team}/memberships",
        roles=["member"],
        email="mallory@example.net",
        url="http://localhost/",
    )
    query = parse_qs(urlsplit(attacker.emulator.inbox.link("mallory@example.net")).query)
    invited.take_address()
    path = f"/teams/{team}/memberships/{query['membershipId'][0]}/status"
    invited.as_user("PATCH", path, userId=query["userId"][0], secret=query["secret"][0])
    assert invited.as_user("GET", "/account").json()["emailVerification"]
    attacker.sessions, attacker.user_id = invited.sessions, invited.user_id


def with_identity(attacker: Attacker) -> None:
    attacker.sign_up()
    attacker.attach_provider()


def with_second_factors(attacker: Attacker) -> None:
    attacker.sign_up()
    attacker.attach_second_factors()


def with_phone(attacker: Attacker) -> None:
    attacker.sign_up()
    attacker.as_user("PATCH", "/account/phone", phone="+4722334455", password=PASSWORD)


def with_everything(attacker: Attacker) -> None:
    with_phone(attacker)
    attacker.attach_provider()
    attacker.attach_second_factors()
    attacker.as_user("PATCH", "/account/prefs", prefs={"language": "en"})


def by_provider_that_claims_the_address(attacker: Attacker) -> None:
    """Use a provider that reports the victim's address.

    Appwrite trusts the provider and marks the address as verified.
    """
    attacker.attach_provider()
    attacker.email = MOCK
    assert attacker.as_user("GET", "/account").json()["emailVerification"]


ATTACKS = [
    by_password,
    by_anonymous_session,
    as_member,
    by_link_to_earlier_address,
    by_invitation_to_earlier_address,
    with_identity,
    with_second_factors,
    with_phone,
    with_everything,
    by_provider_that_claims_the_address,
]


# -- how the owner signs in -------------------------------------------------------------------------------------------
def sign_in_by_link(browser: Browser, emulator: Emulator, email: str) -> Any:
    browser.post("/auth/login/", {"email": email})
    link = urlsplit(emulator.inbox.link(email))
    page = browser.get(f"{link.path}?{link.query}", follow=True)
    return browser.post("/auth/callback/", page.context["fields"])


def sign_in_by_code(browser: Browser, emulator: Emulator, email: str) -> Any:
    browser.post("/auth/login/", {"email": email, "act": "code"})
    return browser.post("/auth/code/", {"code": emulator.inbox.code(email)})


def sign_in_by_microsoft(browser: Browser, emulator: Emulator, email: str) -> Any:
    """Sign in as if Appwrite had merged the accounts because Microsoft verified the address."""
    users = create_admin_client().users
    (user,) = users.list([Query.equal("email", [email])]).users
    return come_back_from_microsoft(browser, userId=user.id, secret=users.create_token(user.id).secret)


def come_back_from_microsoft(browser: Browser, **answer: str) -> Any:
    """Start a Microsoft sign-in, then open the callback URL with `answer`, such as the id and secret of any user."""
    browser.post("/auth/oauth/")
    nonce = read_cookie(browser.get("/healthz").wsgi_request, OAuthState).nonce
    query = {"ticket": LoginRequest("", "/", nonce).to_token("microsoft"), **answer}
    return browser.get("/auth/oauth/callback/", query)


OWNERS = [sign_in_by_link, sign_in_by_code, sign_in_by_microsoft]
Attack = Callable[[Attacker], None]
# `make test` runs every attack in `test_prehijacking`, but only two attacks in the tests of other cleanups.
TYPICAL_ATTACKS = [as_member, with_everything]
TYPICAL_AND_OTHER_ATTACKS = [
    pytest.param(attack, marks=[] if attack in TYPICAL_ATTACKS else [pytest.mark.thorough]) for attack in ATTACKS
]


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/auth/check").json()["isAuthenticated"]


def assert_locked_out(attacker: Attacker) -> None:
    """Check that no session or secret of the attacker still works."""
    for secret in attacker.sessions:
        assert attacker.call("GET", "/account", {SESSION: secret}).status_code == 401
        renewal = attacker.call("PATCH", "/account/sessions/current", {SESSION: secret})
        assert renewal.status_code == 401
    for token in attacker.tokens:
        assert attacker.call("GET", "/account", {"X-Appwrite-JWT": token}).status_code == 401
    by_password = attacker.call("POST", "/account/sessions/email", email=attacker.email, password=PASSWORD)
    assert by_password.status_code == 401
    users = create_admin_client().users
    assert users.list_identities([Query.equal("userId", [attacker.user_id])]).identities == []
    user, factors = users.get(attacker.user_id), users.list_mfa_factors(attacker.user_id)
    assert (user.mfa, factors.totp, factors.phone, user.phone or "") == (False, False, False, "")
    if attacker.codes:
        assert not set(attacker.codes) & set(users.get_mfa_recovery_codes(user.id).recoverycodes)
