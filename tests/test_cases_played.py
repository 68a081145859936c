"""Officers of two and three nodes play random cases over links that break: every node ends with one history."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity_node import overview
from tests.support.accord import discord
from tests.support.caseplay import PARTIES, WHAT, Play, Step, perform

pytestmark = pytest.mark.slow

TWO, THREE = PARTIES[:2], PARTIES
NUMBERS = st.integers(0, 200)
STEPS = st.tuples(st.sampled_from(WHAT), st.integers(0, 5), NUMBERS, NUMBERS)
ASKED: Step = ("request", 0, 0, 1)
SCRIPTS = st.lists(STEPS, min_size=5, max_size=40).map(lambda steps: [ASKED, *steps])


def holds(play: Play) -> None:
    assert discord(play) == []


def plays(parties: tuple[str, ...], examples: int) -> Callable[[], None]:
    """Return a test that plays so many scripts with these parties."""

    @settings(max_examples=examples)
    @given(SCRIPTS)
    def play(script: list[Step]) -> None:
        perform(parties, script, holds)

    return play


@pytest.mark.clause("CASE-001", "CASE-003", "CASE-004", "CASE-009", "CASE-024", "CASE-027")
@pytest.mark.parametrize("parties", [TWO, THREE], ids=["two", "three"])
def test_both_sides_of_every_track_end_with_one_history_and_equal_deadlines(parties: tuple[str, ...]) -> None:
    plays(parties, 8)()


@pytest.mark.slow
@pytest.mark.parametrize("parties", [TWO, THREE], ids=["two", "three"])
def test_many_more_cases_end_with_one_history(parties: tuple[str, ...]) -> None:
    plays(parties, 60)()


def seen(script: list[Step]) -> dict[str, Any]:
    """Return how many requests and events a script has sent, after it was found to hold."""
    counts: dict[str, Any] = {}

    def judge(play: Play) -> None:
        holds(play)
        counts.update(asked=len(play.asked), said=[said.event for said in play.said])

    perform(TWO, script, judge)
    return counts


def test_a_script_without_faults_gets_its_case_to_the_end() -> None:
    steps: list[Step] = [ASKED, ("wait", 0, 2, 0)]
    steps += [(what, who, 0, 1) for who in (1, 0, 1, 0) for what in ("legal", "wait")]
    counts = seen(steps)
    assert counts["asked"] == 1
    assert len(counts["said"]) == 4


def test_a_difference_between_the_two_sides_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = overview.row_of
    monkeypatch.setattr(overview, "row_of", lambda track, now_us: real(track, now_us) | {"state": "draft"})
    found: list[str] = []
    perform(TWO, [ASKED, ("wait", 0, 2, 0)], lambda play: found.extend(discord(play)))
    assert any("overview" in line for line in found)
