"""Create the SQLite tables that contain rows, and keep them up to date with the Appwrite tables.

rows_5                the rows: _sequence, _id, _created, _updated, _permissions, and one SQL column per column
rows_5_readers        which roles can read which row, for lists (the row also contains all its permissions)
rows_5_index_7        one index; text is indexed in the form that is compared, through fold()
rows_5_words_9        full-text index of one column, kept up to date by triggers
relation_7            junction table of a manyToMany relationship (other types use columns of rows_5, see
relationships.py)
"""

# Table names are built from integers, and column names from keys that parameters.Key has validated.
# ruff: noqa: S608

import logging
import sqlite3

from django.db import transaction

from appwrite_emulator.db.models import Column, Index, Relationship, Table
from appwrite_emulator.db.tables import relationships
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.table_schema import SYSTEM, fulltext_table, is_indexed_automatically, quoted

log = logging.getLogger(__name__)

_TYPES = {"integer": "INTEGER", "bigint": "INTEGER", "boolean": "INTEGER", "double": "REAL"}


def create(table: Table) -> None:
    """Create a new table's SQL tables, and the indexes that Appwrite always creates: IDs, timestamps, permissions."""
    rows = f"rows_{table.sequence}"
    execute(
        f"""CREATE TABLE {rows} (
            _sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            _id TEXT NOT NULL COLLATE NOCASE UNIQUE,
            _created TEXT NOT NULL,
            _updated TEXT NOT NULL,
            _permissions TEXT NOT NULL
        )"""
    )
    execute(f"CREATE INDEX {rows}_created ON {rows} (_created)")
    execute(f"CREATE INDEX {rows}_updated ON {rows} (_updated)")
    execute(
        f"""CREATE TABLE {rows}_readers (
            row INTEGER NOT NULL, role TEXT NOT NULL, PRIMARY KEY (row, role)
        ) WITHOUT ROWID"""
    )
    execute(f"CREATE INDEX {rows}_readers_role ON {rows}_readers (role, row)")


def drop(table: Table) -> None:
    for column in _searched_columns(table):
        _drop_words(column)
    execute(f"DROP TABLE rows_{table.sequence}_readers")
    execute(f"DROP TABLE rows_{table.sequence}")


def add_column(column: Column) -> None:
    kind = "TEXT" if column.array else _TYPES.get(column.type, "TEXT")
    execute(f"ALTER TABLE rows_{column.table_id} ADD COLUMN {quoted(column.key)} {kind}")
    if is_indexed_automatically(column):
        execute(f"CREATE INDEX {_automatic_index(column)} ON rows_{column.table_id} ({quoted(column.key)})")


def rename_column(column: Column, key: str) -> None:
    """Rename the SQL column. SQLite updates indexes and triggers."""
    execute(f"ALTER TABLE rows_{column.table_id} RENAME COLUMN {quoted(column.key)} TO {quoted(key)}")


def drop_column(column: Column) -> None:
    """Drop the SQL column. The column's indexes must already have been dropped."""
    execute(f"DROP INDEX IF EXISTS {_automatic_index(column)}")
    execute(f"ALTER TABLE rows_{column.table_id} DROP COLUMN {quoted(column.key)}")


def _automatic_index(column: Column) -> str:
    return f"rows_{column.table_id}_order_{column.sequence}"


def has_rows(table: Table) -> bool:
    return execute(f"SELECT 1 FROM rows_{table.sequence} LIMIT 1").fetchone() is not None


def longest(column: Column, *, in_bytes: bool = False) -> int:
    """Return the length of the column's longest string, in characters or bytes."""
    text = f"CAST({quoted(column.key)} AS BLOB)" if in_bytes else quoted(column.key)
    (length,) = execute(f"SELECT coalesce(max(length({text})), 0) FROM rows_{column.table_id}").fetchone()
    return int(length)


# -- relationships -----------------------------------------------------------------------------------------------------


def add_relationship(relationship: Relationship) -> None:
    """Add the SQL columns or junction table of a relationship. For oneToOne, an ID can occur only once on each side."""
    if relationship.type == "manyToMany":
        pairs = relationships.pairs(relationship.sequence)
        names = "parent TEXT NOT NULL COLLATE NOCASE, child TEXT NOT NULL COLLATE NOCASE"
        execute(f"CREATE TABLE {pairs} ({names}, UNIQUE (parent, child))")
        execute(f"CREATE INDEX {pairs}_child ON {pairs} (child)")
        return
    unique = "UNIQUE " if relationship.type == "oneToOne" else ""
    for side, rows, name in _id_columns(relationship):
        execute(f"ALTER TABLE {rows} ADD COLUMN {quoted(name)} TEXT COLLATE NOCASE")
        execute(f"CREATE {unique}INDEX {_ids_index(relationship, side)} ON {rows} ({quoted(name)})")


def rename_relationship(relationship: Relationship, key: str, two_way_key: str) -> None:
    """Rename the relationship's keys on both sides."""
    before = _id_columns(relationship)
    relationship.key, relationship.two_way_key = key, two_way_key
    for (_, rows, old), (_, _, new) in zip(before, _id_columns(relationship), strict=True):
        if new != old:
            execute(f"ALTER TABLE {rows} RENAME COLUMN {quoted(old)} TO {quoted(new)}")


def drop_relationship(relationship: Relationship) -> None:
    if relationship.type == "manyToMany":
        execute(f"DROP TABLE {relationships.pairs(relationship.sequence)}")
        return
    for side, rows, name in _id_columns(relationship):
        execute(f"DROP INDEX {_ids_index(relationship, side)}")
        execute(f"ALTER TABLE {rows} DROP COLUMN {quoted(name)}")


def _id_columns(relationship: Relationship) -> list[tuple[str, str, str]]:
    """Return (side, SQL table, SQL column) for each column that stores a related row's ID."""
    sides = (("parent", relationship.parent_id), ("child", relationship.child_id))
    found = [(side, f"rows_{table}", relationships.column(relationship, side)) for side, table in sides]
    return [(side, rows, name) for side, rows, name in found if name]


def _ids_index(relationship: Relationship, side: str) -> str:
    return f"relation_{relationship.sequence}_{side}"


# -- indexes -----------------------------------------------------------------------------------------------------------


def create_index(index: Index) -> None:
    columns = {column.key: column for column in index.table.columns.all()}
    if index.type == "spatial":
        return  # geometries are compared without using an index
    if index.type == "fulltext":
        if len(index.columns) == 1 and index.columns[0] in columns:
            # Appwrite searches one column at a time, so each column has its own full-text index.
            _create_words(columns[index.columns[0]])
        return
    terms = [
        _term(columns.get(key), key, length if index.type == "unique" else 0) + (" DESC" if order == "DESC" else "")
        for key, length, order in zip(
            index.columns, index.lengths, [*index.orders, *[""] * len(index.columns)], strict=False
        )
    ]
    unique = "UNIQUE " if index.type == "unique" else ""
    sql = f"CREATE {unique}INDEX {_name(index)} ON rows_{index.table_id} ({', '.join(terms)})"
    try:
        with transaction.atomic():
            execute(sql)
    except sqlite3.IntegrityError:
        # The real server also reports the index as available, but does not enforce it.
        log.warning("Table %s has duplicate values, so its unique index %s is not enforced.", index.table.id, index.key)


def drop_index(index: Index) -> None:
    if index.type == "fulltext":
        others = index.table.indexes.filter(type="fulltext", columns=index.columns).exclude(pk=index.pk)
        column = index.table.columns.filter(key=index.columns[0]).first()
        if len(index.columns) == 1 and column and not others.exists():
            _drop_words(column)
    else:
        execute(f"DROP INDEX IF EXISTS {_name(index)}")


def _name(index: Index) -> str:
    return f"rows_{index.table_id}_index_{index.sequence}"


def _term(column: Column | None, key: str, length: int) -> str:
    """Return the SQL expression to index. If `length` is given, index only that many characters.

    To use the index, queries must contain the same expression.
    """
    if column is None:
        return SYSTEM[key].sql
    name = quoted(key)
    if not column.is_text:
        return name
    return f"fold(substr({name}, 1, {length}))" if length else f"fold({name})"


def _searched_columns(table: Table) -> list[Column]:
    keys = {index.columns[0] for index in table.indexes.filter(type="fulltext") if len(index.columns) == 1}
    return [column for column in table.columns.all() if column.key in keys]


def _create_words(column: Column) -> None:
    """Create a contentless FTS5 index and its triggers, and add the existing rows."""
    rows, name, key = f"rows_{column.table_id}", fulltext_table(column), quoted(column.key)
    if execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name]).fetchone():
        return
    add = f"INSERT INTO {name} (rowid, text) VALUES (new._sequence, words(new.{key}));"
    remove = f"INSERT INTO {name} ({name}, rowid, text) VALUES ('delete', old._sequence, words(old.{key}));"
    changed = f"old.{key} IS NOT new.{key}"
    execute(f"CREATE VIRTUAL TABLE {name} USING fts5(text, content='', tokenize=\"unicode61 tokenchars '_'\")")
    execute(f"INSERT INTO {name} (rowid, text) SELECT _sequence, words({key}) FROM {rows}")
    execute(f"CREATE TRIGGER {name}_insert AFTER INSERT ON {rows} BEGIN {add} END")
    execute(f"CREATE TRIGGER {name}_update AFTER UPDATE ON {rows} WHEN {changed} BEGIN {remove} {add} END")
    execute(f"CREATE TRIGGER {name}_delete AFTER DELETE ON {rows} BEGIN {remove} END")


def _drop_words(column: Column) -> None:
    name = fulltext_table(column)
    for event in ("insert", "update", "delete"):
        execute(f"DROP TRIGGER IF EXISTS {name}_{event}")
    execute(f"DROP TABLE IF EXISTS {name}")
