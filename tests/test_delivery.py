"""The queue of one recipient, against a plain model; and what a link does with urgency."""

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from comity.delivery import MAX_FLIGHTS, PAGE, Due, Flight, Gap, Queue, Recognition, gaps, pause_s, recognise, state_of
from comity.errors import EarlyEventError, LocalError
from comity.limits import FLASH_RESERVE_BYTES, MAX_LEVELS, MAX_RETRY_S, MIN_WINDOW_BYTES, RETRY_S
from comity.link import MessageReceived
from tests.support.wire import exchange, feed, flush, talking

NOW_US = 1_000_000


def due(position: int, urgency: int = 3, expires_us: int = 10**15, attempts: int = 0) -> Due[None]:
    return Due(position, urgency, bytes(16), position.to_bytes(16, "big"), bytes(32), expires_us, attempts, None)


class Model:
    """A store with everything that waits, and the queue that is filled from it."""

    def __init__(self) -> None:
        self.queue: Queue[None] = Queue()
        self.stored: dict[int, Due[None]] = {}
        self.reads = 0
        self.last = 0

    def keep(self, urgency: int, expires_us: int = 10**15) -> Due[None]:
        self.last += 1
        made = due(self.last, urgency, expires_us)
        self.stored[made.position] = made
        self.queue.offer(made)
        return made

    def fill(self) -> None:
        while (wanted := self.queue.wanted()) is not None:
            urgency, after = wanted
            page = [d for d in self.stored.values() if d.urgency == urgency and d.position > after][:PAGE]
            self.queue.fill(urgency, page)
            self.reads += 1

    def next(self, now_us: int = NOW_US) -> Due[None] | None:
        while True:
            self.fill()
            first = self.queue.first(now_us)
            if first is not None or self.queue.wanted() is None:
                return first

    def send(self, now: float = 0.0) -> Due[None] | None:
        first = self.next()
        if first is not None:
            self.queue.sent(first, now, NOW_US, 0.5)
        return first


@pytest.mark.clause("DELIV-003")
def test_a_flash_message_overtakes_everything_that_waits() -> None:
    model = Model()
    routine = [model.keep(3) for _ in range(3 * PAGE)]
    assert model.send() == routine[0]
    flash = model.keep(0)
    assert model.send() == flash
    assert [model.send() for _ in range(3 * PAGE - 1)] == routine[1:]
    assert model.send() is None


@given(st.lists(st.integers(0, 3), max_size=200))
def test_what_waits_leaves_by_urgency_and_then_by_age_and_nothing_is_left_out(urgencies: list[int]) -> None:
    model = Model()
    kept = [model.keep(urgency) for urgency in urgencies]
    left = []
    while (first := model.send()) is not None:
        left.append(first)
    assert left == sorted(kept, key=lambda one: (one.urgency, one.position))


@pytest.mark.clause("DELIV-009")
def test_what_has_expired_does_not_leave() -> None:
    model = Model()
    over, at_the_end, in_time = (model.keep(3, NOW_US + shift) for shift in (-1, 0, 1))
    assert model.send() == in_time
    assert model.send() is None
    assert {over.id, at_the_end.id}.isdisjoint(model.queue.flights)


@pytest.mark.clause("DELIV-007", "DELIV-008")
@given(st.integers(1, 10**6), st.floats(0, 1))
def test_pauses_grow_to_a_bound_and_differ_by_a_fifth(attempts: int, share: float) -> None:
    whole = min(RETRY_S * 2 ** min(attempts - 1, 30), MAX_RETRY_S)
    assert 0.8 * whole - 1e-9 <= pause_s(attempts, share) <= 1.2 * whole + 1e-9


@pytest.mark.clause("DELIV-007")
def test_what_has_no_receipt_is_due_again_after_its_pause_and_not_before() -> None:
    model = Model()
    sent = model.keep(2)
    for attempt, pause in ((1, 30.0), (2, 60.0), (3, 120.0), (4, 240.0), (5, 480.0), (6, 600.0), (7, 600.0)):
        model.send(now=1_000.0 * attempt)
        assert model.queue.deadline == 1_000.0 * attempt + pause
        assert model.queue.overdue(1_000.0 * attempt + pause - 0.001) == []
        ((message_id, flight),) = model.queue.overdue(1_000.0 * attempt + pause)
        assert (message_id, flight.attempts) == (sent.id, attempt)
        model.queue.again(due(flight.position, 2, attempts=flight.attempts))
    assert model.next() is not None


def test_a_receipt_ends_it_and_a_problem_is_remembered() -> None:
    model = Model()
    first, second = model.keep(1), model.keep(1)
    model.send(), model.send()
    model.queue.problem(first.id, 16)
    model.queue.problem(b"unknown", 16)
    assert [flight.code for flight in model.queue.flights.values()] == [16, 0]
    model.queue.drop(first.id)
    assert list(model.queue.flights) == [second.id]
    model.queue.again(due(second.position, 1, attempts=1))
    model.queue.drop(second.id)  # its receipt came while it waited to be sent again
    assert model.next() is None


@pytest.mark.clause("DELIV-003", "DELIV-015")
def test_a_receipt_brings_back_soon_and_in_order_what_was_early_in_its_case() -> None:
    queue: Queue[None] = Queue()
    case, other = b"c" * 16, b"o" * 16
    first, second, third, elsewhere = (
        Due(n, 3, of, bytes([n]) * 16, bytes(32), 10**15, 5, None)
        for n, of in enumerate((case, case, case, other), start=1)
    )
    queue.fill(3, [first, second, third, elsewhere])
    for due_now in (first, second, third, elsewhere):
        queue.sent(due_now, 0.0, NOW_US, 0.5)
    for one in (third, second, elsewhere):
        queue.problem(one.id, EarlyEventError.code)
    assert queue.overdue(20.0) == []
    assert queue.settled(first.id)
    assert queue.overdue(19.9) == []
    for message_id, flight in queue.overdue(20.0):
        back = {one.id: one for one in (second, third)}[message_id]
        queue.again(replace(back, attempts=flight.attempts))
    assert [queue.first(NOW_US)] == [replace(second, attempts=6)]
    queue.sent(replace(second, attempts=6), 20.0, NOW_US, 0.5)
    assert queue.first(NOW_US) == replace(third, attempts=6)
    assert list(queue.flights) == [elsewhere.id, second.id]
    assert queue.overdue(20.0) == []
    assert not queue.settled(second.id), "what is called early once more waits its pause"


def test_what_is_overdue_together_leaves_in_the_order_in_which_it_was_kept() -> None:
    model = Model()
    kept = [model.keep(2) for _ in range(3)]
    for _ in kept:
        model.send()
    for _, flight in model.queue.overdue(31.0):
        model.queue.again(due(flight.position, 2, attempts=flight.attempts))
    assert [one.position for one in iter(model.send, None)] == [one.position for one in kept]


def test_a_peer_that_gives_no_receipts_holds_a_bounded_number_and_flash_still_goes() -> None:
    model = Model()
    for _ in range(MAX_FLIGHTS + PAGE):
        model.keep(3)
    assert sum(1 for _ in iter(model.send, None)) == MAX_FLIGHTS
    flash = model.keep(0)
    assert model.send() == flash
    assert model.send() is None
    model.queue.drop(next(iter(model.queue.flights)))
    model.queue.drop(next(iter(model.queue.flights)))
    assert model.send() is not None
    late: list[bytes] = []
    while overdue := model.queue.overdue(31.0):
        assert len(overdue) <= PAGE
        for message_id, _ in overdue:
            late.append(message_id)
            model.queue.drop(message_id)
    assert len(late) == len(set(late)) == MAX_FLIGHTS


def test_the_queue_holds_a_page_of_each_urgency_at_most() -> None:
    model = Model()
    model.fill()
    for _ in range(5 * PAGE):
        model.keep(3)
    assert sum(len(level.waiting) for level in model.queue._levels) == PAGE
    assert sum(1 for _ in iter(model.send, None)) == 5 * PAGE
    assert model.reads <= 5 + 4 + 4


class Courses(RuleBasedStateMachine):
    """Any course of keeping, sending, receipts and time: everything leaves, in order, until its receipt has come."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = 0.0
        self.receipted: set[bytes] = set()
        self.left: dict[bytes, list[float]] = {}

    @rule(urgency=st.integers(0, 3))
    def keep(self, urgency: int) -> None:
        self.model.keep(urgency)

    @rule(count=st.integers(1, 5))
    def send(self, count: int) -> None:
        for _ in range(count):
            first = self.model.next()
            waiting = [
                d for d in self.model.stored.values() if d.id not in self.receipted | set(self.model.queue.flights)
            ]
            assert (first is None) == (not waiting)
            if first is None:
                return
            assert first.urgency == min(d.urgency for d in waiting)
            self.model.queue.sent(first, self.now, NOW_US, 0.5)
            self.left.setdefault(first.id, []).append(self.now)

    @rule(seconds=st.sampled_from([0.0, 1.0, 29.0, 31.0, 700.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for message_id, flight in self.model.queue.overdue(self.now):
            kept = self.model.stored[flight.position]
            assert kept.id == message_id
            self.model.queue.again(due(flight.position, kept.urgency, attempts=flight.attempts))

    @precondition(lambda self: self.model.queue.flights)
    @rule(data=st.data())
    def receipt(self, data: Any) -> None:
        message_id = data.draw(st.sampled_from(sorted(self.model.queue.flights)))
        self.model.queue.drop(message_id)
        self.receipted.add(message_id)

    @rule()
    def new_link(self) -> None:
        waiting = {n: kept for n, kept in self.model.stored.items() if kept.id not in self.receipted}
        last, self.model = self.model.last, Model()
        self.model.stored, self.model.last = waiting, last
        self.receipted.clear()
        self.left.clear()

    @invariant()
    def no_message_leaves_twice_before_its_pause(self) -> None:
        for times in self.left.values():
            for attempt, (one, other) in enumerate(itertools.pairwise(times), 1):
                assert other - one >= pause_s(attempt, 0.0)

    @invariant()
    def the_deadline_is_that_of_the_next_flight_or_earlier(self) -> None:
        flights: list[Flight] = list(self.model.queue.flights.values())
        assert self.model.queue.deadline <= min((flight.again for flight in flights), default=math.inf)


TestCourses = Courses.TestCase


@pytest.mark.clause("DELIV-002")
@given(
    sent=st.booleans(), expired=st.booleans(), accepted=st.sampled_from([None, False, True]),
    read=st.booleans(), answered=st.booleans(),
)  # fmt: skip
def test_a_new_fact_never_leads_back_in_the_table(
    sent: bool, expired: bool, accepted: bool | None, read: bool, answered: bool
) -> None:
    order = ["kept", "sent", "expired", "refused", "at-peer", "read", "answered"]
    before = state_of(sent=sent, expired=expired, accepted=accepted, read=read, answered=answered)
    for after in (
        state_of(sent=True, expired=expired, accepted=accepted, read=read, answered=answered),
        state_of(sent=sent, expired=True, accepted=accepted, read=read, answered=answered),
        state_of(sent=sent, expired=expired, accepted=True, read=read, answered=answered),
        state_of(sent=sent, expired=expired, accepted=accepted, read=True, answered=answered),
        state_of(sent=sent, expired=expired, accepted=accepted, read=read, answered=True),
    ):
        assert order.index(after.value) >= order.index(before.value)


def test_a_message_is_new_repeated_or_under_a_used_id() -> None:
    assert recognise(None, b"h") is Recognition.NEW
    assert recognise(b"h", b"h") is Recognition.REPEATED
    assert recognise(b"g", b"h") is Recognition.REUSED


@pytest.mark.clause("DELIV-013")
@given(st.sets(st.integers(0, 60)))
def test_gaps_and_numbers_together_are_everything_up_to_the_highest(numbers: set[int]) -> None:
    found = gaps(numbers)
    missing = {number for gap in found for number in range(gap.first, gap.last + 1)}
    assert missing == set(range(max(numbers, default=-1) + 1)) - numbers
    assert all(isinstance(gap, Gap) and gap.first <= gap.last for gap in found)


# --- on the wire -----------------------------------------------------------------------------------------------------


def envelopes_of(events: list[Any]) -> list[bytes]:
    return [event.envelope for event in events if isinstance(event, MessageReceived)]


@pytest.mark.clause("DELIV-004")
def test_on_the_wire_the_more_urgent_overtakes_what_waits_in_its_lane() -> None:
    a, b = talking()
    short = [(3, b"routine"), (1, b"urgent"), (2, b"priority"), (0, b"flash"), (1, b"urgent too")]
    for urgency, envelope in short:
        a.send_message(envelope, urgency)
    assert envelopes_of(feed(b, flush(a))) == [b"flash", b"urgent", b"urgent too", b"priority", b"routine"]


@pytest.mark.clause("DELIV-004")
def test_a_message_that_has_begun_to_leave_is_finished_first() -> None:
    a, b = talking()
    long = {urgency: bytes([urgency]) * 20_000 for urgency in (1, 2, 3)}
    a.send_message(long[3], 3)
    begun = a.data_to_send(0.0)
    a.send_message(long[2], 2)
    a.send_message(long[1], 1)
    assert envelopes_of(feed(b, begun + flush(a))) == [long[3], long[1], long[2]]


@pytest.mark.clause("DELIV-005")
def test_a_long_flash_message_does_not_wait_behind_bulk() -> None:
    a, b = talking()
    a.send_message(b"r" * 100_000, 3)
    begun = a.data_to_send(0.0)
    a.send_message(b"f" * 100_000, 0)
    assert [envelope[:1] for envelope in envelopes_of(feed(b, begun + flush(a)))] == [b"f", b"r"]


@pytest.mark.clause("DELIV-006")
def test_the_last_credit_is_kept_for_flash() -> None:
    a, b = talking()
    largest = bytes(MIN_WINDOW_BYTES - FLASH_RESERVE_BYTES - 4)
    assert len(largest) == 294_912  # an envelope of any size fits into the smallest window beside the reserve
    for urgency in (1, 2, 3):
        assert a.fits(largest, urgency)
        assert not a.fits(largest + b"x", urgency)
    assert a.send_message(largest, 3)
    assert not any(a.fits(b"", urgency) for urgency in (1, 2, 3))
    assert a.fits(bytes(FLASH_RESERVE_BYTES - 4), 0)
    assert not a.fits(bytes(FLASH_RESERVE_BYTES - 3), 0)
    exchange(a, b)


def test_an_urgency_that_there_is_not_is_refused() -> None:
    a, _ = talking()
    for urgency in (-1, MAX_LEVELS):
        with pytest.raises(LocalError):
            a.send_message(b"x", urgency)
    assert a.backlog == 0
    assert a.send_message(b"x", MAX_LEVELS - 1)
