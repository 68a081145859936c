"""The lifecycle: which event is legal when, and that two nodes that hear the same events agree."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.case import (
    OPEN,
    TABLE,
    Event,
    MeasureState,
    Request,
    Side,
    State,
    Track,
    deadlines,
    event_of,
    submitted,
)
from comity.case.clock import Deadline
from comity.case.events import refuse_past
from comity.case.table import PAUSED, SETTLING, legal, step
from comity.case.track import LIFE_US, MAX_EVENTS, SILENCE_US
from comity.chapters import case as payloads
from comity.chapters.form import Service
from comity.deadlines import USUAL, Promise
from comity.encoding import Record
from comity.errors import IllegalEventError, PayloadError
from comity.kinds import FORMS
from tests.support.cases import HOUR_US, MINUTE_US, NOW_US, SECOND_US, A, B, payload_of_event, request_of
from tests.support.lifecycle import targets

BY_PARTIES = [event for event in Event if f"case.{event}" in FORMS]
SIDES = (Side.REQUESTER, Side.REQUESTED)
ON_THE_PAGE = targets()

#: A way from a received request to each state, and the side of each step.
WAYS: dict[State, tuple[Event, ...]] = {
    State.RECEIVED: (),
    State.ACKNOWLEDGED: (Event.ACKNOWLEDGE,),
    State.INFORMATION_REQUESTED: (Event.ACKNOWLEDGE, Event.ASK_INFORMATION),
    State.CONSULTATION: (Event.ACKNOWLEDGE, Event.PROPOSE_CONDITIONS),
    State.ACCEPTED: (Event.ACKNOWLEDGE, Event.ACCEPT),
    State.IN_EXECUTION: (Event.ACKNOWLEDGE, Event.ACCEPT, Event.START),
    State.PARTIALLY_EXECUTED: (Event.PARTIAL_REPLY,),
    State.POSTPONED: (Event.ACKNOWLEDGE, Event.POSTPONE),
    State.EXECUTED: (Event.FINAL_REPLY,),
    State.DISPUTED: (Event.FINAL_REPLY, Event.CHALLENGE),
    State.REFUSED: (Event.ACKNOWLEDGE, Event.REFUSE),
    State.TRANSFERRED: (Event.TRANSFER,),
    State.WITHDRAWN: (Event.WITHDRAW,),
    State.CLOSED: (Event.FINAL_REPLY, Event.CONFIRM),
}


def sides_of(event: Event) -> tuple[Side, ...]:
    return next(line.sides for line in TABLE if line.event is event)


def after(track: Track, *events: Event, at_us: int = NOW_US + SECOND_US, **changes: Any) -> Track:
    """Return the track after the events, a second apart, each by the first side that may cause it."""
    for number, event in enumerate(events):
        time_us = at_us + number * SECOND_US
        payload = payload_of_event(event, time_us, proposal=track.proposal, **changes)
        track = track.applied(event, sides_of(event)[0], time_us, bytes([number + 1]) * 32, payload)
    return track


def received(**changes: Any) -> Track:
    return submitted(request_of(**changes)).received(NOW_US)


def in_state(state: State) -> Track:
    if state is State.SUBMITTED:
        return submitted(request_of())
    if state is State.EXPIRED:
        return received().at(NOW_US + LIFE_US)
    return after(received(), *WAYS[state])


@pytest.mark.clause("CASE-001", "CASE-008")
@pytest.mark.parametrize(("state", "side"), list(product([s for s in State if s is not State.DRAFT], SIDES)))
def test_in_each_state_exactly_the_events_of_the_table_are_taken(state: State, side: Side) -> None:
    """Walks every event of this state and side; together with the parameters: every (state, event, side).

    What is allowed is read from the page of the specification, not from the code.
    """
    for event in BY_PARTIES:
        track = in_state(state)
        assert track.state is state
        if event in (Event.EXTEND_MEASURE, Event.LIFT_MEASURE, Event.CONVERT_MEASURE):
            continue  # their guard has a test of its own
        time_us = track.last_us + SECOND_US
        payload = payload_of_event(event, time_us, proposal=track.proposal)
        target = ON_THE_PAGE.get((state, event, side))
        if target is None:
            with pytest.raises(IllegalEventError) as caught:
                track.applied(event, side, time_us, b"\xee" * 32, payload)
            assert caught.value.state == state
            for name in track.legal(side):
                assert name in str(caught.value)
        else:
            assert track.applied(event, side, time_us, b"\xee" * 32, payload).state == target


@pytest.mark.clause("CASE-001")
def test_the_code_runs_the_table_of_the_page() -> None:
    coded = {
        (str(state), str(line.event), str(side)): str(line.target or state)
        for line in TABLE
        for state in line.sources
        for side in line.sides
    }
    assert coded == ON_THE_PAGE


def test_the_table_lists_each_state_event_and_side_once() -> None:
    seen = [(state, line.event, side) for line in TABLE for state in line.sources for side in line.sides]
    assert len(seen) == len(set(seen))


def test_every_state_is_reached_and_none_but_the_ends_is_stuck() -> None:
    reached = {State.DRAFT}
    while True:
        more = {line.target for line in TABLE if line.target and set(line.sources) & reached} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(State)
    left = {state for line in TABLE if line.target for state in line.sources}
    assert set(State) - left == {State.CLOSED, State.EXPIRED}


def test_every_event_of_a_party_is_a_kind_and_every_kind_of_a_case_is_an_event() -> None:
    automatic = {Event.RELEASE, Event.RECEIPT, Event.EXPIRE, Event.LAPSE, Event.CLOSE}
    assert {f"case.{event}" for event in Event if event not in automatic} == {k for k in FORMS if k.startswith("case.")}
    for event in BY_PARTIES:
        assert event_of(f"case.{event}", payload_of_event(event, NOW_US)) is event


@pytest.mark.clause("CASE-010")
def test_an_incomplete_form_alone_is_no_ground_before_information_was_asked_for() -> None:
    track = in_state(State.ACKNOWLEDGED)
    refusal = payloads.Refuse(grounds=("R01",), reasons="Fields are missing.")
    with pytest.raises(IllegalEventError):
        track.applied(Event.REFUSE, Side.REQUESTED, NOW_US + HOUR_US, b"x" * 32, refusal)
    asked = after(track, Event.ASK_INFORMATION, Event.SUPPLY_INFORMATION, at_us=NOW_US + HOUR_US)
    taken = asked.applied(Event.REFUSE, Side.REQUESTED, NOW_US + 2 * HOUR_US, b"x" * 32, refusal)
    assert taken.state is State.REFUSED


@pytest.mark.clause("CASE-011")
def test_conditions_are_accepted_by_the_hash_of_the_latest_proposal() -> None:
    track = in_state(State.CONSULTATION)
    other = payloads.AcceptConditions(note=None, proposal=b"\x77" * 32)
    with pytest.raises(IllegalEventError):
        track.applied(Event.ACCEPT_CONDITIONS, Side.REQUESTER, NOW_US + HOUR_US, b"x" * 32, other)
    assert track.proposal is not None
    right = payloads.AcceptConditions(note=None, proposal=track.proposal)
    assert track.applied(Event.ACCEPT_CONDITIONS, Side.REQUESTER, NOW_US + HOUR_US, b"x" * 32, right).state is (
        State.ACCEPTED
    )


@pytest.mark.clause("CASE-012")
@pytest.mark.parametrize("state", OPEN)
def test_an_open_request_expires_a_year_after_its_receipt(state: State) -> None:
    track = in_state(state)
    assert track.at(NOW_US + LIFE_US - 1).state is state
    assert track.at(NOW_US + LIFE_US).state is State.EXPIRED


@pytest.mark.clause("CASE-012")
def test_a_request_expires_at_the_time_that_its_form_names() -> None:
    track = received(until_us=NOW_US + HOUR_US)
    assert track.at(NOW_US + HOUR_US - 1).state is State.RECEIVED
    assert track.at(NOW_US + HOUR_US).state is State.EXPIRED


@pytest.mark.clause("CASE-013")
@pytest.mark.parametrize("state", SETTLING)
def test_what_is_settled_closes_after_ninety_days_of_silence(state: State) -> None:
    track = in_state(state)
    assert track.at(track.last_us + SILENCE_US - 1).state is state
    assert track.at(track.last_us + SILENCE_US).state is State.CLOSED
    spoken = after(track, Event.COMMENT, at_us=track.last_us + SILENCE_US - 1)
    assert spoken.at(track.last_us + SILENCE_US).state is state


@pytest.mark.clause("CASE-014")
@pytest.mark.parametrize("late", [NOW_US, NOW_US - 1])
def test_a_deadline_in_the_past_is_refused(late: int) -> None:
    payload = payloads.AskInformation(items=("Which account?",), reasons=None, wanted_by=late)
    with pytest.raises(PayloadError):
        refuse_past(payload, NOW_US)
    refuse_past(payload, late - 1)
    refuse_past(payloads.Words(note=None), NOW_US)


@pytest.mark.clause("CASE-015")
def test_a_track_has_a_bound_of_events() -> None:
    track = received()
    for number in range(MAX_EVENTS - len(track.history)):
        payload = payload_of_event(Event.COMMENT, NOW_US)
        track = track.applied(Event.COMMENT, Side.REQUESTER, NOW_US + number, bytes(32), payload)
    with pytest.raises(IllegalEventError):
        after(track, Event.COMMENT)


# --- deadlines -------------------------------------------------------------------------------------------------------


def stage(track: Track, name: str, now_us: int, promises: tuple[Promise, ...] = ()) -> Deadline:
    found = {deadline.stage: deadline for deadline in deadlines(track, USUAL, promises, now_us)}
    return found[name]


@pytest.mark.clause("CASE-020", "CASE-027")
def test_a_flash_request_is_to_be_acknowledged_within_half_an_hour_of_its_receipt() -> None:
    track = received(urgency=0)
    waiting = stage(track, "acknowledge", NOW_US + 31 * MINUTE_US)
    assert waiting.due_us == NOW_US + 30 * MINUTE_US
    assert waiting.late_us == MINUTE_US
    late = after(track, Event.ACKNOWLEDGE, at_us=NOW_US + 40 * MINUTE_US)
    assert stage(late, "acknowledge", NOW_US + HOUR_US).late_us == 10 * MINUTE_US


@pytest.mark.clause("CASE-020", "CASE-021")
def test_a_shorter_promise_counts_and_a_longer_one_does_not() -> None:
    shorter = Promise(seconds=600, stage="acknowledge", urgency=0)
    longer = Promise(seconds=90_000, stage="acknowledge", urgency=0)
    track = received(urgency=0)
    assert stage(track, "acknowledge", NOW_US, (shorter,)).due_us == NOW_US + 10 * MINUTE_US
    assert stage(track, "acknowledge", NOW_US, (longer,)).due_us == NOW_US + 30 * MINUTE_US
    other = Promise(seconds=600, stage="acknowledge", urgency=3)
    assert stage(track, "acknowledge", NOW_US, (other,)).due_us == NOW_US + 30 * MINUTE_US


@pytest.mark.clause("CASE-022")
def test_a_reply_meets_every_stage_at_once() -> None:
    track = after(received(urgency=0, service=Service.PREVENTION), Event.FINAL_REPLY)
    found = deadlines(track, USUAL, (), NOW_US + HOUR_US)
    assert [each.stage for each in found] == ["acknowledge", "decide", "act", "prevention"]
    assert {each.met_us for each in found} == {NOW_US + SECOND_US}


@pytest.mark.clause("CASE-022")
def test_evidence_is_due_from_the_decision_and_information_from_the_receipt() -> None:
    begun = after(received(service=Service.EVIDENCE, urgency=1), Event.ACKNOWLEDGE)
    assert "evidence" not in {each.stage for each in deadlines(begun, USUAL, (), NOW_US + HOUR_US)}
    accepted = after(begun, Event.ACCEPT, at_us=NOW_US + 5 * HOUR_US)
    assert stage(accepted, "evidence", NOW_US + 6 * HOUR_US).start_us == NOW_US + 5 * HOUR_US
    told = after(received(service=Service.INFORMATION, urgency=1), Event.ACKNOWLEDGE)
    assert stage(told, "information", NOW_US + HOUR_US).start_us == NOW_US


@pytest.mark.clause("CASE-023")
def test_what_was_withdrawn_is_not_late() -> None:
    track = after(received(urgency=0), Event.WITHDRAW, at_us=NOW_US + 5 * HOUR_US)
    for each in deadlines(track, USUAL, (), NOW_US + 9 * HOUR_US):
        assert each.ended_us == NOW_US + 5 * HOUR_US
        assert each.late_us == 0
        assert not each.is_running


@pytest.mark.clause("CASE-024")
def test_deadlines_stand_still_while_information_is_awaited() -> None:
    asked = after(received(urgency=1), Event.ACKNOWLEDGE, Event.ASK_INFORMATION)
    paused = stage(asked, "decide", NOW_US + 100 * HOUR_US)
    assert paused.paused
    assert paused.due_us is None
    assert paused.used_us == 2 * SECOND_US
    supplied = after(asked, Event.SUPPLY_INFORMATION, at_us=NOW_US + 10 * HOUR_US)
    running = stage(supplied, "decide", NOW_US + 11 * HOUR_US)
    assert running.due_us == NOW_US + 24 * HOUR_US + 10 * HOUR_US - 2 * SECOND_US


def test_what_was_late_before_a_pause_stays_late() -> None:
    late = after(received(urgency=1), Event.ACKNOWLEDGE, Event.ASK_INFORMATION, at_us=NOW_US + 30 * HOUR_US)
    found = stage(late, "decide", NOW_US + 90 * HOUR_US)
    assert found.due_us == NOW_US + 24 * HOUR_US
    assert found.late_us == 6 * HOUR_US + SECOND_US


@pytest.mark.clause("CASE-025")
def test_a_granted_extension_prolongs_its_stage_and_no_other() -> None:
    track = after(received(urgency=1), Event.ACKNOWLEDGE)
    granted = payloads.Extension(reasons=None, seconds=3_600, stage="decide")
    longer = track.applied(Event.GRANT_EXTENSION, Side.REQUESTER, NOW_US + HOUR_US, b"g" * 32, granted)
    assert stage(longer, "decide", NOW_US + HOUR_US).due_us == NOW_US + 25 * HOUR_US
    assert stage(longer, "acknowledge", NOW_US + HOUR_US).allowed_us == 4 * HOUR_US


@pytest.mark.clause("CASE-026")
def test_warnings_stand_at_half_and_at_four_fifths() -> None:
    found = stage(received(urgency=0), "acknowledge", NOW_US)
    assert found.warn_us == (NOW_US + 15 * MINUTE_US, NOW_US + 24 * MINUTE_US)


@pytest.mark.clause("CASE-028")
def test_a_lower_urgency_counts_from_the_beginning() -> None:
    track = received(urgency=0)
    lower = payloads.ChangeUrgency(reasons="No money moves.", urgency=2)
    changed = track.applied(Event.CHANGE_URGENCY, Side.REQUESTED, NOW_US + 2 * HOUR_US, b"u" * 32, lower)
    assert stage(track, "acknowledge", NOW_US + 2 * HOUR_US).late_us > 0
    assert stage(changed, "acknowledge", NOW_US + 2 * HOUR_US).due_us == NOW_US + 24 * HOUR_US
    higher = payloads.ChangeUrgency(reasons="Money moves.", urgency=1)
    with pytest.raises(IllegalEventError):
        changed.applied(Event.CHANGE_URGENCY, Side.REQUESTED, NOW_US + 3 * HOUR_US, b"v" * 32, higher)


# --- measures --------------------------------------------------------------------------------------------------------


def holding(until_us: int = NOW_US + 20 * 24 * HOUR_US) -> Track:
    measure = payloads.PlacedMeasure(reference="H-1", review=until_us - HOUR_US, until=until_us)
    reply = payloads.PartialReply(items=(), measure=measure, text="Held.")
    return received(measure=True).applied(Event.PARTIAL_REPLY, Side.REQUESTED, NOW_US + SECOND_US, b"m" * 32, reply)


@pytest.mark.clause("CASE-043")
def test_a_measure_lapses_at_its_end() -> None:
    track = holding()
    assert track.measure is not None
    assert track.measure.is_active
    assert track.measure.warnings_us == (
        NOW_US + 6 * 24 * HOUR_US,
        NOW_US + 19 * 24 * HOUR_US,
        NOW_US + 20 * 24 * HOUR_US - HOUR_US,
    )
    ended = track.at(NOW_US + 20 * 24 * HOUR_US).measure
    assert ended is not None
    assert ended.state is MeasureState.LAPSED


@pytest.mark.clause("CASE-043")
@pytest.mark.parametrize(
    ("event", "side", "state"),
    [
        (Event.LIFT_MEASURE, Side.REQUESTER, MeasureState.LIFTED),
        (Event.LIFT_MEASURE, Side.REQUESTED, MeasureState.LIFTED),
        (Event.CONVERT_MEASURE, Side.REQUESTER, MeasureState.LINKED),
        (Event.EXTEND_MEASURE, Side.REQUESTED, MeasureState.ACTIVE),
    ],
)
def test_an_active_measure_is_lifted_linked_or_extended(event: Event, side: Side, state: MeasureState) -> None:
    track, time_us = holding(), NOW_US + HOUR_US
    assert event in track.legal(side)
    measure = track.applied(event, side, time_us, b"n" * 32, payload_of_event(event, time_us)).measure
    assert measure is not None
    assert measure.state is state


@pytest.mark.clause("CASE-043", "CASE-001")
@pytest.mark.parametrize("event", [Event.EXTEND_MEASURE, Event.LIFT_MEASURE, Event.CONVERT_MEASURE])
def test_without_an_active_measure_nothing_is_lifted_linked_or_extended(event: Event) -> None:
    gone = holding().at(NOW_US + 20 * 24 * HOUR_US)
    for track in (in_state(State.PARTIALLY_EXECUTED), gone):
        time_us = max(track.last_us, NOW_US + 20 * 24 * HOUR_US) + SECOND_US
        with pytest.raises(IllegalEventError):
            track.applied(event, sides_of(event)[0], time_us, b"n" * 32, payload_of_event(event, time_us))


@pytest.mark.clause("CASE-045")
def test_a_reply_that_tells_of_a_measure_that_has_ended_begins_none() -> None:
    ended = payloads.PlacedMeasure(reference=None, review=NOW_US, until=NOW_US)
    reply = payloads.FinalReply(certification=None, items=(), measure=ended, result="executed", text="It has ended.")
    for track in (received(measure=True), holding()):
        after_it = track.applied(Event.FINAL_REPLY, Side.REQUESTED, NOW_US + HOUR_US, b"f" * 32, reply)
        assert after_it.measure == track.measure


@pytest.mark.clause("CASE-040", "CASE-041", "CASE-042", "CASE-044")
def test_a_measure_has_a_review_before_its_end_and_an_end_within_a_year() -> None:
    with pytest.raises(ValueError, match="CASE-040"):
        payloads.PlacedMeasure(reference=None, review=2, until=1)
    with pytest.raises(ValueError, match="CASE-040"):
        payloads.ExtendMeasure(reasons="x", review=2, until=1)
    with pytest.raises(ValueError, match="CASE-044"):
        payloads.ConvertMeasure(note=None, reference=None, request=None)
    with pytest.raises(IllegalEventError):
        holding(NOW_US + 367 * 24 * HOUR_US)
    measure = payloads.PlacedMeasure(reference=None, review=NOW_US + HOUR_US, until=NOW_US + HOUR_US)
    reply = payloads.PartialReply(items=(), measure=measure, text="Held.")
    with pytest.raises(IllegalEventError):
        received().applied(Event.PARTIAL_REPLY, Side.REQUESTED, NOW_US + SECOND_US, b"m" * 32, reply)


# --- laws ------------------------------------------------------------------------------------------------------------


@st.composite
def walks(draw: st.DrawFn) -> Track:
    """Draw a track after up to 20 legal events."""
    track = received(urgency=draw(st.integers(0, 3)), service=draw(st.sampled_from(Service)))
    time_us = NOW_US
    for number in range(draw(st.integers(0, 20))):
        time_us += draw(st.integers(0, 30 * 24 * HOUR_US))
        now = track.at(time_us)
        choices = [(event, side) for side in SIDES for event in now.legal(side)]
        if not choices:
            break
        event, side = draw(st.sampled_from(choices))
        payload = payload_of_event(event, time_us, proposal=now.proposal, urgency=3)
        try:
            track = track.applied(event, side, time_us, bytes([number]) * 32, payload)
        except IllegalEventError:
            assert event is Event.CHANGE_URGENCY
    return track


@given(walks())
def test_the_times_of_a_history_never_go_back(track: Track) -> None:
    times = [moment.time_us for moment in track.history]
    assert times == sorted(times)


@given(walks(), st.integers(0, 400 * 24 * HOUR_US), st.integers(0, 400 * 24 * HOUR_US))
def test_waiting_in_two_steps_is_waiting_in_one(track: Track, first: int, second: int) -> None:
    now_us = track.last_us
    assert track.at(now_us + first).at(now_us + first + second) == track.at(now_us + first + second)


@given(walks(), st.integers(0, 100 * 24 * HOUR_US))
def test_a_deadline_is_late_from_the_moment_that_it_is_due(track: Track, wait: int) -> None:
    now_us = track.last_us + wait
    for each in deadlines(track, USUAL, (), now_us):
        assert 0 <= each.used_us <= now_us - each.start_us
        if each.is_running and each.due_us is not None:
            assert (each.late_us > 0) == (now_us > each.due_us and not (each.paused and each.late_us == 0))
        if each.paused:
            assert track.at(now_us).state in PAUSED


@given(st.sampled_from(State), st.sampled_from(Event), st.sampled_from(Side))
def test_legal_lists_exactly_what_has_a_line(state: State, event: Event, side: Side) -> None:
    assert (event in set(legal(state, side))) == (step(state, event, side) is not None)


def test_a_request_that_was_not_delivered_has_expired() -> None:
    assert submitted(request_of()).undelivered(NOW_US).state is State.EXPIRED
    assert received().undelivered(NOW_US).state is State.RECEIVED
    assert received().received(NOW_US + 1) == received()


def test_parties_of_the_examples_are_two() -> None:
    request: Request = request_of()
    assert (request.requester, request.requested) == (A, B)
    assert isinstance(payload_of_event(Event.COMMENT, NOW_US), Record)
