"""The runner itself: a violation, a row that breaks down and a bug that is not found are failures."""

import subprocess
from pathlib import Path

import pytest

from tests.reliability import page, results, runner
from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.runner import Run


def row(number: int = 1, *violations: str) -> Row:
    def run(tier: Tier, bug: str | None) -> Outcome:
        return Outcome(tier.trials(100), violations, seeds="1 to 100", figures={"slowest": "3 ms"})

    return Row(number, "a fault", "a test", "what must hold", run, {"planted": "what is wrong"})


def broken(tier: Tier, bug: str | None) -> Outcome:
    raise RuntimeError("no trial at all")


def child(stdout: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    return subprocess.CompletedProcess([], code, stdout, "Traceback: no memory")


def test_a_tier_scales_the_trials_and_makes_one_at_least() -> None:
    assert [tier.trials(5_000) for tier in Tier] == [50, 5_000, 50_000]
    assert Tier.TASTE.trials(20) == 1
    assert Tier.TASTE.trials(20, at_least=4) == 4


def test_a_row_that_holds_is_well_and_one_with_violations_is_not() -> None:
    assert Run(1, "", row().run(Tier.CI, None), 1.0).well
    assert not Run(1, "", row(1, "lost a message").run(Tier.CI, None), 1.0).well


def test_a_planted_bug_must_be_found() -> None:
    assert Run(1, "planted", Outcome(1, ("found",)), 1.0).well
    assert not Run(1, "planted", Outcome(1, ()), 1.0).well


def test_a_row_that_breaks_down_is_a_violation_and_under_a_bug_no_discovery() -> None:
    wrong = Row(1, "a fault", "a test", "holds", broken, {})
    assert "no trial at all" in runner.run_here(wrong, Tier.CI, None).violations[0]
    assert runner.run_here(wrong, Tier.CI, "planted").violations == ()
    assert "no memory" in runner.outcome_in(child("", 1), None).violations[0]
    assert runner.outcome_in(child("", 1), "planted").violations == ()


def test_what_a_child_prints_besides_its_outcome_does_not_count() -> None:
    said = 'noise\noutcome: {"trials": 3, "violations": ["x"], "seeds": "7", "figures": {}}\n'
    assert runner.outcome_in(child(said), None) == Outcome(3, ("x",), "7", {})


def test_a_second_run_of_a_row_tells_what_the_first_one_found() -> None:
    first = Run(1, "", Outcome(5, ("89 % of the throughput was kept",)), 2.0)
    run = runner.second(first, Run(1, "", Outcome(5, (), "1 to 5", {"kept": "97 %"}), 3.0))
    assert (run.well, run.seconds, run.outcome.seeds) == (True, 5.0, "1 to 5")
    assert run.outcome.figures["found by a first run and not again"] == "89 % of the throughput was kept"
    assert not runner.second(first, first).well


def test_two_rows_of_one_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Family:
        ROWS = (row(1), row(1))

    monkeypatch.setattr(runner, "import_module", lambda name: Family)
    with pytest.raises(ValueError, match="stands twice"):
        runner.rows_of(["one"])


def test_the_page_says_what_was_run_what_failed_and_what_was_found() -> None:
    rows = [row(1), row(2, "lost | a message")]
    runs = [Run(one.number, "", one.run(Tier.CI, None), 2.0) for one in rows]
    runs += [Run(1, "planted", Outcome(1, ("seed 5: doubled",)), 1.0), Run(2, "planted", Outcome(1, ()), 1.0)]
    text = page.written(rows, runs, Tier.CI)
    assert "**2 rows or bugs have FAILED.** 200 faults" in text
    assert "- VIOLATION: lost / a message" in text
    assert "| 1 | planted | what is wrong | seed 5: doubled |" in text
    assert "| 2 | planted | what is wrong | **not found** |" in text
    assert "`make reliability`" in text
    assert "every row holds" in page.written(rows[:1], [runs[0], runs[2]], Tier.RELEASE).lower()


def test_a_row_that_is_run_again_replaces_what_was_known_of_it(tmp_path: Path) -> None:
    old = [Run(2, "planted", Outcome(1, ("found",)), 1.0, "a1"), Run(1, "", Outcome(1, ("lost",)), 1.0, "a1")]
    results.save(old, tmp_path / "r.json")
    known = results.merged(results.load(tmp_path / "r.json"), [Run(1, "", Outcome(7, ()), 1.0, "b2", "2026")])
    assert [(run.row, run.bug, run.commit, run.well) for run in known] == [
        (1, "", "b2", True),
        (2, "planted", "a1", True),
    ]
    assert results.load(tmp_path / "none.json") == []


def test_no_row_is_both_injected_and_not_injected_yet() -> None:
    assert {one.number for one in runner.rows_of()}.isdisjoint(page.NOT_YET)


def test_every_row_has_a_planted_bug() -> None:
    assert [one.number for one in runner.rows_of() if not one.bugs] == []
