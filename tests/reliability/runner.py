"""Runs the rows, each in a process of its own, then every planted bug; a bug that is not found is a failure too."""

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from tests.reliability.row import Outcome, Row, Tier

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = (
    "tests.reliability.storage",
    "tests.reliability.simulation",
    "tests.reliability.hostile",
    "tests.reliability.attachments",
    "tests.reliability.cases",
    "tests.reliability.processes",
)
BUGS_AT_ONCE = 2  # processes
MARK = "outcome: "  # begins the line in which a child says what came of its row
LONGEST_S = 6 * 3_600


@dataclass(frozen=True, slots=True)
class Run:
    """One row or planted bug that was run: at this commit, at this time (UTC). `bug` is "" for the row itself."""

    row: int
    bug: str
    outcome: Outcome
    seconds: float
    commit: str = ""
    when: str = ""

    @property
    def well(self) -> bool:
        """Whether the row held, or the planted bug was found."""
        return bool(self.outcome.violations) if self.bug else not self.outcome.violations


def rows_of(families: Iterable[str] = FAMILIES) -> list[Row]:
    """Return every row, by number. Raises ValueError where two have one number."""
    rows = sorted((row for family in families for row in import_module(family).ROWS), key=lambda row: row.number)
    numbers = [row.number for row in rows]
    if len(set(numbers)) != len(numbers):
        raise ValueError(f"a number stands twice: {numbers}")
    return rows


def run_here(row: Row, tier: Tier, bug: str | None) -> Outcome:
    """Return what came of the row in this process; a row that breaks down is a violation of its own."""
    try:
        return row.run(tier, bug)
    except Exception:
        text = traceback.format_exc(limit=-4).strip()
        if bug is not None:  # what breaks under a planted bug has not necessarily found it
            return Outcome(0, (), figures={"broke down": text})
        return Outcome(0, (f"the row itself broke down: {text}",))


def run_apart(row: Row, tier: Tier, bug: str | None) -> Run:
    """Return what came of the row in a fresh process."""
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.reliability", "--child", str(row.number), "--tier", tier.name]
    if bug is not None:
        command += ["--bug", bug]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    seconds = time.monotonic() - began
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    return Run(row.number, bug or "", outcome_in(done, bug), seconds, commit(), when)


def commit() -> str:
    """Return the commit that is run, and whether anything was changed since."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--", "protocol", "node", "tests") else ""
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + changed


def outcome_in(done: "subprocess.CompletedProcess[str]", bug: str | None) -> Outcome:
    """Return the outcome that a child printed; without one the row broke down."""
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if lines:
        said = json.loads(lines[-1].removeprefix(MARK))
        return Outcome(said["trials"], tuple(said["violations"]), said["seeds"], said["figures"])
    text = f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}"
    return Outcome(0, () if bug else (f"the row itself broke down, {text}",), figures={"broke down": text})


def as_child(number: int, tier: Tier, bug: str | None) -> None:
    """Run one row here and print its outcome for the parent."""
    row = next(row for row in rows_of() if row.number == number)
    print(MARK + json.dumps(asdict(run_here(row, tier, bug))), flush=True)


def run_rows(rows: Sequence[Row], tier: Tier) -> list[Run]:
    """Run the rows one after another, and tell how each went."""
    runs = []
    for row in rows:
        print(f"row {row.number:>2}  {row.fault} ...", flush=True)
        run = told(run_apart(row, tier, None))
        if not run.well and row.measured:
            print(f"row {row.number:>2}  speed is part of it: once more ...", flush=True)
            run = told(second(run, run_apart(row, tier, None)))
        runs.append(run)
    return runs


def run_bugs(rows: Sequence[Row]) -> list[Run]:
    """Run the planted bugs of the rows, two at a time, and tell which were found."""
    bugs = [(row, bug) for row in rows for bug in row.bugs]
    with ThreadPoolExecutor(BUGS_AT_ONCE) as pool:
        return [told(run) for run in pool.map(lambda pair: sought(*pair), bugs)]


def sought(row: Row, bug: str) -> Run:
    """Return the run under a planted bug; the second one where the first was too slow to find it."""
    run = run_apart(row, Tier.TASTE, bug)
    return run if run.well or not row.measured else run_apart(row, Tier.TASTE, bug)


def second(first: Run, again: Run) -> Run:
    """Return the second run of a row, which says what the first one found."""
    outcome = again.outcome
    figures = {**outcome.figures, "found by a first run and not again": "; ".join(first.outcome.violations)[:500]}
    outcome = Outcome(outcome.trials, outcome.violations, outcome.seeds, figures)
    return replace(again, outcome=outcome, seconds=first.seconds + again.seconds)


def told(run: Run) -> Run:
    """Print how a run went."""
    if run.bug:
        print(
            f"row {run.row:>2}  bug {run.bug}: {'found' if run.well else 'NOT FOUND'} ({run.seconds:.0f} s)", flush=True
        )
    else:
        state = "holds" if run.well else f"{len(run.outcome.violations)} VIOLATIONS"
        print(f"row {run.row:>2}  {state}, {run.outcome.trials:,} trials ({run.seconds:.0f} s)", flush=True)
    if not run.well:
        for line in (*run.outcome.violations[:20], *run.outcome.figures.values()):
            print(f"        {line}", flush=True)
    return run
