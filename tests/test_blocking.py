"""Requests that take a means out of use, and the one that undoes it."""

from typing import Any

import pytest

from comity.encoding import decode, encode
from comity.errors import PayloadError
from comity.kinds import payload_of
from comity.limits import MAX_BODY_BYTES
from tests.support.forms import payload_of_example, replaced

BLOCK, UNBLOCK = "prevention.block", "prevention.unblock"
TAKEDOWN, FLAG = "prevention.takedown", "prevention.mule-flag"
PHONE, RANGE, SENDER = payload_of_example(BLOCK)["subjects"]
AD = payload_of_example(TAKEDOWN)["subjects"][-1]


def refused(kind: str, match: str, **changes: Any) -> None:
    with pytest.raises(PayloadError, match=match):
        payload_of(kind, payload_of_example(kind) | changes)


def taken(kind: str, **changes: Any) -> None:
    payload = payload_of_example(kind) | changes
    assert decode(encode(payload_of(kind, payload)), MAX_BODY_BYTES) == payload


@pytest.mark.clause("PREV-022")
def test_an_advertisement_is_found_by_its_id_or_by_its_url() -> None:
    taken(TAKEDOWN, subjects=[AD | {"url": None}, AD | {"advertisement": None}])
    refused(TAKEDOWN, "PREV-022", subjects=[AD | {"url": None, "advertisement": None}])


@pytest.mark.clause("PREV-023")
def test_a_range_has_2_to_10_000_numbers_of_one_length() -> None:
    for first, last in (("+9995550000", "+9995550001"), ("+9995550000", "+9995559999")):
        taken(BLOCK, subjects=[RANGE | {"first": first, "last": last}])
    for first, last in (
        ("+9995550000", "+9995550000"),
        ("+9995550001", "+9995550000"),
        ("+9995550000", "+9995560000"),
        ("+9995559", "+99955510"),
        ("+99955510", "+9995559"),
    ):
        refused(BLOCK, "PREV-023", subjects=[RANGE | {"first": first, "last": last}])


@pytest.mark.clause("PREV-024")
def test_a_number_that_was_only_shown_is_blocked_only_where_it_is_spoofed() -> None:
    spoofed = PHONE | {"spoofed": True}
    taken(BLOCK, subjects=[PHONE, spoofed], effect="spoofed-only")
    for effect in ("incoming", None):
        refused(BLOCK, "PREV-024", subjects=[PHONE, spoofed], effect=effect)
        taken(BLOCK, subjects=[PHONE, SENDER], effect=effect)


@pytest.mark.clause("PREV-025")
def test_what_is_to_be_lifted_is_named_by_message_or_by_subject() -> None:
    target = payload_of_example(UNBLOCK)["target"]
    taken(UNBLOCK, subjects=[], target=target)
    taken(UNBLOCK, subjects=[SENDER, AD], target=None)
    refused(UNBLOCK, "PREV-025", subjects=[], target=None)


def test_each_subject_is_of_a_kind_that_the_request_can_be_about() -> None:
    person = {"kind": "address", "address": "1 Sample Street", "country": "AA"}
    for kind, other in ((BLOCK, AD), (BLOCK, person), (TAKEDOWN, PHONE), (FLAG, SENDER), (UNBLOCK, person)):
        refused(kind, "subjects", subjects=[other])
        refused(kind, "subjects", subjects=[other | {"kind": "secret word"}])


def test_a_fault_does_not_repeat_the_kind_of_a_subject() -> None:
    with pytest.raises(PayloadError) as caught:
        payload_of(BLOCK, replaced(payload_of_example(BLOCK), "subjects.0.kind", "secret word"))
    assert "secret" not in str(caught.value)


def test_a_request_names_as_many_subjects_as_it_may() -> None:
    for kind, most, subject in (
        (BLOCK, 256, PHONE),
        (TAKEDOWN, 64, AD),
        (FLAG, 64, payload_of_example(FLAG)["subjects"][0]),
    ):
        taken(kind, subjects=[subject] * most)
        refused(kind, "subjects", subjects=[subject] * (most + 1))
        refused(kind, "subjects", subjects=[])
    taken(UNBLOCK, subjects=[PHONE] * 256)
    refused(UNBLOCK, "subjects", subjects=[PHONE] * 257)


def test_a_takedown_shows_its_evidence_and_has_a_review() -> None:
    (evidence,) = payload_of_example(TAKEDOWN)["evidence"]
    taken(TAKEDOWN, evidence=[evidence] * 16)
    taken(BLOCK, evidence=[])
    for wrong in ([], [evidence] * 17, [evidence | {"seen": None}]):
        refused(TAKEDOWN, "evidence", evidence=wrong)
    refused(TAKEDOWN, "review", review=None)


def test_a_flag_says_how_its_holder_can_have_it_reviewed() -> None:
    refused(FLAG, "right_of_review", right_of_review=None)
    refused(FLAG, "tell_holder", tell_holder="yes")
