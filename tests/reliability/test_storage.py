"""The rows about the disk: no violation in a taste of each, and every planted bug is found."""

import pytest

from tests.reliability.row import Row, Tier
from tests.reliability.storage import ROWS
from tests.reliability.storage.crew import require_tools

PLANTED = [pytest.param(row, bug, id=f"{row.number}-{bug}") for row in ROWS for bug in row.bugs]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_no_promise_is_broken_by_a_fault_of_the_disk(row: Row) -> None:
    require_tools()
    outcome = row.run(Tier.TASTE, None)
    assert outcome.violations == ()
    assert outcome.trials > 0


@pytest.mark.slow
@pytest.mark.parametrize(("row", "bug"), PLANTED)
def test_a_planted_bug_is_found(row: Row, bug: str) -> None:
    require_tools()
    assert row.run(Tier.TASTE, bug).violations
