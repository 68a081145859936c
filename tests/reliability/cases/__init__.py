"""Row 22: officers of real nodes play cases in any order, legal and illegal, over links that break."""

import logging
import random
from collections import Counter
from contextlib import nullcontext

from tests.reliability.cases.bugs import BUGS, planted
from tests.reliability.row import Outcome, Row, Tier
from tests.simulation.seeds import spread
from tests.support.accord import discord
from tests.support.caseplay import PARTIES, WHAT, Play, Step, perform

IN_CI, TASTES, MOST_TASTES = 200, 3, 60  # scripts; the last for a planted bug
MOST_STEPS = 50
FEW = 8  # fewer scripts are played before a second process has begun


def script_of(seed: int) -> list[Step]:
    """Return what the officers do in the script with this number."""
    rng = random.Random(f"cases {seed}")

    def step(what: str) -> Step:
        return what, rng.randrange(6), rng.randrange(200), rng.randrange(200)

    return [step("request"), *(step(rng.choice(WHAT)) for _ in range(rng.randint(10, MOST_STEPS)))]


def played(seed: int) -> tuple[list[str], Counter[str]]:
    """Return what did not hold when the script was played, and what it consisted of."""
    found: list[str] = []
    counts: Counter[str] = Counter()

    def judge(play: Play) -> None:
        found.extend(f"{line[:500]}; script {seed}" for line in discord(play))
        counts["requests"] += len(play.asked)
        counts["events"] += len(play.said)
        counts["forged events"] += sum(said.forged for said in play.said)

    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        perform(PARTIES[: 2 + seed % 2], script_of(seed), judge)
    finally:
        logging.disable(level)
    return found, counts


def run(tier: Tier, bug: str | None) -> Outcome:
    """Play so many scripts; with a planted bug the first that finds it is enough."""
    seeds = range(tier.trials(IN_CI, TASTES) if bug is None else MOST_TASTES)
    found: list[str] = []
    counts: Counter[str] = Counter()
    tried = 0
    with planted(bug) if bug else nullcontext():
        for wrong, consisted in spread(played, seeds, jobs=1 if bug or len(seeds) < FEW else 2):
            found += wrong
            counts += consisted
            tried += 1
            if bug and found:
                break
    figures = {name: f"{count:,}" for name, count in sorted(counts.items())}
    return Outcome(tried, tuple(found), f"0 to {tried - 1}", figures)


ROWS: tuple[Row, ...] = (
    Row(
        22,
        "requests and events in any order, legal, illegal and forged; links that break, nodes that stop, "
        "processes that are killed before their overview is written, weeks that pass",
        "random scripts for the officers of 2 and 3 real nodes under virtual time; every second script has three",
        "both sides of every track end with one history and equal deadlines; what was accepted took place, what was "
        "refused did not; nothing illegal is accepted, nothing legal of the requested party is refused; the overview "
        "is what the messages say",
        run,
        {name: text for name, (text, _) in BUGS.items()},
    ),
)
