"""What the nodes do while the disk fails them. Short, so that every call of each can be tried."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import trio

from comity_node.attachments.sealer import AttachmentError
from comity_node.errors import NodeError, NotReadyError, StorageError
from comity_node.faults import first_of
from comity_node.store import database, writer
from tests.reliability.storage.stage import Scene, Troupe
from tests.support.alliances import ended, first_message

A, B, Q = "aa.police", "bb.fiu", "qm.prosecutor"
RESTART: Final = "longest start of all nodes (s of processor time)"
MARKER: Final = "the account of the victim"


async def one_way(troupe: Troupe) -> None:
    """One after another, and three at once."""
    async with troupe.run():
        for number in range(2):
            await troupe.send(A, B, text=f"{MARKER} {number}")
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(troupe.send, A, B)
        await troupe.settled()


async def both_ways(troupe: Troupe) -> None:
    """Both ask, both answer, both read."""
    async with troupe.run():
        asked = await troupe.send(A, B), await troupe.send(B, A)
        await troupe.settled()
        await troupe.mark_read(B, asked[0])
        await troupe.reply(B, asked[0])
        await troupe.reply(A, asked[1])
        await troupe.mark_read(A, asked[1])
        await troupe.settled()


async def several(troupe: Troupe) -> None:
    """One message to two parties, of whom one comes late; needs `TRIO`."""
    async with troupe.run(A, B):
        sent = await troupe.send(A, [B, Q])
        await first_message(troupe.nodes[B])
        await trio.sleep(5)
        async with troupe.run(Q):
            await troupe.settled()
            await troupe.reply(Q, sent)
            await troupe.settled()


async def expiring(troupe: Troupe) -> None:
    """What nobody takes expires, what is taken does not."""
    async with troupe.run(A):
        lost = await troupe.send(A, B, lifetime_s=30)
        await troupe.send(A, B, lifetime_s=90_000)
        await ended(troupe.nodes[A], lost)
        async with troupe.run(B):
            await troupe.settled()


async def large(troupe: Troupe) -> None:
    """Bodies of many pages, so that a commit is many writes."""
    async with troupe.run():
        await troupe.send(A, B, text=MARKER + "x" * 19_000)
        await troupe.send(B, A, text="y" * 12_000)
        await troupe.settled()


async def restarted(troupe: Troupe) -> None:
    """The sender stops between, then the recipient: the files are folded together and begun again."""
    async with troupe.run(A):
        await troupe.send(A, B)
    async with troupe.run(B):
        await trio.sleep(1)
        async with troupe.run(A):
            await troupe.send(A, B)
            await troupe.settled()
    async with troupe.run():
        await troupe.send(B, A)
        await troupe.settled()


async def folding(troupe: Troupe) -> None:
    """The log file is copied back every few rows, and within a commit where that has many pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "CHECKPOINT_ROWS", 5)
        patch.setattr(database, "PRAGMAS", (*database.PRAGMAS, "PRAGMA wal_autocheckpoint=12"))
        async with troupe.run():
            for number in range(3):
                await troupe.send(A, B, text="z" * (1 + 8_000 * number))
                await troupe.settled()


async def in_a_case(troupe: Troupe) -> None:
    """A case goes to and fro; each message names the one before it."""
    async with troupe.run():
        sent = await troupe.send(A, B)
        for _ in range(2):
            await troupe.settled()
            sent = await troupe.reply(B, sent)
            await troupe.settled()
            sent = await troupe.reply(A, sent)
        await troupe.settled()


def source_file(troupe: Troupe) -> Path:
    """Return a file of 20 KB that lies where no fault is injected."""
    source = troupe.group.homes[A].path.parents[1] / "source.bin"
    source.write_bytes(bytes(range(256)) * 80)
    return source


async def with_a_file(troupe: Troupe) -> None:
    """A message brings a file along, and the answer the same file again."""
    source = source_file(troupe)
    async with troupe.run():
        sent = await troupe.send(A, B, attachments=[source])
        await troupe.settled()
        await troupe.reply(B, sent)
        await troupe.send(B, A, attachments=[source])
        await troupe.settled()


async def converge(troupe: Troupe) -> None:
    """What comes after a fault: everybody starts, and nothing may be left waiting."""
    began = time.process_time()
    async with troupe.run():
        troupe.scribe.say(figure=RESTART, value=time.process_time() - began)
        await troupe.settled()


async def troubled(troupe: Troupe) -> None:
    """Both keep on asking, and are started again when they fail; who is refused asks again."""
    async with trio.open_nursery() as nursery, folded_often():
        relief = trio.Event()
        nursery.start_soon(relieve, troupe, relief)
        for party in (A, B):
            nursery.start_soon(keep_running, troupe, party)
        for number in range(3):
            await ask_until_kept(troupe, A, B, f"{MARKER} {number}")
            await ask_until_kept(troupe, B, A, "z" * 5_000)
            await trio.sleep(2)
        await ask_until_kept(troupe, A, B, MARKER, attachments=[source_file(troupe)])
        await trio.sleep(2)
        await relief.wait()
        await ask_until_kept(troupe, A, B, "the disk is well again")
        await troupe.settled()
        nursery.cancel_scope.cancel()


async def relieve(troupe: Troupe, relief: trio.Event) -> None:
    """Let the trouble end after half a minute."""
    await trio.sleep(30)
    troupe.relieve()
    relief.set()


@asynccontextmanager
async def folded_often() -> AsyncIterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "CHECKPOINT_ROWS", 5)
        yield


async def keep_running(troupe: Troupe, party: str) -> None:
    """Do what a service manager does: start the node, and again three seconds after it has ended."""
    while True:
        try:
            async with troupe.run(party):
                await troupe.nodes[party].watch_disk()
        except* NodeError as fault:
            troupe.scribe.say(ended=party, why=str(first_of(fault)))
        await trio.sleep(3)


async def ask_until_kept(troupe: Troupe, party: str, to: str, text: str, **options: Any) -> None:
    """Do what a person does: send, and when it is refused, send again a little later."""
    with trio.fail_after(600):
        while True:
            node = troupe.nodes.get(party)
            if node is not None:
                try:
                    with trio.move_on_after(20):  # a node that ends meanwhile does not answer any more
                        await troupe.send(party, to, text=text, **options)
                        return
                except StorageError as fault:
                    troupe.scribe.say(refused=party, why=str(fault), alarms=node.status().alarms)
                except AttachmentError as fault:  # of a file that could not be sealed; the database is well
                    troupe.scribe.say(refused=party, why=f"the disk is full, or else: {fault}", alarms=[])
                except NotReadyError:
                    pass  # it is stopping, and nothing was sent
            await trio.sleep(2)


PAIR: Final = (A, B)
TRIO: Final = (A, B, Q)
SCENES: Final[Mapping[str, Scene]] = {
    scene.__name__: scene
    for scene in (one_way, both_ways, several, expiring, large, restarted, folding, in_a_case, with_a_file)
}
