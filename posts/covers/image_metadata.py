"""Read the orientation in the metadata of pictures, and remove metadata that stops a decoder.

Decoders stop at odd metadata (an unfinished colour profile, a comment of a hundred megabytes, a wrong checksum)
although all pixels are there. What is removed here is not needed to decode them.
"""

import re
import struct
import zlib

ORIENTATION = 0x0112  # the tag in EXIF
SHORT, LONG = 3, 4  # types of values there

PNG = b"\x89PNG\r\n\x1a\n"
WEBP_FLAGS = 0b0001_0010  # transparency and animation
MAX_PARTS = 50_000  # of one file; a picture has about a hundred, an attack may have millions
EXIF = b"Exif\0\0"
# In the list of what an AVIF file contains: version, id and protection of an item, then its type.
AVIF_EXIF = re.compile(rb"(infe(?:\x02\0\0\0.{4}|\x03\0\0\0.{6}))Exif", re.DOTALL)


def orientation(exif: bytes) -> int:
    """Return the orientation of 1 to 8 that EXIF gives; 1 if it gives none.

    Reads only this entry, because Pillow rejects the whole directory for one invalid value in it.
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
    """Return a JPEG, PNG or WebP file without metadata, and the EXIF that was in it. Return other files unchanged.

    An AVIF file only loses its EXIF, because its orientation is stored elsewhere. Colour profiles are removed, too:
    only files that could not be decoded with them get here.
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
    """Drop application segments and comments; keep an intact Adobe segment, which says how colours are encoded."""
    parts, exif, place = [content[:2]], b"", 2
    for _ in range(MAX_PARTS):
        start, marker = content[place : place + 1], content[place + 1 : place + 2]
        if start != b"\xff" or marker in (b"", b"\xda"):  # the image data, or something unknown
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
    """Keep the chunks that every decoder must know, and the transparency if it is intact."""
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
    """Keep the chunks of the image itself, and clear the flags of the others in the header."""
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
