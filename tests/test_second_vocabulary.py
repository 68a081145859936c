"""The second implementation against the vectors of the vocabulary, and against the versions that are published."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from comity import vocabulary as library
from comity.vocabulary import published
from tests.second import vocabulary
from tests.second.refusal import RefusedError
from tests.support.vectors import Case, cases, data_of, vectors


@contextmanager
def refused(case: Case) -> Iterator[None]:
    """Expect what is done inside to be refused with the code of the case."""
    with pytest.raises(RefusedError) as caught:
        yield
    assert caught.value.code == case["code"], str(caught.value)


def file_of(case: Case) -> bytes:
    data: bytes = case["text"].encode() if "text" in case else data_of(case["data"])
    return data


def shared() -> Any:
    return vocabulary.read(vectors("vocabulary")["shared"].encode())[0]


@pytest.mark.clause("VOCAB-008", "VOCAB-014")
def test_both_implementations_give_each_published_version_the_same_hash() -> None:
    for version, content_hash in library.hashes().items():
        content, found = vocabulary.read(published.bytes_of(f"{version}.json"))
        assert (content["version"], found) == (version, content_hash)


@pytest.mark.parametrize("case", cases("vocabulary", "valid", "file"))
def test_a_file_has_its_hash(case: Case) -> None:
    assert vocabulary.read(file_of(case))[1] == data_of(case["hash"])


@pytest.mark.parametrize("case", cases("vocabulary", "invalid", "file"))
def test_what_is_no_vocabulary_is_refused(case: Case) -> None:
    with refused(case):
        vocabulary.read(file_of(case))


@pytest.mark.parametrize("case", cases("vocabulary", "valid", "label"))
def test_a_label_is_that_of_the_nearest_language(case: Case) -> None:
    assert vocabulary.label(shared(), case["group"], case["code_shown"], case["lang"]) == case["label"]


@pytest.mark.parametrize("case", cases("vocabulary", "valid", "successor"))
def test_what_keeps_all_may_follow(case: Case) -> None:
    vocabulary.follow(shared(), vocabulary.read(case["newer"].encode())[0])


@pytest.mark.parametrize("case", cases("vocabulary", "invalid", "successor"))
def test_what_loses_something_may_not_follow(case: Case) -> None:
    with refused(case):
        vocabulary.follow(shared(), vocabulary.read(case["newer"].encode())[0])
