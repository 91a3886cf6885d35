"""Covers for tests: pictures as browsers upload them, and the stored files."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.appwrite_client import create_admin_client
from tests.posts.test_new import typed

RED, BLUE = (255, 0, 0), (0, 0, 255)


def photo(colour=RED, size=(1200, 800), kind="JPEG", name="ferie.jpg") -> SimpleUploadedFile:
    """Return a picture as a browser uploads it."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind)
    return SimpleUploadedFile(name, written.getvalue(), "image/jpeg")


def filled(**changes) -> dict[str, object]:
    """Return the data of a completed form with a cover."""
    return typed(**{"cover": photo(), "cover_alt": "En rød flate", **changes})


def files() -> dict[str, list[str]]:
    """Return the permissions of each file in the bucket, by file id."""
    return {file.id: list(file.permissions) for file in create_admin_client().storage.list_files("covers").files}


def colour_of(content: bytes) -> str:
    red, _green, blue = Image.open(io.BytesIO(content)).convert("RGB").getpixel((5, 5))
    return "red" if red > blue else "blue"


def sized(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("stort.jpg", b"\xff\xd8" + bytes(size - 2))
