"""Relationships as seen from one table, and where SQLite stores them.

oneToOne      the parent's column holds the child's ID; a two-way child's column holds the parent's
oneToMany     the child's column holds the parent's ID; the column is hidden if the relationship is one-way
manyToOne     the parent's column holds the child's ID
manyToMany    a junction table, relation_7 (parent, child)
"""

from dataclasses import dataclass

from django.db.models import Q

from appwrite_emulator.db.models import Relationship, Table

MAX_DEPTH = 3
"""Maximum depth of rows in a read, including the outermost.

Writes have one level less (Database::RELATION_MAX_DEPTH).
"""


@dataclass(frozen=True)
class Relation:
    """One side of a relationship.

    Rows on this side have the column `key`, and the related rows have the column `back_key`.
    """

    sequence: int
    type: str
    side: str
    two_way: bool
    on_delete: str
    key: str
    back_key: str
    table_sequence: int
    """Sequence of the related table."""
    column: str
    """Column of this side's SQL table that holds a related row's ID. Empty if there is none."""
    back_column: str
    """Column of the related SQL table that holds the ID of a row on this side. Empty if there is none."""

    @property
    def visible(self) -> bool:
        """Whether this side's table shows a column for the relationship."""
        return self.two_way or self.side == "parent"

    @property
    def to_many(self) -> bool:
        return self.type == "manyToMany" or (self.type, self.side) in (("oneToMany", "parent"), ("manyToOne", "child"))

    @property
    def is_owner(self) -> bool:
        """Whether `onDelete` applies when rows on this side are deleted.

        This side is the child for manyToOne, otherwise the parent.
        """
        return self.side == ("child" if self.type == "manyToOne" else "parent")

    @property
    def pairs(self) -> str:
        """Name of the junction table. Empty unless the type is manyToMany."""
        return pairs(self.sequence) if self.type == "manyToMany" else ""

    @property
    def rows(self) -> str:
        """Name of the related rows' SQL table."""
        return f"rows_{self.table_sequence}"

    @property
    def other_side(self) -> str:
        return "child" if self.side == "parent" else "parent"


def pairs(sequence: int) -> str:
    return f"relation_{sequence}"


def column(relationship: Relationship, side: str) -> str:
    """Return the SQL column in which rows on this side store the related row's ID.

    Return "" if they do not store it.
    """
    if side == "parent":
        return relationship.key if relationship.type in ("oneToOne", "manyToOne") else ""
    if relationship.two_way and relationship.type in ("oneToOne", "oneToMany"):
        return relationship.two_way_key
    # User-defined keys cannot start with an underscore, so this name cannot clash with one.
    return f"_relation_{relationship.sequence}" if relationship.type == "oneToMany" else ""


def seen_from(relationship: Relationship, side: str) -> Relation:
    """Return the relationship as seen from `side`."""
    other = "child" if side == "parent" else "parent"
    keys = relationship.key, relationship.two_way_key
    key, back_key = keys if side == "parent" else keys[::-1]
    return Relation(
        sequence=relationship.sequence,
        type=relationship.type,
        side=side,
        two_way=relationship.two_way,
        on_delete=relationship.on_delete,
        key=key,
        back_key=back_key,
        table_sequence=relationship.child_id if side == "parent" else relationship.parent_id,
        column=column(relationship, side),
        back_column=column(relationship, other),
    )


def relations_of(table: Table) -> list[Relation]:
    """Return the table's side of each relationship, even if that side is hidden.

    If a relationship is between rows of this table, return both sides.
    """
    relationships = Relationship.objects.filter(Q(parent=table) | Q(child=table))
    sides = (("parent", "parent_id"), ("child", "child_id"))
    return [seen_from(each, side) for each in relationships for side, end in sides if getattr(each, end) == table.pk]
