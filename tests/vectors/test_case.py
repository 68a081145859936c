"""spec/vectors/case.json through the public doors of the library."""

from typing import Any

import pytest

from comity.case import Event, Request, Side, Track, deadlines, submitted
from comity.chapters.form import Service
from comity.deadlines import USUAL
from comity.encoding import decode
from comity.errors import IllegalEventError
from comity.kinds import payload_of
from comity.limits import MAX_BODY_BYTES
from tests.support.vectors import Case, cases


def received(case: Case) -> Track:
    asked = case["request"]
    request = Request(
        hash=bytes.fromhex(asked["hash"]),
        kind="prevention.stop-payment",
        service=Service(asked["service"]),
        measure=asked["measure"],
        requester="aa.police",
        requested="bb.fiu",
        urgency=asked["urgency"],
        until_us=asked["until"],
        created_us=case["received"] - 1,
        treaty_version=1,
    )
    return submitted(request).received(case["received"])


def applied(track: Track, row: list[Any]) -> Track:
    event, side, time_us, digest, payload = row
    form = decode(bytes.fromhex(payload), MAX_BODY_BYTES)
    assert isinstance(form, dict)
    record = payload_of(f"case.{event}", form)
    return track.applied(Event(event), Side(side), time_us, bytes.fromhex(digest), record)


@pytest.mark.clause(
    "CASE-003", "CASE-004", "CASE-012", "CASE-013", "CASE-020", "CASE-022", "CASE-023", "CASE-024", "CASE-025",
    "CASE-027", "CASE-028", "CASE-043",
)  # fmt: skip
@pytest.mark.parametrize("case", cases("case", "valid"))
def test_a_history_ends_in_its_state_with_its_deadlines(case: Case) -> None:
    track = received(case)
    for row in case["events"]:
        track = applied(track, row)
    ended = track.at(case["now"])
    assert ended.state == case["state"]
    assert (None if ended.measure is None else ended.measure.state) == case["measure"]
    found = deadlines(track, USUAL, (), case["now"])
    assert [[d.stage, d.due_us, d.used_us, d.met_us, d.late_us] for d in found] == case["deadlines"]


@pytest.mark.clause("CASE-001", "CASE-008", "CASE-010", "CASE-012", "CASE-041", "CASE-042")
@pytest.mark.parametrize("case", cases("case", "invalid"))
def test_an_event_that_is_not_legal_is_refused_and_the_state_stays(case: Case) -> None:
    track = received(case)
    *before, last = case["events"]
    for row in before:
        track = applied(track, row)
    with pytest.raises(IllegalEventError) as caught:
        applied(track, last)
    assert caught.value.code == case["code"]
    assert caught.value.state == case["state"]
