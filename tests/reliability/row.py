"""What a row of docs/reliability.md is: a fault, the trials that inject it, and what must hold all the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class Tier(IntEnum):
    """How much is tried. The value is the share of the CI tier in hundredths, so a row scales its own numbers by it."""

    #: Seconds: what `make test` runs of every row, and what has to suffice to find a planted bug.
    TASTE = 1
    #: What CI runs.
    CI = 100
    #: What is run before a release.
    RELEASE = 1_000

    def trials(self, in_ci: int, at_least: int = 1) -> int:
        """Return how many trials a row makes that makes `in_ci` of them in CI."""
        return max(at_least, in_ci * self // Tier.CI)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a row.

    Attributes:
        trials: how many faults were injected.
        violations: one line for each invariant that did not hold, with the seed or command that replays it.
        seeds: which seeds were used, in words, "" where the row tries everything there is.
        figures: what was measured, name and value with its unit.
    """

    trials: int
    violations: tuple[str, ...]
    seeds: str = ""
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: the row's number, never used again for another fault.
        fault: what is injected, in plain words.
        injected_by: with what.
        holds: what must hold all the same.
        run: `run(tier, bug)` makes the trials; `bug` is None, or one of `bugs`, which is then planted.
        bugs: planted bugs, name and what is wrong; the row must report a violation for each of them at Tier.TASTE.
        measured: whether speed is part of what must hold. A machine that was busy with something else is no violation,
            so such a row is run a second time before it counts as broken.
    """

    number: int
    fault: str
    injected_by: str
    holds: str
    run: Callable[[Tier, str | None], Outcome]
    bugs: Mapping[str, str]
    measured: bool = False
