"""Previews of images and other files."""

import io

import pytest
import requests
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.role import Role
from appwrite.services.storage import Storage
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from appwrite_emulator.media.image_transforms import ORIENTATION
from tests.conftest import KEY, SERVER, client
from tests.storage.conftest import COVERS, png_file, text_file


def open_image(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_get_file_preview_resizes_and_keeps_the_aspect_ratio(storage, public):
    storage.create_file(public, "cover", png_file(80, 60))
    assert open_image(storage.get_file_preview(public, "cover", width=33)).size == (33, 24)
    assert open_image(storage.get_file_preview(public, "cover", height=30)).size == (40, 30)
    assert open_image(storage.get_file_preview(public, "cover", width=20, height=60)).size == (20, 60)
    webp = open_image(storage.get_file_preview(public, "cover", width=16, output="webp"))
    assert (webp.format, webp.size) == ("WEBP", (16, 12))


def test_get_file_preview_adds_border_rotation_and_background(storage, public, expect_error):
    storage.create_file(public, "cover", png_file(80, 60))
    with expect_error("general_argument_invalid", 400):
        storage.get_file_preview(public, "cover", border_width=5)
    framed = open_image(storage.get_file_preview(public, "cover", border_width=5, border_color="00ff00"))
    assert framed.size == (90, 70)
    assert framed.getpixel((1, 30))[:3] == (0, 255, 0)
    assert open_image(storage.get_file_preview(public, "cover", rotation=90)).size == (60, 80)
    clear = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(clear, "PNG")
    storage.create_file(public, "clear", InputFile.from_bytes(clear.getvalue(), "clear.png"))
    assert open_image(storage.get_file_preview(public, "clear", background="0f0")).getpixel((5, 5)) == (0, 255, 0)


def test_preview_applies_the_exif_orientation_last(storage, public):
    taken = io.BytesIO()
    held = Image.Exif()
    held[ORIENTATION] = 6
    Image.new("RGB", (80, 40), "red").save(taken, "JPEG", exif=held)
    storage.create_file(public, "photo", InputFile.from_bytes(taken.getvalue(), "photo.jpg"))
    assert open_image(storage.get_file_preview(public, "photo")).size == (40, 80)
    assert open_image(storage.get_file_preview(public, "photo", width=20)).size == (10, 20)


def test_preview_of_an_animation_is_animated(storage, public):
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "green")]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], duration=50)
    storage.create_file(public, "wave", InputFile.from_bytes(moving.getvalue(), "wave.gif"))
    small = open_image(storage.get_file_preview(public, "wave", width=20))
    assert (small.format, small.size, small.n_frames) == ("GIF", (20, 15), 3)


def test_preview_shows_an_icon_for_a_document_and_fails_for_a_broken_image(storage, public, expect_error):
    storage.create_file(public, "words", text_file())
    assert open_image(storage.get_file_preview(public, "words")).size == (1200, 800)
    storage.create_file(public, "broken", InputFile.from_bytes(png_file().data[:60], "broken.png"))
    with expect_error("storage_file_type_unsupported", 400):
        storage.get_file_preview(public, "broken")


def test_preview_of_16_bit_grey_keeps_the_brightness(storage, public):
    written = io.BytesIO()
    Image.new("I;16", (20, 10), 0x8000).save(written, "PNG")
    storage.create_file(public, "grey", InputFile.from_bytes(written.getvalue(), "grey.png"))
    assert open_image(storage.get_file_preview(public, "grey")).convert("L").getpixel((5, 5)) == 128


def test_missing_part_of_a_truncated_jpeg_is_grey(storage, public):
    written = io.BytesIO()
    Image.effect_noise((300, 200), 50).convert("RGB").save(written, "JPEG")
    content = written.getvalue()
    storage.create_file(public, "half", InputFile.from_bytes(content[: len(content) // 2], "half.jpg"))
    preview = open_image(storage.get_file_preview(public, "half", output="png"))
    assert (preview.size, preview.getpixel((299, 199))) == ((300, 200), (128, 128, 128))


@pytest.mark.parametrize("is_compressed", [True, False])
def test_png_with_a_large_text_chunk_has_a_preview(storage, public, is_compressed):
    texts, written = PngInfo(), io.BytesIO()
    texts.add_text("Comment", "x" * 3_000_000, zip=is_compressed)
    Image.new("RGB", (20, 10), "red").save(written, "PNG", pnginfo=texts)
    storage.create_file(public, "text", InputFile.from_bytes(written.getvalue(), "text.png"))
    assert open_image(storage.get_file_preview(public, "text")).getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize(
    "options",
    [{"width": 4001}, {"height": -1}, {"quality": 101}, {"border_color": "#ff0000"}, {"opacity": 2}, {"rotation": 361}],
)
def test_invalid_preview_options_are_rejected(storage, public, options, expect_error):
    storage.create_file(public, "cover", png_file())
    with expect_error("general_argument_invalid", 400):
        storage.get_file_preview(public, "cover", **options)


def test_preview_is_cached_until_the_file_is_replaced(emulator, storage, public, fetch):
    storage.create_file(public, "cover", png_file(colour="red"))
    path = f"{public}/files/cover/preview"
    first, second = fetch(path), fetch(path)
    # As on the real server, the header is sent twice.
    sent = ["no-cache, no-store, must-revalidate", "private, max-age=2592000"]
    assert first.raw.headers.getlist("cache-control") == sent
    assert second.headers["cache-control"] == "private, max-age=15552000"
    assert first.content == second.content
    storage.delete_file(public, "cover")
    assert fetch(path).status_code == 404
    storage.create_file(public, "cover", png_file(colour="blue"))
    assert open_image(fetch(path).content).getpixel((0, 0)) == (0, 0, 255)


def test_preview_after_a_reset_shows_the_new_file(emulator, fetch):
    def upload(colour: str, name: str) -> None:
        emulator.reset()
        storage = Storage(client(emulator, key=KEY))
        storage.create_bucket("public", "Public", [Permission.read(Role.any())])
        storage.create_file("public", "cover", png_file(colour=colour, name=name))

    for colour, name, type, pixel in [
        ("red", "cover.png", "image/png", (255, 0, 0)),
        ("red", "cover.png", "image/png", (255, 0, 0)),
        ("red", "cover.webp", "image/webp", (255, 0, 0)),
        ("blue", "cover.png", "image/png", (0, 0, 255)),
    ]:
        upload(colour, name)
        preview = fetch("public/files/cover/preview")
        assert preview.headers["x-appwrite-cache"] == "miss"
        assert preview.headers["content-type"] == type
        assert open_image(preview.content).convert("RGB").getpixel((0, 0)) == pytest.approx(pixel, abs=3)
        assert fetch("public/files/cover/preview").headers["x-appwrite-cache"] == "hit"


def test_preview_requires_a_key_when_transformations_are_disabled(storage, guest, expect_error):
    storage.create_bucket("plain", "Plain", [Permission.read(Role.any())], transformations=False)
    storage.create_file("plain", "cover", png_file())
    with expect_error("storage_bucket_transformations_disabled", 403):
        Storage(guest).get_file_preview("plain", "cover")
    assert Storage(guest).get_file_view("plain", "cover") == png_file().data
    assert open_image(storage.get_file_preview("plain", "cover")).size == (80, 60)


# -- numbers and angles -----------------------------------------------------------------------------------------------


@pytest.fixture
def preview(emulator, covers_bucket):
    def fetch(**parameters):
        return requests.get(f"{emulator.endpoint}{COVERS}/files/one/preview", parameters, headers=SERVER, timeout=20)

    return fetch


@pytest.mark.parametrize("width", ["10", " 10", "10 ", "+10", "010"])
def test_integers_in_urls_are_parsed_as_in_php(preview, width):
    response = preview(width=width)
    assert Image.open(io.BytesIO(response.content)).size == (10, 5)


@pytest.mark.parametrize(
    "options", [{"width": "1e1"}, {"width": "10.0"}, {"width": "0x10"}, {"opacity": "."}, {"opacity": "1.1"}]
)
def test_malformed_numbers_are_rejected(preview, options):
    assert (preview(**options).status_code, preview(**options).json()["type"]) == (400, "general_argument_invalid")


@pytest.mark.parametrize("opacity", [".5", "1.", "5e-1", " 0.5 "])
def test_fractions_in_urls_are_parsed_as_in_php(preview, opacity):
    assert preview(opacity=opacity).status_code == 200


@pytest.mark.parametrize(
    ("rotation", "size"), [(45, (44, 44)), (-45, (44, 44)), (30, (46, 40)), (1, (42, 22)), (181, (42, 22))]
)
def test_rotation_by_any_angle_leaves_a_transparent_margin(preview, rotation, size):
    turned = Image.open(io.BytesIO(preview(rotation=rotation).content))
    assert (turned.mode, turned.getpixel((0, 0))) == ("RGBA", (0, 0, 0, 0))
    assert turned.size == size
    assert turned.getpixel((size[0] // 2, size[1] // 2)) == (255, 0, 0, 255)
