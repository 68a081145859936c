"""Row 39 at its smallest."""

import pytest

from tests.reliability.processes import ROWS
from tests.reliability.row import Tier


@pytest.mark.slow
def test_daemons_that_are_killed_and_stopped_lose_nothing_and_double_nothing() -> None:
    assert ROWS[0].run(Tier.TASTE, None).violations == ()


@pytest.mark.slow
@pytest.mark.parametrize("bug", ROWS[0].bugs)
def test_the_planted_bug_is_found(bug: str) -> None:
    assert ROWS[0].run(Tier.TASTE, bug).violations
