"""Shares the trials of a row among processes under the shim, and joins what they found."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from tests.reliability.row import Outcome
from tests.reliability.storage.shim import environment
from tests.reliability.storage.stage import TRIAL

ROOT: Final = Path(__file__).resolve().parents[3]
HANDS: Final = 2  # processes at once
LIMIT_S: Final = 1_800
MAX_SHOWN: Final = 20  # violations of a row; one is enough to fail it


def require_tools() -> None:
    """Skip the test that asks unless the shim can be built here; fail it under COMITY_REQUIRE_ALL=1."""
    if sys.platform == "linux" and shutil.which("gcc") is not None:
        return
    if os.environ.get("COMITY_REQUIRE_ALL") == "1":
        pytest.fail("the shim needs Linux and gcc, and COMITY_REQUIRE_ALL is 1", pytrace=False)
    pytest.skip("the shim needs Linux and gcc")


def work(task: str, shares: Sequence[dict[str, Any]], bug: str | None, only: str | None) -> list[dict[str, Any]]:
    """Return what came of each share; two are worked on at once. Raises RuntimeError when a worker fails.

    With `only` a worker makes no trials but those at this place, which is how its violations begin.
    """
    common = {"task": task, "bug": bug, "only": only, "enough": 1 if bug else MAX_SHOWN}
    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(lambda share: hire(common | share), shares))


def wanted(share: Mapping[str, Any], place: str) -> bool:
    """Return whether a worker tries this place."""
    return share["only"] in (None, place)


def hire(share: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.reliability.storage.worker"]
    done = subprocess.run(
        command,
        input=json.dumps(share).encode(),
        env=environment(TRIAL),
        cwd=ROOT,
        capture_output=True,
        timeout=LIMIT_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"a worker failed with {done.returncode}: {done.stderr.decode()[-3_000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def outcome(number: int, results: Iterable[dict[str, Any]], seeds: str) -> Outcome:
    """Return the outcome of the row; a violation `PLACE: ...` says with what command it is looked at again."""
    results = list(results)
    violations = [words for result in results for words in result["violations"]]
    figures: dict[str, float] = {}
    for result in results:
        for name, value in result["figures"].items():
            figures[name] = max(value, figures.get(name, 0.0))
    shown = {name: f"{value:.3g}" for name, value in sorted(figures.items())}
    replay = f"python -m tests.reliability.storage {number}"
    told = tuple(f"{words} [{replay} '{words.partition(': ')[0]}']" for words in violations[:MAX_SHOWN])
    return Outcome(sum(result["trials"] for result in results), told, seeds, shown)
