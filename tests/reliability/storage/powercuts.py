"""Row 2: the power goes; of what was written since the last fsync any sectors are there, and any are not."""

import copy
import math
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.disk import MARK, Disk, Step, steps_of
from tests.reliability.storage.forks import forked, words
from tests.reliability.storage.ledger import Ledger
from tests.reliability.storage.observer import kept, read_books
from tests.reliability.storage.scenarios import PAIR, SCENES
from tests.reliability.storage.trials import Theatre

IN_CI: Final = 65_000  # about a fifth fewer come of it, because no state is tried twice at one cut
SEED: Final = 2
CONVERGE_EVERY: Final = 100  # states; starting both nodes costs as much as ten states that are only looked at
BUGS: Final[Mapping[str, str]] = {
    "synchronous-normal": "SQLite does not call fsync in each commit",
    "synchronous-off": "SQLite never calls fsync",
    "directory-not-synced": "the directory of attachments is made, and its name is not made durable",
    "receipt-before-commit": "the receipt is sent, then the message is kept",
}


@dataclass(slots=True)
class Tape:
    """A scene as the disk saw it, and what had been promised by then."""

    scene: str
    steps: list[Step]
    disk: Disk
    ledger: Ledger = field(default_factory=Ledger)

    def cuts(self) -> Iterator[int]:
        """Yield each step before which the power may go, by number, while disk and ledger are as they are then."""
        for number, step in enumerate(self.steps):
            if step.kind == MARK:
                self.ledger.take([step.data])
            else:
                yield number
                self.disk.take(step)
        yield len(self.steps)


def tape_of(theatre: Theatre, name: str) -> Tape:
    """Return the recorded scene. Raises RuntimeError when it fails."""
    theatre.stage.lay_out()
    disk, tape = Disk.of(theatre.stage.trial), theatre.stage.place / "tape"

    def play(tell: Any) -> None:
        with tape.open("wb", buffering=0) as file:
            theatre.shim.record(file.fileno())
            theatre.stage.play(SCENES[name], theatre.shim.mark)
            theatre.shim.record(-1)

    fate = forked(play)
    if not fate.finished:
        raise RuntimeError(f"the undisturbed scene {name} fails: {fate.ledger.faults}")
    return Tape(name, list(steps_of(tape.read_bytes())), disk)


def states_at(tape: Tape, share: Mapping[str, Any], wanted: int, cut: int) -> Iterator[dict[str, bytes]]:
    """Yield different states in which the cut may leave the disk, `wanted` of them where there are so many."""
    random = Random(f"{share['seed']} {tape.scene} {cut}")
    seen: set[tuple[object, ...]] = set()
    for _ in range(3 * wanted):
        left, choices = tape.disk.after_cut(random)
        if choices not in seen:
            seen.add(choices)
            yield left
        if len(seen) == wanted:
            return


def restore(theatre: Theatre, left: Mapping[str, bytes]) -> None:
    """Put the files that a power cut left where the nodes look for them, and no others."""
    shutil.rmtree(theatre.stage.trial)
    for party in theatre.stage.parties:
        (theatre.stage.trial / party).mkdir(parents=True, mode=0o700)
    for name, data in left.items():
        path = Path(name)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.write_bytes(data)


def faults_in(theatre: Theatre, ledger: Ledger) -> Iterator[str]:
    """Yield what is wrong in the files as they lie there."""
    for party in theatre.stage.parties:
        try:
            yield from kept(read_books(party, theatre.stage.database(party)), ledger)
        except Exception as fault:
            yield f"{party}: it cannot be read: {words(fault)}"


def weight_of(disk: Disk) -> int:
    """Return how many of the states are due to a cut now: where more waits, more can be lost in more ways."""
    return 1 + min(disk.waits, 16)


def weigh(tape: Tape, share: Mapping[str, Any]) -> int:
    """Return the weight of all cuts of the share in the tape."""
    again = Tape(tape.scene, tape.steps, copy.deepcopy(tape.disk))
    return sum(weight_of(again.disk) for cut in again.cuts() if cut % share["step"] == share["first"])


def look_at(theatre: Theatre, tape: Tape, left: Mapping[str, bytes], converge: bool) -> list[str]:
    """Return what is wrong in the state; with `converge` all nodes are started on it as well."""
    restore(theatre, left)
    found = list(faults_in(theatre, tape.ledger))
    if converge and not found:
        restore(theatre, left)
        promised = Ledger()
        promised.join(tape.ledger)
        found = list(theatre.aftermath(promised))
    return found


def run_share(theatre: Theatre, share: dict[str, Any]) -> dict[str, Any]:
    """Try states at every n-th cut of the share's scenes, `most` of them or a few more."""
    tapes = [tape_of(theatre, name) for name in share["scenes"]]
    each = share["most"] / sum(weigh(tape, share) for tape in tapes)
    trials = 0
    violations: list[str] = []
    for tape in tapes:
        for cut in tape.cuts():
            place = f"{tape.scene} step {cut} seed {share['seed']}"
            if cut % share["step"] != share["first"] or len(violations) >= share["enough"]:
                continue
            if not crew.wanted(share, place):
                continue
            for left in states_at(tape, share, math.ceil(each * weight_of(tape.disk)), cut):
                trials += 1
                found = look_at(theatre, tape, left, trials % share["converge_every"] == 0)
                violations += [f"{place}: {words}" for words in found]
    return {"trials": trials, "violations": violations, "figures": {}}


def run(tier: Tier, bug: str | None, only: str | None = None) -> Outcome:
    scenes = list(SCENES)
    scenes.remove("several")
    if bug is not None:
        scenes = ["one_way", "with_a_file", "folding"]
    common = {"scenes": scenes, "parties": PAIR, "seed": SEED, "step": 2, "most": tier.trials(IN_CI, 600) // 2}
    common |= {"converge_every": CONVERGE_EVERY}
    shares = [common | {"first": half} for half in range(2)]
    return crew.outcome(2, crew.work("powercuts", shares, bug, only), str(SEED))


ROWS: Final = (
    Row(
        number=2,
        fault="the power goes: any sectors, sizes and names that were not made durable are lost, torn or reordered",
        injected_by="the recorded writes of the nodes, played back on a model of a disk",
        holds="SQLite finds its file sound, what was acknowledged or receipted is kept, and the log has no gap",
        run=run,
        bugs=BUGS,
    ),
)
