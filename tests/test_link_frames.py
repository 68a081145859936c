"""What travels on an open link: HEADS first, credit, questions and answers, events."""

import pytest

from comity.encoding import encode
from comity.errors import LimitError, LocalError, MalformedError, OutOfTurnError, RemoteError, UnsupportedError
from comity.frames import FrameType, Problem, encode_credit, encode_frame, encode_problem
from comity.link import (
    BundleReceived,
    BundleRequested,
    ErrorReceived,
    HeadsReceived,
    Hello,
    Link,
    MessageReceived,
    ReceiptsReceived,
    State,
    TreatyReceived,
    TreatyRequested,
)
from tests.support.wire import (
    CALLER,
    HEADS,
    HEADS_FRAME,
    HELLO,
    IGNORED_FRAME,
    RawPeer,
    exchange,
    feed,
    flush,
    raw_pair,
    talking,
)

WIDE = Hello(agent="test 1", versions=(1,), window=16_777_216)
PING = encode_frame(FrameType.PING, b"12345678")
PONG = encode_frame(FrameType.PONG, b"12345678")


def closes(raw: RawPeer, link: Link, record: bytes, error: type[RemoteError]) -> None:
    """The record is refused, and the close record with the code of the error is all that the peer hears."""
    with pytest.raises(error):
        feed(link, raw.record(record))
    assert raw.read(flush(link)) == [b"\x03" + error.code.to_bytes(2, "big")]
    assert link.state is State.CLOSED


def frames_of(raw: RawPeer, data: bytes) -> bytes:
    """Return the interactive lane of what the link has sent."""
    plaintexts = raw.read(data)
    assert all(plaintext[0] == 0 for plaintext in plaintexts)
    return b"".join(plaintext[1:] for plaintext in plaintexts)


# --- HEADS first -----------------------------------------------------------------------------------------------------


@pytest.mark.clause("FRAME-005")
def test_heads_go_first_whatever_waits() -> None:
    raw, link = raw_pair(greet=False)
    feed(link, raw.record(b"\x00" + HEADS_FRAME + PING))
    assert flush(link) == b""
    for send in (
        lambda: link.send_message(b"x"),
        lambda: link.send_receipts(b"x"),
        lambda: link.request_treaty(1),
        lambda: link.send_error(1, None),
    ):
        with pytest.raises(LocalError):
            send()
    link.send_heads(HEADS)
    assert frames_of(raw, flush(link)) == HEADS_FRAME + PONG
    link.send_heads(HEADS)
    assert frames_of(raw, flush(link)) == HEADS_FRAME


@pytest.mark.clause("FRAME-020", "LINK-028")
@pytest.mark.parametrize("frame", [PING, IGNORED_FRAME, encode_frame(0x7F, b""), encode_frame(0x02, b"x")])
def test_any_other_first_frame_is_out_of_turn(frame: bytes) -> None:
    raw, link = raw_pair(greet=False)
    closes(raw, link, b"\x00" + frame, OutOfTurnError)


# --- types and forms -------------------------------------------------------------------------------------------------


@pytest.mark.clause("FRAME-001")
def test_a_frame_that_is_too_long_closes_the_link_at_its_header() -> None:
    raw, link = raw_pair()
    closes(raw, link, b"\x00\x02\x10\x00\x01", LimitError)


@pytest.mark.clause("FRAME-002")
@pytest.mark.parametrize("type", [0x00, 0x10, 0x7F])
@pytest.mark.parametrize("lane", [b"\x00", b"\x01"])
def test_a_critical_type_that_is_not_known_closes_the_link(type: int, lane: bytes) -> None:
    raw, link = raw_pair()
    closes(raw, link, lane + encode_frame(type, b"x"), UnsupportedError)


@pytest.mark.clause("FRAME-003")
@pytest.mark.parametrize("lane", [b"\x00", b"\x01"])
def test_an_optional_type_that_is_not_known_is_passed_over(lane: bytes) -> None:
    raw, link = raw_pair()
    frames = encode_frame(0x80, b"x") + encode_frame(0xFF, b"") + encode_frame(FrameType.MESSAGE, b"m")
    assert feed(link, raw.record(lane + frames)) == [MessageReceived(b"m", 5)]


@pytest.mark.clause("FRAME-004")
@pytest.mark.parametrize("type", [0x01, 0x04, 0x06, 0x08, 0x09, 0x0A, 0x0B])
def test_a_payload_of_another_form_closes_the_link(type: int) -> None:
    raw, link = raw_pair()
    closes(raw, link, b"\x00" + encode_frame(type, b"\xc0\xc0\xc0"), MalformedError)


@pytest.mark.clause("FRAME-021")
@pytest.mark.parametrize("type", [type for type in FrameType if type not in (FrameType.MESSAGE, FrameType.CHUNK)])
def test_only_messages_and_chunks_travel_in_the_bulk_lane(type: FrameType) -> None:
    raw, link = raw_pair()
    closes(raw, link, b"\x01" + encode_frame(type, bytes(8)), OutOfTurnError)


@pytest.mark.clause("FRAME-021")
def test_a_chunk_travels_in_no_other_lane() -> None:
    raw, link = raw_pair()
    closes(raw, link, b"\x00" + encode_frame(FrameType.CHUNK, bytes(36)), OutOfTurnError)


def test_frames_of_the_two_lanes_may_be_cut_and_mixed() -> None:
    raw, link = raw_pair()
    slow, fast = encode_frame(FrameType.MESSAGE, b"slow"), encode_frame(FrameType.MESSAGE, b"fast")
    records = [b"\x01" + slow[:3], b"\x00" + fast[:5], b"\x01" + slow[3:6], b"\x00" + fast[5:], b"\x01" + slow[6:]]
    events = feed(link, b"".join(raw.record(record) for record in records))
    assert events == [MessageReceived(b"fast", 8), MessageReceived(b"slow", 8)]


def test_what_one_side_sends_the_other_reports() -> None:
    a, b = talking()
    a.request_treaty(7)
    a.request_bundle(CALLER, 3)
    a.send_receipts(b"receipts")
    a.send_heads(HEADS)
    _, of_b = exchange(a, b)
    assert of_b == [
        TreatyRequested(7),
        BundleRequested(CALLER, 3),
        ReceiptsReceived(b"receipts"),
        HeadsReceived(HEADS),
    ]
    b.send_treaty(b"treaty")
    b.send_bundle(b"bundle")
    b.send_error(3, None)
    b.send_error(17, b"i" * 16)
    of_a, _ = exchange(a, b)
    assert of_a == [
        TreatyReceived(b"treaty"),
        BundleReceived(b"bundle"),
        ErrorReceived(3, None),
        ErrorReceived(17, b"i" * 16),
    ]
    assert a.is_open


@pytest.mark.clause("ERR-001")
def test_a_code_that_has_no_place_in_error_is_not_sent() -> None:
    a, _ = talking()
    for code in (0, 2, 5, 7, 8, 19, 28, 40, 46, -1):
        with pytest.raises(LocalError):
            a.send_error(code, None)
    assert a.backlog == 0


def test_what_a_peer_would_refuse_is_not_sent() -> None:
    a, _ = talking()
    for send in (
        lambda: a.send_error(3, b"short"),
        lambda: a.request_treaty(2**32),
        lambda: a.request_bundle("nobody", 1),
        lambda: a.send_treaty(bytes(1_048_577)),
        lambda: a.send_message(bytes(294_913)),
    ):
        with pytest.raises(LocalError):
            send()
    assert a.backlog == 0


# --- credit ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("FRAME-007", "FRAME-008", "FRAME-009", "FRAME-011")
def test_messages_use_credit_and_it_comes_back_once_they_are_dealt_with() -> None:
    a, b = talking()
    assert a.credit == HELLO.window
    assert a.send_message(bytes(200_000))
    assert a.credit == HELLO.window - 200_004
    assert not a.send_message(bytes(HELLO.window - 200_004 - 3))
    assert a.send_message(bytes(1_000))
    _, of_b = exchange(a, b)
    assert a.credit == HELLO.window - 201_008
    costs = [event.cost for event in of_b if isinstance(event, MessageReceived)]
    b.release(costs[0])
    b.release(costs[1])
    assert exchange(a, b) == ([], [])
    assert a.credit == HELLO.window


@pytest.mark.clause("FRAME-011")
def test_one_credit_frame_covers_all_that_was_released() -> None:
    raw, link = raw_pair()
    feed(link, raw.record(b"\x00" + encode_frame(FrameType.MESSAGE, bytes(6)) * 3))
    for _ in range(3):
        link.release(10)
    assert frames_of(raw, flush(link)) == encode_credit(30)
    assert flush(link) == b""


def test_a_message_that_takes_all_credit_passes_and_one_byte_more_does_not() -> None:
    raw, link = raw_pair()
    frame = encode_frame(FrameType.MESSAGE, bytes(HELLO.window - 4))
    whole = b"".join(raw.record(b"\x00" + frame[start : start + 60_000]) for start in range(0, len(frame), 60_000))
    assert feed(link, whole) == [MessageReceived(bytes(HELLO.window - 4), HELLO.window)]
    closes(raw, link, b"\x00" + encode_frame(FrameType.MESSAGE, b""), LimitError)


@pytest.mark.clause("FRAME-010")
def test_released_credit_counts_only_once_it_was_sent_back() -> None:
    raw, link = raw_pair()
    frame = encode_frame(FrameType.MESSAGE, bytes(60_000))
    for _ in range(5):
        feed(link, raw.record(b"\x00" + frame))
        link.release(len(frame))
    closes(raw, link, b"\x00" + frame, LimitError)


def test_a_message_of_any_size_can_be_sent_after_any_traffic() -> None:
    a, b = talking()
    for size in (50_000, 1, 294_912, 294_912, 20_000, 294_912):
        assert a.send_message(bytes(size))
        _, of_b = exchange(a, b)
        b.release(sum(event.cost for event in of_b if isinstance(event, MessageReceived)))
        exchange(a, b)


@pytest.mark.clause("FRAME-012")
def test_credit_beyond_31_bits_closes_the_link() -> None:
    raw, link = raw_pair()
    assert feed(link, raw.record(b"\x00" + encode_credit(2**31 - 1 - HELLO.window))) == []
    assert link.credit == 2**31 - 1
    closes(raw, link, b"\x00" + encode_credit(1), LimitError)


def test_only_what_was_received_can_be_released() -> None:
    raw, link = raw_pair()
    feed(link, raw.record(b"\x00" + encode_frame(FrameType.MESSAGE, b"123456")))
    for nbytes in (-1, 11):
        with pytest.raises(LocalError):
            link.release(nbytes)
    link.release(10)
    with pytest.raises(LocalError):
        link.release(1)
    assert frames_of(raw, flush(link)) == encode_credit(10)


# --- questions and answers -------------------------------------------------------------------------------------------


@pytest.mark.clause("FRAME-013")
def test_a_ping_is_answered_with_its_own_bytes() -> None:
    raw, link = raw_pair()
    assert feed(link, raw.record(b"\x00" + PING)) == []
    assert frames_of(raw, flush(link)) == PONG


@pytest.mark.clause("FRAME-022")
def test_no_more_than_sixteen_questions_are_under_way() -> None:
    a, b = talking()
    assert [a.request_treaty(version) for version in range(20)] == [True] * 16 + [False] * 4
    exchange(a, b)
    for _ in range(15):
        b.send_error(3, None)
    b.send_treaty(b"treaty")
    exchange(a, b)
    assert [a.request_bundle(CALLER, serial) for serial in range(20)] == [True] * 16 + [False] * 4
    a.tick(20.0)  # a PING would be one too many
    exchange(a, b, 20.0)
    assert b.is_open


@pytest.mark.clause("FRAME-023", "LINK-028")
@pytest.mark.parametrize(
    "question",
    [
        PING,
        encode_frame(FrameType.TREATY_REQUEST, bytes(4)),
        encode_frame(FrameType.BUNDLE_REQUEST, encode([CALLER, 1])),
    ],
)
def test_a_peer_that_asks_and_does_not_read_is_left(question: bytes) -> None:
    raw, link = raw_pair()
    for _ in range(5):  # as long as the answers leave, any number is answered
        feed(link, raw.record(b"\x00" + question * 16))
        for _ in range(16):
            if question is not PING:
                link.send_treaty(bytes(1_000))
        raw.read(flush(link))
    feed(link, raw.record(b"\x00" + question * 16))
    if question is not PING:
        link.send_treaty(bytes(1_000))
    closes(raw, link, b"\x00" + question, LimitError)


def test_an_error_about_a_message_answers_no_question() -> None:
    raw, link = raw_pair()
    feed(link, raw.record(b"\x00" + encode_frame(FrameType.TREATY_REQUEST, bytes(4)) * 16))
    link.send_error(3, b"i" * 16)
    assert raw.read(flush(link)) == [b"\x00" + encode_problem(Problem(3, b"i" * 16))]
    closes(raw, link, b"\x00" + PING, LimitError)


def test_receipts_and_credit_overtake_messages_that_wait() -> None:
    a, b = talking(WIDE)
    b.send_message(b"from b")
    exchange(a, b)
    for _ in range(4):
        a.send_message(bytes(250_000))
    begun = a.data_to_send(0.0)
    a.send_receipts(b"receipts")
    a.release(10)
    b.send_message(b"x")
    events = feed(b, begun + flush(a))
    names = [type(event).__name__ for event in events]
    assert names.index("ReceiptsReceived") <= 2
    assert names.count("MessageReceived") == 4
    assert b.credit == WIDE.window - 5


def test_one_turn_hands_out_a_bounded_number_of_bytes() -> None:
    a, b = talking(WIDE)
    for _ in range(50):
        a.send_message(bytes(250_000))
    turns = []
    while data := a.data_to_send(0.0):
        turns.append(data)
    assert max(map(len, turns)) <= 300_000
    assert len(feed(b, b"".join(turns))) == 50


def test_a_peer_that_does_not_read_gets_no_credit_which_bounds_what_waits() -> None:
    raw, link = raw_pair()
    frame = encode_frame(FrameType.MESSAGE, bytes(50_000))
    for _ in range(6):
        feed(link, raw.record(b"\x00" + frame))
        link.release(len(frame))
        link.send_receipts(bytes(100_000))
    assert link.backlog == 6 * 100_004
    raw.read(link.data_to_send(0.0))
    closes(raw, link, b"\x00" + frame, LimitError)  # more receipts wait than fit in one turn: no credit yet


def test_credit_comes_back_behind_a_crowd_of_receipts() -> None:
    raw, link = raw_pair()
    feed(link, raw.record(b"\x00" + encode_frame(FrameType.MESSAGE, b"123456")))
    link.release(10)
    for _ in range(6):
        link.send_receipts(bytes(100_000))
    assert frames_of(raw, flush(link)).endswith(encode_credit(10))
