"""A checksum in each row, so that what changed on the disk by itself is noticed.

SQLite checks the structure of its file and that indexes fit their tables, not what stands in a column. Bodies are
sealed and documents signed, but nothing else tells a delivery that was accepted from one whose state has lost a bit.
The checksum is of no use against somebody who can write to the file: it only takes the disk at its word no longer.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, func, select

from comity_node.store.schema import (
    attachment,
    checkpoint,
    delivery,
    destruction,
    document,
    exercise,
    hold,
    incident,
    leaf,
    mention,
    message,
    pending,
    relation,
    retention,
)

Values = dict[str, Any]
FUNCTION: Final = "comity_sum"
# A new column changes every checksum of its table: its migration has to write them again.
CHECKED: Final = (
    message,
    delivery,
    attachment,
    leaf,
    checkpoint,
    document,
    incident,
    mention,
    exercise,
    retention,
    destruction,
    hold,
    relation,
    pending,
)
EXEMPT: Final[dict[Table, frozenset[str]]] = {
    message: frozenset({"sealed"}),  # sealed to the hash, which is covered; and long
    attachment: frozenset({"n"}),  # given by the database when the row is written
    document: frozenset({"n"}),
    incident: frozenset({"n"}),
    relation: frozenset({"n", "pending"}),  # pending is only ever asked for, and a wrong answer is put right by itself
    pending: frozenset({"n", "sealed"}),  # sealed to the id, which is covered
    mention: frozenset({"n"}),
    exercise: frozenset({"n"}),
    hold: frozenset({"n"}),
}


def covered(table: Table) -> tuple[str, ...]:
    """Return the names of the columns that go into the checksum, in their order."""
    exempt = EXEMPT.get(table, frozenset()) | {"checksum"}
    return tuple(column.name for column in table.columns if column.name not in exempt)


NAMES: Final = {table: covered(table) for table in CHECKED}
READERS: Final[dict[Table, Callable[[Any], tuple[Any, ...]]]] = {
    table: attrgetter("checksum", *names) for table, names in NAMES.items()
}


def checksum(*values: bytes | str | int | None) -> int:
    """Return the checksum of the values, 0 to 2**32 - 1. Their types and lengths count too."""
    parts: list[bytes] = []
    for value in values:
        if value is None:
            parts.append(b"-")
        elif isinstance(value, bytes):
            parts += (b"b%d:" % len(value), value)
        elif isinstance(value, str):
            data = value.encode()
            parts += (b"s%d:" % len(data), data)
        else:
            parts.append(b"%d;" % value)
    return zlib.crc32(b"".join(parts))


def register(connection: sqlite3.Connection) -> None:
    """Let statements on this connection call the checksum."""
    connection.create_function(FUNCTION, -1, checksum, deterministic=True)


def summed(table: Table, rows: Iterable[Values]) -> list[Values]:
    """Return the rows with their checksums, ready to be inserted."""
    names = NAMES[table]
    return [row | {"checksum": checksum(*(row[name] for name in names))} for row in rows]


def sum_after(table: Table, **changes: Any) -> ColumnElement[int]:
    """Return the expression for the checksum of a row in which these columns are changed."""
    values = (changes.get(name, table.c[name]) for name in NAMES[table])
    total: ColumnElement[int] = getattr(func, FUNCTION)(*values)
    return total


def intact(table: Table, rows: Sequence[Any]) -> bool:
    """Return whether every row, with all covered columns of the table among its own, is as it was written."""
    read = READERS[table]
    return all(found == checksum(*values) for found, *values in map(read, rows))


DAMAGED_ROWS: Final = {
    table.name: select(table.c.checksum).where(table.c.checksum.is_distinct_from(sum_after(table))).limit(1)
    for table in CHECKED
}


def damaged_table(connection: Connection) -> str | None:
    """Return the name of a table with a row that is not as it was written, None when there is none."""
    return next((name for name, query in DAMAGED_ROWS.items() if connection.execute(query).first() is not None), None)
