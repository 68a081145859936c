"""Where trials take place: homes that are made once, laid out afresh for each trial, and nodes that live in them."""

import functools
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import trio
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache
from trio._core import _run as scheduler
from trio.testing import MockClock

from comity.directory import Directory
from comity_node.keyfile import KeyRing
from comity_node.node import Node
from comity_node.store import database
from tests.reliability.storage.ledger import Scribe
from tests.support.alliances import Alliance, alliance
from tests.support.homes import Home

#: Part of the path of every file that the shim looks at.
TRIAL: Final = "comity-trial"
MEMORY: Final = Path("/dev/shm")
CONVERGED_S: Final = 300.0  # virtual: ten times the longest pause between two dials
LATER_US: Final = 3_600_000_000  # the wall clock of those who come after a crash


@functools.cache
def keys_of(party: str) -> KeyRing:
    return Home(party, Path(), 0).keys()


@dataclass(frozen=True)
class KeyedHome(Home):
    """A home whose keys are derived once in the process."""

    def keys(self) -> KeyRing:
        return keys_of(self.party)


@dataclass
class Stage:
    """Homes that know each other. `lay_out` makes them as they were after the last `keep`."""

    place: Path
    parties: tuple[str, ...]

    @property
    def base(self) -> Path:
        return self.place / "base"

    @property
    def trial(self) -> Path:
        return self.place / TRIAL

    def database(self, party: str) -> Path:
        return self.trial / party / "comity.db"

    def lay_out(self) -> None:
        shutil.rmtree(self.trial, ignore_errors=True)
        shutil.copytree(self.base, self.trial)

    def keep(self) -> None:
        """Make the homes as they are now the ones that `lay_out` makes."""
        shutil.rmtree(self.base)
        shutil.copytree(self.trial, self.base)

    def play(
        self,
        scene: "Scene",
        tell: Callable[[bytes], None],
        life: int = 0,
        relieve: Callable[[], None] = lambda: None,
    ) -> None:
        """Run the scene under virtual time; each life after a crash is an hour on, and has other randomness."""
        scheduler._r.seed(life)
        troupe = self.troupe(tell, life)
        troupe.relieve = relieve
        trio.run(scene, troupe, clock=MockClock(autojump_threshold=0))

    def troupe(self, tell: Callable[[bytes], None], life: int) -> "Troupe":
        homes: dict[str, Home] = {
            party: KeyedHome(party, self.trial / party, 7_411 + at) for at, party in enumerate(self.parties)
        }
        group = Alliance(homes, ahead_us=dict.fromkeys(self.parties, LATER_US * life), starts=1_000 * life)
        return Troupe(group, Scribe(tell))


@dataclass
class Troupe:
    """The nodes of a trial, and the scribe who tells what they promise."""

    group: Alliance
    scribe: Scribe
    nodes: dict[str, Node] = field(default_factory=dict)
    relieve: Callable[[], None] = lambda: None  # called by a scene when the trouble may end

    @asynccontextmanager
    async def run(self, *parties: str) -> AsyncIterator[None]:
        """Run these nodes, all if none are named, for the length of the block."""
        async with trio.open_nursery() as nursery:
            stops = [await nursery.start(self._run, party) for party in parties or self.group.homes]
            try:
                yield
            finally:
                for stop in stops:
                    stop.set()

    async def _run(self, party: str, *, task_status: trio.TaskStatus[trio.Event]) -> None:
        async with self.group.run(party) as node:
            self.nodes[party] = node
            stop = trio.Event()
            task_status.started(stop)
            try:
                await stop.wait()
            finally:
                del self.nodes[party]

    async def send(self, party: str, to: str | Iterable[str], kind: str = "text", **options: Any) -> bytes:
        """Send as the party and tell of it; return the message id. `text` is the payload unless one is given."""
        recipients = [to] if isinstance(to, str) else list(to)
        payload = options.pop("payload", None) or {"text": options.pop("text", f"a question of {party}")}
        sent = await self.nodes[party].send(recipients, kind, payload, **options)
        self.scribe.sent(party, sent, recipients)
        return sent.id

    async def reply(self, party: str, message_id: bytes, text: str = "an answer") -> bytes:
        sent = await self.nodes[party].reply(message_id, "text", {"text": text})
        self.scribe.sent(party, sent, [self.nodes[party].find(message_id.hex()).sender])
        return sent.id

    async def mark_read(self, party: str, message_id: bytes) -> None:
        await self.nodes[party].mark_read(message_id)
        self.scribe.say(read=party, id=message_id.hex())

    async def settled(self) -> None:
        """Return when nothing waits any more; tell how every delivery has ended."""
        with trio.fail_after(CONVERGED_S):
            pause_s = 0.05
            while any(node._store.waiting_counts() or files_move(node) for node in self.nodes.values()):
                await trio.sleep(pause_s)
                pause_s = min(1.0, pause_s * 1.2)
        for party, node in self.nodes.items():
            for _, ended in node._archive.settled_after(0):
                self.scribe.say(told=party, id=ended.message_id.hex(), to=ended.recipient, state=int(ended.ending))


def files_move(node: Node) -> bool:
    return bool(node._store.transfers.awaiting())


Scene = Callable[[Troupe], Awaitable[None]]


def build_stage(*parties: str) -> Stage:
    """Return a stage in memory where there is such a place. The caller removes `place`."""
    place = Path(tempfile.mkdtemp(prefix="comity-stage-", dir=MEMORY if MEMORY.is_dir() else None))
    base = place / "base"
    base.mkdir()
    trio.run(alliance, base, *parties, clock=MockClock(autojump_threshold=0))
    return Stage(place, parties)


def prepare_process() -> None:
    """Do once what each node of each trial would do again and again, and what these trials are not about."""
    vars(scheduler)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True  # a scene makes the same calls in the same order
    remember_directories()
    share_compiled_statements()


def share_compiled_statements() -> None:
    """Let all engines of this process share one dialect and its compiled statements."""
    create: Any = vars(database)["create_engine"]
    dialects: list[Any] = []

    def sharing(*args: Any, **options: Any) -> Engine:
        engine: Engine = create(*args, **options)
        dialects.append(engine.dialect)
        engine.dialect, engine._compiled_cache = dialects[0], compiled
        return engine

    compiled: Any = LRUCache(500)
    pytest.MonkeyPatch().setattr(database, "create_engine", sharing)


def remember_directories() -> None:
    """Verify each set of treaties and bundles once in this process: that is not what these trials are about."""
    replay = Directory.replay
    known: dict[tuple[tuple[str, bytes], ...], Directory] = {}

    def remembering(documents: Iterable[tuple[str, bytes]]) -> Directory:
        key = tuple(documents)
        if key not in known:
            known[key] = replay(key)
        return known[key].copy()

    pytest.MonkeyPatch().setattr(Directory, "replay", remembering)
