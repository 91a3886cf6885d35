"""The data pages show everything that is stored, escaped and without secrets."""

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
from tests.books import BooksTable, create_books_table
from tests.conftest import CALLBACK, KEY, PASSWORD, SignedInUser, client, sign_in

HOSTILE = "</td></pre><script>alert(1)</script>\"'&"


class DataPages:
    """The data pages as HTML and as JSON."""

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

    def links(self, path: str = "") -> list[str]:
        """Return the links of the page to other data pages."""
        paths = re.findall(r'href="/_emulator/data/([^"]+)"', self.page(path))
        return list(dict.fromkeys(paths))


@pytest.fixture
def data(emulator) -> DataPages:
    return DataPages(emulator)


@pytest.fixture(scope="module")
def everything(appwrite_process: Emulator) -> SignedInUser:
    """Create one object of each kind, some with hostile text, and the checkpoint `everything`; return Alice."""
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
    """The emulator reset to the checkpoint `everything`."""
    emulator.reset("everything")
    return emulator


def crawl(data: DataPages) -> dict[str, str]:
    """Return every page that is linked from the first one, directly or indirectly."""
    pages: dict[str, str] = {}
    waiting = [""]
    while waiting:
        path = waiting.pop()
        if path not in pages and not path.endswith("content"):
            pages[path] = data.page(path)
            waiting += data.links(path)
    return pages


def test_every_page_is_valid_and_without_scripts(filled, data):
    pages = crawl(data)
    assert {"users/alice/", "teams/board/", "databases/lib/books/rows/salt/", "buckets/pictures/navy/"} <= set(pages)
    for path, text in pages.items():
        html5lib.HTMLParser(strict=True).parse(text)
        assert "<script" not in text, path
        assert "Read-only." in text
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


def test_pages_of_an_empty_emulator_say_so(data):
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


def test_row_page_shows_all_values_and_links_to_long_ones(filled, data):
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


def test_images_are_shown_and_other_files_downloaded(filled, data):
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
def test_unknown_pages_are_404(filled, data, path):
    data.page(path, status=404)


def test_data_pages_are_read_only(filled, data):
    for path in ("", "users/", "users/alice/", "databases/lib/books/"):
        for method in ("POST", "PUT", "DELETE"):
            assert requests.request(method, f"{data.root}{path}", timeout=20).status_code == 405


@pytest.mark.parametrize("page", ["0", "-1", "99", "x"])
def test_invalid_page_number_shows_the_nearest_page(filled, data, page):
    assert data.json("users/", page=page)["page"] == 1
