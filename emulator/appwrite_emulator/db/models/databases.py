"""Databases, tables, columns, relationships, indexes, and staged operations of transactions.

Rows are stored in other tables, which are created at run time (db/tables/).
"""

from typing import Any

from django.db import models

from appwrite_emulator.common import clock, ids
from appwrite_emulator.db import geometry
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel

INT32_MAX = 2**31 - 1
"""Maximum value in integer columns that MariaDB stores in four bytes."""
INTEGER_RANGE = (-(2**63), 2**63 - 1)
FLOAT_RANGE = (-1.7976931348623157e308, 1.7976931348623157e308)
# Ranges of number columns that a "create table" request describes without a range.
DEFAULT_RANGES = {"integer": (-INT32_MAX - 1, INT32_MAX), "bigint": INTEGER_RANGE, "double": FLOAT_RANGE}
# Maximum size of a string that is stored in the row (VARCHAR). Longer ones are stored outside the row, with a limit in
# bytes.
MAX_VARCHAR_SIZE = 16381
TEXT_TYPES = {"string": 0, "varchar": 0, "text": 65535, "mediumtext": 16777215, "longtext": 4294967295}
"""Text type -> size of columns created without a size; 0 if the size is required."""
FORMAT_SIZES = {"email": 254, "url": 2000, "ip": 39, "enum": 255}
"""Format of a `string` column -> size of the column."""
COLUMN_TYPES = (*TEXT_TYPES, "integer", "bigint", "double", "boolean", "datetime", *geometry.TYPES)
"""Column types other than relationships."""
INDEX_TYPES = ("key", "fulltext", "unique", "spatial")
RELATION_TYPES = ("oneToOne", "manyToOne", "manyToMany", "oneToMany")
ON_DELETE = ("cascade", "restrict", "setNull")
"""What happens when a row with related rows is deleted: delete them, reject the deletion, or clear their reference."""


class Database(TimestampedModel):
    sequence = models.BigAutoField(primary_key=True)
    id = IdField(unique=True)
    name = models.CharField(max_length=128)
    enabled = models.BooleanField(default=True)
    type = models.CharField(
        max_length=16, default="tablesdb", help_text="legacy: created through the Databases service"
    )


class Table(TimestampedModel):
    sequence = models.BigAutoField(primary_key=True)
    database = models.ForeignKey(Database, models.CASCADE, related_name="tables")
    id = IdField()
    name = models.CharField(max_length=128)
    permissions = models.JSONField(default=list)
    row_security = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["database", "id"], name="one_table_per_id")]

    BYTES_MAX = 65535
    BYTES_EMPTY = 1067

    @property
    def bytes_used(self) -> int:
        """Width of a row in MariaDB, in bytes. A string stored outside the row counts as 20 bytes."""
        return self.BYTES_EMPTY + sum(column.bytes for column in self.columns.all())


class Relationship(models.Model):
    """A relationship between the rows of two tables, or between rows of one table.

    The parent table has a column for the relationship. The child table has one if the relationship is two-way.
    db/tables/relationships.py describes how rows store it.
    """

    sequence = models.BigAutoField(primary_key=True)
    parent = models.ForeignKey(Table, models.CASCADE, related_name="relationships")
    child = models.ForeignKey(Table, models.CASCADE, related_name="relationships_to_it")
    key = models.CharField(max_length=36, help_text="key of the parent's column")
    two_way_key = models.CharField(max_length=36, help_text="key of the child's column, even if it has none")
    type = models.CharField(max_length=16, help_text="as seen from the parent: manyToOne means many parents, one child")
    two_way = models.BooleanField(default=False)
    on_delete = models.CharField(max_length=16, default="restrict")

    class Meta:
        ordering = ["sequence"]


class Column(TimestampedModel):
    sequence = models.BigAutoField(primary_key=True)
    table = models.ForeignKey(Table, models.CASCADE, related_name="columns")
    key = IdField(max_length=36)
    type = models.CharField(max_length=16, help_text="as Appwrite stores it: a float is `double`, an e-mail a `string`")
    format = models.CharField(max_length=16, blank=True, help_text="email, enum, ip, url")
    size = models.BigIntegerField(default=0)
    required = models.BooleanField(default=False)
    default = models.JSONField(null=True)
    array = models.BooleanField(default=False)
    encrypt = models.BooleanField(default=False)
    min = models.JSONField(null=True)
    max = models.JSONField(null=True)
    elements = models.JSONField(default=list)
    relationship = models.ForeignKey(Relationship, models.CASCADE, null=True, related_name="columns")
    side = models.CharField(max_length=16, blank=True, help_text="for relationships: parent or child")

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["table", "key"], name="one_column_per_key")]

    @property
    def range(self) -> tuple[float, float]:
        """Minimum and maximum of a number column."""
        smallest, greatest = DEFAULT_RANGES[self.type]
        return smallest if self.min is None else self.min, greatest if self.max is None else self.max

    @property
    def is_text(self) -> bool:
        return self.type in TEXT_TYPES

    @property
    def is_geometric(self) -> bool:
        return self.type in geometry.TYPES

    def check_fits(self, whole: int) -> int:
        """Return `whole`. Raise OverflowError if it does not fit in the bytes that MariaDB uses for this column."""
        greatest = 2 ** (8 * self.bytes - 1)
        if not -greatest <= whole < greatest:
            raise OverflowError(whole)
        return whole

    @property
    def bytes(self) -> int:
        """Width of the column in MariaDB, in bytes."""
        if self.array or (
            self.is_text and (self.size > MAX_VARCHAR_SIZE or self.type in ("text", "mediumtext", "longtext"))
        ):
            return 20
        if self.is_text:
            return 4 * self.size + (1 if self.size <= 255 else 2)
        if self.type == "integer":
            return 8 if self.range[1] > INT32_MAX else 4
        return _WIDTHS[self.type]


_WIDTHS = {
    "bigint": 8,
    "double": 8,
    "boolean": 1,
    "datetime": 7,
    "point": 25,
    "linestring": 20,
    "polygon": 20,
    "relationship": 4 * 255 + 1,  # a row ID, which counts even if the related table stores it
}


class Index(TimestampedModel):
    sequence = models.BigAutoField(primary_key=True)
    table = models.ForeignKey(Table, models.CASCADE, related_name="indexes")
    key = IdField(max_length=36)
    type = models.CharField(max_length=16, help_text="key, unique, fulltext or spatial")
    columns = models.JSONField(default=list)
    lengths = models.JSONField(default=list, help_text="one per column; 0 means the whole value")
    orders = models.JSONField(default=list)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["table", "key"], name="one_index_per_key")]

    @property
    def id(self) -> str:
        """The `$id` in responses: the sequence numbers of the database and the table, and the key."""
        return f"{self.table.database_id}_{self.table_id}_{self.key}"


class Transaction(TimestampedModel):
    """Staged writes. Either all of them are committed or none."""

    id = IdField(primary_key=True, default=ids.unique)
    owner = models.CharField(max_length=50, help_text="`key`, `guest` or `user:ID`; invisible to other callers")
    status = models.CharField(max_length=16, default="pending")
    expires_at = models.DateTimeField()


class Operation(models.Model):
    sequence = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(Transaction, models.CASCADE, related_name="operations")
    created_at = models.DateTimeField(default=clock.now)
    database = models.CharField(max_length=36)
    table = models.CharField(max_length=36)
    action = models.CharField(max_length=16)
    row = models.CharField(max_length=36, blank=True)
    data: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["sequence"]
