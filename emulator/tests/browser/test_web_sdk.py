"""Old and new versions of Appwrite's Web SDK in Chromium: session cookie, rows, files and events."""

import pytest
import requests

from tests.browser.conftest import NEEDS_SDKS
from tests.conftest import SERVER

pytestmark = NEEDS_SDKS

SIGN_IN = """async ([endpoint, mail]) => {
    const client = new Appwrite.Client().setEndpoint(endpoint).setProject("default");
    window.sdk = {};
    for (const service of ["Account", "Databases", "Storage"]) sdk[service] = new Appwrite[service](client);
    window.client = client;
    await sdk.Account.createEmailToken("ada", "ada@example.com");
    const { mails } = await (await fetch(mail)).json();
    await sdk.Account.createSession("ada", mails[0].code);
}"""
USER = "async () => (await sdk.Account.get()).email"
ROWS = """async () => {
    const { Permission, Query, Role } = Appwrite;
    const owner = ["read", "update", "delete"].map((action) => Permission[action](Role.user("ada")));
    await sdk.Databases.createDocument("app", "notes", "one", { title: "First" }, owner);
    await sdk.Databases.updateDocument("app", "notes", "one", { title: "Changed" });
    const found = await sdk.Databases.listDocuments("app", "notes", [Query.startsWith("title", "Chan")]);
    const refused = await sdk.Databases.getDocument("app", "notes", "two").catch((error) => error.type);
    return [found.total, found.documents[0].title, refused];
}"""
FILES = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 20 });
    const blob = await new Promise((done) => canvas.toBlob(done));
    await sdk.Storage.createFile("pictures", "red", new File([blob], "red.png", { type: "image/png" }));
    const image = new Image();
    image.src = sdk.Storage.getFilePreview("pictures", "red", 10);
    await image.decode();
    const { files } = await sdk.Storage.listFiles("pictures");
    return [files[0].name, files[0].mimeType, image.naturalWidth, image.naturalHeight];
}"""
SUBSCRIBE = """() => {
    window.titles = [];
    client.subscribe("databases.app.collections.notes.documents", ({ payload }) => titles.push(payload.title));
}"""
CREATE_UNTIL_SEEN = """async () => {
    for (let i = 0; i < 100 && !titles.length; i++) {
        await sdk.Databases.createDocument("app", "notes", `live-${i}`, { title: "Live" });
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return titles[0];
}"""


@pytest.mark.parametrize("package", ["appwrite-16", "appwrite", "appwrite-28"])
def test_web_sdk_signs_in_with_a_cookie_and_uses_rows_files_and_events(sdk_page, emulator, package):
    def send(path, **body):
        requests.post(emulator.endpoint + path, json=body, headers=SERVER, timeout=20).raise_for_status()

    permissions = ['read("users")', 'create("users")']
    columns = [{"key": "title", "type": "varchar", "size": 100}]
    send("/tablesdb", databaseId="app", name="App")
    table = {"tableId": "notes", "name": "Notes", "columns": columns, "permissions": permissions, "rowSecurity": True}
    send("/tablesdb/app/tables", **table)
    send("/storage/buckets", bucketId="pictures", name="Pictures", permissions=permissions)

    page = sdk_page(package)
    endpoint = emulator.endpoint.replace("127.0.0.1", "localhost")  # the page's host, for the cookies
    # The page cannot read the inbox because the emulator blocks other origins, so the test reads it.
    page.route("**/mail.json", lambda route: route.fulfill(json=emulator.control("GET", "inbox.json")))
    page.evaluate(SIGN_IN, [endpoint, "/mail.json"])
    assert page.evaluate(USER) == "ada@example.com"
    # Over plain HTTP, browsers reject the session's second cookie because it has `SameSite=None`.
    assert [cookie["name"] for cookie in page.context.cookies(endpoint)] == ["a_session_default_legacy"]
    assert page.evaluate(ROWS) == [1, "Changed", "document_not_found"]
    assert page.evaluate(FILES) == ["red.png", "image/png", 10, 5]
    page.evaluate(SUBSCRIBE)
    assert page.evaluate(CREATE_UNTIL_SEEN) == "Live"
    page.evaluate("() => sdk.Account.deleteSession('current')")
    assert page.context.cookies(endpoint) == []
    assert page.evaluate("() => sdk.Account.get().catch((error) => error.code)") == 401
