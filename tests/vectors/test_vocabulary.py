"""spec/vectors/vocabulary.json through the public doors of the library."""

import pytest

from comity import limits, vocabulary
from comity.encoding import decode
from comity.kinds import payload_of
from comity.vocabulary import Vocabulary
from tests.support.vectors import Case, cases, data_of, refused, vectors


def shared() -> Vocabulary:
    return vocabulary.read(vectors("vocabulary")["shared"].encode())


def file_of(case: Case) -> bytes:
    data: bytes = case["text"].encode() if "text" in case else data_of(case["data"])
    return data


def check_payload(case: Case) -> None:
    value = decode(data_of(case["payload"]), limits.MAX_BODY_BYTES)
    assert isinstance(value, dict)
    vocabulary.refuse_unknown_terms(payload_of(case["kind"], value), shared())


def check_successor(case: Case) -> None:
    vocabulary.refuse_lost_terms(shared(), vocabulary.read(case["newer"].encode()))


@pytest.mark.clause("VOCAB-001", "VOCAB-003", "VOCAB-008")
@pytest.mark.parametrize("case", cases("vocabulary", "valid", "file"))
def test_a_file_has_the_hash_of_its_content_however_it_is_written(case: Case) -> None:
    assert vocabulary.read(file_of(case)).hash.hex() == case["hash"]


@pytest.mark.clause("VOCAB-012")
@pytest.mark.parametrize("case", cases("vocabulary", "valid", "label"))
def test_a_label_is_shown_in_the_nearest_language_that_is_there(case: Case) -> None:
    assert shared().label(case["group"], case["code_shown"], case["lang"]) == case["label"]


@pytest.mark.clause("VOCAB-010")
@pytest.mark.parametrize("case", cases("vocabulary", "valid", "payload"))
def test_a_payload_of_known_terms_is_taken(case: Case) -> None:
    check_payload(case)


@pytest.mark.clause("VOCAB-013")
@pytest.mark.parametrize("case", cases("vocabulary", "valid", "successor"))
def test_a_version_that_keeps_all_comes_after(case: Case) -> None:
    check_successor(case)


@pytest.mark.clause(
    "ENC-005", "ENC-006", "VOCAB-001", "VOCAB-002", "VOCAB-003", "VOCAB-004", "VOCAB-005", "VOCAB-006", "VOCAB-007"
)
@pytest.mark.parametrize("case", cases("vocabulary", "invalid", "file"))
def test_a_file_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        vocabulary.read(file_of(case))


@pytest.mark.clause("VOCAB-010")
@pytest.mark.parametrize("case", cases("vocabulary", "invalid", "payload"))
def test_a_payload_with_an_unknown_term_is_refused(case: Case) -> None:
    with refused(case):
        check_payload(case)


@pytest.mark.clause("VOCAB-013")
@pytest.mark.parametrize("case", cases("vocabulary", "invalid", "successor"))
def test_a_version_that_loses_something_does_not_come_after(case: Case) -> None:
    with refused(case):
        check_successor(case)
