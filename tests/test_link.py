"""The life of a link: handshake, records, time, end."""

import math
import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from comity.encoding import encode
from comity.errors import (
    AuthenticationError,
    IdleError,
    LimitError,
    LocalError,
    MalformedError,
    NotActiveError,
    OutOfTurnError,
    RemoteError,
    UnsupportedError,
)
from comity.frames import encode_frame
from comity.keys import LinkKey
from comity.labels import labelled
from comity.link import (
    NEXT,
    PROTOCOL_NAME,
    Closed,
    HeadsReceived,
    Hello,
    Link,
    MessageReceived,
    Opened,
    Ponged,
    State,
    Step,
)
from comity.link.handshake import prologue
from comity.link.states import after
from comity.noise import HandshakeState
from tests.support import wire
from tests.support.wire import (
    CALLEE,
    CALLER,
    HEADS,
    HEADS_FRAME,
    HELLO,
    IGNORED_FRAME,
    RawPeer,
    callee,
    caller,
    drain,
    exchange,
    feed,
    flush,
    messages_in,
    opened,
    raw_pair,
    talking,
)

STRANGER = LinkKey.from_seed(b"s" * 32)
OTHER_VERSIONS = encode({"agent": "test 2", "versions": [2, 3], "window": 327_680})
BULK_HELLO = Hello(agent="test 1", versions=(1,), window=16_777_216)


def refused(link: Link, data: bytes, error: type[RemoteError] = RemoteError, now: float = 0.0) -> RemoteError:
    """Hand data to the link and return its refusal."""
    with pytest.raises(error) as caught:
        feed(link, data, now)
    assert link.closed
    assert drain(link) == []
    return caught.value


def assert_silent(link: Link) -> None:
    assert link.state is State.CLOSED
    assert flush(link) == b""
    assert link.deadline == math.inf


# --- the table of states ---------------------------------------------------------------------------------------------


def test_a_step_that_is_not_in_the_table_is_out_of_turn() -> None:
    for state in State:
        for step in Step:
            if (state, step) in NEXT:
                assert after(state, step) is NEXT[state, step]
            else:
                with pytest.raises(OutOfTurnError):
                    after(state, step)


def test_nothing_leads_out_of_closed_and_every_state_leads_there() -> None:
    assert not [pair for pair in NEXT if pair[0] is State.CLOSED]
    reaching = {State.CLOSED}
    for _ in State:
        reaching |= {state for (state, _), following in NEXT.items() if following in reaching}
    assert reaching == set(State)


# --- the handshake ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("LINK-002", "LINK-005", "LINK-006", "LINK-014")
def test_both_ends_know_each_other_after_three_messages() -> None:
    a, b = caller(), callee()
    first = flush(a)
    assert [len(message) for message in messages_in(first)] == [1_248]
    assert feed(b, first) == []
    second = flush(b)
    assert [len(message) for message in messages_in(second)] == [1_152 + len(encode(HELLO))]
    assert feed(a, second) == [Opened(CALLEE, HELLO)]
    third = flush(a)
    assert [len(message) for message in messages_in(third)] == [64 + len(encode(HELLO))]
    assert feed(b, third) == [Opened(CALLER, HELLO)]
    assert (a.peer, b.peer) == (CALLEE, CALLER)
    assert a.is_open
    assert b.is_open
    assert flush(a) == flush(b) == b""


@pytest.mark.clause("LINK-001")
def test_the_prologue_names_protocol_version_and_treaty() -> None:
    assert prologue(wire.TREATY_ID) == labelled(b"comity-v1 link-prologue", b"\x01" + wire.TREATY_ID)


@pytest.mark.clause("LINK-001", "LINK-007", "ERR-004")
@pytest.mark.parametrize("call", [caller(treaty_id=bytes(32)), caller(peer_key=STRANGER.public.data)])
def test_a_call_for_another_treaty_or_key_meets_silence(call: Link) -> None:
    link = callee()
    refused(link, flush(call), AuthenticationError)
    assert_silent(link)


@pytest.mark.clause("LINK-005", "LINK-008")
@pytest.mark.parametrize("length", [0, 1, 1_247, 1_249, 65_535])
def test_a_first_message_of_another_length_is_refused_at_its_prefix(length: int) -> None:
    link = callee()
    refused(link, length.to_bytes(2, "big"), MalformedError)
    assert_silent(link)


def test_a_first_message_with_a_payload_is_refused() -> None:
    link = callee()
    refused(link, RawPeer(first_payload=b"x").first, MalformedError)
    assert_silent(link)


@pytest.mark.clause("LINK-009")
@pytest.mark.parametrize(("length", "passes"), [(1_151, False), (1_152, True), (2_176, True), (2_177, False)])
def test_a_second_message_of_an_impossible_length_is_refused_at_its_prefix(length: int, passes: bool) -> None:
    link = caller()
    flush(link)
    if passes:
        assert feed(link, length.to_bytes(2, "big")) == []
        assert link.state is State.CALLING
    else:
        refused(link, length.to_bytes(2, "big"), MalformedError)
        assert_silent(link)


@pytest.mark.clause("LINK-009", "LINK-011")
@pytest.mark.parametrize(("length", "passes"), [(63, False), (64, True), (1_088, True), (1_089, False)])
def test_a_third_message_of_an_impossible_length_is_refused_at_its_prefix(length: int, passes: bool) -> None:
    link = callee()
    feed(link, flush(caller()))
    flush(link)
    if passes:
        assert feed(link, length.to_bytes(2, "big")) == []
        assert link.state is State.IDENTIFYING
    else:
        refused(link, length.to_bytes(2, "big"), MalformedError)
        assert_silent(link)


@pytest.mark.clause("LINK-010", "LINK-011", "ERR-004")
@pytest.mark.parametrize(
    "known", [{}, {STRANGER.public.data: CALLER}, {wire.CALLER_KEY.public.data: CALLEE}], ids=["none", "other", "own"]
)
def test_a_caller_whose_key_is_not_one_of_the_peers_meets_silence(known: dict[bytes, str]) -> None:
    a, b = caller(), callee(known=known)
    feed(b, flush(a))
    feed(a, flush(b))
    refused(b, flush(a), NotActiveError)
    assert b.peer is None
    assert_silent(b)


@pytest.mark.clause("LINK-010")
def test_the_keys_of_the_peers_are_asked_when_the_caller_shows_its_own() -> None:
    known = dict(wire.KNOWN)
    a, b = caller(), callee(known=known)
    feed(b, flush(a))
    feed(a, flush(b))
    known.clear()
    refused(b, flush(a), NotActiveError)


@pytest.mark.clause("LINK-013", "LINK-011")
@pytest.mark.parametrize(
    ("hello", "error"),
    [
        (OTHER_VERSIONS, UnsupportedError),
        (encode({"agent": "", "versions": [1], "window": 327_680}), MalformedError),
        (encode({"agent": "x" * 65, "versions": [1], "window": 327_680}), MalformedError),
        (encode({"agent": "x", "versions": [], "window": 327_680}), MalformedError),
        (encode({"agent": "x", "versions": list(range(9)), "window": 327_680}), MalformedError),
        (encode({"agent": "x", "versions": [2, 1], "window": 327_680}), MalformedError),
        (encode({"agent": "x", "versions": [1, 1], "window": 327_680}), MalformedError),
        (encode({"agent": "x", "versions": [1], "window": 327_679}), MalformedError),
        (encode({"agent": "x", "versions": [1], "window": 16_777_217}), MalformedError),
        (encode({"agent": "x", "versions": [1]}), MalformedError),
        (b"\x00" * 1_009, RemoteError),
    ],
)
def test_a_hello_that_is_none_or_lacks_version_1_ends_the_call(hello: bytes, error: type[RemoteError]) -> None:
    raw, link = RawPeer(hello=hello), callee()
    feed(link, raw.first)
    refused(link, raw.third(flush(link)), error)
    assert_silent(link)


@pytest.mark.clause("LINK-013")
def test_a_caller_leaves_a_callee_that_does_not_speak_version_1() -> None:
    noise = HandshakeState(
        PROTOCOL_NAME, initiator=False, prologue=prologue(wire.TREATY_ID), s=wire.CALLEE_KEY, e=b"f" * 32
    )
    link = caller()
    noise.read_message(flush(link)[2:])
    refused(link, wire.prefix(noise.write_message(OTHER_VERSIONS)), UnsupportedError)
    assert_silent(link)


@pytest.mark.parametrize(
    "hello",
    [
        Hello(agent="x", versions=(2,), window=327_680),
        Hello(agent="", versions=(1,), window=327_680),
        Hello(agent="x", versions=(1,), window=1),
    ],
)
def test_a_hello_of_ours_that_a_peer_would_refuse_makes_no_link(hello: Hello) -> None:
    for make in (caller, callee):
        with pytest.raises(LocalError):
            make(hello)


def test_a_party_does_not_call_itself() -> None:
    with pytest.raises(LocalError):
        Link.initiator(
            wire.TREATY_ID,
            wire.CALLER_KEY,
            CALLER,
            wire.CALLEE_KEY.public.data,
            CALLER,
            HELLO,
            bytes(32),
            bytes(64),
            0.0,
        )


def alterations(message: bytes) -> list[bytes]:
    """Return message with each byte set to two other values."""
    altered = []
    for position in range(len(message)):
        for change in (0x80, 1 + position % 127):
            copy = bytearray(message)
            copy[position] ^= change
            altered.append(bytes(copy))
    return altered


def assert_refused_or_awaited(link: Link, data: bytes) -> None:
    """An altered prefix may announce more bytes, which never come; all else is refused at once. Nothing is sent."""
    state = link.state
    try:
        assert feed(link, data) == []
        assert link.state is state
        link.tick(5.0)
        with pytest.raises(IdleError):
            link.next_event()
    except RemoteError:
        pass
    assert_silent(link)


@pytest.mark.clause("LINK-007", "ERR-004")
def test_every_altered_byte_of_message_1_is_refused_in_silence() -> None:
    for altered in alterations(flush(caller())):
        link = callee()
        assert_refused_or_awaited(link, altered)


@pytest.mark.clause("ERR-004")
@pytest.mark.slow
def test_every_altered_byte_of_message_2_is_refused_in_silence() -> None:
    link = callee()
    feed(link, flush(caller()))
    for altered in alterations(flush(link)):
        call = caller()  # the same keys, so message 2 is an answer to its message 1 as well
        flush(call)
        assert_refused_or_awaited(call, altered)


@pytest.mark.clause("LINK-011", "ERR-004")
def test_every_altered_byte_of_message_3_is_refused_in_silence() -> None:
    for number in range(2 * (2 + 64 + len(encode(HELLO)))):
        a, b = caller(), callee()
        feed(b, flush(a))
        feed(a, flush(b))
        assert_refused_or_awaited(b, alterations(flush(a))[number])


def test_a_replayed_call_gets_no_further_than_message_2() -> None:
    a, b = caller(), callee()
    first = flush(a)
    feed(b, first)
    feed(a, flush(b))
    third = flush(a)
    again = Link.responder(wire.TREATY_ID, wire.CALLEE_KEY, wire.KNOWN, CALLEE, HELLO, b"n" * 32, 0.0)
    assert feed(again, first) == []
    flush(again)
    refused(again, third, AuthenticationError)
    assert_silent(again)


def test_an_unknown_caller_is_refused_before_it_has_sent_what_one_may() -> None:
    noise = random.Random(1)
    for _ in range(20):
        link, sent = callee(), 0
        assert link.read_bytes == 8_192
        data = flush(caller()) + noise.randbytes(8_192)
        while not link.closed:
            with suppress(RemoteError):
                feed(link, data[sent : sent + 10])
            sent += 10
        assert sent < 8_192
    assert opened()[1].read_bytes > 8_192


@pytest.mark.clause("LINK-012")
@pytest.mark.parametrize("make", [caller, callee])
def test_a_handshake_that_takes_five_seconds_ends_in_silence(make: Callable[..., Link]) -> None:
    link = make(now=100.0)
    flush(link, 100.0)
    assert link.deadline == 105.0
    link.tick(104.9)
    assert not link.closed
    link.tick(105.0)
    assert_silent(link)
    with pytest.raises(IdleError):
        link.next_event()
    assert link.next_event() is None


@pytest.mark.clause("LINK-012")
def test_the_five_seconds_count_from_the_beginning_of_the_connection() -> None:
    link = callee(now=100.0)
    feed(link, flush(caller()), now=104.0)
    assert link.deadline == 105.0


def test_a_closed_handshake_ends_without_a_word() -> None:
    for make in (caller, callee):
        link = make()
        link.close(8)
        assert_silent(link)


def test_nothing_can_be_sent_before_the_link_is_open() -> None:
    for link in (caller(), callee()):
        for send in sends(link):
            with pytest.raises(LocalError):
                send()
        assert (link.credit, link.backlog) == (0, 0)


def sends(link: Link) -> list[Callable[[], object]]:
    return [
        lambda: link.send_heads(HEADS),
        lambda: link.send_message(b"x"),
        lambda: link.send_receipts(b"x"),
        lambda: link.request_treaty(1),
        lambda: link.send_treaty(b"x"),
        lambda: link.request_bundle(CALLER, 1),
        lambda: link.send_bundle(b"x"),
        lambda: link.send_error(3, None),
        lambda: link.release(0),
    ]


# --- records ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("LINK-016")
def test_a_record_that_does_not_decrypt_ends_the_link_without_a_word() -> None:
    for position in (2, 10, -1):
        a, b = talking()
        a.send_receipts(b"receipts")
        record = bytearray(flush(a))
        record[position] ^= 1
        b.send_receipts(b"that wait")
        refused(b, bytes(record), AuthenticationError)
        assert_silent(b)


@pytest.mark.clause("LINK-016")
@pytest.mark.parametrize("length", [0, 1, 15, 16])
def test_a_record_that_is_too_short_ends_the_link_without_a_word(length: int) -> None:
    _, link = raw_pair()
    refused(link, wire.prefix(bytes(length)), AuthenticationError)
    assert_silent(link)


@pytest.mark.clause("LINK-017", "LINK-028", "ERR-003")
@pytest.mark.parametrize(
    "plaintext", [b"", b"\x00", b"\x01", b"\x02x", b"\x03", b"\x03\x00", b"\x03\x00\x00\x00", b"\x04x", b"\xff"]
)
def test_a_record_without_a_known_type_or_a_fitting_length_closes_the_link(plaintext: bytes) -> None:
    raw, link = raw_pair()
    refused(link, raw.record(plaintext), MalformedError)
    assert raw.read(flush(link)) == [b"\x03\x00\x01"]
    assert_silent(link)


@pytest.mark.clause("LINK-014", "LINK-015", "LINK-023")
def test_large_frames_are_cut_into_records_of_bounded_size() -> None:
    a, b = talking(BULK_HELLO)
    envelopes = [bytes([number]) * 294_912 for number in range(3)]
    a.send_message(envelopes[0], urgency=0)
    a.send_message(envelopes[1], urgency=0)
    interactive = flush(a)
    a.send_message(envelopes[2])
    bulk = flush(a)
    assert max(len(record) for record in messages_in(interactive)) == 65_535
    assert max(len(record) for record in messages_in(bulk)) == 16_384
    events = feed(b, interactive + bulk)
    assert events == [MessageReceived(envelope, 294_916) for envelope in envelopes]


def test_many_small_frames_share_a_record() -> None:
    a, _ = talking()
    for _ in range(20):
        a.send_message(bytes(2_500))
    assert a.backlog == 20 * 2_504
    assert len(messages_in(a.data_to_send(0.0))) == 1
    assert a.backlog == 0


@pytest.mark.clause("LINK-018", "LINK-020", "LIMIT-001")
@pytest.mark.slow
def test_the_key_changes_with_the_65536th_record() -> None:
    raw, link = raw_pair()
    types = bytearray(b"\x00")  # HEADS was the first record
    for _ in range(65_540):
        link.send_error(1, None)
        types += b"".join(plaintext[:1] for plaintext in raw.read(link.data_to_send(0.0)))
    assert [number for number, type in enumerate(types, 1) if type == 2] == [65_536]
    assert len(types) == 65_542


@pytest.mark.clause("LINK-021", "LINK-020", "LIMIT-002")
@pytest.mark.parametrize("change", [False, True])
def test_a_65537th_record_under_one_key_is_refused(change: bool) -> None:
    raw, link = raw_pair()  # HEADS was the first record
    for _ in range(65_534):
        link.receive(raw.record(b"\x00" + IGNORED_FRAME), 0.0)
        assert link.next_event() is None
    feed(link, raw.record(b"\x02" if change else b"\x00" + IGNORED_FRAME))
    if change:
        raw.rekey()
        feed(link, raw.record(b"\x00" + IGNORED_FRAME))
        assert not link.closed
    else:
        refused(link, raw.record(b"\x02"), LimitError)
        assert raw.read(flush(link)) == [b"\x03\x00\x04"]


@pytest.mark.clause("LINK-019", "LINK-020")
def test_the_key_changes_before_a_record_when_it_is_ten_minutes_old() -> None:
    raw, link = raw_pair()
    seen = []
    for now in (599.9, 600.0, 1_199.0, 1_200.0):
        link.send_error(1, None)
        seen.append([plaintext[0] for plaintext in raw.read(flush(link, now))])
    assert seen == [[0], [2, 0], [0], [2, 0]]


@pytest.mark.clause("LINK-020")
def test_what_follows_a_rekey_record_needs_the_new_key() -> None:
    raw, link = raw_pair()
    feed(link, raw.record(b"\x02"))
    refused(link, raw.record(b"\x00" + IGNORED_FRAME), AuthenticationError)
    assert_silent(link)


@pytest.mark.clause("LINK-022")
def test_an_interactive_frame_overtakes_a_bulk_message_at_the_next_record() -> None:
    a, b = talking()
    a.send_message(bytes(100_000))
    early = a.data_to_send(0.0)
    assert len(early) <= 16_386
    a.send_message(b"urgent")
    events = feed(b, early + flush(a))
    assert [len(event.envelope) for event in events if isinstance(event, MessageReceived)] == [6, 100_000]


@pytest.mark.clause("LINK-022")
def test_no_bulk_record_leaves_while_interactive_bytes_wait() -> None:
    raw, link = raw_pair()
    link.send_message(bytes(16_385))
    for _ in range(10):
        link.send_receipts(bytes(100_000))
    types = [plaintext[0] for plaintext in raw.read(flush(link))]
    assert types == [0] * (len(types) - 2) + [1, 1]


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("LINK-026", "FRAME-013")
def test_a_side_that_hears_nothing_for_twenty_seconds_asks_and_is_answered() -> None:
    a, b = talking()
    assert a.deadline == 20.0
    a.tick(19.9)
    assert flush(a, 19.9) == b""
    a.tick(20.0)
    ping = flush(a, 20.0)
    assert ping
    assert a.deadline == 60.0
    assert feed(b, ping, 21.0) == []
    assert feed(a, flush(b, 21.0), 22.0) == [Ponged((1).to_bytes(8, "big"))]
    assert a.deadline == 42.0
    assert b.deadline == 41.0


@pytest.mark.clause("LINK-026")
def test_each_silence_is_asked_about_anew() -> None:
    a, b = talking()
    for count, now in enumerate((20.0, 40.0, 60.0, 80.0), 1):
        a.tick(now)
        assert exchange(a, b, now) == ([Ponged(count.to_bytes(8, "big"))], [])
        assert a.deadline == now + 20.0


@pytest.mark.clause("LINK-027")
def test_a_side_that_hears_nothing_for_a_minute_closes_with_code_5() -> None:
    raw, link = raw_pair()
    link.tick(20.0)
    assert raw.read(flush(link, 20.0))[0][:2] == b"\x00\x09"
    link.send_receipts(b"that wait")
    link.tick(59.9)
    assert not link.closed
    link.tick(60.0)
    assert link.closed
    with pytest.raises(IdleError):
        link.next_event()
    assert link.next_event() is None
    assert raw.read(flush(link, 60.0)) == [b"\x03\x00\x05"]
    assert_silent(link)


@pytest.mark.clause("LINK-027")
def test_bytes_that_make_no_record_do_not_count_as_heard() -> None:
    raw, link = raw_pair()
    record = raw.record(b"\x00" + IGNORED_FRAME)
    feed(link, record[:-1], now=10.0)
    assert link.deadline == 20.0
    feed(link, record[-1:], now=15.0)
    assert link.deadline == 35.0


@pytest.mark.clause("LINK-032")
def test_a_link_ends_in_order_when_it_is_a_day_old() -> None:
    raw, link = raw_pair()
    feed(link, raw.record(b"\x00" + IGNORED_FRAME), now=86_399.0)
    assert link.deadline == 86_400.0
    link.tick(86_400.0)
    assert raw.read(flush(link, 86_399.0))[-1] == b"\x03\x00\x00"
    assert_silent(link)


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("LINK-024", "LINK-025")
def test_after_a_close_record_neither_side_sends_or_reads() -> None:
    a, b = talking()
    a.close(0)
    assert a.closed
    goodbye = flush(a)
    assert_silent(a)
    b.send_receipts(b"that wait")
    assert feed(b, goodbye) == [Closed(0)]
    assert_silent(b)
    for link in (a, b):
        for send in sends(link):
            with pytest.raises(LocalError):
                send()
        assert feed(link, b"anything") == []
        link.close(0)
        link.tick(1e9)
        assert_silent(link)


@pytest.mark.parametrize("code", [0, 7, 8])
def test_what_waits_leaves_before_an_orderly_end(code: int) -> None:
    a, b = talking()
    a.send_message(bytes(100_000), urgency=0)
    a.send_message(bytes(100_000))
    a.send_receipts(b"receipts")
    a.close(code)
    events = feed(b, flush(a))
    assert [type(event).__name__ for event in events] == ["ReceiptsReceived", "MessageReceived", "Closed"]
    assert events[-1] == Closed(code)


def test_nothing_leaves_once_the_peer_has_hung_up() -> None:
    calling, a = caller(), talking()[0]
    a.close(0)
    for link in (calling, a):
        link.receive(b"", 0.0)
        assert flush(link) == b""


@pytest.mark.parametrize("code", [1, 9, 27])
def test_nothing_but_the_code_leaves_at_any_other_end(code: int) -> None:
    a, b = talking()
    a.send_receipts(b"receipts")
    a.close(code)
    assert feed(b, flush(a)) == [Closed(code)]


@pytest.mark.clause("ERR-001")
def test_a_code_that_does_not_close_links_is_not_sent() -> None:
    a, _ = talking()
    for code in (-1, 6, 16, 40, 65_536):
        with pytest.raises(LocalError):
            a.close(code)
    assert a.is_open


@pytest.mark.clause("ERR-002")
@pytest.mark.parametrize("code", [6, 10, 40, 65_535])
def test_a_close_record_with_another_code_counts_as_code_9(code: int) -> None:
    raw, link = raw_pair()
    assert feed(link, raw.record(b"\x03" + code.to_bytes(2, "big"))) == [Closed(9)]
    assert_silent(link)


def test_a_close_before_heads_is_read_and_said() -> None:
    a, b = opened()
    a.close(7)
    assert feed(b, flush(a)) == [Closed(7)]


def test_a_cut_is_told_after_what_had_come_whole() -> None:
    a, b = talking()
    a.send_receipts(b"whole")
    a.send_heads(HEADS)
    data = flush(a)
    a.send_receipts(b"half")
    b.receive(data + flush(a)[:-1], 0.0)
    b.receive(b"", 0.0)
    assert b.closed
    with pytest.raises(LocalError):
        b.send_heads(HEADS)
    assert [type(event).__name__ for event in drain(b)] == ["ReceiptsReceived", "HeadsReceived", "Closed"]
    assert_silent(b)


@pytest.mark.parametrize("make", [caller, callee])
def test_a_cut_handshake_is_a_cut(make: Callable[[], Link]) -> None:
    link = make()
    link.receive(b"", 0.0)
    assert drain(link) == [Closed(None)]
    assert_silent(link)


@pytest.mark.clause("LINK-028", "ERR-003")
def test_good_frames_before_a_bad_one_are_read_and_those_after_it_are_not() -> None:
    raw, link = raw_pair()
    bad = encode_frame(0x09, b"short")
    link.receive(raw.record(b"\x00" + HEADS_FRAME + bad + HEADS_FRAME), 0.0)
    link.send_receipts(b"that wait")
    assert link.next_event() == HeadsReceived(HEADS)
    with pytest.raises(MalformedError):
        link.next_event()
    assert link.next_event() is None
    assert raw.read(flush(link)) == [b"\x03\x00\x01"]
    assert_silent(link)
