"""Rows of the simulator: the whole alliance under virtual time, and some faults by themselves."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.row import Outcome, Row, Tier
from tests.simulation.alliance import Result
from tests.simulation.bugs import BUGS
from tests.simulation.seeds import many, many_scripts

ROOT = Path(__file__).resolve().parents[2]
NODES = 8
DAYS = 30.0
TASTE_DAYS = 10.0
TASTES, MOST_TASTES = 2, 40  # seeds of a taste
FIRST = 10  # every tenth seed has all faults
SMALL, SHORT = 3, 3.0  # parties and days of the rows with a single fault


def run_all_faults(tier: Tier, bug: str | None) -> Outcome:
    seeds = range(FIRST, FIRST + tier.trials(200))
    days = DAYS
    if tier is Tier.TASTE:  # only seeds that have all faults, and for a planted bug as many as it takes
        seeds, days = range(FIRST, 10 * ((MOST_TASTES if bug else TASTES) + 1), 10), TASTE_DAYS
    return told(seeds, NODES, days, None, bug, "python -m tests.simulation --replay {seed} --days " + f"{days:g} -v")


def run_clocks(tier: Tier, bug: str | None) -> Outcome:
    return small(range(1, 1 + tier.trials(40, 3)), ("clock", "skew", "stop", "partition"), bug)


def run_pauses(tier: Tier, bug: str | None) -> Outcome:
    return small(range(1, 1 + tier.trials(24, 3)), ("pause",), bug)


def seeds_of(seeds: Sequence[int]) -> str:
    step = f", every {seeds[1] - seeds[0]}th" if len(seeds) > 1 and seeds[1] - seeds[0] > 1 else ""
    return f"{seeds[0]} to {seeds[-1]}{step}"


def small(seeds: Sequence[int], faults: tuple[str, ...], bug: str | None) -> Outcome:
    """Run small and short alliances that have these faults only."""
    replay = f"python -m tests.simulation --nodes {SMALL} --days {SHORT:g} --only {' '.join(faults)} -v"
    return told(seeds, SMALL, SHORT, frozenset(faults), bug, replay + " --replay {seed}")


def told(
    seeds: Sequence[int], nodes: int, days: float, only: frozenset[str] | None, bug: str | None, replay: str
) -> Outcome:
    """Run the seeds and say what came of them; with a planted bug the first seed that finds it is enough."""
    results: list[Result] = []
    for result in many(seeds, nodes, days, only, bug, jobs=1 if bug or len(seeds) < 8 else 2):
        results.append(result)
        if bug and result.violations:
            break
    lines = [f"{line}; {replay.format(seed=each.seed)}" for each in results for line in each.violations]
    return Outcome(len(results), tuple(lines), seeds_of(seeds), figures(results))


def figures(results: Sequence[Result]) -> dict[str, str]:
    sums: Counter[str] = Counter()
    for each in results:
        sums.update(each.counts)
    return {
        "simulated days": f"{sum(each.days for each in results):,.0f}",
        "hours in which nodes ran": f"{sum(each.running_s for each in results) / 3_600:,.0f}",
        "exchanges": f"{sum(each.exchanges for each in results):,}",
        "faults": f"{sum(each.faults for each in results):,}",
        "expired with notice": f"{sums['expired']:,}, of which accepted {sums['expired-though-accepted']:,}",
        "settled after the faults within": f"{max((each.settled_s for each in results), default=0):.0f} s",
    }


def run_partitions(tier: Tier, bug: str | None) -> Outcome:
    return scripted(range(tier.trials(12, 2)), "split", bug)


def run_replays(tier: Tier, bug: str | None) -> Outcome:
    return scripted(range(tier.trials(84, 12)), "replay", bug)


def scripted(numbers: Sequence[int], name: str, bug: str | None) -> Outcome:
    """Run scripts with these numbers and say what came of them; see `told`."""
    results: list[Result] = []
    for result in many_scripts(name, numbers, bug, jobs=1 if bug or len(numbers) < 8 else 2):
        results.append(result)
        if bug and result.violations:
            break
    lines = [
        f"{line}; python -m tests.simulation --script {name} --replay {each.seed} -v"
        for each in results
        for line in each.violations
    ]
    return Outcome(len(results), tuple(lines), f"{numbers[0]} to {numbers[-1]}", figures(results))


def run_twice(tier: Tier, bug: str | None) -> Outcome:
    """Run every twentieth seed in two fresh processes whose hashes of strings differ."""
    count = tier.trials(10)
    days = f"{TASTE_DAYS if tier is Tier.TASTE else DAYS:g}"
    command = [sys.executable, "-m", "tests.simulation", "--json", "--jobs", "1", "--first", str(FIRST)]
    command += ["--seeds", str(count), "--step", "20", "--days", days]
    command += ["--bug", bug] if bug else []
    running = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": each}, stdout=subprocess.PIPE)
        for each in ("0", "77")
    ]
    first, second = (json.loads(process.communicate()[0]) for process in running)
    lines = [
        f"seed {one['seed']} has the event hashes {one['hash'][:16]} and {other['hash'][:16]}; "
        f"python -m tests.simulation --replay {one['seed']} --days {days} -v under PYTHONHASHSEED=0 and 77"
        for one, other in zip(first, second, strict=True)
        if one["hash"] != other["hash"]
    ]
    return Outcome(count, tuple(lines), f"{FIRST} to {FIRST + 20 * (count - 1)}, every 20th")


def bugs(*names: str) -> dict[str, str]:
    return {name: BUGS[name][0] for name in names}


ROWS = (
    Row(
        6,
        "whole alliance, swarm-tuned faults: frames lost and repeated, delays to days, partitions both ways and "
        "one way, refusals, cuts, stalls in turn, pauses, crashes, power cuts, full and failing disks, wrong clocks",
        "simulator: 8 real nodes with SQLite, 30 simulated days a seed, a safety phase and a liveness phase",
        "I1 DURABLE, I2 ONCE, I3 AUTHENTIC, I5 EVIDENCE, I6 CONVERGE within 900 s, I10 HONEST",
        run_all_faults,
        bugs(
            "dedup-in-ram",
            "receipt-before-commit",
            "promise-before-commit",
            "settlement-lost",
            "new-id-on-retry",
            "expiry-never",
            "handed-out-again",
            "resends-without-back-off",
        ),
    ),
    Row(
        7,
        "a seed that is run again, in a process whose hashes of strings differ",
        "simulator, every twentieth seed",
        "the same event hash",
        run_twice,
        bugs("jitter-without-seed", "order-of-a-set"),
    ),
    Row(
        8,
        "clocks that jump by a second, an hour, a day, ten years, forwards and back, and clocks up to 2 minutes apart",
        "simulator: 3 nodes, 3 days a seed",
        "nothing is accepted outside its validity, nothing is given up early by the node's own clock, I6",
        run_clocks,
        bugs("times-not-checked", "expiry-early", "expiry-never"),
    ),
    Row(
        9,
        "a partition of 1 s to 60 days, both ways, one way or with refused connections, and its end",
        "simulator: 8 nodes, messages wait on both sides",
        "I6 within 3 retry intervals; dials within 10 s at most twice those of nodes that dial evenly",
        run_partitions,
        bugs("dials-in-step", "dials-without-back-off", "settlement-lost"),
    ),
    Row(
        23,
        "recorded envelopes and receipts sent again: same link, new link, other party, through another party, "
        "after a restart, after 40 days, with the clock set back",
        "simulator: 3 nodes, one of which sends again what was recorded; 6 types of message and receipt",
        "no second effect; the first receipt again, or a refusal that is recorded; I2",
        run_replays,
        bugs("dedup-in-ram", "sender-not-checked"),
    ),
    Row(
        30,
        "nodes that stand still for 1 s to 10 minutes, and all of them for hours; then every timer has run out",
        "simulator: the tasks of a node are kept from running; 3 nodes, 3 days a seed",
        "nothing is sent twice under two ids, I2, I6",
        run_pauses,
        bugs("new-id-on-retry"),
    ),
)
