"""Each hostile file is rejected with a message, or stored as a new WebP picture that contains only the pixels."""

import io
import re
import struct
import zipfile
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin

from core.appwrite_client import create_admin_client

pytestmark = pytest.mark.attack

SCRIPT = b"<script>zqhostile</script><?php echo 'zqhostile'; ?>"
ID = "abcdefgh27"
FORM = {
    "title": "Kaffe",
    "content": "Det er kaffe.",
    "language": "nb",
    "post_id": ID,
    "act": "save",
    "cover_alt": "Rød",
}


def picture(kind: str, **options) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (1000, 700), "red").save(written, kind, **options)
    return written.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int) -> bytes:
    """Return a small PNG file whose header states the given width and height."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"\x00" * 100_000)) + png_chunk(b"IEND", b"")
    )


def zip_bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.webp", b"\x00" * 50_000_000)
    return written.getvalue()


def with_text() -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SCRIPT.decode(), zip=True)
    text.add_itxt("XML:com.adobe.xmp", SCRIPT.decode())
    return picture("PNG", pnginfo=text)


POLYGLOTS = {
    "JPEG with an archive behind it": picture("JPEG") + zip_bomb()[:20_000] + SCRIPT,
    "JPEG with a comment": picture("JPEG", comment=SCRIPT),
    "JPEG with metadata": picture("JPEG", exif=b"Exif\x00\x00" + SCRIPT),
    "GIF that is a script": picture("GIF", comment=SCRIPT) + b"*/=1;" + SCRIPT,
    "PNG with text chunks": with_text(),
    "PNG with a page behind it": picture("PNG") + SCRIPT,
    "WebP with metadata": picture("WEBP", xmp=SCRIPT, exif=b"Exif\x00\x00" + SCRIPT),
}
REFUSED = {
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900" onload="zqhostile()"/>',
    "SVG with entities": b'<!DOCTYPE s [<!ENTITY a "zqhostile"><!ENTITY b "&a;&a;">]><svg><text>&b;</text></svg>',
    "page": b"<!doctype html>" + SCRIPT,
    "PHP": SCRIPT,
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 900 900\n(zqhostile) run\n",
    "PDF": b"%PDF-1.7\n" + SCRIPT,
    "archive": zip_bomb(),
    "program": b"\x7fELF" + b"\x00" * 100,
    "PNG of 10,000 megapixels": png(100_000, 100_000),
    "PNG of 60,000 x 1": png(60_000, 1),
    "PNG without pixels": png(0, 0),
    "TIFF": picture("TIFF"),
    "BMP": picture("BMP"),
    "PCX": picture("PCX"),
    "empty": b"",
    "one byte": b"\xff",
    "PNG that ends early": picture("PNG")[:500],
}


def upload(browser, name: str, content: bytes, field: str = "cover"):
    """Submit the form for a new post with a file. Return the response and the post's stored files."""
    file = SimpleUploadedFile("a.webp", content, "image/webp")
    file._name = name  # set directly, because Django's class would remove an attacker's folders from the name
    answer = browser.post("/posts/new/" if field == "cover" else "/posts/image/", {**FORM, field: file})
    storage = create_admin_client().storage
    bucket = "covers" if field == "cover" else "images"
    return answer, [storage.get_file_download(bucket, each.id) for each in storage.list_files(bucket).files]


@pytest.mark.parametrize("field", ["cover", "image"])
@pytest.mark.parametrize("name", POLYGLOTS)
def test_polyglot_file_is_stored_only_as_a_picture(name, field, alice):
    answer, files = upload(alice.browser(), "a.webp", POLYGLOTS[name], field)
    assert answer.status_code in (200, 302)
    for content in files:
        assert content[:4] + content[8:12] == b"RIFFWEBP"
        assert b"zqhostile" not in content
        assert b"PK\x03\x04" not in content
    assert len(files) == 1


@pytest.mark.parametrize("field", ["cover", "image"])
@pytest.mark.parametrize("name", REFUSED)
def test_dangerous_file_is_rejected(name, field, alice):
    answer, files = upload(alice.browser(), "a.webp", REFUSED[name], field)
    assert answer.status_code == 200
    assert "zqhostile" not in answer.content.decode()
    assert files == []


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\a.php",
        "a.php\x00.webp",
        "/etc/cron.d/zq",
        "zq\r\nX-Zq: 1",
        "<svg>.html",
        "." * 300,
    ],
)
def test_file_name_of_an_upload_is_ignored(name, alice, guest):
    _, files = upload(alice.browser(), name, picture("PNG"))
    assert len(files) == 1
    row = create_admin_client().db.get_row("app", "posts", ID)
    file = create_admin_client().storage.get_file("covers", row.data["coverId"])
    assert file.name == "cover.webp"
    assert re.fullmatch(r"[a-z0-9-]+", row.data["coverId"])
    answer = alice.browser().get(f"/posts/cover/{file.id}/480/")
    assert (answer.status_code, answer["Content-Type"], answer["X-Content-Type-Options"]) == (
        200,
        "image/webp",
        "nosniff",
    )
    assert "X-Zq" not in answer.headers
