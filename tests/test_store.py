"""The database: what is promised is on disk, and what cannot be kept is not promised."""

import sqlite3
import stat
from pathlib import Path

import pytest
import trio
from sqlalchemy import text
from trio.testing import MockClock

from comity_node.errors import NotReadyError, StorageError
from comity_node.node import Node
from comity_node.records import Ending
from comity_node.store import Database
from comity_node.store.writer import Writer
from tests.support.alliances import alliance, ended, until
from tests.support.simulated import Network, SimulatedWorld


def allow_pages(node: Node, count: int) -> None:
    """Let the database grow to `count` pages, as a disk of that size would."""
    connection = node._store._database.writing
    with connection.begin():
        connection.execute(text(f"PRAGMA max_page_count={count}"))


@pytest.mark.clause("OVER-002", "RCPT-001", "ACC-006")
async def test_a_message_that_cannot_be_kept_gets_no_receipt_and_arrives_once_there_is_room(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        police, fiu = nodes["aa.police"], nodes["bb.fiu"]
        await until(lambda: police.status().peers[0].link == "up")
        allow_pages(fiu, 1)
        sent = [await police.send("bb.fiu", "text", {"text": "x" * 20_000}) for _ in range(3)]
        await trio.sleep(20)
        assert [police.deliveries(message.id)[0].ending for message in sent] == [Ending.WAITING] * 3
        assert (fiu.inbox(), fiu.status().log_size) == ([], 0)
        allow_pages(fiu, 1_000_000)
        for message in sent:
            assert (await ended(police, message.id)).ending is Ending.ACCEPTED
        assert sorted(m.id for m in fiu.inbox()) == sorted(m.id for m in sent)
        assert fiu.status().log_size == 3


async def test_a_full_disk_refuses_what_is_sent_with_one_sentence(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        allow_pages(police, 1)
        with pytest.raises(StorageError, match=r"^the disk is full\. Free space on it and try again\.$"):
            await police.send("bb.fiu", "text", {"text": "x" * 20_000})
        assert police.outbox() == []


async def test_a_store_that_cannot_be_read_ends_the_link_and_not_the_node(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        sent = await police.send("bb.fiu", "text", {"text": "Please call me."})

        def unreadable(*words: object) -> object:
            raise StorageError("the database failed", "look at the disk")

        with monkeypatch.context() as patch:
            patch.setattr(police._store, "waiting", unreadable)
            async with pair.run("bb.fiu"):
                await trio.sleep(60)
                assert police.deliveries(sent.id)[0].ending is Ending.WAITING
        async with pair.run("bb.fiu") as fiu:
            assert (await ended(police, sent.id)).ending is Ending.ACCEPTED
            assert [message.id for message in fiu.inbox()] == [sent.id]


async def test_a_machine_that_starts_no_thread_refuses_what_is_sent_instead_of_hanging(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:

        async def no_thread(*words: object) -> object:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(police._world, "work", no_thread)
        with trio.fail_after(10), pytest.raises(StorageError, match="cannot be worked on"):
            await police.send("bb.fiu", "text", {"text": "Please call me."})
        assert any("cannot be worked on" in alarm for alarm in police.status().alarms)


async def test_what_still_waits_to_be_signed_when_the_node_stops_is_refused_and_does_not_hang(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    outcomes: list[object] = []

    async def send(police: Node) -> None:
        try:
            outcomes.append(await police.send("bb.fiu", "text", {"text": "Please call me."}))
        except NotReadyError as fault:
            outcomes.append(fault)

    with trio.fail_after(60):
        async with trio.open_nursery() as outside, pair.run("aa.police") as police:
            for _ in range(200):
                outside.start_soon(send, police)
            await trio.sleep(0)
        with pytest.raises(NotReadyError, match="the node is stopping"):
            await police.send("bb.fiu", "text", {"text": "Please call me."})
    kept = [outcome for outcome in outcomes if not isinstance(outcome, NotReadyError)]
    assert len(outcomes) == 200
    async with pair.run("aa.police") as police:
        assert police.status().waiting == len(kept)


async def test_a_failing_job_does_not_hurt_the_others_of_its_transaction(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    database = Database(tmp_path / "comity.db")
    writer = Writer(database, SimulatedWorld(Network(), "writer"))
    outcomes: list[object] = []

    async def submit(statement: str) -> None:
        try:
            await writer.submit(lambda connection: connection.execute(text(statement)).rowcount, rows=3)
            outcomes.append("kept")
        except StorageError as fault:
            outcomes.append(fault.cause.split(":")[0])

    async with trio.open_nursery() as nursery:
        async with trio.open_nursery() as jobs:
            jobs.start_soon(submit, "INSERT INTO leaf (n, hash) VALUES (1, x'00')")
            jobs.start_soon(submit, "INSERT INTO leaf (n, hash) VALUES (NULL, NULL)")
            jobs.start_soon(submit, "INSERT INTO leaf (n, hash) VALUES (2, x'00')")
            nursery.start_soon(writer.run)
        nursery.cancel_scope.cancel()
    rows = database.reading.execute(text("SELECT n FROM leaf ORDER BY n")).all()
    database.close()
    assert sorted(map(str, outcomes)) == ["kept", "kept", "the database failed"]
    assert [row[0] for row in rows] == [1, 2]


def test_a_new_database_is_for_its_owner_only(tmp_path: Path) -> None:
    Database(tmp_path / "comity.db").close()
    assert stat.S_IMODE((tmp_path / "comity.db").stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_refused_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "comity.db").write_bytes(b"these are words and not tables" * 100)
    with pytest.raises(StorageError, match="the database is damaged"):
        Database(tmp_path / "comity.db")


def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Database(tmp_path / "comity.db").close()
    with sqlite3.connect(tmp_path / "comity.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StorageError, match="revision 9999"):
        Database(tmp_path / "comity.db")


def test_the_migrations_make_the_tables_that_the_program_declares(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from comity_node.store.schema import metadata

    database = Database(tmp_path / "comity.db")
    differences = compare_metadata(MigrationContext.configure(database.writing), metadata)
    database.close()
    assert differences == []


@pytest.mark.clause("CONV-008")
async def test_neither_bodies_nor_keys_lie_open_on_the_disk(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    secret = "the account of the victim"
    async with pair.run_all() as nodes:
        sent = await nodes["aa.police"].send("bb.fiu", "text", {"text": secret})
        await ended(nodes["aa.police"], sent.id)
        files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    seeds = [getattr(home.keys().seeds, use) for home in pair.homes.values() for use in ("link", "signing", "storage")]
    for needle in [secret.encode(), *seeds]:
        for form in (needle, needle.hex().encode()):
            assert not any(form in content for content in files)
