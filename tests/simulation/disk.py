"""Disks that can fail: SQLite connections that raise what a real disk would make SQLite raise."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

FULL = "database or disk is full"
FAILED = "disk I/O error"
WRITES = ("INSERT", "UPDATE", "DELETE", "CREATE")


@dataclass(eq=False)
class Disk:
    """The disk of one computer, for one life of its node.

    Attributes:
        full: writing fails, as long as it is set.
        failing: what was written cannot be committed, as long as it is set.
        gone: the computer is dead: nothing reaches the disk any more.
        refusals: how often an error was raised while the computer lived.
        complaints: how often the node said so, to an officer or in its log.
    """

    full: bool = False
    failing: bool = False
    gone: bool = False
    refusals: int = 0
    complaints: int = 0

    def execute(self, connection: "Connection", statement: str) -> None:
        """Return when the disk does what the statement asks. Raises sqlite3.OperationalError."""
        if self.gone:
            raise sqlite3.OperationalError(FAILED)
        if statement.startswith(WRITES):
            connection.has_written = True
            if self.full:
                self.refusals += 1
                raise sqlite3.OperationalError(FULL)
        elif statement.startswith("COMMIT"):
            self.commit(connection)

    def commit(self, connection: "Connection") -> None:
        """Return when the disk keeps what the connection has written. Raises sqlite3.OperationalError."""
        if self.gone:
            raise sqlite3.OperationalError(FAILED)
        wrote, connection.has_written = connection.has_written, False
        if self.failing and wrote:
            self.refusals += 1
            raise sqlite3.OperationalError(FAILED)


class Cursor(sqlite3.Cursor):
    connection: "Connection"

    def execute(self, sql: str, parameters: Any = (), /) -> "Cursor":
        self.connection.disk.execute(self.connection, sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> "Cursor":
        self.connection.disk.execute(self.connection, sql)
        return super().executemany(sql, parameters)


class Connection(sqlite3.Connection):
    disk: Disk
    has_written = False

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self.disk.execute(self, sql)
        return super().execute(sql, parameters)

    def commit(self) -> None:
        self.disk.commit(self)
        super().commit()


@contextmanager
def disks() -> Iterator[dict[str, Disk]]:
    """Yield {path of a database: its disk}; connections that are opened to these paths meanwhile obey the disk."""
    known: dict[str, Disk] = {}

    def connect(dialect: Any, record: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        disk = known.get(str(args[0]))
        if disk is None:
            return None
        connection = sqlite3.connect(*args, factory=Connection, **options)
        connection.disk = disk
        return connection

    event.listen(Engine, "do_connect", connect)
    try:
        yield known
    finally:
        event.remove(Engine, "do_connect", connect)
