"""Resize a picture of equal squares as ImageMagick 7 does in `cropThumbnailImage`, to the same pixels.

If a picture is more than four times too large, ImageMagick samples it down to four times the size. If it is then more
than twice too large, ImageMagick averages it down to twice the size. The last step uses the filter LanczosSharp. Each
step first resizes the columns and then the rows. It stores pixels as 32-bit floating point numbers from 0 to 65535.
"""

import math
from array import array
from collections.abc import Callable, Iterable, Sequence

WHITE = 65535.0
LANCZOS_BLUR = 0.9812505644269356
"""ImageMagick's `blur` of the filter LanczosSharp."""
LANCZOS_LOBES = 3.0
EPSILON = 1e-12
"""ImageMagick's `MagickEpsilon`."""

Rows = Sequence[Sequence[float]]
Weights = dict[int, float]
"""Index of a row in the source -> weight. The weights of one row of the result add up to 1."""


def resize(squares: Rows, square_size: int, size: int) -> bytes:
    """Return the grey pixels, row by row, of a square picture with sides of `size` pixels.

    `squares` are the grey values of the squares by row, from 0 to `WHITE`. Each has sides of `square_size` pixels.
    """
    first, *others = _steps(len(squares) * square_size, size)
    rows = _apply([_merge(weights, square_size) for weights in first], squares)
    for step in others:
        rows = _apply(step, rows)
    return bytes(min(255, max(0, math.floor(value / 257 + 0.5))) for row in rows for value in row)


def _steps(width: int, size: int) -> list[list[Weights]]:
    steps, ratio = [], width // size
    if ratio > 4:
        steps.append(_sample(width, 4 * size))
        width = 4 * size
    if ratio > 2:
        steps.append(_filter(width, 2 * size, lambda _: 1.0, 0.5))
        width = 2 * size
    return [*steps, _filter(width, size, _lanczos, LANCZOS_LOBES, LANCZOS_BLUR)]


def _apply(step: list[Weights], rows: Rows) -> Rows:
    """Resize the columns and then the rows."""
    resized = [_mix(weights, rows) for weights in step]
    columns = list(zip(*resized, strict=True))
    return list(zip(*(_mix(weights, columns) for weights in step), strict=True))


def _mix(weights: Weights, rows: Rows) -> "array[float]":
    """Return the weighted sum of the rows."""
    total: Iterable[float] = [0.0] * len(rows[0])
    for index, weight in weights.items():
        total = [value + weight * added for value, added in zip(total, rows[index], strict=True)]
    return array("f", total)


def _merge(weights: Weights, square_size: int) -> Weights:
    """Return the weights of squares, from those of rows of pixels."""
    merged: Weights = {}
    for index, weight in weights.items():
        merged[index // square_size] = merged.get(index // square_size, 0.0) + weight
    return merged


def _sample(width: int, size: int) -> list[Weights]:
    return [{int((place + 0.5) * width / size): 1.0} for place in range(size)]


def _filter(
    width: int, size: int, kernel: Callable[[float], float], support: float, blur: float = 1.0
) -> list[Weights]:
    """Return the weights of a filter whose kernel is 0 from the distance `support` on."""
    scale = max(width / size + EPSILON, 1.0) * blur
    result = []
    for place in range(size):
        centre = (place + 0.5) * width / size + EPSILON
        first = int(max(centre - support * scale + 0.5, 0))
        last = int(min(centre + support * scale + 0.5, width))
        weights = {index: kernel((index - centre + 0.5) / scale) for index in range(first, last)}
        total = sum(weights.values())
        result.append({index: weight / total for index, weight in weights.items()})
    return result


def _lanczos(distance: float) -> float:
    return 0.0 if abs(distance) >= LANCZOS_LOBES else _sinc(distance) * _sinc(distance / LANCZOS_LOBES)


def _sinc(value: float) -> float:
    return math.sin(math.pi * value) / (math.pi * value) if value else 1.0
