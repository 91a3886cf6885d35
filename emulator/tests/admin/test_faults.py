"""Faults affect only the calls that they match, and a reset removes them."""

import time

import pytest
import requests
from appwrite.exception import AppwriteException
from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.conftest import GUEST, KEY, SERVER, client, session_headers


@pytest.fixture
def faults(emulator):
    return f"{emulator.origin}/_emulator/faults.json"


@pytest.fixture
def fault(faults):
    """Return a function that adds a fault: `fault("users.list", status=503)`."""

    def add(operation, **what):
        response = requests.post(faults, json={"operation": operation, **what}, timeout=20)
        assert response.status_code == 201, response.text
        return response.json()

    return add


def outcomes(call, times):
    """Call `call` repeatedly. Return each call's error type, or `fine` if the call succeeded."""
    results = []
    for _ in range(times):
        try:
            call()
            results.append("fine")
        except AppwriteException as error:
            results.append(error.type)
    return results


def test_error_has_the_requested_status(users, fault, expect_error):
    fault("users.list", status=503)
    with expect_error("general_unknown", 503):
        users.list()


def test_fault_does_not_affect_other_operations(users, fault):
    fault("users.list", status=503)
    assert users.create("ada").id == "ada"
    assert users.get("ada").id == "ada"


@pytest.mark.parametrize(
    ("operation", "status", "type"),
    [
        ("users.get", 404, "user_not_found"),
        ("users.create", 409, "user_already_exists"),
        ("users.list", 404, "user_not_found"),
        ("users.list", 429, "general_rate_limit_exceeded"),
        ("users.*", 500, "general_unknown"),
        ("*", 401, "user_unauthorized"),
    ],
)
def test_error_type_follows_operation_and_status(fault, faults, users, operation, status, type):
    fault(operation, status=status)
    call = {"users.get": lambda: users.get("ada"), "users.create": lambda: users.create("ada")}.get(
        operation, users.list
    )
    assert outcomes(call, 1) == [type]


@pytest.mark.parametrize(
    ("operation", "type"),
    [
        ("tablesDB.getRow", "row_not_found"),
        ("tablesDB.listRows", "row_not_found"),
        ("databases.deleteDocument", "document_not_found"),
        ("storage.getFile", "storage_file_not_found"),
        ("teams.getMembership", "membership_not_found"),
    ],
)
def test_error_type_of_a_404_contains_the_resource(emulator, fault, operation, type):
    fault(operation, status=404)
    page = requests.get(f"{emulator.origin}/_emulator/faults/", timeout=20).text
    assert f"responds with 404 {type}" in page


def test_error_type_determines_the_status(users, fault, expect_error):
    assert fault("users.list", type="user_blocked")["status"] == 403
    with expect_error("user_blocked", 403):
        users.list()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 429, 500])
def test_fault_with_only_a_status_has_an_error_type_with_that_status(users, fault, faults, status):
    fault("*", status=status)
    [type] = outcomes(users.list, 1)
    requests.delete(faults, timeout=20).raise_for_status()
    assert fault("users.list", type=type)["status"] == status


def test_fault_hits_only_the_first_calls(users, fault):
    fault("users.list", status=500, first=2)
    assert outcomes(users.list, 4) == ["general_unknown", "general_unknown", "fine", "fine"]


def test_fault_hits_every_third_call(users, fault):
    fault("users.list", status=500, every=3)
    assert outcomes(users.list, 6) == ["fine", "fine", "general_unknown"] * 2


def test_calls_and_hits_of_a_fault_are_counted(users, fault, faults):
    fault("users.*", status=500, every=2)
    outcomes(users.list, 5)
    [shown] = requests.get(faults, timeout=20).json()["faults"]
    assert (shown["calls"], shown["hits"]) == (5, 2)


def test_call_on_a_dropped_connection_is_not_executed(emulator, users, fault):
    fault("users.create", drop=True)
    with pytest.raises(requests.ConnectionError):
        requests.post(
            f"{emulator.endpoint}/users",
            json={"userId": "ada"},
            headers=SERVER,
            timeout=20,
        )
    assert users.list().total == 0


def test_keep_alive_connection_is_dropped_and_the_next_connection_works(emulator, alice, fault):
    with requests.Session() as kept:
        kept.headers.update(session_headers(alice))
        assert kept.get(f"{emulator.endpoint}/account", timeout=20).status_code == 200
        fault("account.get", drop=True, first=1)
        with pytest.raises(requests.ConnectionError):
            kept.get(f"{emulator.endpoint}/account", timeout=20)
        assert kept.get(f"{emulator.endpoint}/account", timeout=20).status_code == 200


def test_change_is_stored_when_the_response_is_lost(users, fault):
    fault("users.create", drop=True, after=True)
    with pytest.raises(AppwriteException):
        users.create("ada")
    assert users.get("ada").id == "ada"


def test_malformed_response_is_not_json(emulator, fault):
    fault("account.get", malformed=True)
    response = requests.get(f"{emulator.endpoint}/account", headers=GUEST, timeout=20)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/json")
    with pytest.raises(requests.JSONDecodeError):
        response.json()


def test_delayed_response_is_correct(users, fault):
    fault("users.list", delay=0.2)
    begun = time.monotonic()
    assert users.list().total == 0
    assert time.monotonic() - begun >= 0.2


def test_delay_and_error_from_two_faults_are_combined(users, fault, expect_error):
    fault("*", delay=0.1)
    fault("users.list", status=502)
    begun = time.monotonic()
    with expect_error("general_unknown", 502):
        users.list()
    assert time.monotonic() - begun >= 0.1


def test_fault_matches_either_name_of_an_operation(server, fault):
    fault("tablesDB.createRows", status=500)
    response = outcomes(lambda: server.call("post", "/tablesdb/app/tables/posts/rows", {}, {"rows": []}), 1)
    assert response == ["general_unknown"]


def test_reset_and_delete_remove_faults(emulator, users, fault, faults):
    one, other = fault("users.list", status=500), fault("users.get", status=500)
    assert requests.delete(faults, params={"id": one["id"]}, timeout=20).json()["faults"] == [other]
    assert requests.delete(faults, params={"id": one["id"]}, timeout=20).status_code == 404
    assert requests.delete(faults, timeout=20).json()["total"] == 0
    fault("users.list", status=500)
    emulator.reset()
    assert requests.get(faults, timeout=20).json()["total"] == 0
    assert users.list().total == 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ([], "an object"),
        ({"operation": "users.lst", "status": 500}, "users.list"),
        ({"operation": "nothing.*", "status": 500}, "Unknown operation"),
        ({"operation": "users.list"}, "is required"),
        ({"operation": "users.list", "status": 200}, "between 400 and 599"),
        ({"operation": "users.list", "status": "500"}, "type int"),
        ({"operation": "users.list", "type": "nonsense"}, "nonsense"),
        ({"operation": "users.list", "status": 500, "drop": True}, "Only one of `status`, `drop` and `malformed`"),
        ({"operation": "users.list", "status": 500, "first": 1, "every": 2}, "Only one of `first` and `every`"),
        ({"operation": "users.list", "status": 500, "first": -1}, "at least 1"),
        ({"operation": "users.list", "status": 500, "first": 0}, "at least 1"),
        ({"operation": "users.list", "status": 500, "every": 0}, "at least 1"),
        ({"operation": "users.list", "delay": 601}, "600 seconds"),
        ({"operation": "users.list", "delay": -1}, "600 seconds"),
        ({"operation": "users.list", "drop": True, "often": 1}, "often"),
        ({"operation": "users.list", "drop": True, "hits": 1}, "hits"),
    ],
)
def test_invalid_fault_is_rejected_with_a_message(faults, fault, message):
    response = requests.post(faults, json=fault, timeout=20)
    assert response.status_code == 400
    assert message in response.json()["message"]
    assert requests.get(faults, timeout=20).json()["total"] == 0


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 200_000], ids=["empty", "incomplete", "not UTF-8", "too deep"]
)
@pytest.mark.parametrize("name", ["faults.json", "clock"])
def test_invalid_json_is_rejected_with_a_message(emulator, name, body):
    response = requests.post(f"{emulator.origin}/_emulator/{name}", data=body, timeout=20)
    assert response.status_code == 400
    assert response.json()["message"]


def test_faults_are_added_and_removed_on_the_page(emulator, faults, guest, expect_error):
    page = f"{emulator.origin}/_emulator/faults/"
    form = {
        "operation": "account.get",
        "effect": "status",
        "status": "418",
        "type": "",
        "calls": "first",
        "number": "1",
    }
    shown = requests.post(page, data=form, timeout=20)
    assert (shown.status_code, "responds with 418 general_unknown" in shown.text) == (200, True)
    with expect_error("general_unknown", 418):
        Account(guest).get()
    [fault] = requests.get(faults, timeout=20).json()["faults"]
    requests.post(page, data={"remove": fault["id"]}, timeout=20).raise_for_status()
    assert requests.get(faults, timeout=20).json()["total"] == 0


def test_page_keeps_the_input_and_shows_errors(emulator, faults):
    page = f"{emulator.origin}/_emulator/faults/"
    form = {"operation": "account.got", "effect": "status", "status": "many", "calls": "all"}
    shown = requests.post(page, data=form, timeout=20)
    assert shown.status_code == 400
    assert 'value="account.got"' in shown.text
    assert "Status must be a number." in shown.text
    numbered = {**form, "operation": "account.get", "status": "500", "calls": "every", "number": "few"}
    assert "Number of calls must be a number." in requests.post(page, data=numbered, timeout=20).text
    shown = requests.post(page, data={**form, "status": "500"}, timeout=20)
    assert "account.get" in shown.text.partition("</form>")[0]


def test_request_log_shows_the_fault(emulator, fault):
    set_ = fault("users.list", drop=True)
    with pytest.raises(AppwriteException):
        Users(client(emulator, key=KEY)).list()
    log = f"{emulator.origin}/_emulator/requests.json"
    [entry] = requests.get(log, params={"operation": "users.list"}, timeout=20).json()["requests"]
    assert (entry["status"], entry["faults"]) == (444, [set_["id"]])
