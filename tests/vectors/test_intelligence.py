"""spec/vectors/intelligence.json through the public doors of the library."""

import re

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
    "INTEL-010",
    "INTEL-011",
    "INTEL-012",
    "INTEL-013",
    "INTEL-014",
    "INTEL-015",
    "INTEL-016",
    "INTEL-017",
    "INTEL-018",
    "INTEL-019",
    "INTEL-020",
    "INTEL-021",
    "INTEL-022",
    "INTEL-023",
    "INTEL-024",
    "INTEL-025",
    "INTEL-026",
    "INTEL-027",
    "INTEL-028",
    "INTEL-030",
    "INTEL-031",
    "INTEL-041",
    "INTEL-042",
    "INTEL-043",
    "INTEL-044",
)
@pytest.mark.parametrize("case", cases("intelligence", "invalid"))
def test_a_payload_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case) as caught:
        read_payload(case)
    stated = re.search(r"INTEL-[0-9]{3}", str(caught.value))
    assert stated is None or stated[0] == case["clause"]
