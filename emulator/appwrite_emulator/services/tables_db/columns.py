"""Columns. Each kind has its own create and update methods. List, get and delete are the same for all kinds.

Kinds differ only in their stored type, their parameters, and the validation of their default. `KINDS` declares these
differences. `_creator` and `_updater` build these methods.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import geometry, php_dates
from appwrite_emulator.db.models import Column, Table
from appwrite_emulator.db.models.databases import (
    DEFAULT_RANGES,
    FLOAT_RANGE,
    FORMAT_SIZES,
    INTEGER_RANGE,
    MAX_VARCHAR_SIZE,
    TEXT_TYPES,
)
from appwrite_emulator.db.tables import column_types, storage, table_schema
from appwrite_emulator.http.parameters import (
    Anything,
    Boolean,
    Float,
    Integer,
    Key,
    ListOf,
    Param,
    ParameterError,
    Text,
    accepts,
)
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services import lists
from appwrite_emulator.services.tables_db import indexes, inline_objects
from appwrite_emulator.services.tables_db.lookup import find_table

ATTRIBUTES = lists.attributes(Column, key="key", type="type", size="size", required="required", array="array")
ATTRIBUTES |= lists.constants(status="available", error="")
MAX_COLUMNS = 1012
MIN_ENCRYPTED_SIZE = 150
MAX_TEXT_SIZE = 1073741824


class Formatted(Text):
    """A string in one of the formats email, url and ip."""

    def __init__(self, format: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.format = format

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not column_types.FORMATS[self.format](text):
            raise ParameterError(column_types.FORMAT_DESCRIPTIONS[self.format])
        return text


class Time(Text):
    """A date and time as text, stored unchanged."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            php_dates.parse_with_year(text)
        except ValueError:
            raise ParameterError(
                "Value must be valid date between 0000-01-01 00:00:00 and 9999-12-31 00:00:00."
            ) from None
        return text


class Geometry(Param):
    """A point, line or polygon as nested lists of numbers."""

    def __init__(self, type: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = type

    def clean(self, value: Any) -> list[Any]:
        try:
            return geometry.normal(self.type, value)
        except geometry.InvalidGeometryError as reason:
            raise ParameterError(f"Value {reason}") from None


@dataclass(frozen=True)
class Kind:
    """A kind of column. `type` and `format` are the values that Appwrite stores.

    `KINDS` maps the name in the route to the kind.
    """

    type: str
    default: Callable[..., Param]
    format: str = ""
    size: int = 0
    create_params: dict[str, Param] = field(default_factory=dict)
    """Additional parameters of this kind on create."""
    update_params: dict[str, Param] = field(default_factory=dict)
    """Additional parameters of this kind on update."""

    @property
    def is_geometric(self) -> bool:
        """Whether columns of this kind contain geometries.

        They cannot be arrays, and updates can omit their default.
        """
        return self.type in geometry.TYPES


def _text(**kwargs: Any) -> Param:
    return Text(min=0, **kwargs)


def _formatted(format: str) -> Callable[..., Param]:
    return lambda **kwargs: Formatted(format, **kwargs)


def _geometric(type: str) -> Kind:
    return Kind(type, lambda **kwargs: Geometry(type, **kwargs))


_ENCRYPT: dict[str, Param] = {"encrypt": Boolean(strict=True, default=False)}


def _sized(type: str, largest: int) -> Kind:
    create_params: dict[str, Param] = {"size": Integer(1, largest, required=True), **_ENCRYPT}
    return Kind(type, _text, create_params=create_params, update_params={"size": Integer(1, largest)})


_whole, _fraction, _flag = (partial(kind, strict=True) for kind in (Integer, Float, Boolean))


def _number(type: str, param: Callable[..., Param]) -> Kind:
    return Kind(
        type, param, create_params={"min": param(), "max": param()}, update_params={"min": param(), "max": param()}
    )


_ELEMENTS: dict[str, Param] = {"elements": ListOf(Text(255), 100, required=True)}

KINDS = {
    "string": _sized("string", MAX_TEXT_SIZE),
    "varchar": _sized("varchar", MAX_VARCHAR_SIZE),
    "text": Kind("text", _text, size=TEXT_TYPES["text"], create_params=_ENCRYPT),
    "mediumtext": Kind("mediumtext", _text, size=TEXT_TYPES["mediumtext"], create_params=_ENCRYPT),
    "longtext": Kind("longtext", _text, size=TEXT_TYPES["longtext"], create_params=_ENCRYPT),
    "email": Kind("string", _formatted("email"), format="email", size=FORMAT_SIZES["email"]),
    "url": Kind("string", _formatted("url"), format="url", size=FORMAT_SIZES["url"]),
    "ip": Kind("string", _formatted("ip"), format="ip", size=FORMAT_SIZES["ip"]),
    "enum": Kind(
        "string", _text, format="enum", size=FORMAT_SIZES["enum"], create_params=_ELEMENTS, update_params=_ELEMENTS
    ),
    "integer": _number("integer", _whole),
    "bigint": _number("bigint", _whole),
    "float": _number("double", _fraction),
    "boolean": Kind("boolean", _flag),
    "datetime": Kind("datetime", Time),
    "point": _geometric("point"),
    "line": _geometric("linestring"),
    "polygon": _geometric("polygon"),
}


# -- shared by all kinds ----------------------------------------------------------------------------------------------


def find(table: Table, key: str) -> Column:
    """Return the column with the key `key`, or raise 404 `column_not_found`."""
    column = table.columns.filter(key=key).first()
    if column is None:
        raise AppwriteError("column_not_found", subject=key)
    return column


def add(table: Table, column: Column) -> Column:
    """Create a column after performing the checks that need the table.

    The column's size, range and default must already be valid.
    """
    _check_default_allowed(column)
    if column.is_geometric and column.required and storage.has_rows(table):
        raise AppwriteError(
            "row_invalid_structure",
            "Failed to add required spatial column: existing rows present. Make the column optional.",
        )
    check_width(table, column)
    if table.columns.filter(key=column.key).exists():
        raise AppwriteError("column_already_exists", subject=column.key)
    column.table = table
    column.created_at = column.updated_at = clock.now()
    column.save()
    storage.add_column(column)
    table_schema.invalidate()
    return column


def check_width(table: Table, column: Column) -> None:
    """Raise 400 `column_limit_exceeded` if the table's rows would be too wide or have too many columns."""
    if table.bytes_used + column.bytes >= table.BYTES_MAX or table.columns.count() >= MAX_COLUMNS:
        raise AppwriteError("column_limit_exceeded", subject=table.id)


def _check_default_allowed(column: Column) -> None:
    if column.default is not None and (column.required or column.array):
        kind = "required column" if column.required else "array columns"
        raise AppwriteError("column_default_unsupported", f"Cannot set default value for {kind}")


def _check(column: Column, *, with_default: bool = True) -> None:
    """Check the range and the default. On create, call this before looking up the table, so that its errors come first.

    Without `with_default`, a text column's default only has to be a string. On update, the real server accepts a
    default that is longer than the column's size.
    """
    if column.min is not None and column.max is not None and column.min > column.max:
        raise AppwriteError("column_value_invalid", "Minimum value must be lesser than maximum value")
    if column.default is not None and (with_default or not isinstance(column.default, str)):
        try:
            column_types.type_of(column).normalise_one(column.default)
        except column_types.InvalidValueError as reason:
            raise AppwriteError("column_value_invalid", reason.description) from None


def _check_encrypted_size(column: Column) -> None:
    if column.encrypt and column.type in ("string", "varchar") and column.size < MIN_ENCRYPTED_SIZE:
        raise AppwriteError(
            "general_bad_request",
            f"Size too small. Encrypted strings require a minimum size of {MIN_ENCRYPTED_SIZE} characters.",
        )


def from_descriptions(described: list[dict[str, Any]]) -> list[Column]:
    """Build the columns that "create table" describes inline. Raise 400 `general_argument_invalid` for an error."""
    columns: dict[str, Column] = {}
    for each in described:
        column = _from_description(each)
        if column.key in columns:
            raise AppwriteError("general_argument_invalid", "Duplicate attribute key: %s", subject=column.key)
        columns[column.key] = column
        try:
            _check_default_allowed(column)
            _check(column)
        except AppwriteError as error:
            raise AppwriteError("general_argument_invalid", error.message) from None
    return list(columns.values())


def _from_description(described: dict[str, Any]) -> Column:
    """Build one column. Its type is a stored type, such as `double`, or `string` with a format.

    Values are not converted.
    """
    type_, format_ = described.get("type"), described.get("format") or ""
    kind = next((k for k in KINDS.values() if k.type == type_ and k.format == format_), None)
    if kind is None:
        raise AppwriteError("general_argument_invalid", f"Invalid type for attribute '{described.get('key')}': {type_}")
    declared: dict[str, Param] = {
        "key": Key(required=True),
        "required": Boolean(strict=True, default=False),
        "default": Anything(),
        "array": Boolean(strict=True, default=False),
        **{name: param for name, param in kind.create_params.items() if name != "encrypt"},
    }
    if kind.type == "string":
        declared["size"] = Integer(1, MAX_TEXT_SIZE, required=True)
    read = inline_objects.read(described, declared, "columns")
    if isinstance(described.get("size"), str) or read.get("elements") == []:
        raise AppwriteError(
            "general_argument_invalid",
            f"Attribute '{described['key']}': `size` must be a number, and an enum must have elements",
        )
    if kind.type not in DEFAULT_RANGES and (described.get("min") is not None or described.get("max") is not None):
        raise AppwriteError(
            "general_argument_invalid",
            f"Attribute '{described['key']}': min/max can only be used with integer, bigint or float types",
        )
    column = _new_column(kind, **{name: value for name, value in read.items() if value is not None})
    return column if column.min is None and column.max is None else _with_full_range(column)


def _new_column(kind: Kind, **read: Any) -> Column:
    column = Column(type=kind.type, format=kind.format, size=kind.size)
    for name, value in read.items():
        setattr(column, name, value)
    return column


def _with_full_range(column: Column) -> Column:
    """Set each missing bound of a number column to the lowest or highest possible value."""
    if column.type in DEFAULT_RANGES:
        smallest, greatest = FLOAT_RANGE if column.type == "double" else INTEGER_RANGE
        column.min = smallest if column.min is None else column.min
        column.max = greatest if column.max is None else column.max
    return column


# -- the methods -------------------------------------------------------------------------------------------------------


def _creator(name: str) -> Callable[..., dict[str, Any]]:
    kind = KINDS[name]
    own = kind.create_params if kind.is_geometric else {"array": _flag(default=False), **kind.create_params}

    @accepts(key=Key(required=True), required=_flag(required=True), default=kind.default(), **own)
    def create(request: Request, *, database_id: str, table_id: str, **read: Any) -> dict[str, Any]:
        column = _with_full_range(_new_column(kind, **read))
        _check_encrypted_size(column)
        _check(column)
        add(find_table(database_id, table_id), column)
        return databases.column(column, status="processing", moment="made")

    create.__name__ = f"create_{name}_column"
    create.__doc__ = f"""POST /tablesdb/{{databaseId}}/tables/{{tableId}}/columns/{name}. The column is ready
    immediately, although its status is "processing", as on the real server."""
    return create


def _updater(name: str) -> Callable[..., dict[str, Any]]:
    kind = KINDS[name]

    @accepts(
        required=_flag(required=True),
        default=kind.default(required=not kind.is_geometric, nullable=True),
        new_key=Key(),
        **kind.update_params,
    )
    def update(
        request: Request, *, database_id: str, table_id: str, key: str, new_key: str | None, **read: Any
    ) -> dict[str, Any]:
        table = find_table(database_id, table_id)
        column = find(table, key)
        if column.relationship_id:
            raise AppwriteError("column_type_invalid", subject=key)
        _change(table, column, {k: v for k, v in read.items() if v is not None or k == "default"})
        if new_key and new_key != column.key:
            _rename(table, column, new_key)
        column.updated_at = clock.now()
        column.save()
        table_schema.invalidate()
        model = databases.column(column, moment="changed")
        return model if "size" in kind.update_params else {k: v for k, v in model.items() if k != "size"}

    update.__name__ = f"update_{name}_column"
    update.__doc__ = f"""PATCH /tablesdb/{{databaseId}}/tables/{{tableId}}/columns/{name}/{{key}}. `required` and
    `default` must be sent, even if null. Other omitted parameters stay unchanged. As on the real server, the column can
    be of a different kind. Parameters that this kind does not have are then ignored."""
    return update


def _change(table: Table, column: Column, read: dict[str, Any]) -> None:
    """Set the column's new values, and check them in the real server's order."""
    width, size = column.bytes, column.size
    changeable = {"required", "default", *_kind_of(column).update_params}
    for name, value in read.items():
        if name in changeable:
            setattr(column, name, value)
    _check_default_allowed(column)
    if column.format == "enum" and not read.get("elements"):
        raise AppwriteError("column_value_invalid", "Enum elements must not be empty")
    _check(column, with_default=not column.is_text or bool(column.format))
    if table.bytes_used - width + column.bytes >= table.BYTES_MAX:
        raise AppwriteError("column_limit_exceeded", subject=table.id)
    indexes.check_changed_column(table, column)
    if column.size < size and _cuts_text(column):
        raise AppwriteError("column_invalid_resize")


def _cuts_text(column: Column) -> bool:
    """Return whether MariaDB would have to truncate one of the column's strings to fit the new size."""
    if column.array:  # arrays are stored as JSON, which has no size limit
        return False
    if column.size > MAX_VARCHAR_SIZE:
        return storage.longest(column, in_bytes=True) > column_types.max_bytes(column)
    return storage.longest(column) > column.size


def _kind_of(column: Column) -> Kind:
    return next(kind for kind in KINDS.values() if (kind.type, kind.format) == (column.type, column.format))


def _rename(table: Table, column: Column, key: str) -> None:
    if table.columns.filter(key=key).exclude(pk=column.pk).exists():
        raise AppwriteError("column_already_exists", subject=key)
    storage.rename_column(column, key)
    for index in table.indexes.all():
        index.columns = [key if each == column.key else each for each in index.columns]
        index.save()
    column.key = key


create_string_column, update_string_column = _creator("string"), _updater("string")
create_varchar_column, update_varchar_column = _creator("varchar"), _updater("varchar")
create_text_column, update_text_column = _creator("text"), _updater("text")
create_mediumtext_column, update_mediumtext_column = _creator("mediumtext"), _updater("mediumtext")
create_longtext_column, update_longtext_column = _creator("longtext"), _updater("longtext")
create_email_column, update_email_column = _creator("email"), _updater("email")
create_url_column, update_url_column = _creator("url"), _updater("url")
create_ip_column, update_ip_column = _creator("ip"), _updater("ip")
create_enum_column, update_enum_column = _creator("enum"), _updater("enum")
create_integer_column, update_integer_column = _creator("integer"), _updater("integer")
create_big_int_column, update_big_int_column = _creator("bigint"), _updater("bigint")
create_float_column, update_float_column = _creator("float"), _updater("float")
create_boolean_column, update_boolean_column = _creator("boolean"), _updater("boolean")
create_datetime_column, update_datetime_column = _creator("datetime"), _updater("datetime")
create_point_column, update_point_column = _creator("point"), _updater("point")
create_line_column, update_line_column = _creator("line"), _updater("line")
create_polygon_column, update_polygon_column = _creator("polygon"), _updater("polygon")


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_columns(
    request: Request, *, database_id: str, table_id: str, queries: list[str], total: bool
) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/columns."""
    page = lists.page(find_table(database_id, table_id).columns.all(), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "columns": [databases.column(column, moment="listed") for column in page.items]}


def get_column(request: Request, *, database_id: str, table_id: str, key: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/columns/{key}."""
    return databases.column(find(find_table(database_id, table_id), key))


def delete_column(request: Request, *, database_id: str, table_id: str, key: str) -> None:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}/columns/{key}. Remove the column from its indexes.

    Indexes that are then empty or duplicates are deleted. Deleting a relationship column deletes both sides of the
    relationship.
    """
    table = find_table(database_id, table_id)
    column = find(table, key)
    request.add_change(databases.column(column, status="deleting"))
    if column.relationship:
        storage.drop_relationship(column.relationship)
        column.relationship.delete()
        table_schema.invalidate()
        return
    shortened = [index for index in table.indexes.all() if column.key in index.columns]
    for index in shortened:
        storage.drop_index(index)
        at = index.columns.index(column.key)
        for part in (index.columns, index.lengths, index.orders):
            del part[at : at + 1]
        index.save()
    storage.drop_column(column)
    column.delete()
    for index in shortened:
        twins = table.indexes.filter(type=index.type, columns=index.columns).exclude(pk=index.pk)
        if not index.columns or twins.exists():
            index.delete()
        else:
            storage.create_index(index)
    table_schema.invalidate()
