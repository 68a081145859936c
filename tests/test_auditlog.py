"""The log that a node keeps, read from its database, and what others notice when a log is told in two ways."""

import itertools
import sqlite3
from pathlib import Path

import pytest
from trio.testing import MockClock

from comity.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from comity.keys import Algorithm, SigningKey
from comity.log import consistency_proof, verify_consistency
from comity.receipt import read as read_receipt
from comity_node.node import Node
from comity_node.witness import Witness
from tests.support.alliances import Alliance, alliance, ended, until
from tests.support.homes import seed

pytestmark = pytest.mark.slow


def rows(place: Alliance, party: str, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(place.homes[party].config.database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


async def exchange(pair: Alliance, count: int) -> None:
    async with pair.run_all() as nodes:
        for number in range(count):
            await nodes["aa.police"].send("bb.fiu", "text", {"text": f"number {number}"})
        await until(lambda: nodes["aa.police"].status().waiting == 0)


@pytest.mark.clause("LOG-003", "LOG-004")
async def test_every_checkpoint_begins_the_next_one_also_over_restarts(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    for count in (1, 5, 2):
        await exchange(pair, count)
    leaves = [bytes(row[0]) for row in rows(pair, "bb.fiu", "SELECT hash FROM leaf ORDER BY n")]  # type: ignore[call-overload]
    notes = [row[0] for row in rows(pair, "bb.fiu", "SELECT note FROM checkpoint ORDER BY size")]
    points = [read_checkpoint(note).checkpoint for note in notes if isinstance(note, bytes)]
    assert len(leaves) == points[-1].size == 8
    for old, new in itertools.pairwise(points):
        proof = consistency_proof(leaves[: new.size], old.size)
        verify_consistency(old.size, old.root, new.size, new.root, proof)


@pytest.mark.clause("LOG-002")
async def test_no_two_entries_share_a_salt(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    await exchange(pair, 10)
    given = rows(pair, "bb.fiu", "SELECT receipt FROM message WHERE outgoing = 0")
    salts = {read_receipt(row[0]).salt for row in given if isinstance(row[0], bytes)}
    assert len(salts) == 10


@pytest.mark.clause("MSG-004", "MSG-005")
async def test_ids_are_new_for_each_message_and_kept_over_a_restart(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        sent = [await police.send("bb.fiu", "text", {"text": "the same words"}) for _ in range(20)]
    async with pair.run_all() as nodes:
        for message in sent:
            await ended(nodes["aa.police"], message.id)
        arrived = {message.id: message.hash for message in nodes["bb.fiu"].inbox()}
    assert len({message.id for message in sent}) == 20
    assert arrived == {message.id: message.hash for message in sent}


@pytest.mark.clause("RCPT-009")
async def test_the_sender_keeps_the_receipt_that_the_recipient_keeps(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    await exchange(pair, 3)
    given = rows(pair, "bb.fiu", "SELECT receipt FROM message ORDER BY n")
    assert rows(pair, "aa.police", "SELECT receipt FROM delivery ORDER BY n") == given


@pytest.mark.clause("LOG-008")
def test_two_checkpoints_of_one_size_with_different_roots_are_noticed_and_both_named() -> None:
    key = SigningKey.from_seed(Algorithm.ED25519, seed("log"))
    one, other = (sign_checkpoint(Checkpoint("bb.fiu", bytes(32), 5, bytes([n]) * 32), key) for n in (1, 2))
    witness = Witness()
    assert witness.saw("bb.fiu", one) is None
    assert witness.saw("bb.fiu", one) is None
    wrong = witness.saw("bb.fiu", other)
    assert wrong is not None
    assert one.decode() in wrong
    assert other.decode() in wrong


@pytest.mark.clause("LOG-008")
async def test_a_log_told_in_two_ways_alarms_the_operator_also_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    database = pair.homes["bb.fiu"].config.database

    async def deliver(police: Node) -> None:
        async with pair.run("bb.fiu"):
            sent = await police.send("bb.fiu", "text", {"text": "a message"})
            await ended(police, sent.id)

    async with pair.run("aa.police") as police:
        await deliver(police)
        old = database.read_bytes()
        await deliver(police)
        assert police.status().alarms == []
        database.write_bytes(old)  # an operator restores an old copy, and the log goes on from there
        await deliver(police)
        alarms = police.status().alarms
    assert alarms == ["bb.fiu has signed two different logs of 2 entries"]
    async with pair.run("aa.police") as police:
        assert police.status().alarms == alarms
