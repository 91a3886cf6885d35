"""Buckets, files and requests for the storage tests."""

import io
import random
from collections.abc import Callable

import pytest
import requests
from appwrite.client import Client
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.role import Role
from appwrite.services.storage import Storage
from PIL import Image

from appwrite_emulator.testing import Emulator
from tests.conftest import SERVER

CHUNK_SIZE = 5 * 1024 * 1024


@pytest.fixture
def storage(server: Client) -> Storage:
    """Return a Storage service that uses an API key."""
    return Storage(server)


@pytest.fixture
def public(storage: Storage) -> str:
    """Create a bucket whose files anyone can read, and in which users can create files. Return its ID."""
    return storage.create_bucket("public", "Public", [Permission.read(Role.any()), Permission.create(Role.users())]).id


@pytest.fixture
def shared(storage: Storage) -> str:
    """Create a bucket with file security, in which users can create files. Return its ID."""
    return storage.create_bucket("shared", "Shared", [Permission.create(Role.users())], file_security=True).id


def text_file(content: str = "words", name: str = "words.txt") -> InputFile:
    return InputFile.from_bytes(content.encode(), name)


def png_file(width: int = 80, height: int = 60, colour: str = "red", name: str = "cover.png") -> InputFile:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return InputFile.from_bytes(written.getvalue(), name)


def random_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.fixture
def fetch(emulator: Emulator) -> Callable[..., requests.Response]:
    """Return a function that sends a GET request under /storage/buckets, as a browser does, without the SDK."""

    def fetch(path: str, **options) -> requests.Response:
        return requests.get(
            f"{emulator.endpoint}/storage/buckets/{path}", {"project": "default"}, timeout=20, **options
        )

    return fetch


COVERS = "/storage/buckets/covers"


@pytest.fixture
def covers_bucket(call_api, emulator):
    """Create the bucket `covers` with a red image of 40 x 20 pixels."""
    call_api("POST", "/storage/buckets", json={"bucketId": "covers", "name": "Covers"})
    written = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, "PNG")
    requests.post(
        f"{emulator.endpoint}{COVERS}/files",
        headers=SERVER,
        data={"fileId": "one"},
        files={"file": ("one.png", written.getvalue())},
        timeout=20,
    ).raise_for_status()
