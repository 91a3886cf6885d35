"""Creating, reading, updating and deleting files, and file permissions."""

import hashlib

import pytest
from appwrite.id import ID
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.storage import Storage

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, client
from tests.storage.conftest import CHUNK_SIZE, COVERS, png_file, random_bytes, text_file


def test_create_file_grants_permissions_only_to_its_creator(alice, bob, shared, expect_error):
    file = Storage(alice.client).create_file(shared, "hers", text_file())
    assert file.permissions == ['read("user:alice")', 'update("user:alice")', 'delete("user:alice")']
    assert Storage(alice.client).get_file_download(shared, "hers") == b"words"
    with expect_error("storage_file_not_found", 404):
        Storage(bob.client).get_file(shared, "hers")
    with expect_error("storage_file_already_exists", 409):
        Storage(bob.client).create_file(shared, "hers", text_file())


def test_create_file_stores_size_digest_and_media_type(storage, public):
    content = png_file()
    file = storage.create_file(public, "cover", content)
    assert file.signature == hashlib.md5(content.data).hexdigest()
    assert (file.sizeoriginal, file.mimetype, file.permissions) == (len(content.data), "image/png", [])
    assert file.sizeactual == (len(content.data) + 2) // 3 * 4
    assert storage.get_file(public, "cover") == file
    assert file.createdat == file.updatedat


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/x-empty"),
        (b"x", "application/octet-stream"),
        (b"plain words", "text/plain"),
        ("søte ord".encode("latin-1"), "text/plain"),
        (b"\0\1\2\3" * 9, "application/octet-stream"),
        (b'{"a": [1, 2]}', "application/json"),
        (b"a,b,c\n1,2,3\n", "text/csv"),
        (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
        (b"def total(a, b):\n    return a + b\n", "text/x-script.python"),
        (b'const express = require("express");\n', "application/javascript"),
        (b"#include <stdio.h>\n", "text/x-c"),
        (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "text/calendar"),
        (b"<!doctype html><p>hi", "text/html"),
        (b'<?xml version="1.0"?><a/>', "text/xml"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b"%PDF-1.4 and so on", "application/pdf"),
        (b"\xff\xd8\xff\xe0 and so on", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypmp42\0\0", "video/mp4"),
        (b"PK\x03\x04" + b"\0" * 20, "application/zip"),
    ],
)
def test_media_type_is_detected_from_the_content(storage, public, content, kind):
    assert storage.create_file(public, ID.unique(), InputFile.from_bytes(content, "misleading.png")).mimetype == kind


def test_create_file_from_a_path(storage, public, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("from disk")
    assert storage.create_file(public, "notes", InputFile.from_path(str(path))).name == "notes.txt"
    assert storage.get_file_view(public, "notes") == b"from disk"


def test_create_file_rejects_disallowed_sizes_and_extensions(storage, expect_error):
    storage.create_bucket("strict", "Strict", maximum_file_size=2000, allowed_file_extensions=["txt", "png"])
    assert storage.create_file("strict", "a", text_file("x" * 2000, "A.TXT")).sizeoriginal == 2000
    assert storage.create_file("strict", "b", png_file(name="b.PNG")).name == "b.PNG"
    with expect_error("storage_invalid_file_size", 400):
        storage.create_file("strict", "c", text_file("x" * 2001))
    for name in ("a.exe", "a.txt.exe", "README"):
        with expect_error("storage_file_type_unsupported", 400):
            storage.create_file("strict", "d", text_file(name=name))


def test_user_cannot_grant_a_role_they_lack(alice, bob, shared, expect_error):
    storage = Storage(alice.client)
    for role in (Role.user(bob.id), Role.team("crew"), Role.guests(), Role.label("admin")):
        with expect_error("user_unauthorized", 401):
            storage.create_file(shared, ID.unique(), text_file(), [Permission.read(role)])
    for role in (Role.any(), Role.users(), Role.user(alice.id)):
        storage.create_file(shared, ID.unique(), text_file(), [Permission.read(role)])


def test_guests_can_upload_only_with_a_permission_for_any(storage, guest, public, expect_error):
    with expect_error("user_unauthorized", 401):
        Storage(guest).create_file(public, "theirs", text_file())
    storage.create_bucket("open", "Open", [Permission.create(Role.any())])
    assert Storage(guest).create_file("open", "theirs", text_file()).permissions == []


def test_list_files_shows_only_readable_files(storage, alice, bob, guest, shared):
    Storage(alice.client).create_file(shared, "hers", text_file())
    Storage(alice.client).create_file(shared, "everybodys", text_file(), [Permission.read(Role.any())])
    storage.create_file(shared, "nobodys", text_file())
    seen = {
        name: sorted(file.id for file in Storage(caller).list_files(shared).files)
        for name, caller in {"alice": alice.client, "bob": bob.client, "guest": guest, "server": storage.client}.items()
    }
    assert seen == {
        "alice": ["everybodys", "hers"],
        "bob": ["everybodys"],
        "guest": ["everybodys"],
        "server": ["everybodys", "hers", "nobodys"],
    }


def test_list_files_supports_queries_and_search(storage, public, expect_error):
    for number in range(5):
        storage.create_file(public, f"file{number}", text_file("x" * number * 10, f"paper{number}.txt"))
    page = storage.list_files(public, [Query.order_desc("sizeOriginal"), Query.limit(2)])
    assert [file.id for file in page.files] == ["file4", "file3"]
    assert page.total == 5
    assert storage.list_files(public, [Query.equal("name", "paper2.txt")]).files[0].id == "file2"
    assert storage.list_files(public, search="paper3").files[0].id == "file3"
    with expect_error("general_argument_invalid", 400):
        storage.list_files("nosuchbucket", [Query.equal("path", "x")])
    with expect_error("storage_bucket_not_found", 404):
        storage.list_files("nosuchbucket")


def test_get_file_without_file_security_uses_only_bucket_permissions(storage, alice, guest, expect_error):
    storage.create_bucket("closed", "Closed")
    storage.create_file("closed", "open", text_file(), [Permission.read(Role.any())])
    for caller in (alice.client, guest):
        for call in ("get_file", "get_file_view", "get_file_download", "get_file_preview"):
            with expect_error("user_unauthorized", 401):
                getattr(Storage(caller), call)("closed", "open")
    assert storage.get_file("closed", "open").name == "words.txt"


def test_update_file_changes_name_and_permissions(storage, alice, bob, shared, expect_error):
    hers = Storage(alice.client)
    hers.create_file(shared, "hers", text_file())
    assert hers.update_file(shared, "hers", name="better.txt").name == "better.txt"
    with expect_error("user_unauthorized", 401):
        Storage(bob.client).update_file(shared, "hers", name="bobs.txt")
    changed = hers.update_file(shared, "hers", permissions=[Permission.read(Role.any()), 'write("user:alice")'])
    assert changed.permissions == ['read("any")', 'update("user:alice")', 'delete("user:alice")']
    assert Storage(bob.client).get_file(shared, "hers").name == "better.txt"
    with expect_error("user_unauthorized", 401):
        hers.update_file(shared, "hers", permissions=[Permission.read(Role.label("admin"))])
    assert storage.list_files(shared, search="words").total == 1, "found by its first name, as on the real server"


def test_file_name_must_have_1_to_128_characters(call_api, covers_bucket):
    path = f"{COVERS}/files/one"
    assert call_api("PUT", path, json={"name": "n" * 128})[2]["name"] == "n" * 128
    assert call_api("PUT", path, json={"name": "n" * 129})[:2] == (400, "general_argument_invalid")
    assert call_api("PUT", path, json={"name": ""})[:2] == (400, "general_argument_invalid")
    assert call_api("PUT", path, json={"name": None})[2]["name"] == "n" * 128


def test_delete_file_frees_its_id(storage, alice, bob, shared, expect_error):
    Storage(alice.client).create_file(shared, "hers", text_file())
    with expect_error("user_unauthorized", 401):
        Storage(bob.client).delete_file(shared, "hers")
    Storage(alice.client).delete_file(shared, "hers")
    with expect_error("storage_file_not_found", 404):
        storage.get_file(shared, "hers")
    assert Storage(bob.client).create_file(shared, "hers", text_file("bob's")).signature


@pytest.mark.processes
def test_reset_to_a_checkpoint_restores_file_contents(expect_error):
    content = random_bytes(CHUNK_SIZE + 5)
    with Emulator(key=KEY) as emulator:
        storage = Storage(client(emulator, key=KEY))
        storage.create_bucket("box", "Box")
        storage.create_file("box", "kept", InputFile.from_bytes(content, "kept.bin"))
        emulator.checkpoint()
        storage.delete_file("box", "kept")
        storage.create_file("box", "later", text_file())
        emulator.reset()
        assert storage.get_file_download("box", "kept") == content
        with expect_error("storage_file_not_found", 404):
            storage.get_file("box", "later")
