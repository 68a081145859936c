"""The order of events: two parties that hear each other late end with the same history and the same deadlines."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.case import (
    Accepted,
    Event,
    History,
    Place,
    Side,
    State,
    Told,
    deadlines,
    place_of,
    refuse_misplaced,
    told_history,
)
from comity.chapters.form import Service
from comity.deadlines import USUAL
from comity.encoding import Record
from comity.errors import EarlyEventError, IllegalEventError
from comity.kinds import FORMS
from tests.support.cases import HOUR_US, MINUTE_US, NOW_US, SECOND_US, A, B, payload_of_event, request_of

REQUEST = request_of(service=Service.PREVENTION, urgency=0)
RECEIVED = Accepted(NOW_US, 0)


@dataclass
class Party:
    """One party that knows some messages of the case, in the order in which it got to know them."""

    side: Side
    told: dict[bytes, Told] = field(default_factory=dict)

    @property
    def history(self) -> History:
        return told_history(REQUEST, RECEIVED, list(self.told.values()))


@dataclass
class Pair:
    """Requester and requested party with what is on its way between them. Each way may deliver in any order."""

    requester: Party = field(default_factory=lambda: Party(Side.REQUESTER))
    requested: Party = field(default_factory=lambda: Party(Side.REQUESTED))
    to_requested: list[Told] = field(default_factory=list)
    to_requester: list[Told] = field(default_factory=list)
    receipts: list[tuple[bytes, Accepted | None]] = field(default_factory=list)
    now_us: int = NOW_US
    count: int = 0
    index: int = 0

    def say(self, party: Party, event: Event) -> bool:
        """Let the party sign the event; return whether its own node allows it."""
        history = party.history
        pending = [each for each in party.told.values() if self.is_pending(party, each)]
        track = history.track.at(self.now_us)
        payload = payload_of_event(event, self.now_us, track.proposal, urgency=min(3, track.urgency + 1))
        self.count += 1
        digest = self.count.to_bytes(32, "big")
        try:
            for each in pending:
                track = track.applied(Event(each.kind[5:]), party.side, self.now_us, each.hash, each.payload)
            track.applied(event, party.side, self.now_us, digest, payload)
        except IllegalEventError:
            return False
        self.keep(party, event, digest, payload, history.head)
        return True

    def is_pending(self, party: Party, told: Told) -> bool:
        return party.side is Side.REQUESTER and told.sender == A and told.accepted is None and not told.void

    def keep(self, party: Party, event: Event, digest: bytes, payload: Record, head: bytes) -> None:
        own = party.side is Side.REQUESTED
        told = Told(digest, B if own else A, f"case.{event}", payload, head if own else None, self.now_us)
        party.told[digest] = told
        (self.to_requester if own else self.to_requested).append(told)

    def deliver_to_requested(self, number: int) -> None:
        """Let the requested party judge one message of the requester, and give its receipt."""
        told = self.to_requested.pop(number % len(self.to_requested))
        party = self.requested
        self.index += 1
        taken: Accepted | None = Accepted(self.now_us, self.index)
        try:
            event = Event(told.kind[5:])
            party.history.track.applied(event, Side.REQUESTER, self.now_us, told.hash, told.payload)
            party.told[told.hash] = replace(told, accepted=taken)
        except IllegalEventError:
            taken = None
        self.receipts.append((told.hash, taken))

    def deliver_receipt(self, number: int) -> None:
        digest, taken = self.receipts.pop(number % len(self.receipts))
        self.requester.told[digest] = replace(self.requester.told[digest], accepted=taken, void=taken is None)

    def deliver_to_requester(self, number: int) -> None:
        """Let the requester judge one message; what is early goes back and is sent again."""
        told = self.to_requester.pop(number % len(self.to_requester))
        known = list(self.requester.told.values())
        own = [each for each in self.requested.told.values() if each.sender == B]
        gap = any(each.hash not in self.requester.told for each in own[: own.index(told)])
        try:
            refuse_misplaced(REQUEST, RECEIVED, known, told, gap)
        except EarlyEventError:
            self.to_requester.append(told)
            return
        self.requester.told[told.hash] = told
        assert told.hash not in self.requester.history.voided

    def settle(self) -> None:
        """Deliver all that is on its way."""
        for _ in range(1_000):
            if self.to_requested:
                self.deliver_to_requested(0)
            elif self.receipts:
                self.deliver_receipt(0)
            elif self.to_requester:
                self.deliver_to_requester(0)
            else:
                return
        raise AssertionError("the messages are not delivered")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["requester", "requested", "to-requested", "to-requester", "receipt", "wait"]),
        st.integers(0, 40),
        st.integers(0, 5),
    ),
    max_size=60,
)
EVENTS = [event for event in Event if f"case.{event}" in FORMS]


def chosen(party: Party, choice: int, now_us: int) -> Event:
    """Return an event: a legal one as far as the party knows, with every eleventh choice any."""
    legal = party.history.track.at(now_us).legal(party.side)
    events = legal if legal and choice % 11 else EVENTS
    return events[choice % len(events)]


def played(steps: list[tuple[str, int, int]]) -> Pair:
    pair = Pair()
    for what, choice, number in steps:
        pair.now_us += SECOND_US
        if what in ("requester", "requested"):
            party = pair.requester if what == "requester" else pair.requested
            pair.say(party, chosen(party, choice, pair.now_us))
        elif what == "to-requested" and pair.to_requested:
            pair.deliver_to_requested(number)
        elif what == "to-requester" and pair.to_requester:
            pair.deliver_to_requester(number)
        elif what == "receipt" and pair.receipts:
            pair.deliver_receipt(number)
        elif what == "wait":
            pair.now_us += number * 9 * HOUR_US
    return pair


@pytest.mark.clause("CASE-003", "CASE-004", "CASE-005", "CASE-006")
@settings(max_examples=300)
@given(STEPS)
def test_however_messages_cross_both_end_with_one_history_and_equal_deadlines(
    steps: list[tuple[str, int, int]],
) -> None:
    pair = played(steps)
    pair.settle()
    theirs, ours = pair.requester.history, pair.requested.history
    assert theirs.track == ours.track
    assert theirs.head == ours.head
    assert not theirs.voided
    for wait in (0, MINUTE_US, 700 * HOUR_US):
        now_us = pair.now_us + wait
        assert deadlines(theirs.track, USUAL, (), now_us) == deadlines(ours.track, USUAL, (), now_us)


@given(STEPS)
def test_what_the_requester_sees_on_the_way_is_a_part_of_what_took_place(steps: list[tuple[str, int, int]]) -> None:
    pair = played(steps)
    seen = {moment.message for moment in pair.requester.history.track.history}
    pair.settle()
    assert seen <= {moment.message for moment in pair.requested.history.track.history}


def walk(pair: Pair, *events: tuple[Party, Event]) -> Iterator[None]:
    for party, event in events:
        pair.now_us += MINUTE_US
        assert pair.say(party, event)
        yield


@pytest.mark.clause("CASE-003")
def test_a_withdrawal_that_crosses_the_final_reply_comes_too_late_on_both_sides() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.FINAL_REPLY), (pair.requester, Event.WITHDRAW)))
    pair.settle()
    for party in (pair.requester, pair.requested):
        assert party.history.track.state is State.EXECUTED
    withdrawal = next(told for told in pair.requester.told.values() if told.kind == "case.withdraw")
    assert withdrawal.void


@pytest.mark.clause("CASE-003", "CASE-004")
def test_a_comment_that_was_accepted_between_two_events_stands_between_them_on_both_sides() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE), (pair.requester, Event.COMMENT)))
    pair.deliver_to_requested(0)
    list(walk(pair, (pair.requested, Event.ACCEPT), (pair.requested, Event.START)))
    pair.settle()
    told = [moment.event for moment in pair.requester.history.track.history]
    assert told[2:] == [Event.ACKNOWLEDGE, Event.COMMENT, Event.ACCEPT, Event.START]


@pytest.mark.clause("CASE-006")
def test_an_event_before_the_one_that_it_follows_waits() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE), (pair.requested, Event.ACCEPT)))
    first, second = pair.to_requester
    assert place_of(REQUEST, [], second) is Place.EARLY
    assert place_of(REQUEST, [], first) is Place.NEXT
    assert place_of(REQUEST, [first], second) is Place.NEXT


@pytest.mark.clause("CASE-006")
def test_an_event_that_follows_one_of_ours_without_a_receipt_waits() -> None:
    ours = Told(b"o" * 32, A, "case.comment", payload_of_event(Event.COMMENT, NOW_US), None, NOW_US)
    theirs = Told(b"t" * 32, B, "case.acknowledge", payload_of_event(Event.ACKNOWLEDGE, NOW_US), ours.hash, NOW_US)
    assert place_of(REQUEST, [ours], theirs) is Place.EARLY
    assert place_of(REQUEST, [replace(ours, accepted=Accepted(NOW_US, 1))], theirs) is Place.NEXT
    assert place_of(REQUEST, [replace(ours, void=True)], theirs) is Place.WRONG


@pytest.mark.clause("CASE-006")
def test_an_event_that_a_lost_receipt_makes_legal_waits_for_it() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE), (pair.requested, Event.ASK_INFORMATION)))
    pair.settle()
    list(walk(pair, (pair.requester, Event.SUPPLY_INFORMATION), (pair.requester, Event.COMMENT)))
    pair.deliver_to_requested(0)
    pair.deliver_to_requested(0)
    list(walk(pair, (pair.requested, Event.ACCEPT)))
    pair.deliver_receipt(1)
    (accepted,) = pair.to_requester
    with pytest.raises(EarlyEventError):
        refuse_misplaced(REQUEST, RECEIVED, list(pair.requester.told.values()), accepted, gap=False)
    pair.settle()
    assert pair.requester.history.track.state is State.ACCEPTED


@pytest.mark.clause("CASE-003", "CASE-007")
def test_an_event_that_was_overtaken_by_one_that_follows_an_event_of_the_requester_takes_its_place() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE), (pair.requester, Event.COMMENT)))
    pair.deliver_to_requested(0)
    pair.deliver_receipt(0)
    list(walk(pair, (pair.requested, Event.STATUS)))
    pair.deliver_to_requester(1)
    assert [moment.event for moment in pair.requester.history.track.history][2:] == [Event.COMMENT, Event.STATUS]
    pair.deliver_to_requester(0)
    assert pair.requester.history == pair.requested.history
    told = [moment.event for moment in pair.requester.history.track.history]
    assert told[2:] == [Event.ACKNOWLEDGE, Event.COMMENT, Event.STATUS]


@pytest.mark.clause("CASE-006", "CASE-008")
def test_an_event_that_is_not_legal_is_refused_once_nothing_is_missing_that_could_stand_before() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE), (pair.requested, Event.ACCEPT)))
    start = Told(b"s" * 32, B, "case.start", payload_of_event(Event.START, NOW_US), REQUEST.hash, NOW_US)
    with pytest.raises(EarlyEventError):
        refuse_misplaced(REQUEST, RECEIVED, [], start, gap=True)
    with pytest.raises(IllegalEventError, match="legal for the requested now: acknowledge"):
        refuse_misplaced(REQUEST, RECEIVED, [], start, gap=False)


@pytest.mark.clause("CASE-007")
def test_an_event_that_would_undo_one_that_stands_after_it_is_refused() -> None:
    pair = Pair()
    list(walk(pair, (pair.requester, Event.COMMENT)))
    pair.settle()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE)))
    known = list(pair.requested.told.values())
    late = Told(b"l" * 32, B, "case.transfer", payload_of_event(Event.TRANSFER, NOW_US), REQUEST.hash, NOW_US)
    with pytest.raises(IllegalEventError, match="stands after it"):
        refuse_misplaced(REQUEST, RECEIVED, known, late, gap=False)


@pytest.mark.clause("CASE-007")
def test_two_events_that_follow_one_are_not_both_taken() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE)))
    first = pair.to_requester[0]
    rival = replace(first, hash=b"r" * 32)
    assert place_of(REQUEST, [first], rival) is Place.WRONG
    assert place_of(REQUEST, [], replace(first, after=None)) is Place.WRONG


@pytest.mark.clause("CASE-009")
def test_what_was_refused_counts_for_nothing_and_neither_does_what_follows_it() -> None:
    pair = Pair()
    list(walk(pair, (pair.requested, Event.ACKNOWLEDGE), (pair.requested, Event.ACCEPT)))
    first = pair.to_requester[0]
    pair.requested.told[first.hash] = replace(first, void=True)
    history = pair.requested.history
    assert history.track.state is State.RECEIVED
    assert history.head == REQUEST.hash
