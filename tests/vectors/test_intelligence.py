"""spec/vectors/intelligence.json through the public doors of the library."""

import pytest

from comity import kinds, limits
from comity.encoding import decode, encode
from tests.support.vectors import Case, cases, data_of, refused


def read_payload(case: Case) -> object:
    value = decode(data_of(case["payload"]), limits.MAX_BODY_BYTES)
    assert isinstance(value, dict)
    payload = kinds.payload_of(case["kind"], value)
    kinds.refuse_victims_to_many(payload, case["recipients"])
    return payload


@pytest.mark.clause("KIND-001", "INTEL-001", "INTEL-005", "INTEL-030", "INTEL-031")
@pytest.mark.parametrize("case", cases("intelligence", "valid"))
def test_a_payload_in_normal_form_is_taken(case: Case) -> None:
    assert encode(read_payload(case)) == data_of(case["payload"])


@pytest.mark.clause(
    "KIND-001",
    "INTEL-001",
    "INTEL-003",
    "INTEL-004",
    "INTEL-005",
    *(f"INTEL-{number:03}" for number in range(10, 29)),
    "INTEL-030",
    "INTEL-031",
    *(f"INTEL-{number:03}" for number in range(41, 45)),
)
@pytest.mark.parametrize("case", cases("intelligence", "invalid"))
def test_a_payload_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        read_payload(case)
