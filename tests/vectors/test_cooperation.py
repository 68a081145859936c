"""spec/vectors/cooperation.json through the public doors of the library."""

import pytest

from comity import kinds, limits
from comity.encoding import decode, encode
from tests.support.vectors import Case, cases, data_of, refused


def read_payload(case: Case) -> object:
    value = decode(data_of(case["payload"]), limits.MAX_BODY_BYTES)
    assert isinstance(value, dict)
    return kinds.payload_of(case["kind"], value)


@pytest.mark.clause(
    "COOP-001", "COOP-002", "COOP-003", "COOP-004", "COOP-005", "COOP-006", "COOP-007", "COOP-008", "COOP-010",
    "COOP-012", "COOP-013", "COOP-016", "COOP-018", "COOP-019", "KIND-001", "PREV-012",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("cooperation", "valid"))
def test_a_payload_of_its_kind_is_taken(case: Case) -> None:
    assert encode(read_payload(case)) == data_of(case["payload"])


@pytest.mark.clause(
    "COOP-001", "COOP-002", "COOP-003", "COOP-004", "COOP-005", "COOP-006", "COOP-007", "COOP-008", "COOP-009",
    "COOP-010", "COOP-012", "COOP-013", "COOP-014", "COOP-015", "COOP-016", "COOP-017", "COOP-018", "COOP-019",
    "KIND-001", "KIND-002", "PREV-012",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("cooperation", "invalid"))
def test_a_payload_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        read_payload(case)
