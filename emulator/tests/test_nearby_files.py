"""Cases near the recorded ones in storage, avatars and lists, as the real server's source and PHP have them."""

import io

import pytest
import requests
from PIL import Image

from tests.conftest import SERVER

BUCKET = "/storage/buckets/covers"


@pytest.fixture
def covers(ask, emulator):
    """A bucket with a picture of 40 by 20."""
    ask("POST", "/storage/buckets", json={"bucketId": "covers", "name": "Covers"})
    written = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, "PNG")
    requests.post(
        f"{emulator.endpoint}{BUCKET}/files",
        headers=SERVER,
        data={"fileId": "one"},
        files={"file": ("one.png", written.getvalue())},
        timeout=20,
    ).raise_for_status()


@pytest.fixture
def preview(emulator, covers):
    def get(**wishes):
        return requests.get(f"{emulator.endpoint}{BUCKET}/files/one/preview", wishes, headers=SERVER, timeout=20)

    return get


def test_null_leaves_some_settings_of_a_bucket(ask, covers):
    ask("PUT", BUCKET, json={"name": "Covers", "maximumFileSize": 9000, "compression": "gzip", "encryption": False})
    nothing = {"maximumFileSize": None, "compression": None, "encryption": None}
    _, _, bucket = ask("PUT", BUCKET, json={"name": "Covers", **nothing})
    assert (bucket["maximumFileSize"], bucket["compression"], bucket["encryption"]) == (9000, "gzip", False)
    _, _, bucket = ask("PUT", BUCKET, json={"name": "Covers"})
    assert (bucket["maximumFileSize"], bucket["compression"], bucket["encryption"]) == (30_000_000, "none", True)
    _, _, bucket = ask("POST", "/storage/buckets", json={"bucketId": "other", "name": "Other", **nothing})
    assert (bucket["maximumFileSize"], bucket["compression"], bucket["encryption"]) == (30_000_000, "none", True)


def test_what_files_take_is_told_to_whoever_looks_and_not_to_whoever_changes(ask, covers):
    size = ask("GET", f"{BUCKET}/files/one")[2]["sizeActual"]
    assert ask("GET", BUCKET)[2]["totalSize"] == size
    assert ask("GET", "/storage/buckets")[2]["buckets"][0]["totalSize"] == size
    assert ask("PUT", BUCKET, json={"name": "Covers"})[2]["totalSize"] == 0


@pytest.mark.parametrize("name", ["a.png", "a.PNG"])
def test_an_extension_allowed_in_capitals_lets_nothing_in(ask, covers, name):
    ask("PUT", BUCKET, json={"name": "Covers", "allowedFileExtensions": ["PNG"]})
    refused = ask("POST", f"{BUCKET}/files", data={"fileId": "two"}, files={"file": (name, b"a")})
    assert refused[:2] == (400, "storage_file_type_unsupported")


def test_the_name_of_a_file(ask, covers):
    path = f"{BUCKET}/files/one"
    assert ask("PUT", path, json={"name": "n" * 128})[2]["name"] == "n" * 128
    assert ask("PUT", path, json={"name": "n" * 129})[:2] == (400, "general_argument_invalid")
    assert ask("PUT", path, json={"name": ""})[:2] == (400, "general_argument_invalid")
    assert ask("PUT", path, json={"name": None})[2]["name"] == "n" * 128


@pytest.mark.parametrize("width", ["10", " 10", "10 ", "+10", "010"])
def test_numbers_in_addresses_as_php_reads_them(preview, width):
    answer = preview(width=width)
    assert Image.open(io.BytesIO(answer.content)).size == (10, 5)


@pytest.mark.parametrize(
    "wish", [{"width": "1e1"}, {"width": "10.0"}, {"width": "0x10"}, {"opacity": "."}, {"opacity": "1.1"}]
)
def test_what_is_no_number_of_its_kind(preview, wish):
    assert (preview(**wish).status_code, preview(**wish).json()["type"]) == (400, "general_argument_invalid")


@pytest.mark.parametrize(
    ("rotation", "size"), [(45, (44, 44)), (-45, (44, 44)), (30, (46, 40)), (1, (42, 22)), (181, (42, 22))]
)
def test_a_slanting_turn_leaves_room_on_all_sides(preview, rotation, size):
    turned = Image.open(io.BytesIO(preview(rotation=rotation).content))
    assert (turned.mode, turned.getpixel((0, 0))) == ("RGBA", (0, 0, 0, 0))
    assert turned.size == size
    assert turned.getpixel((size[0] // 2, size[1] // 2)) == (255, 0, 0, 255)


@pytest.mark.parametrize("opacity", [".5", "1.", "5e-1", " 0.5 "])
def test_fractions_in_addresses(preview, opacity):
    assert preview(opacity=opacity).status_code == 200


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://127.0.0.1:9/x", (404, "avatar_remote_url_failed")),
        ("http://someone@127.0.0.1:9/x", (404, "avatar_remote_url_failed")),
        ("HTTP://127.0.0.1:9/x", (400, "general_argument_invalid")),
        ("http://a_b.example.com/", (400, "general_argument_invalid")),
        ("http://127.0.0.1:99999/", (400, "general_argument_invalid")),
        ("//example.com", (400, "general_argument_invalid")),
    ],
)
@pytest.mark.parametrize("kind", ["image", "favicon"])
def test_addresses_of_other_hosts(ask, kind, url, refusal):
    assert ask("GET", f"/avatars/{kind}", params={"url": url})[:2] == refusal
