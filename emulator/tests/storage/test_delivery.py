"""Viewing and downloading files, and byte ranges."""

import pytest
from appwrite.input_file import InputFile

from tests.storage.conftest import CHUNK_SIZE, png_file, random_bytes, text_file


def test_get_file_view_shows_images_and_serves_html_as_text(storage, public, fetch):
    storage.create_file(public, "cover", png_file())
    storage.create_file(public, "page", text_file("<!doctype html><script>alert(1)</script>", "page.html"))
    cover, page = fetch(f"{public}/files/cover/view"), fetch(f"{public}/files/page/view")
    assert cover.headers["content-type"] == "image/png"
    assert page.headers["content-type"] == "text/plain"
    for response in (cover, page):
        assert response.headers["content-security-policy"] == "script-src none;"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-disposition"].startswith("inline; ")
        assert response.headers["cache-control"] == "private, max-age=3888000"
    assert storage.get_file_view(public, "cover") == png_file().data


def test_get_file_download_sends_the_file_name(storage, public, fetch):
    storage.create_file(public, "page", text_file("<!doctype html><p>hi", 'blåbær "og" mer.html'))
    response = fetch(f"{public}/files/page/download")
    assert response.headers["content-type"] == "text/html"
    assert response.headers["content-disposition"].encode("latin-1").decode() == (
        'attachment; filename="blåbær "og" mer.html"'
    )
    assert storage.get_file_download(public, "page") == b"<!doctype html><p>hi"


@pytest.mark.parametrize(
    ("header", "status", "content"),
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
def test_range_must_have_at_least_two_bytes_within_the_file(storage, public, fetch, header, status, content):
    storage.create_file(public, "letters", text_file("abcdefghijklmnopqrstuvwxyz"))
    response = fetch(f"{public}/files/letters/view", headers={"Range": header})
    assert response.status_code == status
    if content is None:
        assert response.json()["type"] == "storage_invalid_range"
    else:
        assert response.text == content
        assert response.headers["content-range"].endswith("/26")


def test_range_can_span_chunks(storage, public, fetch):
    content = random_bytes(2 * CHUNK_SIZE + 7)
    storage.create_file(public, "big", InputFile.from_bytes(content, "big.bin"))
    for start, end in (
        (CHUNK_SIZE - 3, CHUNK_SIZE + 3),
        (0, 2 * CHUNK_SIZE),
        (2 * CHUNK_SIZE - 1, 2 * CHUNK_SIZE + 6),
        (CHUNK_SIZE, CHUNK_SIZE + 1),
    ):
        response = fetch(f"{public}/files/big/download", headers={"Range": f"bytes={start}-{end}"})
        assert response.content == content[start : end + 1]


def test_open_or_long_range_is_limited_to_10_mebibytes(storage, public, fetch):
    content = random_bytes(12_000_000)
    storage.create_file(public, "big", InputFile.from_bytes(content, "big.bin"))
    for requested, start, end in (
        ("0-", 0, 10485759),
        ("5-30000000", 5, 10485764),
        ("9000000-", 9_000_000, 11_999_999),
    ):
        response = fetch(f"{public}/files/big/view", headers={"Range": f"bytes={requested}"})
        assert response.headers["content-range"] == f"bytes {start}-{end}/12000000"
        assert response.content == content[start : end + 1]
