"""Buckets and files through the official SDK."""

import hashlib
import io
import random
import signal
import threading
import time
from collections.abc import Callable

import pytest
import requests
from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.id import ID
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.storage import Storage
from PIL import Image

from appwrite_emulator.media.image_transforms import ORIENTATION
from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, client

PIECE = 5 * 1024 * 1024


@pytest.fixture
def storage(server: Client) -> Storage:
    """The Storage service of a server."""
    return Storage(server)


@pytest.fixture
def public(storage: Storage) -> str:
    """A bucket that everybody reads and members fill."""
    return storage.create_bucket("public", "Public", [Permission.read(Role.any()), Permission.create(Role.users())]).id


@pytest.fixture
def shared(storage: Storage) -> str:
    """A bucket where members keep files of their own: each file says who may."""
    return storage.create_bucket("shared", "Shared", [Permission.create(Role.users())], file_security=True).id


def text(content: str = "words", name: str = "words.txt") -> InputFile:
    return InputFile.from_bytes(content.encode(), name)


def picture(width: int = 80, height: int = 60, colour: str = "red", name: str = "cover.png") -> InputFile:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return InputFile.from_bytes(written.getvalue(), name)


def blob(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.fixture
def get(emulator: Emulator) -> Callable[..., requests.Response]:
    """A browser's plain GET of something in storage."""

    def ask(path: str, **options) -> requests.Response:
        return requests.get(f"{emulator.endpoint}/storage/buckets/{path}", {"project": "biso"}, timeout=20, **options)

    return ask


# -- buckets ----------------------------------------------------------------------------------------------------------


def test_create_bucket_has_appwrites_defaults(storage, refused):
    bucket = storage.create_bucket("covers", "Covers")
    assert (bucket.permissions, bucket.filesecurity, bucket.enabled) == ([], False, True)
    assert (bucket.maximumfilesize, bucket.compression, bucket.encryption) == (30_000_000, "none", True)
    with refused("storage_bucket_already_exists", 409):
        storage.create_bucket("covers", "Covers again")
    with refused("general_argument_invalid", 400):
        storage.create_bucket("other", "Other", maximum_file_size=10**12)


def test_buckets_are_for_servers(alice, guest, refused):
    for caller in (alice.client, guest):
        with refused("general_unauthorized_scope", 401):
            Storage(caller).list_buckets()
        with refused("general_unauthorized_scope", 401):
            Storage(caller).create_bucket("covers", "Covers")


def test_list_buckets_takes_queries_and_searches(storage, refused):
    for name in ("Covers", "Papers", "Photos"):
        storage.create_bucket(name.lower(), name, enabled=name != "Papers")
    assert [bucket.id for bucket in storage.list_buckets([Query.order_desc("name")]).buckets] == [
        "photos",
        "papers",
        "covers",
    ]
    assert [bucket.id for bucket in storage.list_buckets([Query.equal("enabled", False)]).buckets] == ["papers"]
    assert [bucket.id for bucket in storage.list_buckets(search="photos").buckets] == ["photos"]
    with refused("general_argument_invalid", 400):
        storage.list_buckets([Query.equal("compression", "none")])


def test_get_bucket_knows_what_its_files_take(storage, public, refused):
    storage.create_file(public, "one", text("x" * 300))
    assert storage.get_bucket(public).totalsize == 400  # as encrypted
    with refused("storage_bucket_not_found", 404):
        storage.get_bucket("nosuchbucket")


def test_update_bucket_resets_what_is_left_out_but_for_permissions(storage):
    storage.create_bucket("box", "Box", [Permission.read(Role.any())], True, False, 5000, ["png"], "gzip")
    bucket = storage.update_bucket("box", "Renamed")
    assert bucket.permissions == ['read("any")']
    assert (bucket.name, bucket.filesecurity, bucket.enabled) == ("Renamed", False, True)
    assert (bucket.maximumfilesize, bucket.allowedfileextensions, bucket.compression) == (30_000_000, [], "none")
    written = storage.update_bucket("box", "Box", ['write("users")', 'read("any")']).permissions
    assert written == ['create("users")', 'update("users")', 'delete("users")', 'read("any")']


def test_delete_bucket_takes_its_files_with_it(storage, public, refused):
    storage.create_file(public, "one", text())
    storage.delete_bucket(public)
    with refused("storage_bucket_not_found", 404):
        storage.get_file(public, "one")
    storage.create_bucket(public, "Public again")
    assert storage.list_files(public).total == 0


# -- files ------------------------------------------------------------------------------------------------------------


def test_create_file_by_alice_is_hers_alone(alice, bob, shared, refused):
    file = Storage(alice.client).create_file(shared, "hers", text())
    assert file.permissions == ['read("user:alice")', 'update("user:alice")', 'delete("user:alice")']
    assert Storage(alice.client).get_file_download(shared, "hers") == b"words"
    with refused("storage_file_not_found", 404):
        Storage(bob.client).get_file(shared, "hers")
    with refused("storage_file_already_exists", 409):
        Storage(bob.client).create_file(shared, "hers", text())


def test_create_file_keeps_size_digest_and_kind(storage, public):
    content = picture()
    file = storage.create_file(public, "cover", content)
    assert file.signature == hashlib.md5(content.data).hexdigest()
    assert (file.sizeoriginal, file.mimetype, file.permissions) == (len(content.data), "image/png", [])
    assert file.sizeactual == (len(content.data) + 2) // 3 * 4
    assert storage.get_file(public, "cover") == file


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
def test_the_kind_of_a_file_is_judged_by_its_bytes(storage, public, content, kind):
    assert storage.create_file(public, ID.unique(), InputFile.from_bytes(content, "misleading.png")).mimetype == kind


def test_create_file_sends_large_ones_in_pieces(storage, public):
    content = blob(12_000_000)
    shown = []
    file = storage.create_file(
        public, "big", InputFile.from_bytes(content, "big.bin"), on_progress=lambda step: shown.append(step)
    )
    assert (file.chunkstotal, file.chunksuploaded, file.signature) == (3, 3, hashlib.md5(content).hexdigest())
    assert storage.get_file_download(public, "big") == content


def test_create_file_by_a_disk_path(storage, public, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("from disk")
    assert storage.create_file(public, "notes", InputFile.from_path(str(path))).name == "notes.txt"
    assert storage.get_file_view(public, "notes") == b"from disk"


def test_create_file_refuses_what_the_bucket_does_not_take(storage, refused):
    storage.create_bucket("strict", "Strict", maximum_file_size=2000, allowed_file_extensions=["txt", "png"])
    assert storage.create_file("strict", "a", text("x" * 2000, "A.TXT")).sizeoriginal == 2000
    assert storage.create_file("strict", "b", picture(name="b.PNG")).name == "b.PNG"
    with refused("storage_invalid_file_size", 400):
        storage.create_file("strict", "c", text("x" * 2001))
    for name in ("a.exe", "a.txt.exe", "README"):
        with refused("storage_file_type_unsupported", 400):
            storage.create_file("strict", "d", text(name=name))


def test_nobody_grants_a_role_they_do_not_hold(alice, bob, shared, refused):
    storage = Storage(alice.client)
    for role in (Role.user(bob.id), Role.team("crew"), Role.guests(), Role.label("admin")):
        with refused("user_unauthorized", 401):
            storage.create_file(shared, ID.unique(), text(), [Permission.read(role)])
    for role in (Role.any(), Role.users(), Role.user(alice.id)):
        storage.create_file(shared, ID.unique(), text(), [Permission.read(role)])


def test_guests_upload_only_where_any_may(storage, guest, public, refused):
    with refused("user_unauthorized", 401):
        Storage(guest).create_file(public, "theirs", text())
    storage.create_bucket("open", "Open", [Permission.create(Role.any())])
    assert Storage(guest).create_file("open", "theirs", text()).permissions == []


def test_list_files_shows_what_the_caller_may_read(storage, alice, bob, guest, shared):
    Storage(alice.client).create_file(shared, "hers", text())
    Storage(alice.client).create_file(shared, "everybodys", text(), [Permission.read(Role.any())])
    storage.create_file(shared, "nobodys", text())
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


def test_list_files_takes_queries_and_searches(storage, public, refused):
    for number in range(5):
        storage.create_file(public, f"file{number}", text("x" * number * 10, f"paper{number}.txt"))
    page = storage.list_files(public, [Query.order_desc("sizeOriginal"), Query.limit(2)])
    assert [file.id for file in page.files] == ["file4", "file3"]
    assert page.total == 5
    assert storage.list_files(public, [Query.equal("name", "paper2.txt")]).files[0].id == "file2"
    assert storage.list_files(public, search="paper3").files[0].id == "file3"
    with refused("general_argument_invalid", 400):
        storage.list_files("nosuchbucket", [Query.equal("path", "x")])
    with refused("storage_bucket_not_found", 404):
        storage.list_files("nosuchbucket")


def test_get_file_asks_the_bucket_alone_without_file_security(storage, alice, guest, refused):
    storage.create_bucket("closed", "Closed")
    storage.create_file("closed", "open", text(), [Permission.read(Role.any())])
    for caller in (alice.client, guest):
        for call in ("get_file", "get_file_view", "get_file_download", "get_file_preview"):
            with refused("user_unauthorized", 401):
                getattr(Storage(caller), call)("closed", "open")
    assert storage.get_file("closed", "open").name == "words.txt"


def test_a_disabled_bucket_is_there_for_servers_only(storage, alice, public, refused):
    storage.create_file(public, "one", text())
    storage.update_bucket(public, "Public", enabled=False)
    with refused("storage_bucket_not_found", 404):
        Storage(alice.client).get_file(public, "one")
    assert storage.get_file(public, "one").id == "one"


def test_update_file_renames_and_shares(storage, alice, bob, shared, refused):
    hers = Storage(alice.client)
    hers.create_file(shared, "hers", text())
    assert hers.update_file(shared, "hers", name="better.txt").name == "better.txt"
    with refused("user_unauthorized", 401):
        Storage(bob.client).update_file(shared, "hers", name="bobs.txt")
    changed = hers.update_file(shared, "hers", permissions=[Permission.read(Role.any()), 'write("user:alice")'])
    assert changed.permissions == ['read("any")', 'update("user:alice")', 'delete("user:alice")']
    assert Storage(bob.client).get_file(shared, "hers").name == "better.txt"
    with refused("user_unauthorized", 401):
        hers.update_file(shared, "hers", permissions=[Permission.read(Role.label("admin"))])
    assert storage.list_files(shared, search="words").total == 1, "found by its first name, as on the real server"


def test_delete_file_frees_its_id(storage, alice, bob, shared, refused):
    Storage(alice.client).create_file(shared, "hers", text())
    with refused("user_unauthorized", 401):
        Storage(bob.client).delete_file(shared, "hers")
    Storage(alice.client).delete_file(shared, "hers")
    with refused("storage_file_not_found", 404):
        storage.get_file(shared, "hers")
    assert Storage(bob.client).create_file(shared, "hers", text("bob's")).signature


# -- view and download ------------------------------------------------------------------------------------------------


def test_get_file_view_shows_pictures_and_never_runs_a_page(storage, public, get):
    storage.create_file(public, "cover", picture())
    storage.create_file(public, "page", text("<!doctype html><script>alert(1)</script>", "page.html"))
    cover, page = get(f"{public}/files/cover/view"), get(f"{public}/files/page/view")
    assert cover.headers["content-type"] == "image/png"
    assert page.headers["content-type"] == "text/plain"
    for answer in (cover, page):
        assert answer.headers["content-security-policy"] == "script-src none;"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-disposition"].startswith("inline; ")
        assert answer.headers["cache-control"] == "private, max-age=3888000"
    assert storage.get_file_view(public, "cover") == picture().data


def test_get_file_download_names_the_file(storage, public, get):
    storage.create_file(public, "page", text("<!doctype html><p>hi", 'blåbær "og" mer.html'))
    answer = get(f"{public}/files/page/download")
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["content-disposition"].encode("latin-1").decode() == (
        'attachment; filename="blåbær "og" mer.html"'
    )
    assert storage.get_file_download(public, "page") == b"<!doctype html><p>hi"


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=0-4", 206, "abcde"),
        ("bytes=20-", 206, "uvwxyz"),
        ("bytes=0-25", 206, "abcdefghijklmnopqrstuvwxyz"),
        ("bytes=5-5", 416, None),
        ("bytes=-5", 416, None),
        ("bytes=0-26", 416, None),
        ("bytes=0-1,4-5", 416, None),
        ("letters=0-4", 416, None),
    ],
)
def test_a_range_has_two_bytes_at_least_and_lies_in_the_file(storage, public, get, wanted, status, content):
    storage.create_file(public, "letters", text("abcdefghijklmnopqrstuvwxyz"))
    answer = get(f"{public}/files/letters/view", headers={"Range": wanted})
    assert answer.status_code == status
    if content is None:
        assert answer.json()["type"] == "storage_invalid_range"
    else:
        assert answer.text == content
        assert answer.headers["content-range"].endswith("/26")


def test_a_range_may_lie_across_pieces(storage, public, get):
    content = blob(2 * PIECE + 7)
    storage.create_file(public, "big", InputFile.from_bytes(content, "big.bin"))
    for start, end in ((PIECE - 3, PIECE + 3), (0, 2 * PIECE), (2 * PIECE - 1, 2 * PIECE + 6), (PIECE, PIECE + 1)):
        answer = get(f"{public}/files/big/download", headers={"Range": f"bytes={start}-{end}"})
        assert answer.content == content[start : end + 1]


def test_a_range_without_an_end_or_with_a_far_one_is_ten_mebibytes_at_most(storage, public, get):
    content = blob(12_000_000)
    storage.create_file(public, "big", InputFile.from_bytes(content, "big.bin"))
    for wanted, start, end in (("0-", 0, 10485759), ("5-30000000", 5, 10485764), ("9000000-", 9_000_000, 11_999_999)):
        answer = get(f"{public}/files/big/view", headers={"Range": f"bytes={wanted}"})
        assert answer.headers["content-range"] == f"bytes {start}-{end}/12000000"
        assert answer.content == content[start : end + 1]


# -- pieces -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def send(emulator: Emulator) -> Callable[..., requests.Response]:
    """Send one piece of a file as a server, without the SDK's orderly ways."""

    def piece(content: bytes, start: int, end: int, file_id: str = "big", **options) -> requests.Response:
        headers = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY, "X-Appwrite-ID": file_id}
        return requests.post(
            f"{emulator.endpoint}/storage/buckets/public/files",
            data={"fileId": file_id, **options},
            files={"file": ("big.bin", content[start:end])},
            headers={**headers, "Content-Range": f"bytes {start}-{end - 1}/{len(content)}"},
            timeout=20,
        )

    return piece


def test_pieces_may_come_in_any_order_at_once_and_twice(storage, public, send):
    content = blob(4 * PIECE + 100)
    places = [(start, min(start + PIECE, len(content))) for start in range(0, len(content), PIECE)] * 2
    random.Random(1).shuffle(places)
    threads = [threading.Thread(target=send, args=(content, *place)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = storage.get_file(public, "big")
    assert (file.chunkstotal, file.chunksuploaded) == (5, 5)
    assert storage.get_file_download(public, "big") == content


def test_the_last_piece_may_be_a_single_byte(storage, public):
    content = blob(PIECE + 1)
    file = storage.create_file(public, "big", InputFile.from_bytes(content, "big.bin"))
    assert (file.chunkstotal, file.chunksuploaded, file.sizeoriginal) == (2, 2, PIECE + 1)
    assert storage.get_file_download(public, "big") == content


def test_an_unfinished_file_is_listed_and_cannot_be_read(storage, public, send, refused):
    content = blob(PIECE + 100)
    assert send(content, 0, PIECE).status_code == 201
    (file,) = storage.list_files(public).files
    assert (file.chunksuploaded, file.signature, file.mimetype) == (1, "", "")
    for call in (storage.get_file_view, storage.get_file_download):
        with refused("storage_file_not_found", 404):
            call(public, "big")
    assert send(content, PIECE, len(content)).json()["signature"] == hashlib.md5(content).hexdigest()
    assert send(content, 0, PIECE).status_code == 200, "too late, and nothing changes"


@pytest.mark.parametrize(
    "header", ["0-9/10", "bytes 0-9", "bytes 0-9/*", "bytes 0-11/10", "bytes 9-3/10", "bytes a-b/c"]
)
def test_a_piece_says_where_it_belongs(emulator, public, header):
    answer = requests.post(
        f"{emulator.endpoint}/storage/buckets/{public}/files",
        data={"fileId": "piece"},
        files={"file": ("a.bin", b"0123456789")},
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY, "Content-Range": header},
        timeout=20,
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "storage_invalid_content_range")


def test_a_piece_may_name_another_unit(emulator, public):
    answer = requests.post(
        f"{emulator.endpoint}/storage/buckets/{public}/files",
        data={"fileId": "piece"},
        files={"file": ("a.bin", b"0123456789")},
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY, "Content-Range": "letters 0-9/10"},
        timeout=20,
    )
    assert (answer.status_code, answer.json()["sizeOriginal"]) == (201, 10)


# -- previews ---------------------------------------------------------------------------------------------------------


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_get_file_preview_makes_pictures_smaller_and_keeps_their_shape(storage, public):
    storage.create_file(public, "cover", picture(80, 60))
    assert opened(storage.get_file_preview(public, "cover", width=33)).size == (33, 24)
    assert opened(storage.get_file_preview(public, "cover", height=30)).size == (40, 30)
    assert opened(storage.get_file_preview(public, "cover", width=20, height=60)).size == (20, 60)
    webp = opened(storage.get_file_preview(public, "cover", width=16, output="webp"))
    assert (webp.format, webp.size) == ("WEBP", (16, 12))


def test_get_file_preview_frames_turns_and_colours(storage, public, refused):
    storage.create_file(public, "cover", picture(80, 60))
    with refused("general_argument_invalid", 400):
        storage.get_file_preview(public, "cover", border_width=5)
    framed = opened(storage.get_file_preview(public, "cover", border_width=5, border_color="00ff00"))
    assert framed.size == (90, 70)
    assert framed.getpixel((1, 30))[:3] == (0, 255, 0)
    assert opened(storage.get_file_preview(public, "cover", rotation=90)).size == (60, 80)
    clear = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(clear, "PNG")
    storage.create_file(public, "clear", InputFile.from_bytes(clear.getvalue(), "clear.png"))
    assert opened(storage.get_file_preview(public, "clear", background="0f0")).getpixel((5, 5)) == (0, 255, 0)


def test_a_picture_taken_sideways_is_put_upright_last_of_all(storage, public):
    taken = io.BytesIO()
    held = Image.Exif()
    held[ORIENTATION] = 6
    Image.new("RGB", (80, 40), "red").save(taken, "JPEG", exif=held)
    storage.create_file(public, "photo", InputFile.from_bytes(taken.getvalue(), "photo.jpg"))
    assert opened(storage.get_file_preview(public, "photo")).size == (40, 80)
    assert opened(storage.get_file_preview(public, "photo", width=20)).size == (10, 20)


def test_a_moving_picture_goes_on_moving(storage, public):
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "green")]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=50)
    storage.create_file(public, "wave", InputFile.from_bytes(moving.getvalue(), "wave.gif"))
    small = opened(storage.get_file_preview(public, "wave", width=20))
    assert (small.format, small.size, small.n_frames) == ("GIF", (20, 15), 3)


def test_what_is_no_picture_gets_an_icon_and_a_broken_one_is_refused(storage, public, refused):
    storage.create_file(public, "words", text())
    assert opened(storage.get_file_preview(public, "words")).size == (1200, 800)
    storage.create_file(public, "broken", InputFile.from_bytes(picture().data[:60], "broken.png"))
    with refused("storage_file_type_unsupported", 400):
        storage.get_file_preview(public, "broken")


@pytest.mark.parametrize(
    "wish",
    [{"width": 4001}, {"height": -1}, {"quality": 101}, {"border_color": "#ff0000"}, {"opacity": 2}, {"rotation": 361}],
)
def test_a_preview_that_cannot_be_is_refused(storage, public, wish, refused):
    storage.create_file(public, "cover", picture())
    with refused("general_argument_invalid", 400):
        storage.get_file_preview(public, "cover", **wish)


def test_a_preview_is_remembered_until_the_file_or_everything_changes(emulator, storage, public, get):
    storage.create_file(public, "cover", picture(colour="red"))
    path = f"{public}/files/cover/preview"
    first, second = get(path), get(path)
    assert first.headers["cache-control"].startswith("no-cache")
    assert second.headers["cache-control"] == "private, max-age=15552000"
    assert first.content == second.content
    storage.delete_file(public, "cover")
    assert get(path).status_code == 404
    storage.create_file(public, "cover", picture(colour="blue"))
    assert opened(get(path).content).getpixel((0, 0)) == (0, 0, 255)


def test_transformations_switched_off_leave_previews_to_servers(storage, guest, refused):
    storage.create_bucket("plain", "Plain", [Permission.read(Role.any())], transformations=False)
    storage.create_file("plain", "cover", picture())
    with refused("storage_bucket_transformations_disabled", 403):
        Storage(guest).get_file_preview("plain", "cover")
    assert Storage(guest).get_file_view("plain", "cover") == picture().data
    assert opened(storage.get_file_preview("plain", "cover")).size == (80, 60)


# -- what lasts -------------------------------------------------------------------------------------------------------


def test_reset_returns_to_the_checkpoint_with_all_bytes(refused):
    content = blob(PIECE + 5)
    with Emulator(key=KEY) as emulator:
        storage = Storage(client(emulator, key=KEY))
        storage.create_bucket("box", "Box")
        storage.create_file("box", "kept", InputFile.from_bytes(content, "kept.bin"))
        emulator.checkpoint()
        storage.delete_file("box", "kept")
        storage.create_file("box", "later", text())
        emulator.reset()
        assert storage.get_file_download("box", "kept") == content
        with refused("storage_file_not_found", 404):
            storage.get_file("box", "later")


def test_every_acknowledged_file_survives_a_sudden_death(tmp_path):
    """SIGKILL in the middle of uploads: what was answered with 201 is there afterwards, whole."""
    contents = {f"file{number}": blob(400_000 + number) for number in range(60)}
    kept: list[str] = []
    with Emulator(key=KEY, data=tmp_path / "emulator.sqlite3") as emulator:
        Storage(client(emulator, key=KEY)).create_bucket("box", "Box")

        def upload() -> None:
            storage = Storage(client(emulator, key=KEY))
            try:
                for name, content in contents.items():
                    storage.create_file("box", name, InputFile.from_bytes(content, name))
                    kept.append(name)
            except AppwriteException:
                pass  # the server is gone

        uploading = threading.Thread(target=upload)
        uploading.start()
        while len(kept) < 10 and uploading.is_alive():
            time.sleep(0.001)
        emulator.process.send_signal(signal.SIGKILL)
        uploading.join()
    with Emulator(key=KEY, data=tmp_path / "emulator.sqlite3") as emulator:
        storage = Storage(client(emulator, key=KEY))
        for name in kept:
            assert storage.get_file_download("box", name) == contents[name]
        for file in storage.list_files("box", [Query.limit(100)]).files:
            assert hashlib.md5(storage.get_file_download("box", file.id)).hexdigest() == file.signature
