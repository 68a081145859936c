"""Rows and log files that have changed by themselves are noticed."""

import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from sqlalchemy import text
from trio.testing import MockClock

from comity_node.errors import DiskFailedError, StorageError
from comity_node.store import Database, database, wal
from comity_node.store.checksum import CHECKED, EXEMPT, checksum, covered
from comity_node.store.schema import metadata
from tests.support.alliances import Alliance, alliance, ended

QUESTION = {"text": "Are you working on this account?"}


def change(path: Path, statement: str) -> None:
    """Change a row as a disk would, without its checksum."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


async def answered(place: Path) -> Alliance:
    pair = await alliance(place, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        sent = await nodes["aa.police"].send("bb.fiu", "text", QUESTION)
        await ended(nodes["aa.police"], sent.id)
    return pair


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE delivery SET state = 3",
        "UPDATE delivery SET receipt = NULL",
        "UPDATE delivery SET checksum = NULL",
        "UPDATE message SET read_us = 1",
        "UPDATE message SET code = 4",
        "UPDATE document SET accepted_us = accepted_us + 1",
    ],
)
async def test_a_row_that_has_changed_is_noticed_at_the_start(
    tmp_path: Path, autojump_clock: MockClock, statement: str
) -> None:
    pair = await answered(tmp_path)
    change(pair.homes["aa.police"].config.database, statement)
    with pytest.raises(StorageError, match="the database is damaged"):
        async with pair.run("aa.police"):
            pass


async def test_a_row_that_has_changed_is_noticed_when_it_is_read_and_nothing_is_written_after_it(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await answered(tmp_path)
    change(pair.homes["aa.police"].config.database, "UPDATE delivery SET state = 3")
    monkeypatch.setattr(database, "WHOLE_CHECK_BYTES", 0)
    async with pair.run("aa.police") as police:
        message = police.outbox()[0]
        with pytest.raises(DiskFailedError, match="the database is damaged"):
            police.deliveries(message.id)
        with pytest.raises(DiskFailedError):
            await police.send("bb.fiu", "text", QUESTION)
        assert any("damaged" in alarm for alarm in police.status().alarms)


def test_every_column_counts_but_those_that_are_exempt_for_a_reason() -> None:
    for table in CHECKED:
        left_out = {column.name for column in table.columns} - set(covered(table)) - {"checksum"}
        assert left_out == EXEMPT.get(table, frozenset())
    made_again = {"progress", "track"}  # from the messages, whenever these change
    assert {table.name for table in metadata.sorted_tables} - made_again == {table.name for table in CHECKED}


def test_values_of_another_type_or_cut_have_another_checksum() -> None:
    rows: list[tuple[bytes | str | int | None, ...]] = [
        (1, "a", b"b", None),
        ("1", "a", b"b", None),
        (1, b"a", b"b", None),
        (1, "ab", b"", None),
        (1, "a", b"b"),
    ]
    assert len({checksum(*row) for row in rows}) == len(rows)


def test_a_revision_that_never_was_is_damage(tmp_path: Path) -> None:
    Database(tmp_path / "comity.db").close()
    change(tmp_path / "comity.db", "UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StorageError, match="the database is damaged"):
        Database(tmp_path / "comity.db")


def killed_with_a_log(place: Path, commits: int) -> Path:
    """Return the database of a process that was killed, with so many commits in its log."""
    base = Database(place / "live.db")
    for n in range(commits):
        with base.writing.begin():
            base.writing.execute(
                text("INSERT INTO incident (at_us, peer, code, detail) VALUES (1, 'bb.fiu', :n, 'x')"), {"n": n}
            )
    for suffix in ("", "-wal"):
        (place / f"comity.db{suffix}").write_bytes((place / f"live.db{suffix}").read_bytes())
    base.close()
    return place / "comity.db"


def spoil(log: Path, at: Callable[[int], int]) -> None:
    data = bytearray(log.read_bytes())
    data[at(len(data))] ^= 1
    log.write_bytes(data)


def test_a_log_that_is_whole_has_nothing_behind_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "require_rows", lambda connection, path: None)
    Database(killed_with_a_log(tmp_path, 3)).close()


@pytest.mark.parametrize("at", [lambda size: 17, lambda size: 2_000], ids=["in its header", "in its first frame"])
def test_commits_that_a_changed_bit_hides_are_noticed(tmp_path: Path, at: Callable[[int], int]) -> None:
    path = killed_with_a_log(tmp_path, 5)
    spoil(path.with_name("comity.db-wal"), at)
    with pytest.raises(StorageError, match=r"commits in .* cannot be read"):
        Database(path)


@pytest.mark.parametrize("written", [13, 16, 20, 22, 24, 28])
def test_a_header_that_was_being_written_anew_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    monkeypatch.setattr(database, "require_rows", lambda connection, path: None)
    path = killed_with_a_log(tmp_path, 5)
    log = path.with_name("comity.db-wal")
    whole = log.read_bytes()
    Database(path).close()  # copies everything back
    fresh = list(struct.unpack(">8I", whole[:32]))
    fresh[3:] = [fresh[3] + 1, (fresh[4] + 1) % 2**32, *(each ^ 0x5A5A5A5A for each in fresh[5:])]
    log.write_bytes(struct.pack(">8I", *fresh)[:written] + whole[written:])
    base = Database(path)
    assert base.reading.execute(text("SELECT count(*) FROM incident")).scalar_one() == 5
    base.close()


def test_where_there_is_no_log_nothing_stands_behind_its_end(tmp_path: Path) -> None:
    assert wal.commits_behind(tmp_path / "none", 0, 4_096) == 0


async def test_a_damaged_database_does_not_stop_the_event_loop(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await answered(tmp_path)
    change(pair.homes["aa.police"].config.database, "UPDATE leaf SET n = n + 1")
    change(pair.homes["bb.fiu"].config.database, "UPDATE leaf SET n = n + 1")
    with pytest.raises(StorageError):
        async with pair.run("bb.fiu"):
            await trio.sleep_forever()
