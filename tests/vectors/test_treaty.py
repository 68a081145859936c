"""spec/vectors/treaty.json through the public doors of the library."""

import pytest

from comity import amendment, treaty
from tests.support.vectors import Case, cases, data_of, refused


def check_version(case: Case) -> treaty.SignedTreaty:
    signed = treaty.read(data_of(case["data"]))
    if case["previous"] is None:
        amendment.verify_first(signed)
    else:
        amendment.verify_successor(signed, treaty.read(data_of(case["previous"])), data_of(case["treaty"]))
    return signed


@pytest.mark.clause(
    "TREATY-001",
    "TREATY-002",
    "TREATY-003",
    "TREATY-004",
    "TREATY-005",
    "TREATY-006",
    "TREATY-007",
    "TREATY-008",
    "TREATY-010",
)
@pytest.mark.parametrize("case", cases("treaty", "valid"))
def test_a_treaty_version_is_believed(case: Case) -> None:
    signed = check_version(case)
    assert signed.hash == data_of(case["hash"])
    assert treaty.assemble(signed.treaty, signed.signatures) == signed.data


@pytest.mark.clause(
    "CONV-001", "CONV-005", "KEY-007", "LIMIT-002", "TREATY-001", "TREATY-002", "TREATY-003", "TREATY-004",
    "TREATY-005",
    "TREATY-006", "TREATY-007", "TREATY-008", "TREATY-009", "TREATY-010", "TREATY-016", "TREATY-018", "TREATY-019",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("treaty", "invalid"))
def test_a_treaty_version_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        check_version(case)
