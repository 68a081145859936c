"""spec/vectors/conventions.json through the public doors of the library."""

from collections.abc import Callable

import pytest

from comity import frames, limits
from comity.encoding import Kind, Party, Row, decode_as, encode
from comity.labels import labelled
from comity.link import Hello
from tests.support.vectors import Case, cases, data_of, refused

WHOLE = 1_048_576


class PartyRow(Row, frozen=True):
    """A party by itself."""

    text: Party


class KindRow(Row, frozen=True):
    """A kind by itself."""

    text: Kind


READERS: dict[str, Callable[[Case], object]] = {
    "party": lambda case: decode_as(PartyRow, encode([case["text"]]), WHOLE),
    "kind": lambda case: decode_as(KindRow, encode([case["text"]]), WHOLE),
    "hello": lambda case: decode_as(Hello, data_of(case["data"]), limits.MAX_HELLO_BYTES),
    "bundle-request": lambda case: frames.read_bundle_request(data_of(case["data"])),
}


@pytest.mark.clause("CONV-002", "CONV-003", "CONV-004", "CONV-005", "KEY-001")
@pytest.mark.parametrize("case", cases("conventions", "valid"))
def test_names_and_exact_records_are_taken(case: Case) -> None:
    if case["form"] == "labelled":
        assert labelled(case["label"].encode(), data_of(case["data"])) == data_of(case["bytes"])
    else:
        READERS[case["form"]](case)


@pytest.mark.clause("CONV-002", "CONV-003", "CONV-004", "CONV-005")
@pytest.mark.parametrize("case", cases("conventions", "invalid"))
def test_other_names_and_records_are_refused(case: Case) -> None:
    with refused(case):
        READERS[case["form"]](case)
