"""Relationships as the rows of one table see them, and where SQLite keeps them.

oneToOne      the parent's column holds the child's id; the child's column the parent's, if the child has one
oneToMany     the child's column holds the parent's id, a hidden one where the relationship goes one way
manyToOne     the parent's column holds the child's id
manyToMany    a table of pairs, relation_7 (parent, child)
"""

from dataclasses import dataclass

from django.db.models import Q

from appwrite_emulator.models import Relationship, Table

MOST_DEEP = 3
"""So many levels of rows inside rows are read; one less is written (Database::RELATION_MAX_DEPTH)."""


@dataclass(frozen=True)
class Relation:
    """One side of a relationship: this side's rows hold `key`, the related ones `back_key`."""

    sequence: int
    type: str
    side: str
    two_way: bool
    on_delete: str
    key: str
    back_key: str
    table_sequence: int
    """The related table."""
    column: str
    """The column of this side's SQL table that holds a related row's id; empty where there is none."""
    back_column: str
    """The column of the related SQL table that holds the id of one of this side's rows; empty where there is none."""

    @property
    def visible(self) -> bool:
        """Whether this side's table has a column for it, as people see columns."""
        return self.two_way or self.side == "parent"

    @property
    def to_many(self) -> bool:
        return self.type == "manyToMany" or (self.type, self.side) in (("oneToMany", "parent"), ("manyToOne", "child"))

    @property
    def pairs(self) -> str:
        """The table of pairs; empty for all but manyToMany."""
        return pairs(self.sequence) if self.type == "manyToMany" else ""

    @property
    def rows(self) -> str:
        """The SQL table of the related rows."""
        return f"rows_{self.table_sequence}"

    @property
    def other_side(self) -> str:
        return "child" if self.side == "parent" else "parent"


def pairs(sequence: int) -> str:
    return f"relation_{sequence}"


def column(relationship: Relationship, side: str) -> str:
    """The SQL column in which rows of this side hold the related row's id; empty where they hold none."""
    if side == "parent":
        return relationship.key if relationship.type in ("oneToOne", "manyToOne") else ""
    if relationship.two_way and relationship.type in ("oneToOne", "oneToMany"):
        return relationship.two_way_key
    # Keys do not begin with a sign, so that this meets no column of people's own.
    return f"_relation_{relationship.sequence}" if relationship.type == "oneToMany" else ""


def seen_from(relationship: Relationship, side: str) -> Relation:
    """The relationship as rows of this side see it."""
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


def of(table: Table) -> list[Relation]:
    """All sides that the table has in relationships, those included for which it has no column."""
    found = Relationship.objects.filter(Q(parent=table) | Q(child=table))
    sides = (("parent", "parent_id"), ("child", "child_id"))
    return [seen_from(each, side) for each in found for side, end in sides if getattr(each, end) == table.pk]
