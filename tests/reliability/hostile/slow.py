"""Row 11: members that read or write slowly, or never acknowledge, cost a bounded queue and nobody else's time."""

import random
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import trio
from trio.testing import MockClock, lockstep_stream_pair

from comity.frames import Heads, encode_credit
from comity.limits import MAX_WINDOW_BYTES
from comity.link import Hello, Link, MessageReceived
from comity_node.courier import BACKLOG_BYTES
from comity_node.node import Node
from tests.reliability.hostile.arena import ROGUE as REAL_ROGUE
from tests.reliability.hostile.arena import arena, memory_place
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.rogue import Rogue
from tests.reliability.hostile.shares import halves
from tests.reliability.row import Outcome, Row, Tier
from tests.support.alliances import Alliance, alliance
from tests.support.homes import Home, seed
from tests.support.player import documents_of, treaty_id_of

ROGUE, VICTIM, HONEST = "aa.police", "bb.fiu", "qm.prosecutor"
WAITING = 60  # messages that wait for the rogue, 8 KiB each: far more than may be queued
MESSAGE_BYTES = 7_000
QUEUE_BYTES = BACKLOG_BYTES + 16_384  # one envelope more than the backlog, and answers
PROMPT_S = 2.0  # virtual time in which the others must be done
GROWTH_KIB = 16_384
HELLO = Hello(agent="slow", versions=(1,), window=MAX_WINDOW_BYTES)


@dataclass
class Slow:
    """The rogue's end of a link on a stream that takes nothing that nobody reads."""

    stream: trio.abc.Stream
    link: Link
    rng: random.Random
    got: list[object] = field(default_factory=list)

    async def flush(self) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            while data := self.link.data_to_send(trio.current_time()):
                await self.stream.send_all(data)

    async def read(self, most: int | None = None) -> bool:
        """Take in what comes, so many bytes at most; False at the end."""
        try:
            data = bytes(await self.stream.receive_some(most))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return False
        self.link.receive(data, trio.current_time())
        while (event := self.link.next_event()) is not None:
            self.got.append(event)
        return bool(data)


async def reads_slowly(slow: Slow) -> None:
    """Read a byte a second and say something now and then, so that the link stays."""
    async with trio.open_nursery() as nursery:

        async def speak() -> None:
            while True:
                await trio.sleep(slow.rng.uniform(10, 25))
                slow.link._outgoing.put_control(encode_credit(0))
                await slow.flush()

        nursery.start_soon(speak)
        while await slow.read(1):
            await trio.sleep(1)
        nursery.cancel_scope.cancel()


async def reads_nothing(slow: Slow) -> None:
    """Say something now and then and never read."""
    for _ in range(12):
        await trio.sleep(slow.rng.uniform(5, 15))
        slow.link._outgoing.put_control(b"\x09\x00\x00\x08" + bytes(8))
        await slow.flush()


async def writes_slowly(slow: Slow) -> None:
    """Write a record byte by byte while reading all that comes."""
    async with trio.open_nursery() as nursery:

        async def write() -> None:
            slow.link._outgoing.put_control(b"\x80\x00\x01\x00" + bytes(256))
            for byte in slow.link.data_to_send(trio.current_time()):
                await trio.sleep(slow.rng.uniform(0.5, 1.5))
                with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                    await slow.stream.send_all(bytes([byte]))

        nursery.start_soon(write)
        while await slow.read():
            pass
        nursery.cancel_scope.cancel()


async def never_acknowledges(slow: Slow) -> None:
    """Read everything, give all credit back, and send no receipt."""
    while await slow.read():
        costs = [event.cost for event in slow.got if isinstance(event, MessageReceived)]
        slow.got.clear()
        if slow.link.is_open:
            slow.link.release(sum(costs))
        await slow.flush()


WAYS: tuple[Callable[[Slow], Awaitable[None]], ...] = (reads_slowly, reads_nothing, writes_slowly, never_acknowledges)


def slow_members(tier: Tier, bug: str | None) -> Outcome:
    """Let a member be slow in one of four ways while two others talk; with real sockets from the CI tier on."""
    runs = tier.trials(24, at_least=len(WAYS))
    figures: dict[str, str] = {}
    found = [wrong for part in halves(partial(_share, runs, bug), tier) for wrong in part]
    if tier >= Tier.CI:
        more, figures = _real()
        found, runs = found + more, runs + 1
    return Outcome(runs, tuple(found[:20]), f"0 to {runs - 1}", figures)


def _share(runs: int, bug: str | None, share: int, shares: int) -> list[str]:
    found: list[str] = []
    with planted(bug):
        for run in range(share, runs, shares):
            way = WAYS[run // shares % len(WAYS)]
            with tempfile.TemporaryDirectory(dir=memory_place()) as place:
                clock = MockClock(autojump_threshold=0)
                wrong = trio.run(partial(_run, Path(place), way, run), clock=clock)
            found += [f"seed {run}, {way.__name__}: {each}" for each in wrong]
    return found


async def _run(place: Path, way: Callable[[Slow], Awaitable[None]], number: int) -> list[str]:
    found: dict[str, None] = {}
    group = await alliance(place, ROGUE, VICTIM, HONEST)
    async with group.run(VICTIM) as victim, group.run(HONEST) as honest:
        for _ in range(WAITING):
            await victim.send(ROGUE, "text", {"text": "x" * MESSAGE_BYTES})
        async with trio.open_nursery() as nursery:
            slow = await _joined(group, random.Random(number))
            nursery.start_soon(way, slow)
            for second in range(120):
                await trio.sleep(1)
                session = victim._links.peer(ROGUE).session
                if session is not None and session.link.backlog > QUEUE_BYTES:
                    found[f"{session.link.backlog:,} bytes wait for the slow member, {QUEUE_BYTES:,} may"] = None
                if second % 30 == 5 and (wrong := await _prompt(honest, victim)):
                    found[wrong] = None
            nursery.cancel_scope.cancel()
    return list(found)


async def _joined(group: Alliance, rng: random.Random) -> Slow:
    """Return the rogue's open link to the victim; HEADS were exchanged."""
    home, victim = group.homes[ROGUE], group.homes[VICTIM]
    link = Link.initiator(
        treaty_id_of(home), home.keys().link, VICTIM, victim.keys().link.public.data, ROGUE, HELLO,
        seed("slow e"), seed("slow kem", 64), trio.current_time(),
    )  # fmt: skip
    ours, theirs = lockstep_stream_pair()
    slow = Slow(ours, link, rng)
    group.network.listeners["127.0.0.1", victim.port].incoming.send_nowait(theirs)
    while not link.is_open:
        await slow.flush()
        await slow.read()
    await slow.flush()
    link.send_heads(heads(home, ROGUE, VICTIM))
    await slow.flush()
    return slow


def heads(home: Home, party: str, peer: str) -> Heads:
    treaty, own, theirs = documents_of(home, party, peer)
    return Heads(
        bundle=own.bundle.serial,
        bundle_hash=own.hash,
        holds=theirs.bundle.serial,
        treaty=treaty.treaty.version,
        treaty_hash=treaty.hash,
    )


async def _prompt(honest: Node, victim: Node) -> str:
    """Exchange messages between the others; return what is wrong when they are not done in time."""
    with trio.move_on_after(PROMPT_S):
        for _ in range(5):
            await honest.send(VICTIM, "text", {"text": "prompt"})
            await victim.send(HONEST, "text", {"text": "prompt"})
        waiting = 1
        while waiting:
            await trio.sleep(0.02)
            peers = [peer for peer in victim.status().peers if peer.party == HONEST]
            waiting = honest.status().waiting + peers[0].waiting
        return ""
    return f"the others were not done in {PROMPT_S} s"


def _real() -> tuple[list[str], dict[str, str]]:
    """Read a byte a second over a real socket with a small buffer, while 1,000 messages wait."""
    with arena() as place:
        place.victim.call("send", to=REAL_ROGUE, count=1_000)
        place.warm_up()
        base = place.sample()["resident_kib"]
        rogue = Rogue(place, receive_buffer=4_096)

        def attack(seconds: float) -> None:
            rogue.idle(seconds, bytes_a_second=1, now_and_then=place.sample)

        rogue.connect()
        wrong = place.compare(2, 3.0, attack)
        rogue.close()
        found = [wrong] if wrong else []
        if place.peak["resident_kib"] - base > GROWTH_KIB:
            found.append(f"the memory of the victim grew by {place.peak['resident_kib'] - base:,} KiB")
        if rogue.cut_short:
            found.append("the slow reader lost its link, so nothing was tried")
        return found, place.figures()


ROWS = (
    Row(
        11,
        "members that read or write a byte a second, read nothing, or never acknowledge, while 480 KiB wait for them",
        "streams that block, in virtual time; from the CI tier on a real socket beside two real nodes",
        "at most 128 KiB and one envelope wait for the wire of a peer; the others are served at once and keep 90 %",
        slow_members,
        {"no backlog": "whatever credit allows is sealed and queued at once"},
        measured=True,
    ),
)
