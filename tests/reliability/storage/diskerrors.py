"""Row 3: a storage call fails, or does half of its work; the node says so before it promises anything."""

import errno
import gc
import json
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Final

from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.disk import MARK, SYNC_FAILED, Disk, steps_of
from tests.reliability.storage.forks import forked
from tests.reliability.storage.ledger import Ledger
from tests.reliability.storage.observer import Books, kept, read_books
from tests.reliability.storage.powercuts import restore
from tests.reliability.storage.scenarios import PAIR, troubled
from tests.reliability.storage.shim import Kind, Mode, Order
from tests.reliability.storage.trials import Theatre

IN_CI: Final = 360
SEED: Final = 3
ROOM: Final = Kind.WRITE | Kind.TRUNCATE
FAULTS: Final[Mapping[str, Order]] = {
    "EIO in fsync": Order(Mode.FAIL, kinds=Kind.SYNC, error=errno.EIO),
    "EIO in a write": Order(Mode.FAIL, kinds=ROOM, error=errno.EIO),
    "EIO in a read": Order(Mode.FAIL, kinds=Kind.READ, error=errno.EIO),
    "ENOSPC until there is room": Order(Mode.FAIL_ON, kinds=ROOM, error=errno.ENOSPC),
    "EDQUOT until there is room": Order(Mode.FAIL_ON, kinds=ROOM, error=errno.EDQUOT),
    "EMFILE for a while": Order(Mode.FAIL_ON, kinds=Kind.OPEN, error=errno.EMFILE),
    "a short write": Order(Mode.SHORT, kinds=Kind.WRITE),
}
PASSING: Final = ("ENOSPC until there is room", "EDQUOT until there is room", "EMFILE for a while", "a short write")
BUGS: Final[Mapping[str, str]] = {
    "fsync-failure-ignored": "a commit whose fsync failed counts as done",
    "fsync-tried-again": "after a failed fsync the commit is tried once more, and counts when that works",
}


def troubles(theatre: Theatre, names: list[str], most: int) -> Iterator[tuple[str, int]]:
    """Yield (fault, call) for calls spread evenly over the undisturbed scene, every fault by turns."""
    counts = {name: len(theatre.calls_of(troubled, FAULTS[name].kinds)) for name in names}
    wanted = -(-most // len(names))
    for name, count in counts.items():
        step = max(1.0, count / wanted)
        yield from ((name, int(step * number)) for number in range(min(wanted, count)))


def try_trouble(theatre: Theatre, name: str, at: int) -> list[str]:
    """Return what is wrong when this call meets this fault."""
    theatre.stage.lay_out()
    disk, tape = Disk.of(theatre.stage.trial), theatre.stage.place / "tape"
    fault = FAULTS[name]
    order = Order(fault.mode, at, fault.kinds, fault.error, Random(f"{SEED} {at}").randrange(1, 256))

    def play(tell: Any) -> None:
        def tell_both(line: bytes) -> None:
            theatre.shim.mark(line)
            tell(line)

        with tape.open("wb", buffering=0) as file:
            theatre.shim.record(file.fileno())
            theatre.shim.arm(order)
            theatre.stage.play(troubled, tell_both, theatre.life, theatre.shim.rest)
            theatre.shim.record(-1)

    fate = forked(play)
    wrong = list(fate.ledger.faults)
    wrong += honest(name, fate.ledger)
    wrong += theatre.aftermath(fate.ledger)
    if name == "EIO in fsync":
        wrong += unkept(theatre, disk, tape.read_bytes())
    return wrong


def honest(name: str, ledger: Ledger) -> Iterator[str]:
    """Yield where a node did not say what befell it, or gave up for something that passes."""
    for party, why, alarms in ledger.refusals:
        if "the disk is full" not in why and not any("failed" in alarm or "damaged" in alarm for alarm in alarms):
            yield f"{party} refused ({why}) without an alarm"
    if name in PASSING:
        for party, why in ledger.ends:
            if "the disk failed" in why:
                yield f"{party} ended for a fault that passes: {why}"


def unkept(theatre: Theatre, disk: Disk, tape: bytes) -> Iterator[str]:
    """Yield what was promised on a failed fsync: before the node had started again, or what a power cut breaks.

    The system is taken to have dropped what it could not write, as some do.
    """
    promised = Ledger()
    safe: dict[str, set[str]] = {}  # of a node that goes on after a failed fsync: what was durable by then
    for step in steps_of(tape):
        if step.kind == MARK:
            fact: dict[str, str] = json.loads(step.data)
            party = fact.get("sent") or fact.get("receipt") or fact.get("ended") or ""
            if party in safe and "ended" not in fact and fact["id"] not in safe[party]:
                yield f"{party} went on after a failed fsync: {fact}"
            if "ended" in fact:
                safe.pop(party, None)
            promised.take([step.data])
            continue
        disk.take(step)
        if step.kind == SYNC_FAILED:
            for party in theatre.stage.parties:
                if f"/{party}/comity.db" in disk.path_of(step.fd):  # what is not flushed of a file comes again
                    safe[party] = {row["id"].hex() for row in durable(theatre, disk, party).messages}
    for party in theatre.stage.parties:
        yield from (f"after a power cut: {words}" for words in kept(durable(theatre, disk, party), promised))


def durable(theatre: Theatre, disk: Disk, party: str) -> Books:
    """Return what the party has left when the power goes and takes all that was not made durable."""
    restore(theatre, disk.durable_files())
    return read_books(party, theatre.stage.database(party))


def run_share(theatre: Theatre, share: dict[str, Any]) -> dict[str, Any]:
    """Try the share's part of the troubles."""
    theatre.rehearse(troubled)
    gc.collect()
    gc.freeze()
    violations: list[str] = []
    tried = 0
    all_of_them = list(troubles(theatre, share["faults"], share["most"]))
    for name, at in all_of_them[share["first"] :: share["step"]]:
        place = f"{name} at call {at}"
        if not crew.wanted(share, place):
            continue
        tried += 1
        violations += [f"{place}: {words}" for words in try_trouble(theatre, name, at)]
        if tried % 25 == 0:
            gc.collect()
        if len(violations) >= share["enough"]:
            break
    return {"trials": tried, "violations": violations, "figures": {}}


def run(tier: Tier, bug: str | None, only: str | None = None) -> Outcome:
    faults = ["EIO in fsync"] if bug else list(FAULTS)
    common = {"faults": faults, "parties": PAIR, "step": 2, "most": tier.trials(IN_CI, 42)}
    shares = [common | {"first": half} for half in range(2)]
    return crew.outcome(3, crew.work("diskerrors", shares, bug, only), str(SEED))


ROWS: Final = (
    Row(
        number=3,
        fault="EIO, ENOSPC, EDQUOT, EMFILE and short writes at sampled storage calls",
        injected_by="a library between process and disk",
        holds="refused before it is acknowledged, no receipt after a failed fsync, an alarm, and on it goes",
        run=run,
        bugs=BUGS,
    ),
)
