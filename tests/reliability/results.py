"""What came of every row and planted bug the last time that it was run: docs/reliability.json, beside the page."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.reliability.row import Outcome
from tests.reliability.runner import ROOT, Run

FILE = ROOT / "docs" / "reliability.json"


def load(path: Path = FILE) -> list[Run]:
    """Return the runs of the file, none where there is no such file."""
    if not path.exists():
        return []
    return [run_of(each) for each in json.loads(path.read_text(encoding="utf-8"))]


def run_of(said: dict[str, Any]) -> Run:
    outcome = said.pop("outcome")
    whole = Outcome(outcome["trials"], tuple(outcome["violations"]), outcome["seeds"], outcome["figures"])
    return Run(outcome=whole, **said)


def merged(old: Iterable[Run], new: Iterable[Run]) -> list[Run]:
    """Return the newest run of each row and planted bug, by number; rows stand before their bugs."""
    latest = {(run.row, run.bug): run for run in (*old, *new)}
    return [latest[place] for place in sorted(latest)]


def save(runs: Iterable[Run], path: Path = FILE) -> None:
    path.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n", encoding="utf-8")
