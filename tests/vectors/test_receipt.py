"""spec/vectors/receipt.json through the public doors of the library."""

import pytest

from comity import receipt
from comity.encoding import encode
from comity.keys import Algorithm, PublicKey
from tests.support.vectors import Case, cases, data_of, refused, vectors


def prove(case: Case) -> list[receipt.Entry]:
    """Return what the receipts of a case prove about the message that was sent."""
    keys = [PublicKey(Algorithm.ED25519, data_of(vectors("receipt")["public"]))]
    data, sent = data_of(case["data"]), case["sent"]
    message_id, message_hash, treaty_id = (data_of(sent[name]) for name in ("id", "message", "treaty"))
    if case["form"] == "single":
        entries = [receipt.read(data).verify(keys)]
    else:
        entries = [entry for _, entry in receipt.verify_frame(receipt.read_frame(data), keys)]
    for entry in entries:
        receipt.match(entry, message_id, message_hash, sent["from"], sent["to"], treaty_id)
    return entries


@pytest.mark.clause("ERR-002", "RCPT-002", "RCPT-003", "RCPT-004", "RCPT-005", "RCPT-006", "RCPT-007")
@pytest.mark.parametrize("case", cases("receipt", "valid"))
def test_a_receipt_proves_its_entry(case: Case) -> None:
    assert [encode(entry).hex() for entry in prove(case)] == case["entries"]
    if case["form"] == "frame":
        assert receipt.to_frame(receipt.read_frame(data_of(case["data"]))) == data_of(case["data"])
    else:
        assert receipt.read(data_of(case["data"])).encode() == data_of(case["data"])


@pytest.mark.clause(
    "CONV-001", "CONV-004", "CONV-005", "ENC-014", "LIMIT-002", "LOG-005", "LOG-007", "RCPT-003", "RCPT-004",
    "RCPT-005",
    "RCPT-006", "RCPT-007", "RCPT-011",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("receipt", "invalid"))
def test_a_receipt_that_breaks_one_rule_proves_nothing(case: Case) -> None:
    with refused(case):
        prove(case)
