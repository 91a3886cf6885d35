"""Points, lines and polygons through the official SDK: their columns, values and spatial queries."""

import pytest
from appwrite.query import Query
from appwrite.services.databases import Databases
from appwrite.services.tables_db import TablesDB

pytestmark = pytest.mark.usefixtures("ignore_deprecations")  # methods with the older names are also tested

OSLO, BERGEN, HAMAR = [10.75, 59.91], [5.32, 60.39], [11.07, 60.79]
SQUARE = [[[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]]]
WITH_HOLE = [*SQUARE, [[1, 1], [1, 3], [3, 3], [3, 1], [1, 1]]]


@pytest.fixture
def tables(server) -> TablesDB:
    tables = TablesDB(server)
    tables.create("lib", "Library")
    tables.create_table("lib", "places", "Places", columns=[{"key": "name", "type": "string", "size": 60}])
    return tables


@pytest.fixture
def places(tables) -> TablesDB:
    """Create three towns, each a point, and a garden, which has a polygon and a line that crosses the polygon."""
    tables.create_point_column("lib", "places", "spot", required=False)
    tables.create_line_column("lib", "places", "path", required=False)
    tables.create_polygon_column("lib", "places", "area", required=False)
    for name, spot in (("oslo", OSLO), ("bergen", BERGEN), ("hamar", HAMAR)):
        tables.create_row("lib", "places", name, {"spot": spot})
    tables.create_row("lib", "places", "garden", {"area": SQUARE, "path": [[-1, 2], [2, 2], [5, 2]]})
    return tables


def find_ids(tables: TablesDB, *queries: str) -> list[str]:
    return [row.id for row in tables.list_rows("lib", "places", list(queries)).rows]


@pytest.mark.parametrize(
    ("method", "type", "value", "wrong"),
    [
        ("create_point_column", "point", OSLO, [1, 2, 3]),
        ("create_line_column", "linestring", [[0, 0], [1.5, 1]], [[0, 0]]),
        ("create_polygon_column", "polygon", WITH_HOLE, [[[0, 0], [0, 2], [2, 2]]]),
    ],
)
def test_column_accepts_only_geometry_of_its_type(tables, expect_error, method, type, value, wrong):
    column = getattr(tables, method)("lib", "places", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", type, "processing")
    tables.create_row("lib", "places", "r", {"it": value})
    assert tables.get_row("lib", "places", "r").data["it"] == value
    for no in (wrong, [], "text", 5, [[]], [None, 1], [200, 10]):
        with expect_error("row_invalid_structure", 400):
            tables.update_row("lib", "places", "r", {"it": no})
    assert tables.update_row("lib", "places", "r", {"it": None}).data["it"] is None


@pytest.mark.parametrize(
    ("method", "value"),
    [("update_point_column", OSLO), ("update_line_column", [OSLO, HAMAR]), ("update_polygon_column", SQUARE)],
)
def test_default_must_have_the_type_of_its_column(tables, expect_error, method, value):
    update = getattr(tables, method)
    getattr(tables, method.replace("update", "create"))("lib", "places", "it", required=False)
    column = update("lib", "places", "it", required=False, default=value, new_key="that")
    assert (column.key, column.default) == ("that", value)
    assert tables.create_row("lib", "places", "r", {"name": "r"}).data["that"] == value
    with expect_error("general_argument_invalid", 400):
        update("lib", "places", "that", required=False, default=[1])
    with expect_error("column_default_unsupported", 400):
        update("lib", "places", "that", required=True, default=value)


def test_required_column_requires_an_empty_table(tables, expect_error):
    tables.create_row("lib", "places", "r", {"name": "r"})
    with expect_error("row_invalid_structure", 400):
        tables.create_point_column("lib", "places", "spot", required=True)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("POINT(10.75 59.91)", OSLO),
        (["10.75", 59.91], OSLO),
        ([10.0, 59.0], [10, 59]),
    ],
)
def test_point_column_accepts_other_notations(places, value, stored):
    assert places.update_row("lib", "places", "oslo", {"spot": value}).data["spot"] == stored


def test_polygon_accepts_a_single_ring_and_wkt(places, expect_error):
    assert places.update_row("lib", "places", "garden", {"area": SQUARE[0]}).data["area"] == SQUARE
    written = "POLYGON((0 0, 0 4, 4 4, 4 0, 0 0), (1 1, 1 3, 3 3, 3 1, 1 1))"
    assert places.update_row("lib", "places", "garden", {"area": written}).data["area"] == WITH_HOLE
    with expect_error("row_invalid_structure", 400):
        places.update_row("lib", "places", "garden", {"area": "POINT(1 2)"})


def test_rows_are_found_by_distance_in_metres(places):
    assert find_ids(places, Query.distance_less_than("spot", OSLO, 110_000)) == ["oslo", "hamar"]
    assert find_ids(places, Query.distance_greater_than("spot", OSLO, 300_000)) == ["bergen"]
    assert find_ids(places, Query.distance_equal("spot", OSLO, 0)) == ["oslo"]
    assert find_ids(places, Query.distance_not_equal("spot", OSLO, 0)) == ["bergen", "hamar"]


def test_rows_are_found_by_distance_in_degrees(places, expect_error):
    assert find_ids(places, Query.distance_less_than("spot", OSLO, 1, False)) == ["oslo", "hamar"]
    assert find_ids(places, Query.distance_equal("area", [7, 8], 5, False)) == ["garden"]
    with expect_error("general_query_invalid", 400):
        find_ids(places, Query.distance_less_than("area", OSLO, 1, True))


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        (Query.intersects("area", [4, 4]), True),
        (Query.intersects("area", [[5, 5], [6, 6]]), False),
        (Query.not_intersects("area", [9, 9]), True),
        (Query.contains("area", [[2, 2]]), True),
        (Query.contains("area", [[4, 4]]), False),
        (Query.not_contains("area", [[4, 4]]), True),
        (Query.touches("area", [4, 4]), True),
        (Query.not_touches("area", [2, 2]), True),
        (Query.overlaps("area", [[[2, 2], [2, 6], [6, 6], [6, 2], [2, 2]]]), True),
        (Query.not_overlaps("area", SQUARE), True),
        (Query.crosses("path", SQUARE), True),
        (Query.crosses("area", [[-1, 2], [5, 2]]), True),
        (Query.not_crosses("path", [[0, 0], [4, 0]]), True),
        (Query.equal("area", [[[[4, 4], [4, 0], [0, 0], [0, 4], [4, 4]]]]), True),
        (Query.equal("path", [[[5, 2], [-1, 2]]]), True),
        (Query.not_equal("area", [SQUARE]), False),
        (Query.is_not_null("area"), True),
    ],
)
def test_spatial_queries_match_by_relation(places, query, fits):
    """The towns have no area and no path, so this also checks that null never matches a spatial query."""
    assert find_ids(places, query) == (["garden"] if fits else [])


def test_self_intersecting_ring_can_be_queried(places):
    places.update_row("lib", "places", "garden", {"area": [[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]]})
    assert find_ids(places, Query.intersects("area", [3.9, 2])) == ["garden"]


@pytest.mark.parametrize(
    "query",
    [
        Query.less_than("spot", [1, 2]),
        Query.search("spot", "x"),
        Query.equal("spot", ["text"]),
        Query.equal("spot", [[1]]),
        Query.intersects("area", "text"),
        Query.intersects("name", [1, 2]),
        Query.distance_less_than("spot", [1], 5),
        Query.distance_less_than("spot", OSLO, "far"),
        '{"method":"distanceLessThan","attribute":"spot","values":[[[1,2],5]]}',
        '{"method":"touches","attribute":"area","values":[]}',
    ],
)
def test_invalid_spatial_queries_are_rejected(places, expect_error, query):
    with expect_error("general_query_invalid", 400):
        find_ids(places, query)


def test_create_spatial_index(tables, expect_error):
    tables.create_point_column("lib", "places", "spot", required=True)
    tables.create_polygon_column("lib", "places", "area", required=False)
    assert tables.create_index("lib", "places", "near", "spatial", ["spot"]).type == "spatial"
    for key, type, columns in (
        ("a", "spatial", ["area"]),
        ("b", "spatial", ["name"]),
        ("c", "spatial", ["spot", "area"]),
        ("d", "key", ["spot"]),
        ("e", "unique", ["spot"]),
        ("f", "fulltext", ["spot"]),
    ):
        with expect_error("column_index_invalid", 400):
            tables.create_index("lib", "places", key, type, columns)
    with expect_error("column_index_invalid", 400):
        tables.update_point_column("lib", "places", "spot", required=False)
    tables.delete_index("lib", "places", "near")
    tables.update_point_column("lib", "places", "spot", required=False)


def test_inline_columns_can_have_a_geometry_type(tables):
    tables.create_table("lib", "maps", "Maps", columns=[{"key": "spot", "type": "point", "default": OSLO}])
    tables.create_row("lib", "maps", "m1", {"spot": None})
    assert tables.get_row("lib", "maps", "m1").data == {"spot": OSLO}


def test_geometry_works_under_the_older_names(tables, server):
    older = Databases(server)
    assert older.create_point_attribute("lib", "places", "spot", required=False).type == "point"
    older.create_document("lib", "places", "oslo", {"spot": OSLO})
    assert older.list_documents("lib", "places", [Query.distance_less_than("spot", OSLO, 5)]).total == 1
