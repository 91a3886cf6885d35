"""Points, lines and polygons: validate column values, and compute spatial relations.

A position is [longitude, latitude]. As in MariaDB, all computations are planar, in degrees. Only the distance between
two points can be requested in metres. It is computed on a sphere with a radius of 6,371,000 m (utopia-php/database).
"""

import json
import math
import re
import sqlite3
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from appwrite_emulator.common.php_values import is_numeric

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

TYPES = ("point", "linestring", "polygon")

EARTH_RADIUS = 6371000
_WKT = re.compile(r"\s*(POINT|LINESTRING|POLYGON)\s*(\(.*\))\s*\Z", re.IGNORECASE | re.DOTALL)

Position = list[float]


class InvalidGeometryError(ValueError):
    """The value is not a valid geometry.

    The message continues a sentence that starts with the column's name: "must be a point".
    """


def normal(type: str, value: Any) -> list[Any]:
    """Return the coordinates as responses show them. Raise `InvalidGeometryError` if `value` is not of the type `type`.

    `value` may also be WKT. A polygon with a single ring can omit the outer list.
    """
    if isinstance(value, str):
        value = _from_wkt(type, value)
    if not isinstance(value, list):
        raise InvalidGeometryError(f"must be a {type}, given as lists of numbers")
    if type == "point":
        return _position(value)
    if type == "linestring":
        return _positions(value, at_least=2)
    if not value:
        raise InvalidGeometryError("must have at least one ring")
    rings = [value] if _is_position(value[0]) else value
    return [_ring(ring) for ring in rings]


def read(value: Any) -> tuple[str, list[Any]]:
    """Infer the geometry's type from its nesting depth, as queries do. Return (type, coordinates)."""
    depth, inner = 0, value
    while isinstance(inner, list) and inner and not _is_position(inner):
        depth, inner = depth + 1, inner[0]
    if depth >= len(TYPES) or not _is_position(inner):
        raise InvalidGeometryError("must be a point, line or polygon")
    return TYPES[depth], normal(TYPES[depth], value)


def _is_position(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(is_numeric(each) for each in value)


def _position(value: Any) -> Position:
    if not _is_position(value):
        raise InvalidGeometryError("must consist of positions of two numbers")
    x, y = (float(each) for each in value)
    if not -180 <= x <= 180 or not -90 <= y <= 90:
        raise InvalidGeometryError("must be within ±180 degrees of longitude and ±90 degrees of latitude")
    return [_shown(x), _shown(y)]


def _shown(number: float) -> float:
    """Convert whole numbers to integers, because PHP's JSON encoder writes them without `.0`."""
    return int(number) if number.is_integer() else number


def _positions(value: Any, *, at_least: int) -> list[Position]:
    if not isinstance(value, list) or len(value) < at_least:
        raise InvalidGeometryError(f"must have at least {at_least} positions")
    return [_position(each) for each in value]


def _ring(value: Any) -> list[Position]:
    ring = _positions(value, at_least=4)
    if ring[0] != ring[-1]:
        raise InvalidGeometryError("must have closed rings: the last position must equal the first")
    return ring


def _from_wkt(type: str, text: str) -> Any:
    match = _WKT.match(text)
    if not match or match[1].lower() != type:
        raise InvalidGeometryError(f"must be a {type}")
    lists = re.sub(r"[^\s(),]+(\s+[^\s(),]+)*", lambda words: json.dumps(words[0].split()), match[2])
    try:
        value = json.loads(lists.replace("(", "[").replace(")", "]"))
    except ValueError:
        raise InvalidGeometryError(f"must be a {type}") from None
    return value[0] if type == "point" else value


# -- spatial relations -------------------------------------------------------------------------------------------------


@lru_cache(4096)
def _geometry(coordinates: str) -> "BaseGeometry":
    # Imported late, because shapely (GEOS) takes 0.1 s to load and most tables have no geometric columns.
    import shapely

    type, value = read(json.loads(coordinates))
    if type == "polygon":
        shape: BaseGeometry = shapely.Polygon(value[0], value[1:])
    else:
        shape = shapely.Point(value) if type == "point" else shapely.LineString(value)
    return shape if shape.is_valid else shapely.make_valid(shape)


def spatial_relation(relation: str, one: str | None, other: str) -> bool | None:
    """Return whether the relation holds between `one` and `other`, or None if `one` is null.

    `relation`: name of shapely's method, such as `contains` or `crosses`. `one`, `other`: coordinates as JSON.
    """
    return None if one is None else bool(getattr(_geometry(one), relation)(_geometry(other)))


def distance(one: str | None, other: str, metres: bool) -> float | None:
    """Return the distance between two geometries in degrees, or None if `one` is null.

    With `metres`, both geometries must be points, and the distance is in metres.
    """
    if one is None:
        return None
    if not metres:
        return float(_geometry(one).distance(_geometry(other)))
    (x1, y1), (x2, y2) = ([math.radians(each) for each in json.loads(point)] for point in (one, other))
    chord = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, chord)))


def register(connection: sqlite3.Connection) -> None:
    """Add the SQL functions `spatial_relation` and `distance` to an SQLite connection."""
    connection.create_function("spatial_relation", 3, spatial_relation, deterministic=True)
    connection.create_function("distance", 3, distance, deterministic=True)
