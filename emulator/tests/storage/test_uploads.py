"""Uploading files in chunks."""

import hashlib
import random
import threading
from collections.abc import Callable

import pytest
import requests
from appwrite.input_file import InputFile

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY
from tests.storage.conftest import CHUNK_SIZE, random_bytes


@pytest.fixture
def send_chunk(emulator: Emulator) -> Callable[..., requests.Response]:
    """Return a function that uploads one chunk of a file, so that tests can choose the order of the chunks."""

    def piece(content: bytes, start: int, end: int, file_id: str = "big", **options) -> requests.Response:
        headers = {"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY, "X-Appwrite-ID": file_id}
        return requests.post(
            f"{emulator.endpoint}/storage/buckets/public/files",
            data={"fileId": file_id, **options},
            files={"file": ("big.bin", content[start:end])},
            headers={**headers, "Content-Range": f"bytes {start}-{end - 1}/{len(content)}"},
            timeout=20,
        )

    return piece


def test_create_file_uploads_large_files_in_chunks(storage, public):
    content = random_bytes(12_000_000)
    progress = []
    file = storage.create_file(
        public, "big", InputFile.from_bytes(content, "big.bin"), on_progress=lambda step: progress.append(step)
    )
    assert (file.chunkstotal, file.chunksuploaded, file.signature) == (3, 3, hashlib.md5(content).hexdigest())
    assert storage.get_file_download(public, "big") == content


def test_chunks_can_arrive_in_any_order_concurrently_and_twice(storage, public, send_chunk):
    content = random_bytes(4 * CHUNK_SIZE + 100)
    places = [(start, min(start + CHUNK_SIZE, len(content))) for start in range(0, len(content), CHUNK_SIZE)] * 2
    random.Random(1).shuffle(places)
    threads = [threading.Thread(target=send_chunk, args=(content, *place)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = storage.get_file(public, "big")
    assert (file.chunkstotal, file.chunksuploaded) == (5, 5)
    assert storage.get_file_download(public, "big") == content


def test_last_chunk_can_be_a_single_byte(storage, public):
    content = random_bytes(CHUNK_SIZE + 1)
    file = storage.create_file(public, "big", InputFile.from_bytes(content, "big.bin"))
    assert (file.chunkstotal, file.chunksuploaded, file.sizeoriginal) == (2, 2, CHUNK_SIZE + 1)
    assert storage.get_file_download(public, "big") == content


def test_incomplete_upload_is_listed_but_unreadable(storage, public, send_chunk, expect_error):
    content = random_bytes(CHUNK_SIZE + 100)
    assert send_chunk(content, 0, CHUNK_SIZE).status_code == 201
    (file,) = storage.list_files(public).files
    assert (file.chunksuploaded, file.signature, file.mimetype) == (1, "", "")
    for call in (storage.get_file_view, storage.get_file_download):
        with expect_error("storage_file_not_found", 404):
            call(public, "big")
    assert send_chunk(content, CHUNK_SIZE, len(content)).json()["signature"] == hashlib.md5(content).hexdigest()
    assert send_chunk(content, 0, CHUNK_SIZE).status_code == 200, "too late, and nothing changes"


@pytest.mark.parametrize(
    "header", ["0-9/10", "bytes 0-9", "bytes 0-9/*", "bytes 0-11/10", "bytes 9-3/10", "bytes a-b/c"]
)
def test_invalid_content_range_is_rejected(emulator, public, header):
    response = requests.post(
        f"{emulator.endpoint}/storage/buckets/{public}/files",
        data={"fileId": "piece"},
        files={"file": ("a.bin", b"0123456789")},
        headers={"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY, "Content-Range": header},
        timeout=20,
    )
    assert (response.status_code, response.json()["type"]) == (400, "storage_invalid_content_range")


def test_content_range_accepts_any_unit(emulator, public):
    response = requests.post(
        f"{emulator.endpoint}/storage/buckets/{public}/files",
        data={"fileId": "piece"},
        files={"file": ("a.bin", b"0123456789")},
        headers={"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY, "Content-Range": "letters 0-9/10"},
        timeout=20,
    )
    assert (response.status_code, response.json()["sizeOriginal"]) == (201, 10)


@pytest.mark.parametrize("size", [10, 3_000_000], ids=["in memory", "in a temporary file"])
def test_long_file_name_is_stored_unchanged(call_api, public, size):
    name = "ø" * 400 + ".txt"
    files = {"file": (name, b"x" * size)}
    status, _, file = call_api("POST", f"/storage/buckets/{public}/files", data={"fileId": "long"}, files=files)
    assert (status, file["name"]) == (201, name)


def test_file_name_over_2048_characters_is_rejected(call_api, public):
    files = {"file": ("x" * 2049, b"x")}
    response = call_api("POST", f"/storage/buckets/{public}/files", data={"fileId": "long"}, files=files)
    assert response[:2] == (400, "general_argument_invalid")
