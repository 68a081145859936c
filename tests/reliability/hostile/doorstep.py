"""Row 19 at a whole node: an altered byte gets silence, leaves no link, and changes nothing in the database."""

import random
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import trio

from comity.link import Link
from comity_node.config import Config
from comity_node.node import Node
from tests.reliability.hostile.slow import HELLO, heads
from tests.support.alliances import Alliance, alliance
from tests.support.homes import seed
from tests.support.player import treaty_id_of

CALLER, VICTIM = "aa.police", "bb.fiu"
FLIGHTS = ("handshake message 1", "handshake message 3", "record with HEADS", "record with MESSAGE")
BASE_SEED = 19


async def knock(place: Path, trials: int) -> tuple[int, list[str]]:
    """Return trials and violations of so many connections with one altered byte each."""
    found: list[str] = []
    group = await alliance(place, CALLER, VICTIM)
    async with group.run(VICTIM) as node:
        await trio.sleep(1)
        config = group.homes[VICTIM].config
        before = rows(config)
        for number in range(trials):
            wrong = await _one(group, node, number)
            if wrong:
                found.append(f"seed {BASE_SEED * 1_000 + number}, {FLIGHTS[number % len(FLIGHTS)]}: {wrong}")
        if rows(config) != before:
            found.append("the database has changed")
    return trials, found[:20]


async def _one(group: Alliance, node: Node, number: int) -> str:
    rng, altered = random.Random(BASE_SEED * 1_000 + number), number % len(FLIGHTS)
    home = group.homes[CALLER]
    key = group.homes[VICTIM].keys().link.public.data
    stream = await group.world("stranger").connect("127.0.0.1", group.homes[VICTIM].port)
    e, kem = seed(f"knock e {number}"), seed(f"knock kem {number}", 64)
    link = Link.initiator(treaty_id_of(home), home.keys().link, VICTIM, key, CALLER, HELLO, e, kem, trio.current_time())
    for flight in range(altered + 1):
        if flight == 2:
            link.send_heads(heads(home, CALLER, VICTIM))
        elif flight == 3:
            link._outgoing.put_control(b"\x02\x00\x01\x00" + rng.randbytes(256))
        data = bytearray(link.data_to_send(trio.current_time()))
        if flight == altered:
            place = rng.randrange(2, len(data))  # a length that is too long is waited for, which is not refused yet
            data[place] ^= 1 << rng.randrange(8)
        await stream.send_all(data)
        if flight < min(altered, 2):  # message 2, then HEADS of the victim
            link.receive(bytes(await stream.receive_some()), trio.current_time())
            while link.next_event() is not None:
                pass
    heard = await _rest(stream)
    if heard:
        return f"{len(heard)} bytes were sent in answer"
    if any(peer.link == "up" for peer in node.status().peers):
        return "a link is up"
    return ""


async def _rest(stream: trio.abc.Stream) -> bytes:
    parts = []
    with trio.move_on_after(3), suppress(trio.BrokenResourceError):
        while data := await stream.receive_some():
            parts.append(bytes(data))
    await trio.aclose_forcefully(stream)
    return b"".join(parts)


def rows(config: Config) -> list[Any]:
    """Return every row of the database."""
    connection = sqlite3.connect(config.database)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = [(table, connection.execute(f"SELECT * FROM {table}").fetchall()) for table in sorted(tables)]
    connection.close()
    return found
