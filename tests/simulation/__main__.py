"""Run seeds and say what came of them. Exit status 1: something that must hold did not."""

import argparse
import json
import sys
import time
from contextlib import nullcontext

from tests.simulation.alliance import simulate
from tests.simulation.bugs import BUGS, planted
from tests.simulation.plan import plan_of
from tests.simulation.seeds import line, many, one_script, report, total


def main() -> int:
    options = parsed()
    if options.replay is not None:
        return replay(options)
    began = time.perf_counter()
    seeds = range(options.first, options.first + options.seeds * options.step, options.step)
    results = many(seeds, options.nodes, options.days, bug=options.bug, jobs=options.jobs)
    if options.json:
        done = list(results)
        print(json.dumps([{"seed": each.seed, "hash": each.digest, "violations": each.violations} for each in done]))
    else:
        done = report(results, lambda text: print(text, flush=True))
        print(total(done, time.perf_counter() - began))
    return int(any(each.violations for each in done))


def replay(options: argparse.Namespace) -> int:
    """Run one seed again; with -v its events go to the standard output."""
    shown = show if options.verbose else None
    if options.script:
        result = one_script(options.script, options.replay, options.bug, shown)
    else:
        plan = plan_of(options.replay, options.nodes, options.days, frozenset(options.only) if options.only else None)
        print(plan)
        with planted(options.bug) if options.bug else nullcontext():
            result = simulate(plan, shown)
    print(line(result))
    for violation in result.violations:
        print(f"    {violation}")
    return int(bool(result.violations))


def show(event: str) -> None:
    print(event, end="")


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many (20)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--step", type=int, default=1, help="from one seed to the next (1)")
    parser.add_argument("--nodes", type=int, default=8, help="parties of the alliance, 2 to 40 (8)")
    parser.add_argument("--days", type=float, default=30.0, help="simulated days of each seed (30)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--script", choices=("split", "replay"), help="with --replay: a script instead of a seed")
    parser.add_argument("--only", nargs="+", metavar="FAULT", help="with --replay: only these faults")
    parser.add_argument("--bug", choices=sorted(BUGS), help="plant this bug")
    parser.add_argument("--json", action="store_true", help="print seeds, event hashes and violations as JSON")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run this seed alone")
    parser.add_argument("-v", "--verbose", action="store_true", help="with --replay: print every event")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
