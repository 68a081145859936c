"""Laws of the link: any bytes, any cut, any course of events."""

from collections import deque
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from comity.errors import IdleError, RemoteError
from comity.limits import MAX_BULK_RECORD_BYTES
from comity.link import (
    BundleReceived,
    BundleRequested,
    Closed,
    ErrorReceived,
    Event,
    HeadsReceived,
    Link,
    MessageReceived,
    Opened,
    Ponged,
    ReceiptsReceived,
    State,
    TreatyReceived,
    TreatyRequested,
)
from tests.support.wire import (
    CALLEE,
    CALLER,
    HEADS,
    HELLO,
    callee,
    caller,
    drain,
    exchange,
    feed,
    flush,
    raw_pair,
    talking,
)

cuts = st.lists(st.integers(min_value=0), max_size=10)
sizes = st.one_of(st.integers(0, 300), st.integers(0, 70_000))


@given(st.binary(max_size=3_000), cuts)
@settings(max_examples=50)
def test_any_bytes_to_an_end_without_a_peer_are_refused_or_awaited_in_silence(data: bytes, cuts: list[int]) -> None:
    for link in (caller(), callee()):
        flush(link)
        try:
            assert feed(link, data, cuts=cuts) == []
            assert not link.closed
        except RemoteError:
            assert link.state is State.CLOSED
        assert flush(link) == b""


@given(st.binary(max_size=2_000), st.booleans())
@settings(max_examples=50)
def test_any_first_message_of_the_right_length_is_refused_in_silence(data: bytes, answering: bool) -> None:
    link = callee() if answering else caller()
    flush(link)
    length = 1_248 if answering else 1_152
    with pytest.raises(RemoteError):
        feed(link, length.to_bytes(2, "big") + data.ljust(length, b"\x00")[:length])
    assert flush(link) == b""
    assert link.state is State.CLOSED


@given(st.lists(st.binary(max_size=400), max_size=6), cuts)
def test_any_plaintexts_under_the_right_key_give_events_or_a_remote_error(
    plaintexts: list[bytes], cuts: list[int]
) -> None:
    raw, link = raw_pair()
    data = b""
    for plaintext in plaintexts:
        data += raw.record(plaintext)
        if plaintext == b"\x02":
            raw.rekey()
    with suppress(RemoteError):
        feed(link, data, cuts=cuts)
    for plaintext in raw.read(flush(link)):
        assert plaintext[0] in (0, 3)


@given(st.lists(st.tuples(st.sampled_from("mbrteq"), sizes), max_size=12), cuts, cuts)
def test_the_cut_of_the_stream_does_not_change_the_events(
    sent: list[tuple[str, int]], early: list[int], late: list[int]
) -> None:
    a, b = caller(), callee()
    assert exchange(a, b, cuts=early) == ([Opened(CALLEE, HELLO)], [Opened(CALLER, HELLO)])
    a.send_heads(HEADS)
    stream = [a.data_to_send(0.0)]
    expected: list[Event] = [HeadsReceived(HEADS)]
    for kind, size in sent:
        event = say(a, kind, size)
        expected += [event] if event is not None else []
        stream.append(flush(a))
    whole = b"".join(stream)
    assert feed(b, whole, cuts=late) == expected
    assert not b.closed


@given(st.lists(st.tuples(st.sampled_from("mbrteq"), st.integers(0, 300)), max_size=8), st.integers(0), st.data())
def test_an_altered_stream_gives_the_events_before_the_alteration_and_no_others(
    sent: list[tuple[str, int]], seed: int, data: st.DataObject
) -> None:
    a, b = talking()
    expected: dict[str, list[Event]] = {"control": [], "m": [], "b": []}  # in this order they leave together
    for kind, size in sent:
        event = say(a, kind, size)
        if event is not None:
            expected.get(kind, expected["control"]).append(event)
    stream = bytearray(flush(a))
    if not stream:
        return
    stream[seed % len(stream)] ^= data.draw(st.integers(1, 255))
    b.receive(bytes(stream), 0.0)
    seen: list[Event] = []
    with suppress(RemoteError):
        while (event := b.next_event()) is not None:
            seen.append(event)
    arriving = [event for events in expected.values() for event in events]
    assert seen == arriving[: len(seen)]
    assert len(seen) < len(arriving)


URGENCY = {"m": 0, "b": 3}


def say(link: Link, kind: str, size: int) -> Event | None:
    """Send something; return the event that the other end must see, None where the link does not take it now."""
    data = size.to_bytes(4, "big") + bytes(size)
    if kind in "mb":
        return MessageReceived(data, len(data) + 4) if link.send_message(data, URGENCY[kind]) else None
    if kind == "r":
        link.send_receipts(data)
        return ReceiptsReceived(data)
    if kind == "t":
        link.send_treaty(data)
        return TreatyReceived(data)
    if kind == "e":
        link.send_error(1, data[:4] * 4)
        return ErrorReceived(1, data[:4] * 4)
    return TreatyRequested(size) if link.request_treaty(size) else None


def stream_of(event: Event) -> str:
    """Return which order the event keeps: urgency is told by the size, see Conversation.send_message."""
    if isinstance(event, MessageReceived):
        routine, size = len(event.envelope) % 2, len(event.envelope)
        return ("long" if size > MAX_BULK_RECORD_BYTES else "short") if routine else "flash"
    return "control"


ORDERS = ("control", "flash", "short", "long")


class End:
    """One end in a conversation: its link, what travels to it, what it should see and has seen."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.travelling = bytearray()
        self.due: dict[str, deque[Event]] = {name: deque() for name in ORDERS}
        self.held = 0
        self.asked: list[Event] = []
        self.ended = False


class Conversation(RuleBasedStateMachine):
    """Two honest ends on a wire that delays, cuts into pieces and in the end may break.

    The model: what one end sends arrives at the other, each kind in its order, nothing else and nothing twice; honest
    ends find no fault in each other; credit is never exceeded.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    @initialize(at_once=st.booleans())
    def join(self, at_once: bool) -> None:
        self.ends = [End(caller(now=self.now)), End(callee(now=self.now))]
        self.ends[1].due["control"].append(Opened(CALLER, HELLO))
        self.ends[0].due["control"].append(Opened(CALLEE, HELLO))
        if at_once:
            self.settle()

    def sender(self, which: int) -> tuple[Link, End]:
        return self.ends[which].link, self.ends[1 - which]

    @rule(which=st.integers(0, 1))
    def send_what_waits(self, which: int) -> None:
        link, other = self.sender(which)
        other.travelling += link.data_to_send(self.now)

    @rule(which=st.integers(0, 1), share=st.floats(0, 1))
    def deliver(self, which: int, share: float) -> None:
        end = self.ends[which]
        count = round(share * len(end.travelling))
        if not count:
            return
        end.link.receive(bytes(end.travelling[:count]), self.now)
        del end.travelling[:count]
        self.read(end)

    def read(self, end: End) -> None:
        for event in drain(end.link):
            if isinstance(event, Closed):
                end.ended = True
                continue
            if isinstance(event, Ponged):  # of a PING that the link sent by itself
                continue
            assert end.due[stream_of(event)].popleft() == event
            if isinstance(event, Opened):
                link, other = end.link, self.ends[1 - self.ends.index(end)]
                link.send_heads(HEADS)
                other.due["control"].append(HeadsReceived(HEADS))
            elif isinstance(event, MessageReceived):
                end.held += event.cost
            elif isinstance(event, TreatyRequested | BundleRequested):
                end.asked.append(event)

    @rule(which=st.integers(0, 1), kind=st.sampled_from("re"), size=sizes)
    def send_control(self, which: int, kind: str, size: int) -> None:
        link, other = self.sender(which)
        if link.is_open:
            event = say(link, kind, size)
            assert event is not None
            other.due["control"].append(event)

    @rule(which=st.integers(0, 1), size=sizes, routine=st.booleans())
    def send_message(self, which: int, size: int, routine: bool) -> None:
        link, other = self.sender(which)
        if not link.is_open:
            return
        envelope, credit = bytes(2 * size + routine), link.credit
        taken = link.send_message(envelope, 3 * routine)
        assert taken == (credit >= len(envelope) + 4)
        if taken:
            event = MessageReceived(envelope, len(envelope) + 4)
            other.due[stream_of(event)].append(event)

    @rule(which=st.integers(0, 1), serial=st.integers(0, 9), bundle=st.booleans())
    def ask(self, which: int, serial: int, bundle: bool) -> None:
        link, other = self.sender(which)
        if not link.is_open:
            return
        event: Event = BundleRequested(CALLER, serial) if bundle else TreatyRequested(serial)
        if link.request_bundle(CALLER, serial) if bundle else link.request_treaty(serial):
            other.due["control"].append(event)

    @rule(which=st.integers(0, 1), held=st.booleans())
    def answer(self, which: int, held: bool) -> None:
        link, other = self.sender(which)
        asked = self.ends[which].asked
        if not (link.is_open and asked):
            return
        if not held:
            link.send_error(3, None)
            event: Event = ErrorReceived(3, None)
        elif isinstance(asked[0], TreatyRequested):
            link.send_treaty(b"treaty")
            event = TreatyReceived(b"treaty")
        else:
            link.send_bundle(b"bundle")
            event = BundleReceived(b"bundle")
        asked.pop(0)
        other.due["control"].append(event)

    @rule(which=st.integers(0, 1))
    def release(self, which: int) -> None:
        end = self.ends[which]
        if end.link.is_open:
            end.link.release(end.held)
            end.held = 0

    @rule(seconds=st.sampled_from([0.5, 3.0, 19.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for end in self.ends:
            if self.now >= end.link.deadline:
                end.link.tick(self.now)
                if end.link.closed:
                    with pytest.raises(IdleError):
                        end.link.next_event()

    @precondition(lambda self: all(end.link.is_open for end in self.ends))
    @rule()
    def a_quarter_of_an_hour_passes(self) -> None:
        """Both keep their clocks, so the link stays; its keys change."""
        self.settle()
        for _ in range(50):
            self.time_passes(19.0)
            self.settle()
        assert all(end.link.is_open for end in self.ends)

    @rule(chance=st.integers(0, 9))
    def both_fall_silent(self, chance: int) -> None:
        if chance == 0:
            for _ in range(4):
                self.time_passes(19.0)
            assert all(end.link.closed for end in self.ends)

    @rule()
    def settle(self) -> None:
        """All that travels arrives, until both are silent; then nothing that was due is missing."""
        for _ in range(1_000):
            for which in (0, 1):
                self.send_what_waits(which)
                self.deliver(which, 1.0)
            if not any(end.travelling for end in self.ends) and not any(end.link.backlog for end in self.ends):
                break
        else:
            raise AssertionError("the ends do not become silent")
        if all(end.link.is_open for end in self.ends):
            assert not any(queue for end in self.ends for queue in end.due.values())

    @precondition(lambda self: all(end.link.is_open for end in self.ends))
    @rule(which=st.integers(0, 1), code=st.sampled_from([0, 7, 8, 27]), chance=st.integers(0, 9))
    def close(self, which: int, code: int, chance: int) -> None:
        if chance:
            return
        link, other = self.sender(which)
        link.close(code)
        other.travelling += flush(link, self.now)
        other.link.receive(bytes(other.travelling), self.now)
        other.travelling.clear()
        self.read(other)
        assert other.ended
        assert other.link.state is State.CLOSED
        if code != 27:
            assert not any(other.due[order] for order in ("control", "flash", "short"))

    @rule(which=st.integers(0, 1), chance=st.integers(0, 9))
    def hang_up(self, which: int, chance: int) -> None:
        if chance:
            return
        end = self.ends[which]
        end.travelling.clear()
        was_closed = end.link.closed
        end.link.receive(b"", self.now)
        self.read(end)
        assert end.ended or was_closed
        assert end.link.data_to_send(self.now) == b""

    @invariant()
    def credit_is_never_negative(self) -> None:
        for end in getattr(self, "ends", []):
            assert 0 <= end.link.credit <= 2 * HELLO.window


TestConversation: Any = Conversation.TestCase
TestConversation.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
