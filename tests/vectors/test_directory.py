"""spec/vectors/directory.json through the public doors of the library."""

from collections.abc import Callable
from typing import Any

import pytest

from comity.directory import Directory
from comity.errors import RemoteError
from tests.support.vectors import Case, cases, refused, vectors


def directory_of(case: Case) -> Directory:
    """Return the directory that holds the documents of a case."""
    directory = Directory()
    for name in case["documents"]:
        add(directory, name, case["now"])
    return directory


def add(directory: Directory, name: str, now: int) -> None:
    sort, data = vectors("directory")["library"][name]
    if sort == "treaty":
        directory.add_treaty(bytes.fromhex(data), now)
    else:
        directory.add_bundle(bytes.fromhex(data), now)


def answer(directory: Directory, now: int, question: str, *arguments: str) -> Any:
    """Return the answer as directory.json writes it."""
    asked: dict[str, Callable[..., Any]] = {
        "speaks": directory.may_speak,
        "sends": directory.may_send,
        "accepts": directory.may_accept,
        "signs": lambda party, key, now: directory.check_signing_key(party, bytes.fromhex(key), now),
        "link": lambda key, now: directory.link_keys(now).get(bytes.fromhex(key), 27),
        "in-force": lambda now: directory.in_force(now).version,
    }
    try:
        given = asked[question](*arguments, now)
    except RemoteError as fault:
        return fault.code
    return True if given is None else given


def check_answers(directory: Directory, case: Case) -> None:
    assert case["answers"] == [[*asked, answer(directory, *asked)] for *asked, _ in case["answers"]]


@pytest.mark.clause(
    "BUNDLE-009",
    "BUNDLE-012",
    "BUNDLE-013",
    "DIR-001",
    "DIR-002",
    "DIR-003",
    "DIR-004",
    "DIR-007",
    "TREATY-012",
    "TREATY-014",
)
@pytest.mark.parametrize("case", cases("directory", "valid"))
def test_the_documents_give_the_answers(case: Case) -> None:
    directory = directory_of(case)
    check_answers(directory, case)
    library = vectors("directory")["library"]
    again = Directory.replay((library[name][0], bytes.fromhex(library[name][1])) for name in case["documents"])
    check_answers(again, case)


@pytest.mark.clause(
    "BUNDLE-001", "BUNDLE-008", "BUNDLE-009", "BUNDLE-010", "BUNDLE-016", "TREATY-003", "TREATY-012", "TREATY-013"
)
@pytest.mark.parametrize("case", cases("directory", "invalid"))
def test_a_document_in_the_wrong_place_is_refused_and_the_answers_stay(case: Case) -> None:
    directory = directory_of(case)
    with refused(case):
        add(directory, case["document"], case["now"])
    check_answers(directory, case)
