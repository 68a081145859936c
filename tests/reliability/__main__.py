"""Try comity against its catalogue of faults, and write docs/reliability.md: python -m tests.reliability."""

import argparse
import sys
from pathlib import Path

from tests.reliability import page, results, runner
from tests.reliability.row import Tier


def main() -> int:
    """Return the exit code: 0 when every row holds and every planted bug was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--tier", choices=[tier.name for tier in Tier], default=Tier.CI.name, help="how much is tried")
    parser.add_argument("--rows", help="only these rows, as in 1,6; the others stay on the page as they are")
    parser.add_argument(
        "--no-bugs", action="store_true", help="leave the planted bugs out; on the page they stay as they are"
    )
    parser.add_argument("--only-bugs", action="store_true", help="run the planted bugs alone; rows stay as they are")
    parser.add_argument("--out", type=Path, default=page.PAGE, help="where the page goes")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--bug", help=argparse.SUPPRESS)
    words = parser.parse_args()
    tier = Tier[words.tier]
    if words.child is not None:
        runner.as_child(words.child, tier, words.bug)
        return 0
    rows = runner.rows_of()
    chosen = {int(number) for number in words.rows.split(",")} if words.rows else {row.number for row in rows}
    chosen_rows = [row for row in rows if row.number in chosen]
    runs = [] if words.only_bugs else runner.run_rows(chosen_rows, tier)
    runs += [] if words.no_bugs else runner.run_bugs(chosen_rows)
    failed = [run for run in runs if not run.well]
    if tier is not Tier.TASTE:
        known = results.merged(results.load(), runs)
        results.save(known)
        page.write(page.written(rows, known, tier), words.out)
        print(f"wrote {words.out}")
    print(f"reliability: {len(runs) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
