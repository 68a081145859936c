"""spec/vectors/handling.json through the public doors of the library."""

import pytest

from comity import kinds, limits
from comity.chapters.consent import Forward, Marking
from comity.consent import Content, check_forward
from comity.directory import Directory
from comity.encoding import convert, decode, decode_as, encode
from comity.handling import Action, Audience, Deed, Handling, obstacles, stricter
from comity.message import Body
from tests.support.vectors import Case, cases, data_of, refused, vectors


def marking_of(case: Case) -> Handling:
    return convert(Marking, case).handling()


def passed_on(case: Case) -> Content:
    directory = Directory()
    for sort, data in vectors("handling")["documents"]:
        (directory.add_treaty if sort == "treaty" else directory.add_bundle)(bytes.fromhex(data), 1_767_312_000_000_000)
    body = decode_as(Body, data_of(case["body"]), limits.MAX_BODY_BYTES)
    payload = kinds.payload_of(body.kind, body.payload)
    assert isinstance(payload, Forward)
    return check_forward(body, payload, directory)


def read_payload(case: Case) -> object:
    value = decode(data_of(case["payload"]), limits.MAX_BODY_BYTES)
    assert isinstance(value, dict)
    return kinds.payload_of(case["kind"], value)


@pytest.mark.clause("HAND-002")
@pytest.mark.parametrize("case", cases("handling", "valid", "combine"))
def test_two_markings_become_the_stricter_of_both(case: Case) -> None:
    first, second, both = (marking_of(case[name]) for name in ("first", "second", "both"))
    assert stricter(first, second) == stricter(second, first) == both


@pytest.mark.clause("HAND-003", "HAND-004", "HAND-008", "HAND-028", "HAND-029")
@pytest.mark.parametrize("case", cases("handling", "valid", "deed"))
def test_what_stands_against_an_action_is_what_the_vector_says(case: Case) -> None:
    audience = None if case["audience"] is None else Audience(case["audience"])
    deed = Deed(Action(case["action"]), case["time"], case["purpose"], audience, case["exercise"])
    found = obstacles(marking_of(case["marking"]), deed, case["drill"])
    assert [each.rule.value for each in found] == case["rules"]


@pytest.mark.clause("KIND-001", "HAND-011", "HAND-012")
@pytest.mark.parametrize("case", cases("handling", "valid", "payload"))
def test_a_payload_of_its_kind_is_taken(case: Case) -> None:
    assert encode(read_payload(case)) == data_of(case["payload"])


@pytest.mark.clause("HAND-001", "HAND-011", "HAND-012", "KIND-001", "KIND-002")
@pytest.mark.parametrize("case", cases("handling", "invalid", "payload"))
def test_a_payload_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        read_payload(case)


@pytest.mark.clause("HAND-015", "HAND-017", "HAND-018", "HAND-020")
@pytest.mark.parametrize("case", cases("handling", "valid", "forward"))
def test_content_that_may_be_passed_on_is_taken(case: Case) -> None:
    assert passed_on(case).originator == "aa.police"


@pytest.mark.clause(
    "HAND-013",
    "HAND-014",
    "HAND-017",
    "HAND-018",
    "HAND-019",
    "HAND-020",
    "HAND-021",
    "HAND-022",
    "HAND-028",
    "HAND-035",
)
@pytest.mark.parametrize("case", cases("handling", "invalid", "forward"))
def test_content_that_may_not_be_passed_on_is_refused(case: Case) -> None:
    with refused(case):
        passed_on(case)
