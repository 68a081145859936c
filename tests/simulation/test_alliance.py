"""Whole simulations, small ones: what must hold holds, a seed repeats itself, a planted bug is reported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.alliance import simulate
from tests.simulation.plan import plan_of
from tests.simulation.seeds import one

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("seed", [1, 2, 3, 10])
def test_an_alliance_in_a_storm_keeps_every_promise_and_settles(seed: int) -> None:
    result = simulate(plan_of(seed, parties=4, days=4.0))
    assert result.violations == ()
    assert result.exchanges > 5
    assert result.days >= 4.0


@pytest.mark.slow
def test_two_dozen_parties_can_be_simulated() -> None:
    result = simulate(plan_of(4, parties=24, days=1.0, only=frozenset({"cut"})))
    assert result.violations == ()
    assert result.exchanges >= 24


@pytest.mark.slow
def test_a_seed_repeats_itself_in_a_process_with_other_hashes() -> None:
    command = [sys.executable, "-m", "tests.simulation", "--json", "--jobs", "1", "--seeds", "2", "--first", "10"]
    said = [
        subprocess.run(
            [*command, "--nodes", "4", "--days", "4"],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1")
    ]
    assert said[0] == said[1]
    assert len({each["hash"] for each in json.loads(said[0])}) == 2


@pytest.mark.slow
def test_a_planted_bug_is_reported_with_the_invariant_that_it_breaks() -> None:
    result = one(1, 3, 1.0, frozenset({"cut"}), "receipt-before-commit")
    assert result.violations[0].startswith("DURABLE: ")


def test_a_seed_that_is_run_twice_in_one_process_shows_the_same_events() -> None:
    lines: tuple[list[str], list[str]] = [], []
    for shown in lines:
        simulate(plan_of(10, parties=3, days=2.0), shown.append)
    assert lines[0] == lines[1]
    assert any(" strike " in line for line in lines[0])
