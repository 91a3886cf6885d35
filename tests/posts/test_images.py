"""posts.covers.images: converting uploaded pictures to covers."""

import contextlib
import io
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from posts import cover_sizes
from posts.covers import images
from posts.covers.images import PictureError, PictureProblem

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(size=(1200, 800), colour=RED, mode="RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def encoded(painted: Image.Image, kind: str = "JPEG", **options) -> bytes:
    """Return `painted` encoded as an image file of the format `kind`."""
    written = io.BytesIO()
    painted.save(written, kind, **options)
    return written.getvalue()


def converted(content: bytes) -> Image.Image:
    """Return the cover that the site makes from an uploaded file."""
    return Image.open(io.BytesIO(images.cover(content).content))


def colour_at(cover: Image.Image, x: float, y: float) -> tuple[int, ...]:
    return cover.convert("RGB").getpixel((int(x * (cover.width - 1)), int(y * (cover.height - 1))))


def near(colour: tuple[int, ...], wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, wanted, strict=True))


def problem_of(content: bytes) -> PictureProblem:
    with pytest.raises(PictureError) as error:
        images.cover(content)
    return error.value.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_each_picture_format_is_converted_to_webp(kind):
    cover = converted(encoded(picture(), kind))
    assert (cover.format, cover.mode) == ("WEBP", "RGB")
    assert near(colour_at(cover, 0.5, 0.5), RED)


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        ((1200, 800), (1200, 800)),
        ((4000, 3000), (1584, 1188)),  # from a camera
        ((3000, 4000), (1372, 1372)),  # from a phone, in portrait format
        ((600, 600), (600, 600)),
        ((481, 5000), (481, 481)),
        ((8000, 401), (802, 401)),
        ((480, 320), (480, 320)),
    ],
)
def test_cover_is_reduced_without_cropping_unless_its_aspect_ratio_is_extreme(size, becomes):
    assert converted(encoded(picture(size))).size == becomes


@pytest.mark.parametrize(
    ("point", "painted", "moved"),
    [
        ((50, 50), (1050, 1950), (50, 50)),
        ((50, 20), (150, 1050), (50, 50)),
        ((50, 13), (0, 780), (50, 50)),  # the largest part with the point in its middle
        ((50, 89), (2340, 3000), (50, 50)),
        ((10, 5), (0, 600), (10, 25)),  # at least 3:2
        ((90, 100), (2400, 3000), (90, 100)),
    ],
)
def test_tall_picture_is_cropped_around_its_focal_point(point, painted, moved):
    tall = picture((900, 3000), BLUE)
    tall.paste(RED, (0, painted[0], 900, painted[1]))
    cover = images.cover(encoded(tall), point)
    shown = Image.open(io.BytesIO(cover.content)).convert("RGB")
    assert shown.size == (900, painted[1] - painted[0])
    assert all(near(colour_at(shown, x, y), RED, 40) for x in (0.02, 0.98) for y in (0.02, 0.98))
    assert cover.point == moved


def test_wide_picture_is_cropped_around_its_focal_point():
    wide = picture((4000, 1000), BLUE)
    wide.paste(RED, (2000, 0, 4000, 1000))
    cover = images.cover(encoded(wide), (75, 30))
    shown = Image.open(io.BytesIO(cover.content)).convert("RGB")
    assert (shown.size, cover.point) == ((1940, 970), (50, 30))
    assert all(near(colour_at(shown, x, 0.5), RED, 40) for x in (0.02, 0.98))


def test_served_widths_have_integer_heights():
    assert [cover_sizes.height(width) * 3 for width in cover_sizes.WIDTHS] == [
        width * 2 for width in cover_sizes.WIDTHS
    ]


def test_picture_is_turned_upright():
    lying = picture((1200, 900), BLUE)
    lying.paste(RED, (0, 0, 600, 900))  # the left half is red
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6  # rotating by 90 degrees clockwise moves red to the top
    cover = converted(encoded(lying, exif=turned))
    assert near(colour_at(cover, 0.5, 0.02), RED, 40)
    assert near(colour_at(cover, 0.5, 0.98), BLUE, 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_location_and_camera_are_removed(kind):
    told = Image.Exif()
    told[ExifTags.Base.Make] = "Kamerafabrikken"
    told[ExifTags.Base.GPSInfo] = {1: "N", 2: (59.0, 54.0, 0.0)}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(picture(), kind, exif=told, icc_profile=profile)
    assert b"Kamerafabrikken" in content
    covered = images.cover(content).content
    for trace in (b"Kamerafabrikken", b"EXIF", b"Exif", b"ICCP", b"XMP"):
        assert trace not in covered
    assert not Image.open(io.BytesIO(covered)).getexif()


def test_other_colour_space_is_converted_to_srgb():
    """The profile swaps red and blue, so a cover that ignored it would be blue."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    cover = converted(encoded(picture(colour=BLUE), icc_profile=bytes(profile)))
    assert near(colour_at(cover, 0.5, 0.5), RED, 30)


@pytest.mark.parametrize(
    "profile", [b"nonsense" * 40, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_picture_with_an_unsuitable_colour_profile_is_accepted(profile):
    assert near(colour_at(converted(encoded(picture(), icc_profile=profile)), 0.5, 0.5), RED)


@pytest.mark.parametrize(
    ("painted", "kind", "wanted"),
    [
        (picture(mode="RGBA", colour=(255, 0, 0, 0)), "PNG", (255, 255, 255)),
        (picture(mode="LA", colour=(0, 128)), "PNG", (127, 127, 127)),
        (picture(mode="L", colour=100), "JPEG", (100, 100, 100)),
        (picture(mode="1", colour=1), "PNG", (255, 255, 255)),
        (picture(mode="I;16", colour=40_000), "PNG", (156, 156, 156)),
        (picture(mode="CMYK", colour=(0, 255, 255, 0)), "JPEG", (255, 0, 0)),
        (picture().quantize(4), "PNG", RED),
    ],
    ids=["transparent", "half transparent", "grey", "black and white", "sixteen bits", "for print", "palette"],
)
def test_every_colour_mode_is_converted(painted, kind, wanted):
    assert near(colour_at(converted(encoded(painted, kind)), 0.5, 0.5), wanted)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animation_is_reduced_to_its_first_frame(kind):
    cover = converted(encoded(picture(), kind, save_all=True, append_images=[picture(colour=BLUE)]))
    assert not getattr(cover, "is_animated", False)
    assert near(colour_at(cover, 0.5, 0.5), RED)


def test_file_that_is_too_large_is_rejected_without_being_opened():
    assert problem_of(b"\xff" * (images.MAX_BYTES + 1)) is PictureProblem.TOO_MANY_BYTES


def test_decompression_bomb_is_rejected_by_its_header():
    bomb = encoded(picture((20_000, 20_000), 0, "1"), "PNG")
    assert len(bomb) < 60_000
    assert problem_of(bomb) is PictureProblem.TOO_MANY_PIXELS


def test_largest_phone_picture_is_accepted():
    assert converted(encoded(picture((8064, 6048), 0, "L"))).size == (1584, 1188)


def test_jpeg_followed_by_a_second_picture_is_accepted():
    large = picture((8064, 6048), 0, "L")
    assert converted(encoded(large, "MPO", save_all=True, append_images=[picture((300, 200))])).size == (1584, 1188)


def test_jpeg_with_too_many_scans_is_rejected_before_decoding():
    whole = encoded(picture(), progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    assert converted(whole[:-2] + last * 20 + b"\xff\xd9").size == (1200, 800)
    assert problem_of(whole[:-2] + last * 100_000 + b"\xff\xd9") is PictureProblem.BROKEN


def test_scans_of_embedded_pictures_are_not_counted():
    whole = encoded(picture(), progressive=True)
    # An APP5 segment that contains scan markers, as an embedded thumbnail does.
    note = b"\xff\xe5" + (2 + 4 * 200).to_bytes(2, "big") + b"\xff\xda\xff\xda" * 200
    assert converted(whole[:2] + note + whole[2:] + b"\xff\xda\x00\x02" * 200).size == (1200, 800)


def test_formats_that_are_decoded_whole_have_a_lower_pixel_limit():
    assert converted(encoded(picture((6000, 4000), 0, "L"), "PNG")).size == (1680, 1120)
    assert problem_of(encoded(picture((8064, 6048), 0, "L"), "PNG")) is PictureProblem.TOO_MANY_PIXELS


@pytest.mark.parametrize("size", [(479, 5000), (5000, 319), (1, 1), (1, 100_000)])
def test_picture_that_is_too_small_is_rejected(size):
    assert problem_of(encoded(picture(size), "PNG")) is PictureProblem.TOO_SMALL


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",
        b"Bare tekst",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        encoded(picture(), "TIFF"),
        b"GIF89a",
    ],
)
def test_file_that_is_not_a_picture_is_rejected(content):
    assert problem_of(content) is PictureProblem.NOT_A_PICTURE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_truncated_picture_is_rejected(kind):
    noise = Image.effect_noise((900, 600), 90).convert("RGB")
    content = encoded(noise, kind)
    assert problem_of(content[: len(content) // 2]) in (PictureProblem.BROKEN, PictureProblem.NOT_A_PICTURE)


@cache
def noise(kind: str) -> bytes:
    shades = Random(1).randbytes(480 * 320)  # the same picture in every run
    return encoded(Image.frombytes("L", (480, 320), shades).convert("RGB"), kind)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(images.FORMATS)), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=12)
)
def test_corrupted_pictures_are_either_converted_or_rejected(kind, changes):
    content = bytearray(noise(kind))
    for place, value in changes:
        content[place] = value
    with contextlib.suppress(PictureError):
        assert images.is_webp(images.cover(bytes(content)).content)
