"""In Chromium, Appwrite's Web SDK receives events through `client.subscribe` and the class `Realtime`."""

import pytest
import requests

from tests.browser.conftest import NEEDS_SDKS
from tests.conftest import PASSWORD, SERVER

pytestmark = NEEDS_SDKS

PREPARE = """
(endpoint) => {
    window.client = new Appwrite.Client().setEndpoint(endpoint).setProject("default");
    window.events = {};
    window.tell = (name) => (event) => (window.events[name] ??= []).push(event);
}
"""


@pytest.fixture
def page(sdk_page, emulator):
    """Open a page with the Web SDK and a `client` for the emulator."""
    page = sdk_page("appwrite")
    page.evaluate(PREPARE, emulator.endpoint)
    return page


@pytest.fixture
def table(emulator):
    """Create the notes table, which anyone can read."""
    columns = [{"key": "title", "type": "string", "size": 100, "required": False}]
    send(emulator, "/tablesdb", databaseId="app", name="App")
    send(emulator, "/tablesdb/app/tables", tableId="notes", name="N", permissions=['read("any")'], columns=columns)


def send(emulator, path, **body):
    response = requests.post(f"{emulator.endpoint}{path}", json=body, headers=SERVER, timeout=20)
    assert response.ok, response.text


def create_row(emulator, row_id, title="x"):
    send(emulator, "/tablesdb/app/tables/notes/rows", rowId=row_id, data={"title": title})


def titles(page, name, count):
    """Wait for `count` events and return their rows' titles."""
    page.wait_for_function("([name, count]) => (events[name] ?? []).length >= count", arg=[name, count])
    return page.evaluate("(name) => events[name].map((event) => event.payload.title)", name)


def wait_for_subscriptions(emulator, page, count):
    """Wait until the request log shows `count` subscriptions."""
    for _ in range(200):
        entries = emulator.control("GET", "requests.json")["requests"]
        if sum(entry["operation"] in ("realtime.connect", "realtime.subscribe") for entry in entries) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError("no subscription")


def test_client_subscribe_receives_events(emulator, page, table):
    page.evaluate("() => { client.subscribe('tablesdb.app.tables.notes.rows', tell('rows')) }")
    wait_for_subscriptions(emulator, page, 1)
    page.wait_for_timeout(300)
    create_row(emulator, "n1", "first")
    create_row(emulator, "n2", "second")
    assert titles(page, "rows", 2) == ["first", "second"]


def test_realtime_class_filters_events_by_query(emulator, page, table):
    page.evaluate(
        """async () => {
            window.realtime = new Appwrite.Realtime(client);
            await realtime.subscribe("rows", tell("all"));
            await realtime.subscribe("rows", tell("some"), [Appwrite.Query.equal("title", "second")]);
        }"""
    )
    wait_for_subscriptions(emulator, page, 2)
    create_row(emulator, "n1", "first")
    create_row(emulator, "n2", "second")
    assert titles(page, "all", 2) == ["first", "second"]
    assert titles(page, "some", 1) == ["second"]


def test_unsubscribed_channel_receives_no_events(emulator, page, table):
    page.evaluate(
        """async () => {
            window.realtime = new Appwrite.Realtime(client);
            await realtime.subscribe("rows", tell("kept"));
            const subscription = await realtime.subscribe("rows", tell("ended"));
            window.end = () => subscription.unsubscribe();
        }"""
    )
    wait_for_subscriptions(emulator, page, 2)
    create_row(emulator, "n1", "first")
    assert titles(page, "ended", 1) == ["first"]
    page.evaluate("() => end()")
    page.evaluate("async () => { await realtime.subscribe('rows', tell('later')) }")
    create_row(emulator, "n2", "second")
    titles(page, "kept", 2)
    assert titles(page, "ended", 1) == ["first"]


def test_signed_in_user_gets_events_of_the_account_and_presences(emulator, page):
    send(emulator, "/users", userId="ada", email="ada@example.com", password=PASSWORD, name="Ada")
    page.evaluate(
        """async (password) => {
            const account = new Appwrite.Account(client);
            await account.createEmailPasswordSession({ email: "ada@example.com", password });
            window.realtime = new Appwrite.Realtime(client);
            await realtime.subscribe(["account", "presences"], tell("own"));
            await realtime.upsertPresence({ presenceId: "here", status: "online" });
            await account.updateName({ name: "Ada Two" });
        }""",
        PASSWORD,
    )
    page.wait_for_function("() => (events.own ?? []).some((event) => event.payload.status === 'online')")
    requests.patch(f"{emulator.endpoint}/users/ada/name", json={"name": "Ada Three"}, headers=SERVER, timeout=20)
    page.wait_for_function("() => events.own.some((event) => event.payload.name === 'Ada Three')")


def test_sdk_connects_again_after_a_reset(emulator, page, table):
    emulator.checkpoint("table")
    page.evaluate("async () => { await new Appwrite.Realtime(client).subscribe('rows', tell('rows')) }")
    wait_for_subscriptions(emulator, page, 2)
    emulator.reset("table")
    wait_for_subscriptions(emulator, page, 2)
    create_row(emulator, "n1", "after the reset")
    assert titles(page, "rows", 1) == ["after the reset"]
