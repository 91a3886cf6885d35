"""Realtime events of executions."""

from contextlib import ExitStack

from tests.realtime.conftest import open_connection


def connect(emulator, person):
    connection = open_connection(emulator, "executions", X_Appwrite_Session=person.secret)
    assert connection.receive()["type"] == "connected"
    return connection


def test_user_gets_the_events_of_their_executions(emulator, call_api, alice, bob):
    function = {"functionId": "hello", "name": "Hello", "runtime": "python-3.11", "execute": ["users"]}
    assert call_api("POST", "/functions", json=function)[0] == 201
    headers = {"X-Appwrite-Project": "default", "X-Appwrite-Session": alice.secret}
    with ExitStack() as stack:
        connections = [connect(emulator, person) for person in (alice, bob)]
        for connection in connections:
            stack.callback(connection.socket.close)
        status, _, execution = call_api("POST", "/functions/hello/executions", headers=headers, json={"async": True})
        assert status == 202, execution
        created, updated = connections[0].receive()["data"], connections[0].receive()["data"]
        assert connections[1].events() == []
    name = f"functions.hello.executions.{execution['$id']}"
    assert (created["events"][0], created["payload"]["status"]) == (f"{name}.create", "waiting")
    assert (updated["events"][0], updated["payload"]["status"]) == (f"{name}.update", "completed")
    assert created["channels"] == [
        *("console", "projects.default", "executions", f"executions.{execution['$id']}", "functions.hello"),
        *("executions.create", f"executions.{execution['$id']}.create", "functions.hello.create"),
    ]


def test_user_gets_no_events_of_an_execution_started_by_a_key(emulator, call_api, alice):
    function = {"functionId": "hello", "name": "Hello", "runtime": "python-3.11"}
    assert call_api("POST", "/functions", json=function)[0] == 201
    connection = connect(emulator, alice)
    assert call_api("POST", "/functions/hello/executions")[0] == 201
    assert connection.events() == []
    connection.socket.close()
