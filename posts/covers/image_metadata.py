"""Read a picture's orientation from its metadata, and remove metadata that decoders cannot read.

Decoders fail on invalid metadata (a truncated colour profile, a comment of a hundred megabytes, a wrong checksum) even
if all pixels are present. The metadata removed by this module is not needed to decode the pixels.
"""

import re
import struct
import zlib

ORIENTATION = 0x0112  # the tag in EXIF
SHORT, LONG = 3, 4  # EXIF value types

PNG = b"\x89PNG\r\n\x1a\n"
WEBP_FLAGS = 0b0001_0010  # flags for transparency and animation
MAX_PARTS = 50_000  # segments or chunks per file; a picture has about a hundred, a malicious file may have millions
EXIF = b"Exif\0\0"
# An entry in the item list of an AVIF file: the item's version, id and protection, then its type.
AVIF_EXIF = re.compile(rb"(infe(?:\x02\0\0\0.{4}|\x03\0\0\0.{6}))Exif", re.DOTALL)


def orientation(exif: bytes) -> int:
    """Return the EXIF orientation, from 1 to 8, or 1 if EXIF has no valid orientation.

    Read only this entry, unlike Pillow, which rejects the whole EXIF directory if any of its values is invalid.
    """
    tiff = exif.removeprefix(EXIF)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{order}HH", tiff, entry)
            if tag == ORIENTATION and kind in (SHORT, LONG):
                (value,) = struct.unpack_from(order + ("H" if kind == SHORT else "I"), tiff, entry + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def without(content: bytes) -> tuple[bytes, bytes]:
    """Return a JPEG, PNG or WebP file without metadata, and the removed EXIF. Return other files unchanged.

    For an AVIF file, remove only the EXIF, and return b"" instead of it, because AVIF stores the orientation elsewhere.
    Colour profiles are also removed, so pass only files that cannot be decoded with their metadata.
    """
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content.startswith(PNG):
        return _png(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    if content[4:8] == b"ftyp":
        return AVIF_EXIF.sub(rb"\1free", content), b""
    return content, b""


def _jpeg(content: bytes) -> tuple[bytes, bytes]:
    """Remove application segments and comments, except an intact Adobe segment, which defines the colour encoding."""
    parts, exif, place = [content[:2]], b"", 2
    for _ in range(MAX_PARTS):
        start, marker = content[place : place + 1], content[place + 1 : place + 2]
        if start != b"\xff" or marker in (b"", b"\xda"):  # image data, or an unknown marker
            break
        if marker == b"\xff":  # padding
            place += 1
            continue
        end = place + 2 + max(2, int.from_bytes(content[place + 2 : place + 4], "big"))
        data = content[place + 4 : end]
        if marker == b"\xe1" and data.startswith(EXIF):
            exif = exif or data
        is_adobe = marker == b"\xee" and data.startswith(b"Adobe") and len(data) >= 12
        if is_adobe or not (b"\xe0" <= marker <= b"\xef" or marker == b"\xfe"):
            parts.append(content[place:end])
        place = end
    return b"".join([*parts, content[place:]]), exif


def _png(content: bytes) -> tuple[bytes, bytes]:
    """Keep only the critical chunks, which every decoder must support, and the transparency chunk if it is intact."""
    parts, exif, place = [PNG], b"", len(PNG)
    for _ in range(MAX_PARTS):
        head, kind = content[place : place + 4], content[place + 4 : place + 8]
        end = place + 12 + int.from_bytes(head, "big")
        data, checksum = content[place + 8 : end - 4], content[end - 4 : end]
        if kind == b"eXIf":
            exif = data
        is_transparency = kind == b"tRNS" and len(data) > 1 and checksum == zlib.crc32(kind + data).to_bytes(4, "big")
        if kind[:1].isupper() or is_transparency:
            parts.append(content[place:end])
        place = end
        if place >= len(content):
            break
    return b"".join([*parts, content[place:]]), exif


def _webp(content: bytes) -> tuple[bytes, bytes]:
    """Keep only the image chunks, and clear the header flags for other chunks."""
    parts, exif, place = [], b"", 12
    for _ in range(MAX_PARTS):
        kind, length = content[place : place + 4], int.from_bytes(content[place + 4 : place + 8], "little")
        end = place + 8 + length + length % 2
        chunk = content[place:end]
        if kind == b"EXIF":
            exif = exif or chunk[8 : 8 + length]
        elif kind == b"VP8X":
            parts.append(chunk[:8] + bytes(flags & WEBP_FLAGS for flags in chunk[8:9]) + chunk[9:])
        elif kind in (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF"):
            parts.append(chunk)
        place = end
        if place >= len(content):
            break
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body, exif
