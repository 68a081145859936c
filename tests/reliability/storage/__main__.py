"""Looks at one violation again: `python -m tests.reliability.storage ROW PLACE [BUG]`, as the violation says."""

import sys
from typing import Final

from tests.reliability.row import Tier
from tests.reliability.storage import backups, bitflips, diskerrors, killpoints, leaks, powercuts

RUNS: Final = {
    1: killpoints.run,
    2: powercuts.run,
    3: diskerrors.run,
    4: bitflips.run,
    27: backups.run,
    32: leaks.run,
}


def main(row: str, place: str, bug: str | None = None) -> int:
    """Print what is wrong at the place; return 1 when something is, 2 when no tier tries this place."""
    trials = 0
    for tier in (Tier.TASTE, Tier.CI, Tier.RELEASE):
        if trials and tier is Tier.RELEASE:
            break
        outcome = RUNS[int(row)](tier, bug, place)
        trials += outcome.trials
        if outcome.violations:
            print(f"{outcome.trials} trials", *outcome.violations, sep="\n")
            return 1
    print(f"{trials} trials, nothing wrong")
    return 0 if trials else 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
