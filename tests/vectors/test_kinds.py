"""spec/vectors/kinds.json through the public doors of the library."""

import pytest

from comity import kinds, limits
from comity.encoding import decode, encode
from tests.support.vectors import Case, cases, data_of, refused


def read_payload(case: Case) -> object:
    value = decode(data_of(case["payload"]), limits.MAX_BODY_BYTES)
    assert isinstance(value, dict)
    return kinds.payload_of(case["kind"], value)


@pytest.mark.clause("KIND-001")
@pytest.mark.parametrize("case", cases("kinds", "valid"))
def test_a_payload_of_its_kind_is_taken(case: Case) -> None:
    assert encode(read_payload(case)) == data_of(case["payload"])


@pytest.mark.clause("ENC-017", "KIND-001", "KIND-002", "KIND-003")
@pytest.mark.parametrize("case", cases("kinds", "invalid"))
def test_a_payload_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        read_payload(case)
