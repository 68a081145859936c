"""docs/reliability.md, written from what was run."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.row import Row, Tier
from tests.reliability.runner import ROOT, Run

PAGE = ROOT / "docs" / "reliability.md"
#: Rows of the catalogue of faults that are not injected yet, and what they wait for.
NOT_YET = {
    5: ("memory runs out at any allocation", "needs a seam at which an allocation can fail"),
    21: ("coverage-guided fuzzing", "random and mutated inputs stand in row 16; a fuzzer with coverage is not run yet"),
    24: ("reflection, role swap, other contexts", "single attacks stand in tests/test_noise.py and tests/test_keys.py"),
    25: ("downgrade by someone between", "one version and one suite for each treaty: nothing to choose yet"),
    26: ("stolen and revoked keys, forked treaties", "single cases stand in tests/test_directory.py"),
    29: ("versions of nodes side by side", "needs a released version"),
    31: ("attacks on the console", "needs the console"),
    33: ("timing of refusals", "not measured yet"),
    34: ("three days at 80 % load", "not run yet"),
    35: ("ten times the rated load", "not run yet"),
    36: ("tampered packages", "the requirement files are pinned by hash; no row injects a tampered one yet"),
}


def written(rows: Sequence[Row], runs: Sequence[Run], tier: Tier) -> str:
    """Return the text of the page."""
    by_number = {run.row: run for run in runs if not run.bug}
    bugs = [run for run in runs if run.bug]
    return "\n".join(
        [
            *heading(runs, tier),
            *(line for row in rows if row.number in by_number for line in section(row, by_number[row.number])),
            "## Planted bugs",
            "",
            "Each row is run again with a bug planted in the node. A row that does not find it would prove nothing.",
            "",
            "| row | bug | what is wrong in it | found by |",
            "|---|---|---|---|",
            *(bug_line(row, run) for row in rows for run in bugs if run.row == row.number),
            "",
            "## Not injected yet",
            "",
            "| row | fault | why not |",
            "|---|---|---|",
            *(f"| {number} | {fault} | {why} |" for number, (fault, why) in sorted(NOT_YET.items())),
            "",
        ]
    )


def heading(runs: Sequence[Run], tier: Tier) -> list[str]:
    faulty = sum(not run.well for run in runs)
    verdict = "every row holds, and every planted bug was found" if not faulty else f"{faulty} rows or bugs have FAILED"
    trials = sum(run.outcome.trials for run in runs if not run.bug)
    minutes = sum(run.seconds for run in runs) / 60
    command = "make reliability" + (" RELEASE=1" if tier is Tier.RELEASE else "")
    return [
        "# Reliability",
        "",
        "What was done to comity, and what held all the same. This page is written by the run; do not edit it.",
        "",
        f"**{verdict[0].upper()}{verdict[1:]}.** {trials:,} faults in {minutes:.0f} minutes.",
        "",
        "| | |",
        "|---|---|",
        f"| command | `{command}` |",
        f"| commits | {', '.join(sorted({run.commit for run in runs}))} |",
        f"| when | {min(run.when for run in runs)} to {max(run.when for run in runs)} UTC |",
        f"| machine | {machine()} |",
        "",
        "Numbers of rows are those of the project's catalogue of faults. Each violation would name what replays it.",
        "A row that is run again by itself (`python -m tests.reliability --rows 6`) replaces what stands here of it.",
        "",
    ]


def machine() -> str:
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def section(row: Row, run: Run) -> list[str]:
    """Return what the page says of one row."""
    outcome = run.outcome
    lines = [
        f"## Row {row.number}: {row.fault}",
        "",
        "| | |",
        "|---|---|",
        f"| injected by | {cell(row.injected_by)} |",
        f"| what must hold | {cell(row.holds)} |",
        f"| trials | {outcome.trials:,} |",
        f"| violations | {len(outcome.violations)} |",
    ]
    if outcome.seeds:
        lines.append(f"| seeds | {cell(outcome.seeds)} |")
    lines += [f"| {cell(name)} | {cell(value)} |" for name, value in outcome.figures.items()]
    lines += [f"| time | {run.seconds:.0f} s |", f"| run at | {run.commit}, {run.when} UTC |", ""]
    lines += [f"- VIOLATION: {cell(text)}" for text in outcome.violations[:50]]
    return lines + ([""] if outcome.violations else [])


def bug_line(row: Row, run: Run) -> str:
    found = cell(run.outcome.violations[0])[:160] if run.well else "**not found**"
    return f"| {row.number} | {run.bug} | {cell(row.bugs[run.bug])} | {found} |"


def cell(text: str) -> str:
    """Return the text as it can stand in a table."""
    return " ".join(text.replace("|", "/").split())


def write(text: str, path: Path = PAGE) -> None:
    path.write_text(text, encoding="utf-8")
