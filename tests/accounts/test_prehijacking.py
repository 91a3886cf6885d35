"""Account pre-hijacking: an attacker creates an account with a victim's address before the victim signs in.

The attacks call Appwrite's REST API directly and without an API key, as anyone can.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest
import requests
from appwrite.query import Query
from django.core.management import call_command

from accounts import session
from accounts.repositories.address_proof import BY_PROVIDER
from accounts.repositories.cleanup import AccountCleanup
from accounts.sign_in.cookies import read_cookie
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState
from appwrite_emulator.testing import Emulator
from core.appwrite_client import POOL, create_admin_client
from posts import demo
from posts.repository import PostRepository
from tests import users
from tests.conftest import fields
from tests.users import Browser, roles, words

OWNER = "olga@example.com"  # the victim, who has never signed in
MOCK = "useroauth@localhost.test"  # the address that the emulator's mock provider reports as verified
PASSWORD = "chosen-by-the-attacker"
SESSION = "X-Appwrite-Session"


@dataclass
class Attacker:
    """An attacker who calls Appwrite over HTTP. Holds the sessions and secrets that the attacker has collected."""

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
        """Store the session that this response created."""
        assert response.ok or response.is_redirect, response.text
        self.sessions.append(unquote(response.cookies["a_session_biso"]))
        self.user_id = self.as_user("GET", "/account").json()["$id"]

    def sign_up(self, email: str = OWNER) -> None:
        assert self.call("POST", "/account", userId="unique()", email=email, password=PASSWORD, name="Not Olga").ok
        self.sign_in(email)

    def sign_in(self, email: str = OWNER) -> None:
        self.keep(self.call("POST", "/account/sessions/email", email=email, password=PASSWORD))

    def follow(self, email: str) -> None:
        """Sign in directly at Appwrite, with a link e-mailed to the attacker's own address."""
        link = self.request_link(email)
        self.keep(self.call("PUT", "/account/sessions/magic-url", **link))

    def request_link(self, email: str) -> dict[str, str]:
        self.call("POST", "/account/tokens/magic-url", userId="unique()", email=email, url="http://localhost/")
        query = parse_qs(urlsplit(self.emulator.inbox.link(email)).query)
        return {name: query[name][0] for name in ("userId", "secret")}

    def take_address(self, email: str = OWNER) -> None:
        """Change the account's address to the victim's. Appwrite sets PASSWORD if the account has no password."""
        self.as_user("PATCH", "/account/email", email=email, password=PASSWORD)

    def come_by_provider(self, flow: str = "sessions") -> requests.Response:
        """Sign in with the mock OAuth provider. With a session, this adds the provider's identity to the account."""
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
    """Use a link e-mailed to the old address: Appwrite then marks the new address as verified."""
    attacker.follow("mallory@example.net")
    unused = attacker.request_link("mallory@example.net")
    attacker.take_address()
    attacker.keep(attacker.call("PUT", "/account/sessions/magic-url", **unused))
    assert attacker.as_user("GET", "/account").json()["emailVerification"]


def by_invitation_to_earlier_address(attacker: Attacker) -> None:
    """Use an invitation e-mailed to the old address: Appwrite then marks the new address as verified."""
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
    """Use a provider that reports the victim's address: Appwrite trusts it and marks the address as verified."""
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
    """Sign in as if Appwrite had merged the accounts because Microsoft verified the address. The emulator does not."""
    users = create_admin_client().users
    (user,) = users.list([Query.equal("email", [email])]).users
    return come_back_from_microsoft(browser, userId=user.id, secret=users.create_token(user.id).secret)


def come_back_from_microsoft(browser: Browser, **answer: str) -> Any:
    """Start a Microsoft sign-in and return to the site with `answer`, for example any user's id and secret."""
    browser.post("/auth/oauth/")
    nonce = read_cookie(browser.get("/healthz").wsgi_request, OAuthState).nonce
    query = {"ticket": LoginRequest("", "/", nonce).to_token("microsoft"), **answer}
    return browser.get("/auth/oauth/callback/", query)


OWNERS = [sign_in_by_link, sign_in_by_code, sign_in_by_microsoft]
Attack = Callable[[Attacker], None]
# `make test` runs every attack in the first test below, but only two attacks in the tests of other cleanups.
TYPICAL_ATTACKS = [as_member, with_everything]
TYPICAL_AND_OTHER_ATTACKS = [
    pytest.param(attack, marks=[] if attack in TYPICAL_ATTACKS else [pytest.mark.thorough]) for attack in ATTACKS
]


@pytest.fixture
def attacker(appwrite) -> Attacker:
    return Attacker(appwrite)


@pytest.fixture(scope="session")
def attackers() -> dict[str, Attacker]:
    """Return the attackers by the name of their attack, for the attacks that are stored in checkpoints."""
    return {}


@pytest.fixture
def attacker_after(appwrite, start_from, attackers) -> Callable[[Attack], Attacker]:
    """Return a function that resets Appwrite to the state after an attack and returns the attacker."""

    def prepare(attack: Attack) -> Attacker:
        def carry_out() -> None:
            attackers[attack.__name__] = Attacker(appwrite)
            attack(attackers[attack.__name__])

        start_from(attack.__name__, carry_out)
        attacker = attackers[attack.__name__]
        return replace(attacker, sessions=[*attacker.sessions], tokens=[*attacker.tokens], codes=[*attacker.codes])

    return prepare


@pytest.fixture
def log(caplog) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, logger="audit")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "audit"]


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


@pytest.mark.parametrize(
    ("attack", "owner"),
    [
        *((attack, sign_in_by_link) for attack in ATTACKS),
        *((attack, sign_in_by_code) for attack in (as_member, with_everything)),
        *((attack, sign_in_by_microsoft) for attack in (as_member, with_everything)),
    ],
)
def test_attackers_access_ends_when_the_owner_signs_in(attacker_after, guest, attack: Attack, owner, log):
    attacker = attacker_after(attack)
    attacker.take_token()
    owner(guest, attacker.emulator, attacker.email)
    assert is_signed_in(guest)
    assert guest.get("/auth/account/").wsgi_request.user.email == attacker.email
    assert_locked_out(attacker)
    assert len(create_admin_client().users.list_sessions(attacker.user_id).sessions) == 1
    assert any(line.startswith(f"user={attacker.user_id} act=clean_account") for line in log())


@pytest.mark.parametrize("owner", OWNERS)
def test_second_sign_in_does_not_end_the_first_session(appwrite, guest, owner):
    sign_in_by_link(guest, appwrite, OWNER)
    elsewhere = Browser()
    owner(elsewhere, appwrite, OWNER)
    assert is_signed_in(elsewhere)
    session.forget_user(session.read_cookie(guest.get("/healthz").wsgi_request).secret)
    assert is_signed_in(guest)


@pytest.mark.parametrize("owner", OWNERS)
def test_code_emailed_to_an_earlier_address_does_not_prove_ownership(attacker, guest, appwrite, owner):
    """Appwrite accepts the code but does not say to which address the code was e-mailed."""
    attacker.follow("mallory@example.net")
    attacker.call("POST", "/account/tokens/email", userId="unique()", email="mallory@example.net")
    attacker.take_address()
    attackers_browser = Browser()
    attackers_browser.post("/auth/login/", {"email": OWNER, "act": "code"})
    attackers_browser.post("/auth/code/", {"code": appwrite.inbox.code("mallory@example.net")})
    secret = session.read_cookie(attackers_browser.get("/healthz").wsgi_request).secret
    attacker.sessions.append(secret)
    owner(guest, appwrite, OWNER)
    assert is_signed_in(guest)
    assert_locked_out(attacker)


@pytest.mark.parametrize("way", [sign_in_by_link, sign_in_by_code])
def test_address_is_verified_after_the_owners_first_sign_in(attacker, guest, appwrite, ingrid, way):
    by_password(attacker)
    way(guest, appwrite, OWNER)
    ingrid.browser().post(f"/manage/people/{attacker.user_id}/labels/", {"labels": ["editor"]})
    assert roles(attacker.user_id) == {"editor"}
    assert is_signed_in(guest)


def test_magic_link_secret_is_not_accepted_as_microsoft_sign_in(attacker, guest, appwrite):
    attacker.follow("mallory@example.net")
    unused = attacker.request_link("mallory@example.net")
    attacker.take_address()
    attackers_browser = Browser()
    come_back_from_microsoft(attackers_browser, **unused)
    attacker.sessions.append(session.read_cookie(attackers_browser.get("/healthz").wsgi_request).secret)
    sign_in_by_microsoft(guest, appwrite, OWNER)
    assert_locked_out(attacker)


def test_account_that_only_uses_microsoft_keeps_its_identity_and_sessions(guest, microsoft):
    guest.get(microsoft(guest, OWNER))
    elsewhere = Browser()
    elsewhere.get(microsoft(elsewhere, OWNER))
    session.forget_user(session.read_cookie(guest.get("/healthz").wsgi_request).secret)
    assert is_signed_in(guest)
    assert is_signed_in(elsewhere)
    (identity,) = create_admin_client().users.list_identities().identities
    assert identity.provideremail == OWNER


def test_identity_of_another_provider_is_removed(attacker):
    """A provider other than Microsoft may report an address as verified without checking it."""
    attacker.attach_provider()
    users = create_admin_client().users
    (identity,) = users.list_identities().identities
    assert identity.provideremail == MOCK
    AccountCleanup(create_admin_client()).run(attacker.user_id, MOCK, BY_PROVIDER)
    assert users.list_identities().identities == []


def test_sign_in_by_email_does_not_trust_an_address_verified_by_microsoft(guest, appwrite, microsoft):
    """Whoever signed in with Microsoft first is signed out when the owner of the address signs in by e-mail."""
    attackers_browser = Browser()
    attackers_browser.get(microsoft(attackers_browser, OWNER))
    secret = session.read_cookie(attackers_browser.get("/healthz").wsgi_request).secret
    sign_in_by_link(guest, appwrite, OWNER)
    session.forget_user(secret)
    assert not is_signed_in(attackers_browser)
    assert create_admin_client().users.list_identities().identities == []


def test_attackers_name_and_preferences_are_removed_and_drafts_stay(attacker, guest, appwrite):
    by_password(attacker)
    attacker.as_user("PATCH", "/account/prefs", prefs={"language": "en"})
    attacker.as_user(
        "POST",
        "/tablesdb/app/tables/posts/rows",
        rowId="attackersdraft",
        data={"title": "Draft", "content": "x", "authorId": attacker.user_id, "createdAt": "2026-01-01T00:00:00Z"},
    )
    sign_in_by_link(guest, appwrite, OWNER)
    user = create_admin_client().users.get(attacker.user_id)
    assert (user.name, user.prefs.data) == ("", {})
    assert create_admin_client().db.get_row("app", "posts", "attackersdraft").id == "attackersdraft"


def test_site_roles_are_removed_if_the_address_was_changed(attacker, guest, appwrite):
    as_member(attacker)
    users = create_admin_client().users
    users.update_labels(attacker.user_id, [*users.get(attacker.user_id).labels, "admin", "founder"])
    sign_in_by_link(guest, appwrite, OWNER)
    assert roles(attacker.user_id) == {"founder"}
    assert guest.get("/manage/people/").status_code == 403


def test_link_does_not_sign_in_to_an_account_whose_address_was_changed(attacker, guest, appwrite):
    """If the link worked, the attacker could use it to get the owner's address marked as verified."""
    guest.post("/auth/login/", {"email": "mallory@example.net"})
    link = urlsplit(appwrite.inbox.link("mallory@example.net"))
    attacker.follow("mallory@example.net")
    attacker.take_address()
    page = guest.get(f"{link.path}?{link.query}", follow=True)
    answer = guest.post("/auth/callback/", page.context["fields"])
    assert (answer.status_code, answer.context["reason"]) == (410, "used")
    assert not is_signed_in(guest)


# -- failures and races -----------------------------------------------------------------------------------------------
CALLS = ["get", "updatePassword", "deleteSessions", "listIdentities", "listMFAFactors"]
CALLS += ["deleteIdentity", "deleteMFAAuthenticator", "updateMFA", "updateMFARecoveryCodes", "updatePhone"]
CALLS += ["updateName", "updatePrefs", "updateLabels", "createSession"]


@pytest.mark.parametrize("operation", CALLS)
def test_failed_cleanup_stops_the_sign_in_and_the_next_sign_in_repeats_it(attacker_after, guest, appwrite, operation):
    attacker = attacker_after(with_everything)
    after, owner = CALLS.index(operation) % 2 == 0, (sign_in_by_link, sign_in_by_code)[CALLS.index(operation) // 2 % 2]
    appwrite.faults.add(f"users.{operation}", status=500, after=after)
    answer = owner(guest, appwrite, OWNER)
    assert answer.status_code == 503
    assert not is_signed_in(guest)
    assert appwrite.faults.all()[0]["hits"]
    appwrite.faults.clear()
    owner(guest, appwrite, OWNER)
    assert is_signed_in(guest)
    assert_locked_out(attacker)


def test_failed_sign_in_says_that_the_link_is_used_and_offers_a_new_one(attacker, guest, appwrite):
    appwrite.faults.add("users.deleteSessions", status=500, first=1)
    answer = sign_in_by_link(guest, appwrite, OWNER)
    assert answer.context["reason"] == "unfinished"
    assert "ny lenke" in words(answer)
    sign_in_by_link(guest, appwrite, answer.context["email"])  # after a used link, the next one needs no cool-down
    assert is_signed_in(guest)


def test_identity_attached_during_the_cleanup_is_also_removed(attacker, guest, appwrite):
    with_identity(attacker)
    send, done = POOL.send, []

    def come_back(request, **options):
        if "/users/identities" in request.url and request.method == "GET" and not done:
            done.append(True)
            attacker.sessions.clear()
            attacker.attach_provider()  # signs in through the identity after all sessions were deleted
        return send(request, **options)

    with mock.patch.object(POOL, "send", come_back):
        sign_in_by_link(guest, appwrite, OWNER)
    assert done
    assert is_signed_in(guest)
    assert_locked_out(attacker)


def test_changing_the_address_during_the_sign_in_stops_it(attacker, guest, appwrite):
    by_password(attacker)
    send = POOL.send

    def change(request, **options):
        if request.method == "PATCH" and request.url.endswith("/password"):
            attacker.call(
                "PATCH", "/account/email", {SESSION: attacker.sessions[0]}, email="m@example.net", password=PASSWORD
            )
        return send(request, **options)

    with mock.patch.object(POOL, "send", change):
        answer = sign_in_by_link(guest, appwrite, OWNER)
    assert answer.status_code == 503
    assert not is_signed_in(guest)


def test_changing_the_address_back_during_the_sign_in_stops_it(attacker, guest, appwrite):
    """If the sign-in succeeded, the owner would use an account whose address the attacker has verified."""
    as_member(attacker)
    send, done = POOL.send, []

    def change_back(request, **options):
        response = send(request, **options)
        if request.url.endswith("/account/sessions/token") and not done:
            done.append(True)
            attacker.take_address("mallory@example.net")
        return response

    with mock.patch.object(POOL, "send", change_back):
        answer = sign_in_by_link(guest, appwrite, OWNER)
    assert done
    assert answer.status_code == 503
    assert not is_signed_in(guest)


def test_simultaneous_first_sign_ins_both_succeed(attacker, appwrite):
    by_password(attacker)
    browsers, pages = [Browser(), Browser()], []
    for browser in browsers:
        browser.post("/auth/login/", {"email": OWNER})
        link = urlsplit(appwrite.inbox.link(OWNER))
        pages.append(browser.get(f"{link.path}?{link.query}", follow=True))
    appwrite.faults.add("users.deleteSessions", delay=0.2)  # long enough to exchange both links before either cleanup

    def press(browser: Browser, page: Any) -> None:
        browser.post("/auth/callback/", page.context["fields"])

    threads = [threading.Thread(target=press, args=pair) for pair in zip(browsers, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    appwrite.faults.clear()
    for browser in browsers:
        session.forget_user(session.read_cookie(browser.get("/healthz").wsgi_request).secret)
        assert is_signed_in(browser)
    assert_locked_out(attacker)


# -- roles ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("attack", TYPICAL_AND_OTHER_ATTACKS)
def test_setup_cleans_up_the_account_that_it_makes_an_admin(attacker_after, appwrite, guest, attack: Attack):
    attacker = attacker_after(attack)
    attacker.take_token()
    call_command("setup_appwrite", admin=attacker.email, verbosity=0)
    assert_locked_out(attacker)
    assert "admin" in roles(attacker.user_id)
    sign_in_by_link(guest, appwrite, attacker.email)
    assert guest.get("/manage/people/").status_code == 200


def test_demo_cleans_up_the_account_that_it_makes_an_admin(attacker):
    """The demo's e-mail addresses are public, so anyone can create accounts with them in advance."""
    admin = next(person for person in demo.people() if "admin" in person.labels)
    create_admin_client().users.delete("ingrid")  # frees the address, which a test user shares with the demo
    attacker.email = admin.email
    attacker.sign_up(admin.email)
    call_command("setup_appwrite", demo=True, verbosity=0)
    assert "admin" in roles(attacker.user_id)
    assert_locked_out(attacker)


@pytest.mark.parametrize("attack", TYPICAL_AND_OTHER_ATTACKS)
def test_unconfirmed_account_is_not_given_a_role_that_an_attacker_could_use(attacker_after, ingrid, attack: Attack):
    attacker = attacker_after(attack)
    user = create_admin_client().users.get(attacker.user_id)
    confirmed = user.emailverification and not user.passwordupdate
    path = f"/manage/people/{attacker.user_id}/"
    assert ("Adressen er ikke bekreftet" in words(ingrid.browser().get(path))) is not confirmed
    ingrid.browser().post(f"{path}labels/", {"labels": ["admin"]})
    if confirmed:
        assert_locked_out(attacker)
    else:
        assert roles(attacker.user_id) == set()


def test_account_confirmed_through_an_earlier_address_cannot_be_given_a_role(attacker, ingrid):
    """An API key cannot revoke e-mailed links, so a second link would still work after the role was assigned."""
    attacker.follow("mallory@example.net")
    first, second = (attacker.request_link("mallory@example.net") for _ in range(2))
    attacker.take_address()
    attacker.keep(attacker.call("PUT", "/account/sessions/magic-url", **first))
    assert attacker.as_user("GET", "/account").json()["emailVerification"]
    ingrid.browser().post(f"/manage/people/{attacker.user_id}/labels/", {"labels": ["admin"]})
    attacker.keep(attacker.call("PUT", "/account/sessions/magic-url", **second))
    assert "admin" not in attacker.as_user("GET", "/account").json()["labels"]


def test_roles_can_be_removed_from_an_unconfirmed_account(attacker, ingrid):
    by_password(attacker)
    create_admin_client().users.update_labels(attacker.user_id, ["editor"])
    ingrid.browser().post(f"/manage/people/{attacker.user_id}/labels/", {})
    assert roles(attacker.user_id) == set()


def test_people_page_marks_unconfirmed_addresses(attacker, ingrid):
    by_password(attacker)
    page = words(ingrid.browser().get("/manage/people/"))
    assert page.count("Adressen er ikke bekreftet") == 1
    sign_in_by_link(Browser(), attacker.emulator, OWNER)
    assert "Adressen er ikke bekreftet" not in words(ingrid.browser().get("/manage/people/"))


def test_author_does_not_keep_the_attackers_name_after_the_cleanup(attacker, guest, appwrite):
    by_password(attacker)
    sign_in_by_link(guest, appwrite, OWNER)
    owner = guest.get("/auth/account/").wsgi_request
    client = users.client_of_session(owner.appwrite_session)
    assert PostRepository(client).create("olgaspost", owner.user, fields(), publish=True).author_name != "Not Olga"
