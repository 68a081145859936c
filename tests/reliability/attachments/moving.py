"""Row 37: files that move while links are cut, nodes stopped, and disks fail. `moving.py SEED` replays one seed."""

import hashlib
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import trio
from trio.testing import MockClock

from comity.attachment import SEALED_CHUNK_BYTES, Opening, chunk_count
from comity.limits import CHUNK_BYTES, MAX_CHUNKS_UNDER_WAY
from comity_node.attachments.depot import IncompleteError
from comity_node.attachments.part import Part
from comity_node.attachments.shelf import Shelf
from comity_node.node import Node, open_node
from comity_node.records import Transfer
from tests.reliability.row import Outcome, Row, Tier
from tests.support.alliances import Alliance, alliance
from tests.support.files import FileWorld, content
from tests.support.simulated import Network

POLICE, FIU = "aa.police", "bb.fiu"
WORDS = {"text": "See the files."}
BASE_SEED = 37_000_000
PATIENCE_S = 3_000.0  # virtual seconds until all has come once the faults have ended
LONG_BYTES = 70 * CHUNK_BYTES + 5
READ_AHEAD = 3  # chunks that the holder has read and that are lost with a link


@dataclass
class Trial:
    """One seed: what is done to whom at which piece of work on files, and what was seen."""

    seed: int
    group: Alliance
    draw: Random
    violations: list[str] = field(default_factory=list)
    reads: Counter[tuple[str, int]] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, int], str] = field(default_factory=dict)
    scopes: dict[str, trio.CancelScope] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    cut: trio.Event = field(default_factory=trio.Event)
    interruptions: int = 0
    lost: int = 0  # chunks that a power cut took away

    def wrong(self, what: str) -> None:
        self.violations.append(f"seed {self.seed}: {what}; python -m tests.reliability.attachments.moving {self.seed}")

    def shelf(self, party: str) -> Path:
        return self.group.homes[party].path / "attachments"

    def before(self, party: str) -> Callable[[int], None]:
        """Return what happens before each piece of work on files of the party."""

        def meddle(number: int) -> None:
            self.jobs[party] += 1
            fault = self.faults.pop((party, self.jobs[party]), "")
            self.interruptions += fault != ""
            if fault == "cut":
                self.cut.set()
            elif fault in ("stop", "power"):
                self.scopes[party].cancel()
            elif fault == "disk":
                raise OSError(self.draw.choice((5, 28)), "planned")

        return meddle

    def tear(self) -> None:
        """Do to files that were not flushed what a power cut may do: cut them, or leave zeros in them."""
        for place in sorted(self.shelf(FIU).glob("*.part")):
            size = place.stat().st_size
            keep = self.draw.randint(0, size)
            with place.open("r+b") as file:
                if self.draw.random() < 0.5:
                    file.truncate(keep)
                else:
                    file.seek(keep)
                    file.write(bytes(min(size - keep, 100)))
            self.lost += -(-size // SEALED_CHUNK_BYTES) - keep // SEALED_CHUNK_BYTES

    def look_for_halves(self) -> None:
        """Whatever bears the name of an address is what the address says, at any time."""
        if not self.shelf(FIU).exists():
            return
        for place in self.shelf(FIU).iterdir():
            if len(place.name) == 64 and hashlib.sha256(place.read_bytes()).hexdigest() != place.name:
                self.wrong(f"the file {place.name[:12]} is on the shelf and not whole")


async def keep_running(trial: Trial, party: str) -> None:
    """Run the node of the party, again after each stop."""
    home = trial.group.homes[party]
    while True:
        with trio.CancelScope() as scope:
            trial.scopes[party] = scope
            trial.group.starts += 1
            world = FileWorld(trial.group.network, f"{party} {trial.seed} {trial.group.starts}", trial.before(party))
            try:
                async with open_node(home.config, home.keys(), world) as node:
                    trial.nodes[party] = node
                    await trio.sleep_forever()
            finally:
                trial.nodes.pop(party, None)
                trial.group.network.listeners.pop(("127.0.0.1", home.port), None)
        trial.look_for_halves()
        if party == FIU and trial.draw.random() < 0.5:
            trial.tear()
        await trio.sleep(trial.draw.uniform(0, 3))


async def keep_cutting(trial: Trial) -> None:
    while True:
        await trial.cut.wait()
        trial.cut = trio.Event()
        await trial.group.network.break_all()


def draw_files(trial: Trial) -> tuple[list[Path], int]:
    """Return files, and how many chunks they have: one long one, or some short ones."""
    place, draw = trial.group.homes[POLICE].path.parent, trial.draw
    short = (0, 1, CHUNK_BYTES, draw.randint(1, 14 * CHUNK_BYTES))
    sizes = [LONG_BYTES] if trial.seed % 3 == 0 else [draw.choice(short) for _ in range(draw.randint(1, 4))]
    files = [place / f"{number}.bin" for number in range(len(sizes))]
    for path, size in zip(files, sizes, strict=True):
        path.write_bytes(content(f"{trial.seed} {path.name}", size)[:size])
    return files, sum(map(chunk_count, sizes))


def draw_faults(trial: Trial, chunks: int) -> None:
    """Decide what happens at which piece of work on files; a long file is met near its end."""
    draw, last = trial.draw, 6 + chunks
    for _ in range(draw.randint(1, 5)):
        party = draw.choice((POLICE, FIU, FIU))
        fault = draw.choice(("cut", "stop", "disk") if party == FIU else ("cut", "stop"))
        trial.faults[party, draw.randint(4, last)] = fault
    if chunks > LONG_BYTES // CHUNK_BYTES:
        trial.faults[FIU, draw.randint(last * 2 // 3, last - 6)] = "stop"


async def move(trial: Trial) -> None:
    """Send some files, disturb their way, and see what comes of it."""
    files, chunks = draw_files(trial)
    draw_faults(trial, chunks)
    async with trio.open_nursery() as nursery:
        for party in (POLICE, FIU):
            nursery.start_soon(keep_running, trial, party)
        nursery.start_soon(keep_cutting, trial)
        try:
            with trio.fail_after(PATIENCE_S):
                sent = await send(trial, files)
                await arrive(trial, sent)
        except trio.TooSlowError:
            trial.wrong("not everything had come after 3,000 s without faults")
        else:
            await compare(trial, sent, files)
        nursery.cancel_scope.cancel()
    if sum(trial.reads.values()) > chunks + (MAX_CHUNKS_UNDER_WAY + READ_AHEAD) * trial.interruptions + trial.lost:
        trial.wrong(f"{sum(trial.reads.values())} chunks were read for {chunks}, {trial.interruptions} interruptions")


async def node_of(trial: Trial, party: str) -> Node:
    while party not in trial.nodes:
        await trio.sleep(0.1)
    return trial.nodes[party]


async def send(trial: Trial, files: list[Path]) -> bytes:
    """Send until it is kept: a node that is stopped meanwhile keeps nothing, and says so."""
    while True:
        node = await node_of(trial, POLICE)
        with suppress(Exception):  # a node that has stopped, or a disk that fails: ask again
            if not node.outbox():
                with trio.move_on_after(60):
                    await node.send(FIU, "text", WORDS, attachments=files)
            if node.outbox():
                return node.outbox()[0].id
        await trio.sleep(1)


async def arrive(trial: Trial, sent: bytes) -> None:
    """Return when both sides say that all is complete."""
    for party in (FIU, POLICE):
        while True:
            node = await node_of(trial, party)
            found = []
            with suppress(Exception):  # a node that stops, or a disk that fails: ask again
                found = await node.attachments(sent)
            if any(each.state is Transfer.FAILED for each in found):
                trial.wrong(f"{party} says that one has failed: {[each.cause for each in found]}")
                return
            if found and all(each.state is Transfer.COMPLETE for each in found):
                break
            await trio.sleep(1)


async def compare(trial: Trial, sent: bytes, files: list[Path]) -> None:
    node = await node_of(trial, FIU)
    for path in files:
        out = path.with_suffix(".out")
        for _ in range(20):
            try:
                await node.save_attachment(sent, path.name, out, replace=True)
                break
            except IncompleteError as fault:
                trial.wrong(str(fault))
                return
            except OSError:
                await trio.sleep(1)
        if not out.exists() or out.read_bytes() != path.read_bytes():
            trial.wrong(f"{path.name} differs from what was sent")
        out.unlink(missing_ok=True)
    trial.look_for_halves()
    for party in (POLICE, FIU):
        left = [name for name in os.listdir(trial.shelf(party)) if len(name) != 64]
        if left:
            trial.wrong(f"{party} has {left} left over")


# --- the planted bugs ------------------------------------------------------------------------------------------------


def trusts_the_length(self: Part) -> bool:
    """Resume by the length of the file, without opening what is there; the hash is made up for in the end."""
    data = self.path.read_bytes() if self.path.exists() else b""
    for index in range(min(len(data) // SEALED_CHUNK_BYTES, self.opening.count - 1)):
        sealed = data[index * SEALED_CHUNK_BYTES : (index + 1) * SEALED_CHUNK_BYTES]
        with suppress(Exception):
            self.opening._content.update(Opening(self.wanted).open(sealed))
        self.opening._sealed.update(sealed)
        self.opening.index += 1
    return False


def forgets(self: Part) -> bool:
    """Begin again from the first chunk."""
    self.path.write_bytes(b"")
    return False


BUGS: dict[str, tuple[str, Callable[[], Any]]] = {
    "trusts the length": (
        "a resumed file is taken for as long as it is, without opening its chunks",
        lambda: patch.object(Part, "resume", trusts_the_length),
    ),
    "begins again": (
        "a file is fetched again from its first chunk after every restart",
        lambda: patch.object(Part, "resume", forgets),
    ),
    "named too early": (
        "chunks are written to the file that already bears the address",
        lambda: patch.object(Shelf, "part", lambda self, address, party: self.place(address)),
    ),
}


@contextmanager
def planted(bug: str | None) -> Iterator[None]:
    if bug is None:
        yield
        return
    with BUGS[bug][1]():
        yield


# --- the row ---------------------------------------------------------------------------------------------------------


def run_seed(seed: int, founded: Alliance, place: Path) -> list[str]:
    """Return the violations of one seed."""
    shutil.copytree(next(iter(founded.homes.values())).path.parent, place)
    moved = {
        party: type(home)(party, place / party, home.port, home.documents) for party, home in founded.homes.items()
    }
    trial = Trial(seed, Alliance(moved, Network()), Random(seed))
    reads = Shelf.read

    def counted(self: Shelf, address: bytes, start: int, length: int) -> bytes:
        if self.path == trial.shelf(POLICE):
            trial.reads[address.hex(), start] += 1
        return reads(self, address, start, length)

    try:
        with patch.object(Shelf, "read", counted):
            trio.run(move, trial, clock=MockClock(autojump_threshold=0))
    finally:
        shutil.rmtree(place)
    return trial.violations


@contextmanager
def founded_homes() -> Iterator[tuple[Alliance, Path]]:
    """Yield two homes that hold all documents, and where a trial may copy them to."""

    async def make(place: Path) -> Alliance:
        return await alliance(place, POLICE, FIU)

    scratch = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="comity-attach-", dir=scratch) as directory:
        place = Path(directory) / "homes"
        place.mkdir()
        yield trio.run(make, place, clock=MockClock(autojump_threshold=0)), Path(directory) / "trial"


def run(tier: Tier, bug: str | None) -> Outcome:
    count = tier.trials(120, at_least=8)
    seeds = range(BASE_SEED, BASE_SEED + count)
    with founded_homes() as (founded, place), planted(bug):
        violations = [line for seed in seeds for line in run_seed(seed, founded, place)]
    return Outcome(count, tuple(violations), f"{seeds[0]} to {seeds[-1]}")


ROW = Row(
    37,
    "links cut, nodes stopped, a disk that fails, unflushed bytes lost, at random chunks while files move",
    "two nodes under virtual time; faults at pieces of work on files",
    "every file comes byte for byte, no chunk is given twice beyond a window for each fault, nothing half is kept",
    run,
    {name: text for name, (text, _) in BUGS.items()},
)


def main() -> int:
    with founded_homes() as (founded, place):
        violations = run_seed(int(sys.argv[1]), founded, place)
    print("\n".join(violations) or "no violation")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
