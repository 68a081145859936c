"""Row 1: the process dies at every storage call that it makes, before the call and in the middle of it."""

import gc
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.scenarios import PAIR, RESTART, SCENES, TRIO
from tests.reliability.storage.shim import CHANGES, PARTS, Kind, Mode, Order
from tests.reliability.storage.trials import Theatre

Point = tuple[str, int, str]
SEED: Final = 1
MAX_RESTART_S: Final = 2.0
COLLECT_EVERY: Final = 25  # trials; the collector is off, because it would copy the pages of children
CUTS: Final = {"torn-early": (1, PARTS // 2), "torn-late": (PARTS // 2, PARTS)}
QUIET_SCENES: Final = ("one_way", "large", "folding")  # they say nothing that depends on an answer
BUGS: Final[Mapping[str, str]] = {
    "receipt-before-commit": "the receipt is sent, then the message is kept",
    "acknowledged-before-commit": "send() returns, then the message is kept",
    "duplicates-known-in-ram-only": "what was accepted is forgotten when the process ends",
}


def points_of(theatre: Theatre, names: Iterable[str]) -> Iterator[Point]:
    """Yield (scene, call, how) for every call; only a write can be torn, early or late."""
    for name in names:
        for at, kind in enumerate(theatre.calls_of(SCENES[name], CHANGES)):
            yield name, at, "clean"
            if kind is Kind.WRITE:
                yield from ((name, at, how) for how in CUTS)


def order_at(point: Point, seed: int) -> Order:
    """Return the order to die at the point; the seed says how much of a torn write is there."""
    _, at, how = point
    if how == "clean":
        return Order(Mode.KILL, at)
    return Order(Mode.TORN, at, part=random.Random(f"{seed} {point}").randrange(*CUTS[how]))


def try_point(theatre: Theatre, point: Point, seed: int) -> tuple[list[str], dict[str, float]]:
    """Return what is wrong after a death at the point, and what was measured."""
    fate = theatre.perform(SCENES[point[0]], order_at(point, seed))
    wrong = list(fate.ledger.faults)
    if not fate.killed:
        wrong.append(f"it should have been killed, and ended with status {fate.status}")
    wrong += theatre.aftermath(fate.ledger)
    if fate.ledger.figures.get(RESTART, 0.0) > MAX_RESTART_S:
        wrong.append(f"the start after it took {fate.ledger.figures[RESTART]:.1f} s")
    return wrong, fate.ledger.figures


def place_of(point: Point, share: Mapping[str, Any]) -> str:
    crashed = " after a crash" if share["crashed"] else ""
    return f"{point[0]} call {point[1]} {point[2]}{crashed} seed {share['seed']}"


def run_share(theatre: Theatre, share: dict[str, Any]) -> dict[str, Any]:
    """Try the share's part of all points of its scenes, in an order that the seed gives."""
    if share["crashed"]:
        theatre = theatre.after_crash(SCENES["one_way"], Order(Mode.TORN, 90))
    for name in share["scenes"]:
        theatre.rehearse(SCENES[name])
    gc.collect()
    gc.freeze()
    points = list(points_of(theatre, share["scenes"]))
    random.Random(share["seed"]).shuffle(points)
    if share.get("clean_first"):  # those are tried at every call; of torn writes as many as there is time for
        points.sort(key=lambda point: point[2] != "clean")
    points = points[share["first"] :: share["step"]][: share["most"]]
    violations: list[str] = []
    figures: dict[str, float] = {}
    tried = 0
    for tried, point in enumerate((point for point in points if crew.wanted(share, place_of(point, share))), 1):
        wrong, measured = try_point(theatre, point, share["seed"])
        violations += [f"{place_of(point, share)}: {words}" for words in wrong]
        figures |= {name: max(value, figures.get(name, 0.0)) for name, value in measured.items()}
        if tried % COLLECT_EVERY == 0:
            gc.collect()
        if len(violations) >= share["enough"]:
            break
    return {"trials": tried, "violations": violations, "figures": figures}


def shares_of(tier: Tier, bug: str | None) -> list[dict[str, Any]]:
    """Return the shares: two halves of every group of scenes, of whole passes with one seed each."""
    if bug is not None:
        taste = {"scenes": QUIET_SCENES, "parties": PAIR, "crashed": False}
        return [taste | {"seed": SEED, "first": half, "step": 2, "most": 60} for half in range(2)]
    pair = [name for name in SCENES if name != "several"]
    groups: list[dict[str, Any]] = [
        {"scenes": pair, "parties": PAIR, "crashed": False, "most": 4_200},
        {"scenes": ["several"], "parties": TRIO, "crashed": False, "most": 300},
        {"scenes": ["both_ways", "restarted"], "parties": PAIR, "crashed": True, "most": 700},
    ]
    if tier < Tier.CI:
        return [group | {"seed": SEED, "first": 0, "step": 1, "most": tier.trials(1_700)} for group in groups]
    passes = range(tier // Tier.CI)
    return [
        group | {"seed": SEED + number, "first": half, "step": 2, "most": group["most"] // 2, "clean_first": True}
        for number in passes
        for group in groups
        for half in range(2)
    ]


def run(tier: Tier, bug: str | None, only: str | None = None) -> Outcome:
    results = crew.work("killpoints", shares_of(tier, bug), bug, only)
    passes = max(1, tier // Tier.CI)
    return crew.outcome(1, results, f"{SEED} to {SEED + passes - 1}")


ROWS: Final = (
    Row(
        number=1,
        fault="the process is killed at every storage call, before it and in the middle of a write",
        injected_by="a library between process and disk, and SIGKILL",
        holds="what was acknowledged or receipted is kept, arrives once, and the log has no gap",
        run=run,
        bugs=BUGS,
    ),
)
