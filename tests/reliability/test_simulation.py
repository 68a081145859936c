"""The rows of the simulator: no violation in a taste of each, and every planted bug is found."""

import pytest

from tests.reliability.row import Row, Tier
from tests.reliability.simulation import ROWS

PLANTED = [pytest.param(row, bug, id=f"{row.number}-{bug}") for row in ROWS for bug in row.bugs]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_nothing_that_must_hold_is_violated_in_a_simulated_alliance(row: Row) -> None:
    outcome = row.run(Tier.TASTE, None)
    assert outcome.violations == ()
    assert outcome.trials > 0


@pytest.mark.slow
@pytest.mark.parametrize(("row", "bug"), PLANTED)
def test_a_planted_bug_is_found(row: Row, bug: str) -> None:
    assert row.run(Tier.TASTE, bug).violations
