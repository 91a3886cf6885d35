"""Push targets. Each is a device that belongs to a session."""

from urllib.parse import unquote

from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.account.mock_provider import sign_in_with_mock_provider
from tests.conftest import GUEST, INVALID, CallApi, SignedInUser, client, session_headers, sign_in


def create_push_target(call_api: CallApi, headers: dict[str, str], id: str, identifier: str) -> tuple[int, str]:
    """Create a push target and return the HTTP status and error type."""
    body = {"targetId": id, "identifier": identifier}
    return call_api("POST", "/account/targets/push", headers, json=body)[:2]


def push_targets(call_api: CallApi) -> list[str]:
    _, _, listed = call_api("GET", "/users/alice/targets")
    return [target["$id"] for target in listed["targets"] if target["providerType"] == "push"]


def test_push_targets_require_a_session(call_api):
    device = {"targetId": "unique()", "identifier": "token"}
    assert call_api("POST", "/account/targets/push", json=device)[:2] == (401, "general_unauthorized_scope")
    for method in ("PUT", "DELETE"):
        response = call_api(method, "/account/targets/nosuch/push", json={"identifier": "token"})
        assert response[:2] == (404, "user_target_not_found")


def test_push_target_identifier_must_not_exceed_255_characters(call_api: CallApi, alice: SignedInUser) -> None:
    assert create_push_target(call_api, session_headers(alice), "phone", "d" * 255)[0] == 201
    assert create_push_target(call_api, session_headers(alice), "tablet", "d" * 256) == INVALID


def test_oauth2_sign_in_keeps_the_push_targets_of_the_session(call_api, emulator, alice):
    call_api("POST", "/account/targets/push", session_headers(alice), json={"targetId": "phone", "identifier": "token"})
    cookies = sign_in_with_mock_provider(emulator, **{"X-Appwrite-Session": alice.secret}).cookies
    assert push_targets(call_api) == ["phone"]
    now = {**GUEST, "X-Appwrite-Session": unquote(cookies["a_session_default_legacy"])}
    assert call_api("DELETE", "/account/sessions/current", now)[0] == 204
    assert push_targets(call_api) == []


def test_push_targets_are_deleted_when_another_session_deletes_their_session(call_api, emulator, server, alice):
    call_api("POST", "/account/targets/push", session_headers(alice), json={"targetId": "phone", "identifier": "token"})
    _, _, session = call_api("GET", "/account/sessions/current", session_headers(alice))
    elsewhere = session_headers(sign_in(emulator, server, "alice"))
    assert call_api("DELETE", f"/account/sessions/{session['$id']}", elsewhere)[0] == 204
    assert push_targets(call_api) == []


def test_signing_out_removes_only_the_push_targets_of_that_session(
    emulator, call_api, alice: SignedInUser, users: Users
) -> None:
    secret = users.create_session("alice").secret
    create_push_target(call_api, session_headers(alice), "phone", "here")
    create_push_target(call_api, {"X-Appwrite-Project": "default", "X-Appwrite-Session": secret}, "tablet", "there")

    def devices() -> set[str]:
        return {each.id for each in users.list_targets("alice").targets if each.providertype == "push"}

    alice.account.delete_session("current")
    assert devices() == {"tablet"}
    Account(client(emulator, session=secret)).delete_sessions()
    assert devices() == set()
