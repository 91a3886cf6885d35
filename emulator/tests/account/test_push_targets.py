"""Push targets: the devices of a session."""

from urllib.parse import unquote

from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.account.mock_provider import come_by_mock
from tests.conftest import GUEST, INVALID, Ask, Person, as_person, client, sign_in


def add_device(ask: Ask, headers: dict[str, str], id: str, identifier: str) -> tuple[int, str]:
    """Somebody registers the device that they hold."""
    told = {"targetId": id, "identifier": identifier}
    return ask("POST", "/account/targets/push", headers, json=told)[:2]


def push_targets(ask: Ask) -> list[str]:
    _, _, listed = ask("GET", "/users/alice/targets")
    return [target["$id"] for target in listed["targets"] if target["providerType"] == "push"]


def test_devices_are_for_people(ask):
    device = {"targetId": "unique()", "identifier": "token"}
    assert ask("POST", "/account/targets/push", json=device)[:2] == (401, "general_unauthorized_scope")
    for method in ("PUT", "DELETE"):
        answer = ask(method, "/account/targets/nosuch/push", json={"identifier": "token"})
        assert answer[:2] == (404, "user_target_not_found")


def test_a_device_has_at_most_255_characters(ask: Ask, alice: Person) -> None:
    assert add_device(ask, as_person(alice), "phone", "d" * 255)[0] == 201
    assert add_device(ask, as_person(alice), "tablet", "d" * 256) == INVALID


def test_a_device_comes_along_into_the_session_that_a_provider_gave(ask, emulator, alice):
    ask("POST", "/account/targets/push", as_person(alice), json={"targetId": "phone", "identifier": "token"})
    cookies = come_by_mock(emulator, **{"X-Appwrite-Session": alice.secret}).cookies
    assert push_targets(ask) == ["phone"]
    now = {**GUEST, "X-Appwrite-Session": unquote(cookies["a_session_biso_legacy"])}
    assert ask("DELETE", "/account/sessions/current", now)[0] == 204
    assert push_targets(ask) == []


def test_a_session_that_is_ended_from_elsewhere_takes_its_devices_along(ask, emulator, server, alice):
    ask("POST", "/account/targets/push", as_person(alice), json={"targetId": "phone", "identifier": "token"})
    _, _, session = ask("GET", "/account/sessions/current", as_person(alice))
    elsewhere = as_person(sign_in(emulator, server, "alice"))
    assert ask("DELETE", f"/account/sessions/{session['$id']}", elsewhere)[0] == 204
    assert push_targets(ask) == []


def test_signing_out_takes_away_the_device_of_that_session_alone(emulator, ask, alice: Person, users: Users) -> None:
    secret = users.create_session("alice").secret
    add_device(ask, as_person(alice), "phone", "here")
    add_device(ask, {"X-Appwrite-Project": "biso", "X-Appwrite-Session": secret}, "tablet", "there")

    def devices() -> set[str]:
        return {each.id for each in users.list_targets("alice").targets if each.providertype == "push"}

    alice.account.delete_session("current")
    assert devices() == {"tablet"}
    Account(client(emulator, session=secret)).delete_sessions()
    assert devices() == set()
