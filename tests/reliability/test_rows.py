"""A taste of every row: it holds, and finds each bug that is planted for it; `make reliability` runs more of it."""

import pytest

from tests.reliability import storage
from tests.reliability.row import Row, Tier
from tests.reliability.runner import rows_of
from tests.reliability.storage.crew import require_tools

ALL = rows_of()
PLANTED = [pytest.param(row, bug, id=f"{row.number}-{bug}") for row in ALL for bug in row.bugs]

pytestmark = pytest.mark.reliability


@pytest.mark.parametrize("row", ALL, ids=lambda row: str(row.number))
def test_a_row_holds(row: Row) -> None:
    if row in storage.ROWS:
        require_tools()
    outcome = row.run(Tier.TASTE, None)
    assert outcome.violations == ()
    assert outcome.trials > 0


@pytest.mark.parametrize(("row", "bug"), PLANTED)
def test_a_planted_bug_is_found(row: Row, bug: str) -> None:
    if row in storage.ROWS:
        require_tools()
    assert row.run(Tier.TASTE, bug).violations
