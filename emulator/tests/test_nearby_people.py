"""People in cases near the recorded ones, as the real server's source decides them: what is left empty, addresses
that read oddly, codes at other doors, JWTs, other people's belongings."""

import base64
import json
from typing import Any
from urllib.parse import quote, unquote

import pytest
import requests
from appwrite.client import Client
from appwrite.services.account import Account
from appwrite.services.teams import Teams

from appwrite_emulator.testing import Emulator
from tests.conftest import PASSWORD, Ask, Person, as_person, client, sign_in
from tests.test_nearby import come_by_mock

GUEST = {"X-Appwrite-Project": "biso"}


def codes(emulator: Emulator, number: str) -> list[str]:
    """The codes that were texted to this number, newest first."""
    told = requests.get(f"{emulator.origin}/_emulator/inbox.json", params={"to": number}, timeout=20).json()["mails"]
    return [mail["code"] for mail in told]


# -- what is left empty -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["email", "phone", "password", "name"])
def test_a_server_leaves_out_what_a_new_user_has_not_and_sends_no_empty_text(ask, field):
    assert ask("POST", "/users", json={"userId": "new", field: ""})[:2] == (400, "general_argument_invalid")
    assert ask("POST", "/users", json={"userId": "new", field: None})[0] == 201


def test_nobody_signs_up_or_is_invited_with_an_empty_name(ask):
    new = {"userId": "new", "email": "new@example.com", "password": PASSWORD, "name": ""}
    assert ask("POST", "/account", GUEST, json=new)[:2] == (400, "general_argument_invalid")
    assert ask("POST", "/users/md5", json=new)[:2] == (400, "general_argument_invalid")
    ask("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    member = {"email": "new@example.com", "roles": [], "name": ""}
    assert ask("POST", "/teams/crew/memberships", json=member)[:2] == (400, "general_argument_invalid")


def test_a_jwt_for_an_empty_session_is_refused(ask, alice):
    assert ask("POST", "/users/alice/jwts", json={"sessionId": ""})[:2] == (400, "general_argument_invalid")


SCRYPT = {
    "userId": "ada",
    "email": "ada@example.com",
    "password": "a-hash-made-elsewhere",
    "passwordSalt": "salt",
    "passwordCpu": 8,
    "passwordMemory": 14,
    "passwordParallel": 1,
    "passwordLength": 64,
}


@pytest.mark.parametrize("wrong", [{"passwordSalt": ""}, {"passwordSalt": None}, {"passwordCpu": "8"}])
def test_scrypt_wants_a_salt_and_numbers(ask, wrong):
    assert ask("POST", "/users/scrypt", json={**SCRYPT, **wrong})[:2] == (400, "general_argument_invalid")
    assert ask("POST", "/users/scrypt", json=SCRYPT)[0] == 201


@pytest.mark.parametrize("costs", [{"passwordCpu": -8}, {"passwordLength": 2**62}, {"passwordMemory": 2**62}])
def test_costs_that_nothing_can_be_hashed_with_let_nobody_in(ask, costs):
    assert ask("POST", "/users/scrypt", json={**SCRYPT, **costs})[0] == 201
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert ask("POST", "/account/sessions/email", GUEST, json=body)[:2] == (401, "user_invalid_credentials")


@pytest.mark.parametrize(("password", "status"), [("ååååx", 201), ("ååå", 400), ("å" * 128, 201), ("å" * 129, 400)])
def test_a_password_is_measured_in_bytes(ask, password, status):
    body = {"userId": "new", "email": "new@example.com", "password": password}
    assert ask("POST", "/account", GUEST, json=body)[0] == status


def test_preferences_counted_from_zero_are_a_list(ask, alice):
    for prefs, status in (({"0": "a", "1": "b"}, 400), ({"1": "a"}, 200), ({"0": "a", "b": "c"}, 200)):
        assert ask("PATCH", "/users/alice/prefs", json={"prefs": prefs})[0] == status


# -- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c",
        "a@example.c0m",
        "x" * 64 + "@example.com",
        "o'hara+list@example.com",
        '"a"@example.com',
        '"a\\ b"@example.com',
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "a@xn--bcher-kva.de",
        "a@a--b.com",
    ],
)
def test_addresses_as_php_reads_them(ask, address):
    status, _, user = ask("POST", "/users", json={"userId": "new", "email": address})
    assert (status, user["email"]) == (201, address.lower())


@pytest.mark.parametrize(
    "address",
    [
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + "example." * 40 + "com",
        "a@localhost",
        "a@bücher.de",
        "bücher@example.com",
        "a@example.123",
        "a@ex_ample.com",
        "a@x-.com",
        "a@example.com.",
        "a@example.com\n",
        '"a b"@example.com',
        "a@[127.0.0.256]",
        "a@[IPv6:1]",
        "a@b@c.com",
        7,
    ],
)
def test_what_is_no_address_to_php(ask, address):
    assert ask("POST", "/users", json={"userId": "new", "email": address})[1] == "general_argument_invalid"


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("A.Da+list@gmail.com", "ada@gmail.com"),
        ("a.da@googlemail.com", "ada@gmail.com"),
        ("+list@gmail.com", "+list@gmail.com"),
        ("a.da+list@hotmail.co.uk", "a.da+list@outlook.com"),
        ("ada@live.com", "ada@outlook.com"),
        ("ada@ymail.com", "ada@yahoo.com"),
        ("ada@me.com", "ada@icloud.com"),
        ("ada@pm.me", "ada@protonmail.com"),
        ("ada@fastmail.fm", "ada@fastmail.com"),
        ("a.da+list@bi.no", "a.da+list@bi.no"),
    ],
)
def test_an_address_is_filed_under_its_canonical_form(ask, address, canonical):
    _, _, user = ask("POST", "/users", json={"userId": "new", "email": address})
    assert user["emailCanonical"] == canonical
    assert user["emailIsCanonical"] is (canonical == address)


# -- codes, passwords and JWTs ----------------------------------------------------------------------------------------


def test_a_server_is_told_the_texted_code_wrapped_up_as_a_session(ask, emulator):
    _, _, token = ask("POST", "/account/tokens/phone", json={"userId": "unique()", "phone": "+14155550100"})
    (code,) = codes(emulator, "+14155550100")
    assert json.loads(base64.b64decode(token["secret"])) == {"id": token["userId"], "secret": code}
    body = {"userId": token["userId"], "secret": token["secret"]}
    assert ask("PUT", "/account/sessions/phone", GUEST, json=body)[:2] == (401, "user_invalid_token")
    assert ask("PUT", "/account/sessions/phone", GUEST, json={**body, "secret": code})[0] == 201


def test_a_texted_code_signs_in_and_proves_the_number_whatever_it_was_asked_for(ask, emulator, users, alice):
    users.update_phone("alice", "+14155550100")
    assert ask("POST", "/account/verifications/phone", as_person(alice))[0] == 201
    ask("POST", "/account/tokens/phone", GUEST, json={"userId": "x", "phone": "+14155550100"})
    to_sign_in, to_prove = codes(emulator, "+14155550100")
    body = {"userId": "alice", "secret": to_sign_in}
    assert ask("PUT", "/account/verifications/phone", GUEST, json=body)[0] == 200
    assert ask("POST", "/account/sessions/token", GUEST, json={**body, "secret": to_prove})[0] == 201


def test_proving_a_number_has_an_hour(ask, emulator, appwrite_clock, users, alice):
    users.update_phone("alice", "+14155550100")
    ask("POST", "/account/verifications/phone", as_person(alice))
    (code,) = codes(emulator, "+14155550100")
    appwrite_clock.advance(3500)
    body = {"userId": "alice", "secret": code}
    assert ask("PUT", "/account/verifications/phone", GUEST, json=body)[0] == 200


@pytest.mark.parametrize("door", [("POST", "token"), ("PUT", "magic-url"), ("PUT", "phone")])
def test_whoever_has_no_id_yet_has_no_secret(ask, door):
    method, name = door
    body = {"userId": "unique()", "secret": "x"}
    assert ask(method, f"/account/sessions/{name}", GUEST, json=body)[:2] == (401, "user_invalid_token")
    assert ask("POST", "/users/unique()/sessions")[:2] == (404, "user_not_found")


SIGNING_IN = [("POST", "email"), ("POST", "anonymous"), ("POST", "token"), ("PUT", "magic-url"), ("PUT", "phone")]


@pytest.mark.parametrize(("method", "name"), SIGNING_IN)
def test_whoever_is_signed_in_is_told_so_before_what_they_send_is_looked_at(ask, alice, method, name):
    told = ask(method, f"/account/sessions/{name}", as_person(alice), json={"email": "nobody"})
    assert told[:2] == (401, "user_session_already_exists")


@pytest.fixture
def by_jwt(ask: Ask, alice: Person) -> dict[str, str]:
    """The headers of Alice with a JWT of her session."""
    return {**GUEST, "X-Appwrite-JWT": ask("POST", "/account/jwts", as_person(alice))[2]["jwt"]}


def test_a_password_changed_by_jwt_ends_no_session(ask, by_jwt, alice):
    body = {"password": "new-password-1", "oldPassword": PASSWORD}
    assert ask("PATCH", "/account/password", by_jwt, json=body)[0] == 200
    assert ask("GET", "/account", as_person(alice))[0] == 200


def test_signing_out_everywhere_by_jwt_takes_no_cookie_away(emulator, by_jwt, alice):
    answer = requests.delete(f"{emulator.endpoint}/account/sessions", headers=by_jwt, timeout=20)
    assert (answer.status_code, dict(answer.cookies)) == (204, {})
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Fallback-Cookies"] in ("[]", "{}")


LIGHT = {"type": "argon2", "memory_cost": 7168, "time_cost": 5, "threads": 1}
HEAVY = {"type": "argon2", "memory_cost": 65536, "time_cost": 4, "threads": 3}


def options(ask: Ask, user_id: str) -> dict[str, Any]:
    _, _, user = ask("GET", f"/users/{user_id}")
    assert user["hash"] == "argon2"
    return user["hashOptions"]


def test_passwords_that_people_change_themselves_are_hashed_with_less_memory(ask, emulator, alice, users):
    assert options(ask, "alice") == HEAVY
    alice.account.update_password("new-password-1", PASSWORD)
    assert options(ask, "alice") == LIGHT
    users.update_password("alice", "new-password-2")
    assert options(ask, "alice") == HEAVY
    asked = ask("POST", "/account/recovery", json={"email": alice.email, "url": "http://localhost/"})[2]
    body = {"userId": "alice", "secret": asked["secret"], "password": "new-password-3"}
    assert ask("PUT", "/account/recovery", GUEST, json=body)[0] == 200
    assert options(ask, "alice") == LIGHT
    body = {"email": alice.email, "password": "new-password-3"}
    assert ask("POST", "/account/sessions/email", GUEST, json=body)[0] == 201


def test_an_anonymous_user_is_said_to_be_hashed_with_less_memory(ask):
    _, _, session = ask("POST", "/account/sessions/anonymous", GUEST)
    assert options(ask, session["userId"]) == LIGHT


# -- other people's belongings ----------------------------------------------------------------------------------------


def test_somebody_elses_identity_may_be_known_and_not_be_deleted(ask, emulator, alice):
    come_by_mock(emulator)
    identity = ask("GET", "/users/identities")[2]["identities"][0]["$id"]
    path = f"/account/identities/{identity}"
    assert ask("DELETE", path, as_person(alice))[:2] == (401, "user_unauthorized")
    assert ask("DELETE", "/account/identities/nosuch", as_person(alice))[:2] == (404, "user_identity_not_found")
    assert ask("GET", "/users/identities")[2]["total"] == 1


@pytest.mark.parametrize("flow", ["sessions", "tokens"])
def test_coming_back_from_a_provider_ends_the_session_of_before(ask, emulator, alice, flow):
    come_by_mock(emulator, flow, **{"X-Appwrite-Session": alice.secret})
    assert ask("GET", "/account", as_person(alice))[:2] == (401, "general_unauthorized_scope")
    assert [each["userId"] for each in ask("GET", "/users/identities")[2]["identities"]] == ["alice"]


def devices(ask: Ask) -> list[str]:
    _, _, listed = ask("GET", "/users/alice/targets")
    return [target["$id"] for target in listed["targets"] if target["providerType"] == "push"]


def test_a_device_comes_along_into_the_session_that_a_provider_gave(ask, emulator, alice):
    ask("POST", "/account/targets/push", as_person(alice), json={"targetId": "phone", "identifier": "token"})
    cookies = come_by_mock(emulator, **{"X-Appwrite-Session": alice.secret}).cookies
    assert devices(ask) == ["phone"]
    now = {**GUEST, "X-Appwrite-Session": unquote(cookies["a_session_biso_legacy"])}
    assert ask("DELETE", "/account/sessions/current", now)[0] == 204
    assert devices(ask) == []


def test_a_session_that_is_ended_from_elsewhere_takes_its_devices_along(ask, emulator, server, alice):
    ask("POST", "/account/targets/push", as_person(alice), json={"targetId": "phone", "identifier": "token"})
    _, _, session = ask("GET", "/account/sessions/current", as_person(alice))
    elsewhere = as_person(sign_in(emulator, server, "alice"))
    assert ask("DELETE", f"/account/sessions/{session['$id']}", elsewhere)[0] == 204
    assert devices(ask) == []


@pytest.fixture
def founded(alice: Person) -> str:
    """The path of the membership of whoever made the team."""
    Teams(alice.client).create("crew", "Crew")
    return "/teams/crew/memberships/" + Teams(alice.client).list_memberships("crew").memberships[0].id


def test_the_membership_of_who_made_the_team_is_there_for_members_alone(ask, founded, bob, person):
    outsider = as_person(bob)
    assert ask("DELETE", founded, outsider)[:2] == (404, "team_invite_not_found")
    body = {"userId": "alice", "secret": "x"}
    for headers in (outsider, GUEST):
        assert ask("PATCH", f"{founded}/status", headers, json=body)[:2] == (404, "membership_not_found")
    Teams(bob.client).create("others", "Others")
    elsewhere = founded.replace("/crew/", "/others/")
    assert ask("GET", elsewhere, outsider)[:2] == (404, "membership_not_found")
    assert ask("PATCH", elsewhere, outsider, json={"roles": []})[:2] == (404, "membership_not_found")
    assert ask("GET", elsewhere)[:2] == (404, "team_membership_mismatch")
    ask("POST", "/teams/crew/memberships", json={"userId": "bob", "roles": []})
    assert ask("DELETE", founded, outsider)[:2] == (401, "user_unauthorized")


def test_that_somebody_was_invited_may_be_known_to_anybody(ask, bob, person):
    ask("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    _, _, member = ask("POST", "/teams/crew/memberships", json={"userId": "bob", "roles": []})
    path = f"/teams/crew/memberships/{member['$id']}"
    outsider = as_person(person("Cleo"))
    assert ask("DELETE", path, outsider)[:2] == (404, "team_not_found")
    body = {"userId": "bob", "secret": "x"}
    assert ask("PATCH", f"{path}/status", outsider, json=body)[:2] == (401, "team_invalid_secret")


def test_somebody_who_was_invited_has_a_password_that_nobody_knows(ask, emulator: Emulator, server: Client):
    ask("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    body = {"email": "new@example.com", "roles": []}
    _, _, member = ask("POST", "/teams/crew/memberships", json=body)
    _, _, user = ask("GET", f"/users/{member['userId']}")
    assert user["password"].startswith("$argon2id$")
    assert (user["hashOptions"], user["passwordUpdate"]) == (LIGHT, "")
    secret = ask("POST", f"/users/{user['$id']}/sessions")[2]["secret"]
    assert Account(client(emulator, session=secret)).update_password(PASSWORD).id == user["$id"]


def test_a_member_has_two_factors_once_there_is_a_second_one(ask, users, alice):
    users.update_phone("alice", "+14155550100")
    ask("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    ask("POST", "/teams/crew/memberships", json={"userId": "alice", "roles": []})
    ask("GET", "/account", as_person(alice))  # she was here
    users.update_mfa("alice", True)
    for verified in (False, True):
        users.update_email_verification("alice", verified)
        (member,) = ask("GET", "/teams/crew/memberships")[2]["memberships"]
        assert (member["mfa"], member["userPhone"]) == (verified, "+14155550100")
    (of_hers,) = ask("GET", "/users/alice/memberships")[2]["memberships"]
    assert member["userAccessedAt"]
    shown = {"userPhone": "", "mfa": False, "userAccessedAt": "", "userEmail": alice.email, "userName": "Alice"}
    assert {name: of_hers[name] for name in shown} == shown


# -- what every request has in common ---------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "latin-1"])
def test_json_is_utf_8(ask, alice, coding):
    headers = {**as_person(alice), "Content-Type": "application/json"}
    told = ask("PATCH", "/account/name", headers, data='{"name": "Zoë"}'.encode(coding))
    assert told[:2] == (400, "general_argument_invalid")


def test_naming_the_console_is_naming_no_project(ask):
    console = {"X-Appwrite-Project": "console"}
    for headers in (console, {}):
        assert ask("GET", "/account", headers)[:2] == (401, "general_unauthorized_scope")
        assert ask("GET", "/tablesdb/lib/tables/books/rows", headers)[:2] == (404, "database_not_found")
    assert ask("GET", "/users", {**console, "X-Appwrite-Key": "all"})[:2] == (401, "user_unauthorized")


def test_cookies_are_percent_encoded_and_read_either_way(emulator, person):
    body = {"email": person("Adam", password=PASSWORD).email, "password": PASSWORD}
    path = f"{emulator.endpoint}/account/sessions/email"
    answer = requests.post(path, headers=GUEST, json=body, timeout=20)
    secret = json.loads(answer.headers["X-Fallback-Cookies"])["a_session_biso"]
    assert secret.endswith("=")
    assert f"a_session_biso={quote(secret, safe='')};" in answer.headers["Set-Cookie"]
    for value in (secret, quote(secret)):
        headers = {**GUEST, "Cookie": f"a_session_biso={value}"}
        assert requests.get(f"{emulator.endpoint}/account", headers=headers, timeout=20).status_code == 200
