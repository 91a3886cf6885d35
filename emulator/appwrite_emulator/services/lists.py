"""Lists of models (users, databases, teams…): apply queries, search, total and cursors to a queryset.

ATTRIBUTES = lists.attributes(User, name="name", email="email", labels="labels")

def list_(request, *, queries, search, total):
    page = lists.page(User.objects.all(), queries, ATTRIBUTES, search=search, searched=("id", "name"), total=total)
    return {"total": page.total, "users": [responses.user(user) for user in page.items]}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.dateparse import parse_datetime

from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import queries, query_sql
from appwrite_emulator.db.tables.reading import MAX_TOTAL
from appwrite_emulator.http import parameters

_ERROR = "general_argument_invalid"
Item = TypeVar("Item")
# Few model lists support `select`.
_POSSIBLE = queries.METHODS - {"select"}


class Queries(parameters.Queries):
    """The `queries` parameter of a list. As in Appwrite, queries are validated before the handler reads any data.

    @accepts(queries=lists.Queries(ATTRIBUTES))

    `selectable`: the keys that `select` can name. If empty, `select` is not allowed.
    """

    def __init__(
        self,
        known: Mapping[str, queries.Attribute],
        only: Iterable[str] = _POSSIBLE,
        *,
        selectable: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.known, self.only = known, only
        self.selectable = {key: queries.Attribute(key, "text", key) for key in selectable}

    def clean(self, value: Any) -> list[str]:
        strings = super().clean(value)
        selections, others = queries.split_selections(strings) if self.selectable else ([], strings)
        queries.parse(selections, self.selectable, error=_ERROR)
        queries.parse(others, self.known, only=self.only, error=_ERROR)
        return strings


class SliceQueries(Queries):
    """The `queries` parameter of a list that supports only limit and offset."""

    def __init__(self) -> None:
        super().__init__({}, only=("limit", "offset"))


def cut(items: Iterable[Item], strings: Iterable[str]) -> list[Item]:
    """Return the items that the limit and offset queries select. There is no default limit."""
    query = queries.parse(strings, {}, error=_ERROR)
    start = query.offset or 0
    return list(items)[start : None if query.limit is None else start + query.limit]


@dataclass
class Page:
    """One page of a list: its items, and the total (0 if not requested)."""

    total: int
    items: list[Any]


def attributes(model: type[models.Model], **fields: str) -> dict[str, queries.Attribute]:
    """Return the attributes by which queries on `model` can filter and sort.

    `fields` maps wire names to field names. The ID and the timestamps are added if the model has them, and `$sequence`
    is always added, although responses do not contain it.
    """
    system = {"$id": "id", "$createdAt": "created_at", "$updatedAt": "updated_at"}
    names = {field.name for field in model._meta.get_fields()}
    known = {key: name for key, name in system.items() if name in names} | fields
    sequence = queries.Attribute("$sequence", "sequence", f'"{model._meta.db_table}".{_creation_order(model)}')
    return {key: _attribute(key, model._meta.get_field(name)) for key, name in known.items()} | {"$sequence": sequence}


def _attribute(key: str, field: Any) -> queries.Attribute:
    sql = f'"{field.model._meta.db_table}"."{field.column}"'
    if key == "$id":
        return queries.Attribute(key, "id", sql)
    if isinstance(field, models.DateTimeField):
        return queries.Attribute(key, "datetime", sql, encode=_as_django_stores)
    if isinstance(field, models.JSONField):
        return queries.Attribute(key, "text", sql, array=True)
    kinds: tuple[tuple[type[models.Field[Any, Any]], str], ...] = (
        (models.BooleanField, "boolean"),
        (models.IntegerField, "integer"),
        (models.FloatField, "float"),
    )
    return queries.Attribute(key, next((kind for type_, kind in kinds if isinstance(field, type_)), "text"), sql)


def constants(**values: str) -> dict[str, queries.Attribute]:
    """Return attributes that have the same value for every item but can be queried.

    `values` maps wire names to these values.
    """
    return {key: queries.Attribute(key, "text", f"'{value}'") for key, value in values.items()}


def _as_django_stores(moment: str) -> str | None:
    return connection.ops.adapt_datetimefield_value(parse_datetime(moment))


def page(
    queryset: QuerySet[Any],
    strings: Iterable[str],
    known: Mapping[str, queries.Attribute],
    *,
    total: bool = True,
    search: str = "",
    searched: Iterable[str] = (),
) -> Page:
    """Return the page of `queryset` that the query strings select.

    Raise `general_argument_invalid` for invalid queries. `search` matches words in the fields named by `searched`.
    This function ignores selections, which `lists.select` applies.
    """
    query = queries.parse(queries.split_selections(strings)[1], known, error=_ERROR)
    unfiltered = queryset
    table = queryset.model._meta.db_table
    if search:
        query_sql.parse_search(search)
        text = " || ' ' || ".join(
            f'coalesce("{table}"."{queryset.model._meta.get_field(name).column}", \'\')' for name in searched
        )
        queryset = queryset.filter(_as_condition((f"finds({text}, ?)", [search])))
    if query.filters:
        queryset = queryset.filter(_as_condition(query_sql.where(query.filters)))
    count = queryset.order_by()[:MAX_TOTAL].count() if total else 0
    order = query_sql.ordering(query, f'"{table}".{_creation_order(queryset.model)}')
    if query.cursor is not None:
        cursor_values = _cursor_values(unfiltered, query.cursor, order)
        queryset = queryset.filter(_as_condition(query_sql.after_cursor(order, cursor_values, query.backwards)))
    if query.random:
        queryset = queryset.order_by("?")
    else:
        keys = [(RawSQL(_escape_percents(sql), []), descending != query.backwards) for sql, descending in order]  # noqa: S611
        queryset = queryset.order_by(*(key.desc() if descending else key.asc() for key, descending in keys))
    start = query.offset or 0
    items = list(queryset[start : start + min(query.limit or queries.DEFAULT_LIMIT, 2**31)])
    return Page(count, items[::-1] if query.backwards else items)


def select(items: Iterable[dict[str, Any]], strings: Iterable[str]) -> list[dict[str, Any]]:
    """Return the items with only the selected keys and the keys that start with `$`.

    Without a selection, return all keys.
    """
    selections, _ = queries.split_selections(strings)
    keys = {key for selection in selections for key in php_json.loads(selection)["values"]}
    if not keys or "*" in keys:
        return list(items)
    return [{key: value for key, value in item.items() if key in keys or key.startswith("$")} for item in items]


def _creation_order(model: type[models.Model]) -> str:
    """Return the SQL column that gives the order of creation: the model's own sequence, or else SQLite's rowid."""
    names = {field.name for field in model._meta.get_fields()}
    return '"sequence"' if "sequence" in names else "rowid"


def _as_condition(condition: queries.Sql) -> RawSQL:
    sql, values = condition
    return RawSQL(_escape_percents(sql).replace("?", "%s"), values, output_field=BooleanField())  # noqa: S611


def _escape_percents(sql: str) -> str:
    return sql.replace("%", "%%")


def _cursor_values(queryset: QuerySet[Any], cursor: str, order: list[tuple[str, bool]]) -> list[Any]:
    """Return the sort values of the cursor's item. The item need not match the filters.

    The cursor is the item's ID or, for columns and indexes, its key.
    """
    names = {field.name for field in queryset.model._meta.get_fields()}
    keys = {f"key_{n}": RawSQL(_escape_percents(sql), []) for n, (sql, _) in enumerate(order)}  # noqa: S611
    position = queryset.filter(**{"id" if "id" in names else "key": cursor}).annotate(**keys).values_list(*keys).first()
    if position is None:
        raise AppwriteError("general_cursor_not_found")
    if None in position:
        raise AppwriteError("database_query_order_null")
    return list(position)
