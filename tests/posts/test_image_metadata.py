"""A picture with malformed or unusual metadata is accepted if its pixels can be decoded."""

import io
import struct
import zlib

import pytest
from PIL import Image

from posts.covers import images
from posts.covers.images import PictureError, PictureProblem

RED, BLUE = (255, 0, 0), (0, 0, 255)
SHORT, LONG = 3, 4


def picture(kind: str, **options: object) -> bytes:
    """Return an image file of 600 by 600 pixels with a blue upper half and a red lower half."""
    painted = Image.new("RGB", (600, 600), RED)
    painted.paste(BLUE, (0, 0, 600, 300))
    written = io.BytesIO()
    painted.save(written, kind, **options)
    return written.getvalue()


JPEG, PNG, WEBP, GIF, AVIF = (picture(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"))


def jpeg(*segments: bytes) -> bytes:
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def png(*chunks: bytes, after: bytes = b"") -> bytes:
    """Return a PNG file with `chunks` before the image data and the chunks in `after` after it."""
    return PNG[:33] + b"".join(chunks) + PNG[33:-12] + after + PNG[-12:]


def chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def webp(flags: int, *after: bytes, before: bytes = b"", behind: bytes = b"") -> bytes:
    size = (599).to_bytes(3, "little")
    body = b"WEBP" + riff(b"VP8X", struct.pack("<I", flags) + 2 * size) + before + WEBP[12:] + b"".join(after)
    return riff(b"RIFF", body) + behind


def riff(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def tiff(*entries: tuple[int, int, int, bytes], order: str = "<") -> bytes:
    """Return EXIF data: a TIFF header and one directory. Each entry is (tag, type, count, value)."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    return head + b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries) + bytes(4)


def exif(*entries: tuple[int, int, int, bytes]) -> bytes:
    return segment(0xE1, b"Exif\0\0" + tiff(*entries))


def short(value: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", value, 0)


def long(value: int) -> bytes:
    return struct.pack("<I", value)


# Orientation 6: viewers rotate the picture by 90 degrees clockwise.
TURNED = (0x0112, SHORT, 1, short(6))
RATIONAL_OUTSIDE = (0x011A, 5, 1, long(26))
BOMB, MEGABYTE = zlib.compress(bytes(80_000_000), 1), zlib.compress(bytes(1_000_000))

ODD_AND_TURNED = {
    "negative number": jpeg(exif(TURNED, (0x0100, 8, 1, struct.pack("<hh", -5, 0)))),
    "fraction outside": jpeg(exif(TURNED, RATIONAL_OUTSIDE)),
    "endless list": jpeg(exif(TURNED, (0x010F, 4, 1, long(2**32 - 1)))),
    "endless text first": jpeg(exif((0x010F, 2, 2**31, bytes(4)), TURNED)),
    "unknown types first": jpeg(exif((0x010E, 0, 1, bytes(4)), (0x010F, 99, 1, bytes(4)), TURNED)),
    "directory outside": jpeg(exif(TURNED, (0x8769, 4, 1, long(10**6)))),
    "directory of letters": jpeg(exif(TURNED, (0x8769, 2, 4, b"abc\0"))),
    "directory within itself": jpeg(exif(TURNED, (0x8825, 4, 1, long(8)))),
    "as a long": jpeg(exif((0x0112, LONG, 1, long(6)))),
    "twice": jpeg(exif((0x0112, SHORT, 2, struct.pack("<HH", 6, 6)))),
    "big endian": jpeg(segment(0xE1, b"Exif\0\0" + tiff((0x0112, SHORT, 1, short(6, ">")), order=">"))),
    "beside a broken segment": jpeg(exif(TURNED), segment(0xEE, b"Adobe")),
    "png": png(chunk(b"eXIf", tiff(TURNED, RATIONAL_OUTSIDE))),
    "png beside a bomb": png(chunk(b"eXIf", tiff(TURNED)), chunk(b"zTXt", b"Comment\0\0" + BOMB)),
    "webp": webp(8, riff(b"EXIF", tiff(TURNED, RATIONAL_OUTSIDE))),
    "webp with a prefix": webp(8, riff(b"EXIF", b"Exif\0\0" + tiff(TURNED, (0x0100, 8, 1, struct.pack("<hh", -5, 0))))),
    "avif": picture("AVIF", exif=b"Exif\0\0" + tiff(TURNED, RATIONAL_OUTSIDE)),
}

ODD = {
    "jpeg, orientation 99": jpeg(exif((0x0112, SHORT, 1, short(99)))),
    "jpeg, orientation in letters": jpeg(exif((0x0112, 2, 2, b"6\0\0\0"))),
    "jpeg, exif is garbage": jpeg(segment(0xE1, b"Exif\0\0garbage")),
    "jpeg, exif is empty": jpeg(segment(0xE1, b"Exif\0\0")),
    "jpeg, exif ends early": jpeg(segment(0xE1, b"Exif\0\0" + tiff(TURNED)[:15])),
    "jpeg, xmp is garbage": jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0\xff\xfe<<<")),
    "jpeg, mpf is garbage": jpeg(segment(0xE2, b"MPF\0II*\0" + b"\xff" * 20)),
    "jpeg, mpf without pictures": jpeg(segment(0xE2, b"MPF\0" + tiff((0xB001, LONG, 1, long(2))))),
    "jpeg, profile is garbage": jpeg(segment(0xE2, b"ICC_PROFILE\0\1\1garbage")),
    "jpeg, profile without a part": jpeg(segment(0xE2, b"ICC_PROFILE\0")),
    "jpeg, profile of five parts": jpeg(segment(0xE2, b"ICC_PROFILE\0\5\1garbage")),
    "jpeg, photoshop's is garbage": jpeg(segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x02ab")),
    "jpeg, adobe's ends early": jpeg(segment(0xEE, b"Adobe")),
    "jpeg, jfif's ends early": jpeg(segment(0xE0, b"JFIF\0")),
    "jpeg, empty segments": jpeg(*(segment(marker, b"") for marker in (0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE))),
    "jpeg, junk behind": JPEG + b"junk\xff\xda" * 100,
    "png, text is a bomb": png(chunk(b"zTXt", b"Comment\0\0" + BOMB)),
    "png, text behind is a bomb": png(after=chunk(b"zTXt", b"Comment\0\0" + BOMB)),
    "png, international text is a bomb": png(chunk(b"iTXt", b"Comment\0\1\0en\0x\0" + BOMB)),
    "png, profile is a bomb": png(chunk(b"iCCP", b"p\0\0" + BOMB)),
    "png, profile ends early": png(chunk(b"iCCP", b"p")),
    "png, profile is packed in another way": png(chunk(b"iCCP", b"p\0\7abc")),
    "png, much text": png(*(chunk(b"zTXt", b"k\0\0" + MEGABYTE) for _ in range(70))),
    "png, wrong checksum of a text chunk": png(chunk(b"tEXt", b"a\0b", 5)),
    "png, wrong checksum of something unknown": png(chunk(b"xyZz", b"a", 5)),
    "png, text is packed in another way": png(chunk(b"zTXt", b"a\0\7abc")),
    "png, exif is garbage": png(chunk(b"eXIf", b"garbage")),
    "png, exif as text is garbage": png(chunk(b"tEXt", b"Raw profile type exif\0\nexif\n   4\nzzzz")),
    "png, short gamma": png(chunk(b"gAMA", b"\0")),
    "png, short primaries": png(chunk(b"cHRM", b"\0\0")),
    "png, empty rendering intent": png(chunk(b"sRGB", b"")),
    "png, short density": png(chunk(b"pHYs", b"\0")),
    "png, short animation": png(chunk(b"acTL", b"\0")),
    "png, short transparency": png(chunk(b"tRNS", b"\0")),
    "png, junk behind": PNG + b"junk" * 100,
    "gif, comment": GIF.replace(b"\x2c", b"\x21\xfe\x03abc\0\x2c", 1),
    "gif, junk behind": GIF + b"junk",
    "webp, exif is garbage": webp(8, riff(b"EXIF", b"garbage")),
    "webp, exif is announced only": webp(8),
    "webp, exif has no end": webp(8, b"EXIF" + struct.pack("<I", 9000) + b"ab"),
    "webp, exif twice": webp(8, riff(b"EXIF", b"xx"), riff(b"EXIF", b"xx")),
    "webp, xmp is garbage": webp(4, riff(b"XMP ", b"\xff\xfe<")),
    "webp, profile is garbage": webp(32, before=riff(b"ICCP", b"garbage")),
    "webp, profile is announced only": webp(32),
    "webp, junk behind": webp(0, behind=b"junk"),
    "avif, xmp is garbage": picture("AVIF", xmp=b"\xff\xfe<"),
    "avif, profile is garbage": picture("AVIF", icc_profile=b"garbage"),
    "avif, junk behind": AVIF + b"junk",
}


def colour_at(cover: bytes, x: float, y: float) -> str:
    image = Image.open(io.BytesIO(cover)).convert("RGB")
    red, _green, blue = image.getpixel((int(x * image.width), int(y * image.height)))
    return "red" if red > blue else "blue"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("content", ODD_AND_TURNED.values(), ids=ODD_AND_TURNED)
def test_picture_with_odd_metadata_is_turned_upright(content):
    cover = images.cover(content).content
    assert [colour_at(cover, x, 0.5) for x in (0.1, 0.9)] == ["red", "blue"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_picture_with_odd_metadata_is_accepted(content):
    cover = images.cover(content).content
    assert [colour_at(cover, 0.5, y) for y in (0.1, 0.9)] == ["blue", "red"]


def test_avif_picture_with_odd_metadata_is_turned_upright():
    plain = picture("AVIF", exif=b"Exif\0\0" + tiff(TURNED, (0x0100, SHORT, 1, short(5))))
    place = plain.find(struct.pack("<H", 0x0100), plain.find(b"II*\0") + 8)
    odd = plain[:place] + struct.pack("<HHIhH", 0x0100, 8, 1, -5, 0) + plain[place + 12 :]
    assert [colour_at(images.cover(odd).content, x, 0.5) for x in (0.1, 0.9)] == ["red", "blue"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "kind", ["JPEG", *(pytest.param(kind, marks=pytest.mark.thorough) for kind in ("PNG", "WEBP", "AVIF"))]
)
def test_exif_orientation_is_applied(kind, orientation):
    """`corners` are the expected colours, clockwise from the upper left, by EXIF 2.3's definition of orientations."""
    corners = {1: "rgbw", 2: "grwb", 3: "bwrg", 4: "wbgr", 5: "rwbg", 6: "wrgb", 7: "bgrw", 8: "gbwr"}[orientation]
    colours = {"r": (255, 0, 0), "g": (0, 255, 0), "b": (0, 0, 255), "w": (255, 255, 255)}
    painted = Image.new("RGB", (900, 900))
    for colour, place in zip("rgbw", [(0, 0), (450, 0), (450, 450), (0, 450)], strict=True):
        painted.paste(colours[colour], (*place, place[0] + 450, place[1] + 450))
    written = io.BytesIO()
    painted.save(written, kind, exif=b"Exif\0\0" + tiff((0x0112, SHORT, 1, short(orientation))))
    cover = Image.open(io.BytesIO(images.cover(written.getvalue()).content)).convert("RGB")
    places = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
    found = [cover.getpixel((int(x * cover.width), int(y * cover.height))) for x, y in places]
    nearest = [min(colours, key=lambda c: sum(abs(a - b) for a, b in zip(colours[c], f, strict=True))) for f in found]
    assert "".join(nearest) == corners


@pytest.mark.parametrize("content", [JPEG, PNG, WEBP, AVIF], ids=["jpeg", "png", "webp", "avif"])
def test_truncated_picture_is_rejected(content):
    with pytest.raises(PictureError) as error:
        images.cover(content[: len(content) // 2])
    assert error.value.reason in (PictureProblem.BROKEN, PictureProblem.NOT_A_PICTURE)


def test_truncated_picture_with_odd_metadata_is_rejected():
    for content in (jpeg(segment(0xEE, b"Adobe")), png(chunk(b"tEXt", b"a\0b", 5)), webp(8, riff(b"EXIF", b"x"))):
        with pytest.raises(PictureError):
            images.cover(content[: len(content) * 2 // 3])
