"""spec/vectors/prevention.json through the public doors of the library."""

import pytest

from comity import kinds, limits
from comity.encoding import decode, encode
from tests.support.vectors import Case, cases, data_of, refused


def read_payload(case: Case) -> object:
    value = decode(data_of(case["payload"]), limits.MAX_BODY_BYTES)
    assert isinstance(value, dict)
    return kinds.payload_of(case["kind"], value)


@pytest.mark.clause(
    "ENC-019", "KIND-001", "PREV-002", "PREV-003", "PREV-004", "PREV-005", "PREV-011", "PREV-014", "PREV-016",
    "PREV-017", "PREV-018", "PREV-021", "PREV-022", "PREV-023", "PREV-024", "PREV-025", "PREV-027", "PREV-030",
    "PREV-032",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("prevention", "valid"))
def test_a_payload_of_its_kind_is_taken(case: Case) -> None:
    assert encode(read_payload(case)) == data_of(case["payload"])


@pytest.mark.clause(
    "ENC-017", "ENC-019", "KIND-001", "KIND-002", "PREV-001", "PREV-002", "PREV-003", "PREV-004", "PREV-005",
    "PREV-007", "PREV-008", "PREV-009", "PREV-010", "PREV-011", "PREV-012", "PREV-013", "PREV-014", "PREV-015",
    "PREV-016", "PREV-017", "PREV-018", "PREV-020", "PREV-021", "PREV-022", "PREV-023", "PREV-024", "PREV-025",
    "PREV-026", "PREV-027", "PREV-028", "PREV-030", "PREV-031", "PREV-032",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("prevention", "invalid"))
def test_a_payload_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        read_payload(case)
