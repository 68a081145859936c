"""Opening the database file: connections, pragmas, schema version."""

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from comity_node.errors import StorageError

REVISION = "0002"
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=OFF",  # rows are only ever inserted together with what they name
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-4096",
    "PRAGMA wal_autocheckpoint=4000",  # 16 MiB: pages that change with every commit are copied back less often
    "PRAGMA busy_timeout=5000",
)


class Database:
    """One connection that writes and one that reads, both to one SQLite file. `close()` closes both."""

    def __init__(self, path: Path) -> None:
        """Open the file and bring its tables to the current revision.

        Raises:
            StorageError: the file cannot be opened, is no database, or was made by a newer version.
        """
        try:
            create_private(path)
            self._engines = [engine_of(path), engine_of(path)]
            self.writing, self.reading = (engine.connect() for engine in self._engines)
            self._upgrade(self._engines[0])
        except (DBAPIError, sqlite3.Error, OSError) as fault:
            raise storage_error(fault, path) from fault

    def close(self) -> None:
        for connection in (self.writing, self.reading):
            connection.close()
        for engine in self._engines:
            engine.dispose()

    def _upgrade(self, engine: Engine) -> None:
        found = revision_of(self.writing)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise StorageError(
                f"the database has revision {found}, this program knows {REVISION}",
                "run the newer version of comity that wrote it",
            )
        from comity_node.store.migrations import upgrade  # alembic takes 0.3 s to import; most starts do not need it

        upgrade(self.writing)


def create_private(path: Path) -> None:
    """Create the file, readable by its owner only, unless it exists."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def engine_of(path: Path) -> Engine:
    """Return an engine with exactly one connection that leaves BEGIN to SQLAlchemy."""
    engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def revision_of(connection: Connection) -> str | None:
    """Return the schema revision in the file, None where there is none yet."""
    with connection.begin():
        known = connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")).first()
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first() if known else None
    return None if row is None else str(row[0])


def storage_error(fault: BaseException, path: Path | None = None) -> StorageError:
    """Return the sentence for a fault of the database or the disk."""
    words = str(getattr(fault, "orig", None) or fault)
    where = f" ({path})" if path else ""
    if "full" in words or "No space" in words:
        return StorageError(f"the disk is full{where}", "free space on it and start the node again")
    if "not a database" in words or "malformed" in words:
        return StorageError(f"the database is damaged{where}", "restore it from a backup")
    if "unable to open" in words or "ermission" in words or "readonly" in words:
        return StorageError(
            f"the database cannot be opened for writing{where}",
            "check the owner and permissions of the node's directory",
        )
    if "locked" in words:
        return StorageError(f"the database is in use{where}", "stop the other program that has it open")
    return StorageError(f"the database failed: {words[:200]}{where}", "check the disk, then start the node again")
