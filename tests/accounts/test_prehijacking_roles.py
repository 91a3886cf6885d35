"""Account pre-hijacking: roles for accounts that an attacker may have created, and how pages show such accounts."""

import pytest
from django.core.management import call_command

from core.appwrite_client import create_admin_client
from posts import demo
from posts.repository import PostRepository
from tests import users
from tests.accounts.attackers import (
    OWNER,
    TYPICAL_AND_OTHER_ATTACKS,
    Attack,
    assert_locked_out,
    by_password,
    sign_in_by_link,
)
from tests.conftest import fields
from tests.users import Browser, roles, words


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
    create_admin_client().users.delete("ingrid")  # frees the address, which a demo user also has
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
