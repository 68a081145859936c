"""Opening the database file: connections, pragmas, schema version; and what its faults mean."""

import errno
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from comity_node.errors import DiskFailedError, StorageError
from comity_node.private import sync_directory, write_new
from comity_node.store import checksum, wal

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
REVISION = REVISIONS[-1]
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=OFF",  # rows are only ever inserted together with what they name
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-4096",
    "PRAGMA wal_autocheckpoint=8000",  # 32 MiB; the writer comes before it, because this one hides its errors
    "PRAGMA busy_timeout=5000",
    "PRAGMA secure_delete=ON",  # what is deleted is overwritten with zeros
)
WHOLE_CHECK_BYTES = 256 << 20  # takes 0.7 s of processor time; a larger file is checked without indexes and rows
PROBE_BYTES = 65_536
FULL = ("the disk is full", "free space on it and try again")
DAMAGED = ("the database is damaged", "restore it from a backup")
FOUND_DAMAGED = (DAMAGED[0], "start the node again, and where it says the same, restore the home from a backup")
LOOK_FIRST = (
    "check the disk and start the node again; what was not confirmed may be there then, so look before resending"
)
FAILED_SYNCS = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC")
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class Database:
    """One connection that writes and one that reads, both to one SQLite file. `close()` closes both."""

    def __init__(self, path: Path) -> None:
        """Open the file, check it, and bring its tables to the current revision.

        Raises:
            StorageError: the file cannot be opened, is no database, is damaged, or was made by a newer version.
        """
        self.path = path
        try:
            create_private(path)
            self._engines = [engine_of(path), engine_of(path)]
            self.writing, self.reading = (engine.connect() for engine in self._engines)
            require_whole(self.writing, path)
            self._require_log()
            self._upgrade()
            require_rows(self.writing, path)
            sync_directory(path.parent)  # SQLite does this for the file beside it as well, but ignores a failure
        except UnicodeDecodeError as fault:
            raise StorageError(*DAMAGED) from fault
        except (DBAPIError, sqlite3.Error, OSError) as fault:
            raise storage_error(fault, path) from fault

    def close(self) -> None:
        for connection in (self.writing, self.reading):
            connection.close()
        for engine in self._engines:
            engine.dispose()

    def checkpoint(self) -> None:
        """Copy what was committed into the database file, so that the file beside it is used again from its start.

        Raises:
            sqlite3.Error: the copy failed; nothing is lost, what was committed stays where it was.
        """
        self._copy_back()

    def forget(self) -> bool:
        """Copy what was committed into the database file and empty the file beside it, where older pages still stand.

        Return whether that was done; somebody who reads for long hinders it.

        Raises:
            sqlite3.Error: it failed; nothing is lost.
        """
        driver: Any = self.writing.connection.driver_connection
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def _copy_back(self) -> int:
        """Return how many frames SQLite reads in the file beside it, all of which it has tried to copy."""
        driver: Any = self.writing.connection.driver_connection
        _, frames, _ = driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return int(frames)

    def _require_log(self) -> None:
        """Raise StorageError when SQLite reads less of the file beside it than was made durable there."""
        frames = self._copy_back()
        page_bytes = int(self.writing.exec_driver_sql("PRAGMA page_size").scalar_one())
        self.writing.rollback()
        if wal.commits_behind(self.path.with_name(f"{self.path.name}-wal"), frames, page_bytes) > 1:
            raise StorageError(f"the database is damaged: commits in {self.path}-wal cannot be read", DAMAGED[1])

    def judge(self, fault: BaseException) -> StorageError:
        """Return the sentence for a fault, a `DiskFailedError` where nothing may be written after it."""
        name = sqlite_name(fault)
        if name.startswith(DAMAGE) or name in FAILED_SYNCS:
            return disk_failed(fault)
        if name.startswith("SQLITE_IOERR") and name != "SQLITE_IOERR_NOMEM":
            # SQLite says so of a quota too, which is as passing as a full disk.
            return StorageError(*FULL) if is_full(self.path.parent) else disk_failed(fault)
        return storage_error(fault)

    def _upgrade(self) -> None:
        found = revision_of(self.writing)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise StorageError(
                f"the database has revision {found}, this program knows {REVISION}",
                "run the newer version of comity that wrote it",
            )
        if found is not None and found not in REVISIONS:
            raise StorageError(*DAMAGED)
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
        checksum.register(connection)
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


def require_whole(connection: Connection, path: Path) -> None:
    """Raise StorageError unless SQLite finds the file sound."""
    check = "integrity_check" if path.stat().st_size <= WHOLE_CHECK_BYTES else "quick_check"
    with connection.begin():
        found = str(connection.execute(text(f"PRAGMA {check}(1)")).scalar_one())
    if found != "ok":
        raise StorageError(f"the database is damaged ({path}): {found[:200]}", DAMAGED[1])


def require_rows(connection: Connection, path: Path) -> None:
    """Raise StorageError unless every row is as it was written; of a large file this is seen when a row is read."""
    if path.stat().st_size > WHOLE_CHECK_BYTES:
        return
    with connection.begin():
        table = checksum.damaged_table(connection)
    if table is not None:
        raise StorageError(f"the database is damaged ({path}): a row of the table {table} has changed", DAMAGED[1])


def is_full(directory: Path) -> bool:
    """Return whether a file that is written there now finds no room."""
    probe = directory / f".room.{secrets.token_hex(8)}"
    try:
        write_new(probe, bytes(PROBE_BYTES))
    except OSError as fault:
        return fault.errno in (errno.ENOSPC, errno.EDQUOT)
    finally:
        probe.unlink(missing_ok=True)
    return False


def sqlite_name(fault: BaseException) -> str:
    """Return SQLite's extended name of the fault, for example SQLITE_IOERR_FSYNC; "" where there is none."""
    return str(getattr(getattr(fault, "orig", None) or fault, "sqlite_errorname", ""))


def disk_failed(fault: BaseException) -> DiskFailedError:
    if sqlite_name(fault).startswith(DAMAGE):
        return DiskFailedError(*FOUND_DAMAGED)
    words = str(getattr(fault, "orig", None) or fault)[:200]
    return DiskFailedError(f"the disk failed: {words} ({sqlite_name(fault)})", LOOK_FIRST)


def storage_error(fault: BaseException, path: Path | None = None) -> StorageError:
    """Return the sentence for a fault of the database or the disk."""
    words = str(getattr(fault, "orig", None) or fault)
    where = f" ({path})" if path else ""
    if "full" in words or "No space" in words or "quota" in words:
        return StorageError(FULL[0] + where, FULL[1])
    if "not a database" in words or "malformed" in words:
        return StorageError(DAMAGED[0] + where, DAMAGED[1])
    if "unable to open" in words or "ermission" in words or "readonly" in words:
        return StorageError(
            f"the database cannot be opened for writing{where}",
            "check the owner and permissions of the node's directory",
        )
    if "locked" in words:
        return StorageError(f"the database is in use{where}", "stop the other program that has it open")
    return StorageError(f"the database failed: {words[:200]}{where}", "check the disk, then start the node again")
