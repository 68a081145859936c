"""Row 12: peers that vanish without a word give back all that they took."""

import random
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio
from trio.testing import MockClock, lockstep_stream_pair, memory_stream_pair

from comity.limits import HANDSHAKE_S, IDLE_S
from comity.link import Link
from comity_node.node import Node
from tests.reliability.hostile.arena import memory_place
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.slow import HELLO, heads
from tests.reliability.row import Outcome, Row, Tier
from tests.support.alliances import Alliance, alliance
from tests.support.homes import seed
from tests.support.player import treaty_id_of
from tests.support.simulated import MemoryListener

VICTIM = "bb.fiu"
MEMBERS = ("aa.police", "qm.prosecutor", "xa.gendarmerie")
STRANGERS = 47  # in each round, beside the members
GOODBYE_S = 5.0  # 2 s for a close record to leave, and some for the order of things
BASE_SEED = 12


@dataclass
class Street:
    """The victim's door, and what a vanished peer leaves behind: a stream that nobody reads, writes or closes."""

    group: Alliance
    node: Node
    rng: random.Random
    kept: list[trio.abc.Stream]

    def stream(self) -> trio.abc.Stream:
        """Return our end of a connection to the victim; half of them take nothing that nobody reads."""
        ours, theirs = self.rng.choice((memory_stream_pair, lockstep_stream_pair))()
        self.group.network.listeners["127.0.0.1", self.group.homes[VICTIM].port].incoming.send_nowait(theirs)
        self.kept.append(ours)
        return ours

    async def stranger(self, number: int) -> None:
        """Vanish somewhere in handshake message 1, or instead of message 3."""
        link, stream = self._link(MEMBERS[0], number), self.stream()
        data = link.data_to_send(trio.current_time())
        end = self.rng.choice((0, 1, 2, 600, len(data) - 1, len(data)))
        await self._send(stream, data[:end])

    async def member(self, party: str, number: int) -> None:
        """Vanish after the handshake: at once, after HEADS, or in the middle of a record."""
        link, stream = self._link(party, number), self.stream()
        while not link.is_open:
            await self._send(stream, link.data_to_send(trio.current_time()))
            link.receive(bytes(await stream.receive_some()), trio.current_time())
            link.next_event()
        await self._send(stream, link.data_to_send(trio.current_time()))
        link.send_heads(heads(self.group.homes[party], party, VICTIM))
        data = link.data_to_send(trio.current_time())
        await self._send(stream, data[: self.rng.choice((0, 1, 60, len(data)))])

    def _link(self, party: str, number: int) -> Link:
        home, e, kem = self.group.homes[party], seed(f"vanish e {number}"), seed(f"vanish kem {number}", 64)
        key = self.group.homes[VICTIM].keys().link.public.data
        return Link.initiator(
            treaty_id_of(home), home.keys().link, VICTIM, key, party, HELLO, e, kem, trio.current_time()
        )

    async def _send(self, stream: trio.abc.Stream, data: bytes) -> None:
        with trio.move_on_after(1), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await stream.send_all(data)


def half_open(tier: Tier, bug: str | None) -> Outcome:
    """Let strangers and members vanish at every stage, some of whom the victim had dialled itself."""
    rounds = tier.trials(1_000, at_least=50) // (STRANGERS + len(MEMBERS))
    with planted(bug), tempfile.TemporaryDirectory(dir=memory_place()) as place:
        found = trio.run(partial(_run, Path(place), rounds), clock=MockClock(autojump_threshold=0))
    return Outcome(rounds * (STRANGERS + len(MEMBERS)), tuple(found[:20]), f"{BASE_SEED}")


async def _run(place: Path, rounds: int) -> list[str]:
    found: list[str] = []
    group = await alliance(place, VICTIM, *MEMBERS)
    silent = MemoryListener()  # takes connections of the victim and never says a word
    group.network.listeners["127.0.0.1", group.homes[MEMBERS[2]].port] = silent
    async with group.run(VICTIM) as node:
        await node.send(MEMBERS[0], "text", {"text": "for one who is never there"})
        await trio.sleep(1)
        for number in range(rounds):
            street = Street(group, node, random.Random(BASE_SEED * 1_000 + number), [])
            base = _held(node)
            async with trio.open_nursery() as nursery:
                for index in range(STRANGERS):
                    nursery.start_soon(street.stranger, number * 100 + index)
                for index, party in enumerate(MEMBERS):
                    nursery.start_soon(street.member, party, number * 100 + STRANGERS + index)
            await trio.sleep(HANDSHAKE_S + 1)
            if node._listener.gate.waiting:
                found.append(f"round {number}: {node._listener.gate.waiting} strangers are waited for after 6 s")
            await trio.sleep(IDLE_S + GOODBYE_S - HANDSHAKE_S - 1)
            after = _held(node)
            if after["links"] or after["tasks"] > base["tasks"] + 4:  # a dial may be under way
                found.append(f"round {number}: {IDLE_S + GOODBYE_S:.0f} s later {after} is held, {base} was before")
    return found


def _held(node: Node) -> dict[str, int]:
    up = [peer for peer in node._links.peers.values() if peer.session is not None]
    return {"links": len(up), "tasks": trio.lowlevel.current_statistics().tasks_living}


ROWS = (
    Row(
        12,
        "half-open connections: strangers and members that vanish before, in and after the handshake",
        "streams that nobody reads, writes or closes, in virtual time",
        "given back within 65 s, the idle limit of 60 s and a goodbye; connections without handshake within 6 s; tasks"
        " are as many as before",
        half_open,
        {"no idle limit": "a link may be silent for as long as it likes"},
    ),
)
