"""spec/vectors/message.json through the public doors of the library."""

import pytest

from comity import message
from comity.encoding import encode
from comity.keys import sha256
from tests.support.vectors import Case, cases, data_of, public_of, refused, vectors


@pytest.mark.clause("MSG-001", "MSG-002", "MSG-003", "MSG-007", "MSG-008", "MSG-009", "MSG-010", "MSG-013", "MSG-014")
@pytest.mark.parametrize("case", cases("message", "valid"))
def test_a_message_reads_and_verifies(case: Case) -> None:
    signed = message.read(data_of(case["data"]))
    signed.verify(public_of(case))
    assert signed.hash == data_of(case["hash"])
    assert encode(signed.body) == signed.body_bytes


@pytest.mark.clause(
    "ATTACH-001", "CONV-001", "CONV-002", "CONV-003", "CONV-004", "CONV-005", "CONV-006", "ENC-014", "ENC-017",
    "MSG-001", "MSG-002", "MSG-003", "MSG-006", "MSG-007", "MSG-008", "MSG-009", "MSG-013", "MSG-014",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("message", "invalid"))
def test_a_message_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        message.read(data_of(case["data"])).verify(public_of(case))


@pytest.mark.clause("MSG-001")
def test_the_hash_of_a_published_message_is_that_of_its_body() -> None:
    case = vectors("message")["valid"][0]
    assert sha256(message.read(data_of(case["data"])).body_bytes) == data_of(case["hash"])
