"""spec/vectors/envelope.json through the public doors of the library."""

from typing import Any

import pytest

from comity import envelope, message
from comity.envelope import new_epoch
from comity.keys import EnvelopeKey
from tests.support.vectors import Case, cases, data_of, refused, vectors


def open_whole(data: bytes) -> message.SignedMessage:
    """Return the message in an envelope for bb.fiu."""
    read = envelope.read(data)
    key = EnvelopeKey.from_seed(data_of(vectors("envelope")["recipient_seed"]))
    return envelope.open_sealed(read, envelope.unwrap(read, key))


def sealed_cases() -> list[Any]:
    return [each for each in cases("envelope", "valid") if "data" in each.values[0]]


@pytest.mark.clause("ENV-001")
def test_lengths_are_padded_as_published() -> None:
    pairs = vectors("envelope")["valid"][0]["pairs"]
    assert pairs
    assert [[n, envelope.padme(n)] for n, _ in pairs] == pairs


@pytest.mark.clause("ENV-001", "ENV-002", "ENV-004", "ENV-009")
@pytest.mark.parametrize("case", sealed_cases())
def test_an_envelope_opens_to_its_message_and_is_sealed_to_the_same_bytes(case: Case) -> None:
    data = data_of(case["data"])
    signed = open_whole(data)
    assert signed.data == data_of(case["signed"])
    key = EnvelopeKey.from_seed(data_of(vectors("envelope")["recipient_seed"]))
    assert envelope.seal(signed, envelope.unwrap(envelope.read(data), key)) == data


@pytest.mark.clause("ENV-006", "ENV-009")
def test_an_epoch_key_of_the_library_opens_like_the_published_one() -> None:
    case = vectors("envelope")["valid"][1]
    signed = message.read(data_of(case["signed"]))
    key = EnvelopeKey.from_seed(data_of(vectors("envelope")["recipient_seed"]))
    epoch = new_epoch(data_of(case["epoch_key"]), signed.body.treaty, signed.body.from_key, key.public)
    assert open_whole(envelope.seal(signed, epoch)).data == signed.data


@pytest.mark.clause(
    "CONV-001",
    "CONV-005",
    "ENC-014",
    "ENV-001",
    "ENV-002",
    "ENV-003",
    "ENV-004",
    "ENV-009",
    "ENV-010",
    "ENV-011",
    "MSG-001",
)
@pytest.mark.parametrize("case", cases("envelope", "invalid"))
def test_an_envelope_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        open_whole(data_of(case["data"]))
