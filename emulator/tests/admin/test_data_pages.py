"""The data pages show all stored data, escaped and without secrets. They have forms for users, rows and files."""

import html
import io
import re
from typing import Any

import html5lib
import pytest
import requests
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.role import Role
from appwrite.services.account import Account
from appwrite.services.storage import Storage
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from PIL import Image

from appwrite_emulator.testing import Emulator
from tests import html_check
from tests.books import BooksTable, create_books_table
from tests.conftest import CALLBACK, KEY, PASSWORD, SignedInUser, client, sign_in, user_ids

HOSTILE = "</td></pre><script>alert(1)</script>\"'&"


class DataPages:
    """Reads the data pages as HTML or JSON and submits their forms."""

    def __init__(self, emulator: Emulator) -> None:
        self.root = f"{emulator.origin}/_emulator/data/"

    def page(self, path: str = "", status: int = 200, **query: Any) -> str:
        response = requests.get(f"{self.root}{path}", params=query, timeout=20)
        assert response.status_code == status, response.text[:500]
        return response.text

    def json(self, path: str = "", **query: Any) -> dict[str, Any]:
        response = requests.get(f"{self.root}{path}", params={**query, "format": "json"}, timeout=20)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, form: str, status: int = 302, **typed: str) -> str:
        """Submit a form. Return the path of the redirect, or the page if the response does not redirect."""
        response = requests.post(f"{self.root}{path}", data={"form": form, **typed}, timeout=20, allow_redirects=False)
        assert response.status_code == status, response.text[:500]
        return response.text if status != 302 else response.headers["Location"].removeprefix("/_emulator/data/")

    def fields(self, path: str) -> dict[str, str]:
        """Return the data that a browser would submit with the form on the page `path`."""
        tree = html5lib.parse(self.page(path), namespaceHTMLElements=False)
        form = tree.find(".//details[@id='change']/form")
        typed = {}
        for field in (*form.iter("input"), *form.iter("textarea"), *form.iter("select")):
            chosen = field.find("option[@selected]") if field.tag == "select" else field
            value = field.text or "" if field.tag == "textarea" else "" if chosen is None else chosen.get("value", "on")
            if field.get("type") != "checkbox" or field.get("checked") is not None:
                typed[field.get("name")] = value
        return {name: value for name, value in typed.items() if name != "form"}

    def links(self, path: str = "") -> list[str]:
        """Return the page's links to other data pages."""
        paths = re.findall(r'href="/_emulator/data/([^"]+)"', self.page(path))
        return list(dict.fromkeys(paths))


def alert(page: str) -> str:
    """Return the error message that the page shows."""
    (text,) = re.findall(r'<div class="note bad.*?</b>(.*?)</p>', page)
    return html.unescape(text)


@pytest.fixture
def data(emulator) -> DataPages:
    return DataPages(emulator)


@pytest.fixture(scope="module")
def everything(appwrite_process: Emulator) -> SignedInUser:
    """Create one object of each kind, some with hostile text, and save the checkpoint `everything`. Return Alice."""
    appwrite_process.reset()
    server = client(appwrite_process, key=KEY)
    users, teams, books, storage = Users(server), Teams(server), BooksTable(server), Storage(server)
    users.create("alice", email="alice@example.com", name="Alice", password=PASSWORD)
    alice = sign_in(appwrite_process, server, "alice")
    users.create("bob", email="bob@example.com", name=HOSTILE[:100])
    users.update_prefs("alice", {"motto": HOSTILE})
    users.update_labels("alice", ["editor"])
    Account(client(appwrite_process)).create_magic_url_token("alice", "alice@example.com", CALLBACK)
    teams.create("board", HOSTILE)
    teams.create_membership("board", ["owner"], user_id="alice", url=CALLBACK)
    create_books_table(server, permissions=[Permission.read(Role.users())])
    books.create("salt", [Permission.read(Role.any())], title=HOSTILE, tags=["a", HOSTILE[:30]], body="long " * 900)
    storage.create_bucket("pictures", "Pictures")
    written = io.BytesIO()
    Image.new("RGB", (8, 6), "navy").save(written, "PNG")
    storage.create_file("pictures", "navy", InputFile.from_bytes(written.getvalue(), "navy.png"))
    storage.create_file("pictures", "evil", InputFile.from_bytes(HOSTILE.encode(), "evil.html"))
    appwrite_process.checkpoint("everything")
    return alice


@pytest.fixture
def filled(emulator: Emulator, everything: SignedInUser) -> Emulator:
    """Reset the emulator to the checkpoint `everything` and return the emulator."""
    emulator.reset("everything")
    return emulator


def crawl(data: DataPages) -> dict[str, str]:
    """Follow all links from the first data page. Return a mapping of each page's path to its HTML."""
    pages: dict[str, str] = {}
    waiting = [""]
    while waiting:
        path = waiting.pop()
        if path not in pages and not path.endswith("content"):
            pages[path] = data.page(path)
            waiting += data.links(path)
    return pages


def test_every_page_is_valid_html_without_scripts(filled, data):
    pages = crawl(data)
    assert {"users/alice/", "teams/board/", "databases/lib/books/rows/salt/", "buckets/pictures/navy/"} <= set(pages)
    for path, text in pages.items():
        html5lib.HTMLParser(strict=True).parse(text)
        assert "<script" not in text, path
        assert 'aria-current="page">Data<' in text


def test_every_page_is_available_as_json(filled, data):
    for path in crawl(data):
        assert isinstance(data.json(path), dict), path


def test_no_page_shows_a_secret(filled, data, server, everything):
    token = Users(server).create_token("alice").secret
    [password_hash] = {user.password for user in Users(server).list().users if user.id == "alice"}
    texts = "".join([*crawl(data).values(), *(str(data.json(path)) for path in crawl(data))])
    for secret in (token, everything.secret, password_hash, PASSWORD):
        assert secret not in texts
    for word in ("secretHash", "providerAccessToken'", "'password'", "mfaRecoveryCodes", "jwtSecret"):
        assert word not in texts


def test_first_page_counts_the_stored_objects(filled, data):
    facts = data.json()
    assert (facts["users"], facts["teams"]) == (2, 1)
    assert [(one["id"], one["tables"]) for one in facts["databases"]] == [("lib", 1)]
    assert [(one["id"], one["files"]) for one in facts["buckets"]] == [("pictures", 2)]


def test_pages_of_an_empty_emulator_say_that_there_is_no_data(data):
    assert "No databases yet." in data.page()
    assert "No users yet." in data.page("users/")


def test_table_page_shows_columns_indexes_permissions_and_newest_rows(emulator, server, data):
    create_books_table(server, permissions=[Permission.read(Role.users())], row_security=True)
    books = BooksTable(server)
    for n in range(30):
        books.create(f"book-{n}", [Permission.read(Role.any())], pages=n)
    facts = data.json("databases/lib/books/")
    assert [column["key"] for column in facts["columns"]][:2] == ["title", "slug"]
    assert {index["key"] for index in facts["indexes"]} == {"once", "words", "newest"}
    assert facts["permissions"] == ['read("users")']
    rows = facts["rows"]
    assert (rows["total"], rows["page"], rows["pages"], rows["rows"][0]["id"]) == (30, 1, 2, "book-29")
    assert [row["id"] for row in data.json("databases/lib/books/", page=2)["rows"]["rows"]][-1] == "book-0"
    shown = data.page("databases/lib/books/")
    assert "read(&quot;any&quot;)" in shown
    assert 'rel="next"' in shown
    assert 'rel="prev"' in data.page("databases/lib/books/", page=2)


def test_rows_are_searched_by_id_and_columns_are_selected(filled, server, data):
    BooksTable(server).create("pepper", pages=7)
    rows = data.json("databases/lib/books/", q="PEP")["rows"]
    assert [row["id"] for row in rows["rows"]] == ["pepper"]
    assert "No row ID starts with “&lt;b&gt;”." in data.page("databases/lib/books/", q="<b>")
    shown = data.page("databases/lib/books/", column=["pages"])
    heads = re.findall(r'scope="col">([^<]+)<', shown)
    assert heads[:4] == ["Row", "pages", "Updated", "Permissions"]


def test_row_page_shows_all_values_and_links_to_long_values(filled, data):
    row = data.json("databases/lib/books/rows/salt/")
    assert row["data"]["tags"][0] == "a"
    assert row["permissions"] == ['read("any")']
    shown = data.page("databases/lib/books/rows/salt/")
    assert "The first part of 4500 characters." in shown
    whole = requests.get(f"{data.root}databases/lib/books/rows/salt/body", timeout=20)
    assert (whole.text, whole.headers["Content-Type"]) == ("long " * 900, "text/plain; charset=utf-8")


def test_user_page_shows_sessions_targets_memberships_and_tokens(filled, server, data):
    facts = data.json("users/alice/")
    assert facts["hasPassword"] is True
    assert facts["labels"] == ["editor"]
    assert [len(facts[name]) for name in ("sessions", "targets", "memberships")] == [1, 1, 1]
    assert facts["tokens"][0]["type"] == "magic-url"
    Users(server).update_status("alice", False)
    assert '<span class="chip state halt">Blocked</span>' in data.page("users/")


def test_values_shortened_in_a_list_are_complete_on_their_page(server, data):
    address = f"{'a' * 40}@{'b' * 40}.example.com"
    Users(server).create("ada", email=address)
    Users(server).update_labels("ada", [f"label{n}" for n in range(9)])
    assert address not in data.page("users/")
    shown = data.page("users/ada/")
    assert address in shown
    assert "label8" in shown


def test_users_are_found_by_name_and_address(filled, data):
    assert [user["id"] for user in data.json("users/", q="ALICE@")["users"]] == ["alice"]
    assert [user["id"] for user in data.json("users/", q="bo")["users"]] == ["bob"]
    assert "No users match “zoe”." in data.page("users/", q="zoe")


def test_team_page_shows_its_members(filled, data):
    [membership] = data.json("teams/board/")["memberships"]
    assert (membership["user"], membership["roles"]) == ("Alice", ["owner"])


def test_images_are_shown_and_other_files_are_downloaded(filled, data):
    assert '<img src="content"' in data.page("buckets/pictures/navy/")
    picture = requests.get(f"{data.root}buckets/pictures/navy/content", timeout=20)
    assert picture.headers["Content-Type"] == "image/png"
    page = requests.get(f"{data.root}buckets/pictures/evil/content", timeout=20)
    assert page.headers["Content-Type"] == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert page.text == HOSTILE
    assert "&lt;script&gt;" in data.page("buckets/pictures/evil/")


NOT_THERE = """
databases/no/ databases/lib/no/ databases/lib/books/rows/no/ databases/lib/books/rows/salt/no
users/no/ teams/no/ buckets/no/ buckets/pictures/no/ no/ project/ logs/1/
"""


@pytest.mark.parametrize("path", NOT_THERE.split())
def test_unknown_pages_are_not_found(filled, data, path):
    data.page(path, status=404)


def test_data_overview_pages_accept_only_get_requests(filled, data):
    for path in ("", "teams/", "databases/lib/"):
        for method in ("POST", "PUT", "DELETE"):
            assert requests.request(method, f"{data.root}{path}", timeout=20).status_code == 405


def test_forms_from_other_origins_and_unknown_actions_are_rejected(filled, data):
    delete = {"form": "delete"}
    foreign = requests.post(f"{data.root}users/bob/", data=delete, headers={"Origin": "http://evil.test"}, timeout=20)
    assert foreign.status_code == 403
    assert requests.post(f"{data.root}users/bob/", data={"form": "nothing"}, timeout=20).status_code == 400
    assert data.json("users/bob/")["name"] == HOSTILE[:100]


def test_user_form_keeps_the_input_after_an_error_and_creates_the_user(emulator, users, data):
    typed = {"id": "ada", "name": "Ada & <b>", "email": "not an address", "phone": "+4712345678", "password": PASSWORD}
    page = data.post("users/", "create", 400, **typed)
    html_check.check(page, "en")
    assert alert(page).strip() == "Invalid `email` param: Value must be a valid email address"
    for text in typed.values():
        assert f'value="{html.escape(text)}"' in page
    assert data.post("users/", "create", **{**typed, "email": "ada@example.com"}) == "users/ada/"
    ada = users.get("ada")
    assert (ada.name, ada.email, ada.phone) == (typed["name"], "ada@example.com", typed["phone"])
    assert Account(client(emulator)).create_email_password_session("ada@example.com", PASSWORD).userid == "ada"
    assert data.post("users/", "create").startswith("users/")


def test_invalid_user_form_changes_nothing(filled, users, data):
    typed = {
        "name": "Alice B",
        "email": "b@example.com",
        "labels": "admin\r\neditor",
        "prefs": '{"a": 1}',
        "email_verification": "on",
    }
    page = data.post("users/alice/", "change", 400, **{**typed, "prefs": "{"})
    assert "The preferences are not valid JSON" in page
    assert users.get("alice").name == "Alice"
    assert data.post("users/alice/", "change", **typed) == "users/alice/"
    alice = users.get("alice")
    assert (alice.name, alice.email, alice.labels) == ("Alice B", "b@example.com", ["admin", "editor"])
    assert (alice.prefs.data, alice.emailverification, alice.status) == ({"a": 1}, True, False)
    assert data.post("users/alice/", "delete") == "users/"
    assert "alice" not in user_ids(filled)


def test_data_page_signs_in_as_a_user(filled, data):
    page = data.post("users/bob/", "sign-in", 200)
    html_check.check(page, "en")
    (secret,) = re.findall(r">a_session_default=([\w+/=]+)</code>", page)
    assert f"client.setSession(&quot;{secret}&quot;)" in page
    assert Account(client(filled, session=secret)).get().id == "bob"
    assert secret not in data.page("users/bob/")


def test_row_is_created_changed_and_deleted(filled, server, data):
    page = data.page("databases/lib/books/")
    fields = re.findall(r'name="(column-\w+)"', page)
    assert fields[:2] == ["column-title", "column-slug"]
    books = BooksTable(server)
    rejected = data.post("databases/lib/books/", "create", 400, **{"column-title": "Kept <i>", "column-pages": "many"})
    html_check.check(rejected, "en")
    assert "Kept &lt;i&gt;" in rejected
    assert 'value="many"' in rejected
    assert "pages" in alert(rejected)
    typed = {"id": "new", "column-title": "Title", "column-pages": "7", "column-tags": '["a", "b"]'}
    url = data.post("databases/lib/books/", "create", **typed, permissions='read("any")\nupdate("any")')
    assert url == "databases/lib/books/rows/new/"
    row = books.get("new")
    assert (row.data["title"], row.data["pages"], row.data["tags"]) == ("Title", 7, ["a", "b"])
    assert row.permissions == ['read("any")', 'update("any")']
    current = data.fields(url)
    assert data.post(url, "change", **{**current, "column-title": "Other"}) == url
    assert {**books.get("new").data, "title": "Title"} == row.data
    assert data.post(url, "delete") == "databases/lib/books/"
    data.page(url, status=404)


def test_empty_text_is_stored_as_null_only_if_null_is_ticked(filled, server, data):
    books, url = BooksTable(server), "databases/lib/books/rows/salt/"
    data.post(url, "change", **{**data.fields(url), "column-body": ""})
    assert books.get("salt").data["body"] == ""
    data.post(url, "change", **{**data.fields(url), "column-body": "", "null-body": "on"})
    assert books.get("salt").data["body"] is None


def test_file_is_uploaded_changed_and_deleted(filled, data):
    response = requests.post(
        f"{data.root}buckets/pictures/",
        data={"form": "upload", "id": "new", "permissions": 'read("any")'},
        files={"file": ("hello.txt", b"Hello")},
        timeout=20,
    )
    assert (response.status_code, response.url) == (200, f"{data.root}buckets/pictures/new/")
    assert requests.get(f"{data.root}buckets/pictures/new/content", timeout=20).text == "Hello"
    assert "file" in alert(data.post("buckets/pictures/", "upload", 400))
    url = "buckets/pictures/new/"
    assert data.post(url, "change", name="bye.txt", permissions='read("users")') == url
    assert (data.json(url)["name"], data.json(url)["permissions"]) == ("bye.txt", ['read("users")'])
    assert data.post(url, "delete") == "buckets/pictures/"
    data.page(url, status=404)


def test_forms_ignore_faults_and_are_not_in_the_request_log(emulator, users, appwrite_faults, data):
    appwrite_faults.add("users.create", status=503)
    assert data.post("users/", "create", id="ada") == "users/ada/"
    assert [fault["calls"] for fault in appwrite_faults.all()] == [0]
    assert emulator.control("GET", "requests.json")["total"] == 0


@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_invalid_page_number_shows_the_nearest_page(filled, data, page):
    assert data.json("users/", page=page)["page"] == 1
