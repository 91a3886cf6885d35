"""QR codes in black on white, with the same pixels as on the real server.

The real server uses php-qrcode 4.3 and ImageMagick 7. The rules below are those of these two libraries.
"""

import io
from functools import cache
from itertools import pairwise
from typing import Any

from appwrite_emulator.media.avatar_images import thumbnails

MODULE_SIZE = 15
"""Width of a module in the picture that is resized, in pixels. Modules are the squares of the code."""
_FINDER_LIKE = (True, False, True, True, True, False, True)

Modules = list[list[bool]]
"""The modules by row, True if dark."""


def qr_code(text: str, size: int, margin: int) -> bytes:
    """Return a square PNG of `size` pixels, with a white margin of `margin` modules."""
    from PIL import Image

    code = _best_code(text)
    modules = [[0.0 if dark else thumbnails.WHITE for dark in row] for row in code.matrix_iter(border=margin)]
    pixels = thumbnails.resize(modules, MODULE_SIZE, size)
    written = io.BytesIO()
    Image.frombytes("L", (size, size), pixels).save(written, "PNG")
    return written.getvalue()


def _best_code(text: str) -> Any:
    """Return the segno code with the mask that has the lowest penalty.

    The text is UTF-8 without an ECI header. The error correction level is the lowest one.
    """
    import segno

    _correct_padding()
    options: dict[str, Any] = {"error": "L", "boost_error": False, "encoding": "utf-8", "eci": False}
    codes = [segno.make_qr(text, mask=mask, **options) for mask in range(8)]
    return min(codes, key=lambda code: _penalty(_without_information([list(map(bool, row)) for row in code.matrix])))


@cache
def _correct_padding() -> None:
    """Correct segno, which adds a superfluous zero byte to data that end at the boundary of a byte.

    This changes nothing in a version of segno without the fault. See docs/decisions.md.
    """
    import segno.encoder as encoder

    write_padding_bits: Any = encoder.write_padding_bits

    def write_missing_bits(buffer: Any, version: Any, length: int) -> None:
        if length % 8:
            write_padding_bits(buffer, version, length)

    encoder.write_padding_bits = write_missing_bits


def _without_information(modules: Modules) -> Modules:
    """Make the format and version information light, as they are when php-qrcode compares the masks."""
    count = len(modules)
    format_places = [(8, place) for place in (*range(6), 7, 8, *range(count - 8, count))]
    format_places += [(place, 8) for place in (*range(6), 7, *range(count - 7, count))]
    version_places = [(row, column) for row in range(6) for column in range(count - 11, count - 8)]
    if count < 45:  # codes before version 7 contain no version information
        version_places = []
    for row, column in (*format_places, *version_places, *((column, row) for row, column in version_places)):
        modules[row][column] = False
    return modules


def _penalty(modules: Modules) -> int:
    """Return php-qrcode's penalty, which differs from the standard in its first rule."""
    count = len(modules)
    pairs = [[left + right for left, right in pairwise(row)] for row in modules]
    squares = [up + down for rows in pairwise(pairs) for up, down in zip(*rows, strict=True)]
    lines = [*map(tuple, modules), *zip(*modules, strict=True)]
    finders = sum(line[place : place + 7] == _FINDER_LIKE for line in lines for place in range(count - 6))
    dark = sum(map(sum, modules))
    return (
        _crowd_penalty(modules)
        + 3 * sum(square in (0, 4) for square in squares)
        + 40 * finders
        + int(abs(100 * dark / count / count - 50) / 5 * 10)
    )


def _crowd_penalty(modules: Modules) -> int:
    """Return the penalty for modules of which more than five neighbours have the same colour."""
    count, penalty = len(modules), 0
    for row in range(count):
        nearby = modules[max(0, row - 1) : row + 2]
        columns = [sum(column) for column in zip(*nearby, strict=True)]
        for column in range(count):
            window = columns[max(0, column - 1) : column + 2]
            dark = sum(window)
            same = dark if modules[row][column] else len(window) * len(nearby) - dark
            if same > 6:  # with the module itself
                penalty += same - 3
    return penalty
