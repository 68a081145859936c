"""Both rows of attachments hold, and find each bug that is planted for them."""

import pytest

from tests.reliability.attachments import ROWS
from tests.reliability.row import Row, Tier

BUGS = [(row, bug) for row in ROWS for bug in row.bugs]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_has_no_violation(row: Row) -> None:
    outcome = row.run(Tier.TASTE, None)
    assert outcome.trials > 0
    assert outcome.violations == ()


@pytest.mark.slow
@pytest.mark.parametrize(("row", "bug"), BUGS, ids=[f"{row.number} {bug}" for row, bug in BUGS])
def test_a_planted_bug_is_found(row: Row, bug: str) -> None:
    assert row.run(Tier.TASTE, bug).violations
