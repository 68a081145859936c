"""The writer: what it does when the disk fails for good, and when the node is cancelled around it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from trio.testing import MockClock

from comity_node.errors import DiskFailedError, StorageError
from comity_node.records import Ending
from comity_node.store import Database, database
from comity_node.store.writer import Writer
from tests.support.alliances import alliance, ended, until
from tests.support.simulated import Network, SimulatedWorld

ADD = "INSERT INTO leaf (n, hash) VALUES (:n, x'00')"


def failing(name: str) -> Callable[[Connection], None]:
    """Return a job that meets the fault of SQLite that bears the name."""

    def work(connection: Connection) -> None:
        fault = sqlite3.OperationalError("disk I/O error")
        fault.sqlite_errorname = name
        raise OperationalError("COMMIT", {}, fault)

    return work


def add(n: int) -> Callable[[Connection], object]:
    return lambda connection: connection.execute(text(ADD), {"n": n})


def leaves(base: Database) -> list[int]:
    with base.reading.begin():
        return [row[0] for row in base.reading.execute(text("SELECT n FROM leaf ORDER BY n"))]


@pytest.mark.parametrize("name", ["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE", "SQLITE_CORRUPT"])
async def test_after_a_failed_disk_every_job_is_refused(tmp_path: Path, autojump_clock: MockClock, name: str) -> None:
    base = Database(tmp_path / "comity.db")
    writer = Writer(base, SimulatedWorld(Network(), "writer"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer.run)
        await writer.submit(add(1))
        with pytest.raises(DiskFailedError):
            await writer.submit(failing(name))
        for n in (2, 3):
            with pytest.raises(DiskFailedError):
                await writer.submit(add(n))
        with pytest.raises(DiskFailedError):
            await writer.watch()
        nursery.cancel_scope.cancel()
    kept = leaves(base)
    base.close()
    assert kept == [1]


async def test_those_who_shared_the_failed_commit_are_refused_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    base = Database(tmp_path / "comity.db")
    writer = Writer(base, SimulatedWorld(Network(), "writer"))
    outcomes: list[str] = []

    async def submit(work: Callable[[Connection], object]) -> None:
        try:
            await writer.submit(work)
            outcomes.append("kept")
        except DiskFailedError:
            outcomes.append("failed")

    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as jobs:
            for work in (add(1), failing("SQLITE_IOERR_FSYNC"), add(2)):
                jobs.start_soon(submit, work)
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(writer.run)
        nursery.cancel_scope.cancel()
    kept = leaves(base)
    base.close()
    assert (outcomes, kept) == (["failed"] * 3, [])


async def test_an_exceeded_quota_is_a_full_disk_and_passes(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = Database(tmp_path / "comity.db")
    writer = Writer(base, SimulatedWorld(Network(), "writer"))
    monkeypatch.setattr(database, "is_full", lambda directory: True)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer.run)
        with pytest.raises(StorageError, match="the disk is full"):
            await writer.submit(failing("SQLITE_IOERR_WRITE"))
        await writer.submit(add(1))
        nursery.cancel_scope.cancel()
    kept = leaves(base)
    base.close()
    assert kept == [1]


def test_a_directory_with_room_is_not_full(tmp_path: Path) -> None:
    assert not database.is_full(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_job_that_comes_after_the_writer_has_gone_is_written(tmp_path: Path, autojump_clock: MockClock) -> None:
    base = Database(tmp_path / "comity.db")
    writer = Writer(base, SimulatedWorld(Network(), "writer"))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer.run)
        await writer.submit(add(1))
        nursery.cancel_scope.cancel()
    with trio.fail_after(1):
        await writer.submit(add(2))
    kept = leaves(base)
    base.close()
    assert kept == [1, 2]


async def test_a_node_whose_surroundings_are_cancelled_ends_though_a_link_was_up(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    with trio.fail_after(60):
        with trio.CancelScope() as scope:
            async with pair.run_all() as nodes:
                police, fiu = nodes["aa.police"], nodes["bb.fiu"]
                await until(lambda: police.status().peers[0].link == "up")
                fiu._store.writer.fail(DiskFailedError("the disk failed", "check it"))
                sent = await police.send("bb.fiu", "text", {"text": "a question"})
                await trio.sleep(1)
                assert police.deliveries(sent.id)[0].cause == "sent, no receipt yet"
                scope.cancel()
    assert scope.cancelled_caught
    async with pair.run_all() as nodes:
        assert (await ended(nodes["aa.police"], sent.id)).ending is Ending.ACCEPTED


async def test_a_failed_disk_is_an_alarm_and_refuses_what_is_sent(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        police._store.writer.fail(DiskFailedError("the disk failed: input/output error", "check the disk"))
        with pytest.raises(StorageError, match="the disk failed"):
            await police.send("bb.fiu", "text", {"text": "a question"})
        assert police.status().alarms == ["the disk failed: input/output error. Check the disk."]
        with pytest.raises(DiskFailedError):
            await police.watch_disk()
