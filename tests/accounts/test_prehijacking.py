"""Account pre-hijacking: an attacker creates an account with a victim's address before the victim signs in."""

from urllib.parse import urlsplit

import pytest

from accounts import session
from accounts.repositories.address_proof import BY_PROVIDER
from accounts.repositories.cleanup import AccountCleanup
from core.appwrite_client import create_admin_client
from tests.accounts.attackers import (
    ATTACKS,
    MOCK,
    OWNER,
    OWNERS,
    Attack,
    as_member,
    assert_locked_out,
    by_password,
    come_back_from_microsoft,
    is_signed_in,
    sign_in_by_code,
    sign_in_by_link,
    sign_in_by_microsoft,
    with_everything,
)
from tests.users import Browser, roles


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
    """A person who signed in with Microsoft first is signed out when the owner of the address signs in by e-mail."""
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
