"""Frames: headers, the cut of the stream, and the payloads that a link reads itself."""

import tracemalloc
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import frames
from comity.encoding import encode
from comity.errors import LimitError, LocalError, MalformedError
from comity.frames import BundleRequest, ByteQueue, Frame, FrameBuffer, FrameType, Heads, Problem
from comity.limits import MAX_FRAME_BYTES

HEADS = Heads(bundle=3, bundle_hash=bytes(32), holds=0, treaty=2**53 - 1, treaty_hash=b"\xff" * 32)
FIELDS = {"bundle": 3, "bundle_hash": bytes(32), "holds": 0, "treaty": 1, "treaty_hash": bytes(32)}
READERS: list[Callable[[bytes], object]] = [
    frames.read_heads,
    frames.read_treaty_request,
    frames.read_bundle_request,
    frames.read_credit,
    frames.read_ping,
    frames.read_problem,
]

any_frame = st.tuples(st.integers(0, 255), st.binary(max_size=300))


def pop_all(buffer: FrameBuffer) -> list[Frame]:
    popped = []
    while (frame := buffer.pop()) is not None:
        popped.append(frame)
    return popped


def feed_cut(buffer: FrameBuffer, data: bytes, cuts: list[int]) -> list[Frame]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    popped = []
    for start, end in pairwise(edges):
        buffer.feed(data[start:end])
        popped += pop_all(buffer)
    return popped


def test_a_frame_is_its_type_three_bytes_of_length_and_the_payload() -> None:
    assert frames.encode_frame(FrameType.PING, b"12345678") == b"\x09\x00\x00\x0812345678"
    assert frames.encode_frame(0xFF, b"") == b"\xff\x00\x00\x00"


@given(st.lists(any_frame, max_size=8), st.lists(st.integers(min_value=0), max_size=12))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    sent: list[tuple[int, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(frames.encode_frame(type, payload) for type, payload in sent)
    buffer = FrameBuffer()
    assert feed_cut(buffer, stream, cuts) == sent
    assert len(buffer) == 0


@given(st.binary(max_size=200), st.lists(st.integers(min_value=0), max_size=12))
def test_any_bytes_give_frames_or_the_limit_error_whatever_the_cut(data: bytes, cuts: list[int]) -> None:
    whole, parts = FrameBuffer(), FrameBuffer()
    outcomes: list[list[Frame] | str] = []
    for buffer, where in ((whole, []), (parts, cuts)):
        popped: list[Frame] = []
        try:
            edges = [0, *sorted(cut % (len(data) + 1) for cut in where), len(data)]
            for start, end in pairwise(edges):
                buffer.feed(data[start:end])
                while (frame := buffer.pop()) is not None:
                    popped.append(frame)
            outcomes.append(popped)
        except LimitError:
            outcomes.append([*popped, Frame(-1, b"refused")])
    assert outcomes[0] == outcomes[1]


@pytest.mark.clause("FRAME-001", "LIMIT-002")
def test_a_frame_beyond_the_limit_is_refused_when_its_header_is_there() -> None:
    buffer = FrameBuffer()
    buffer.feed(b"\x02" + (MAX_FRAME_BYTES + 1).to_bytes(3, "big"))
    for _ in range(2):
        with pytest.raises(LimitError):
            buffer.pop()
    assert LimitError.code == 4


@pytest.mark.clause("LIMIT-001")
def test_a_frame_at_the_limit_passes_and_one_byte_more_cannot_be_written() -> None:
    payload = bytes(MAX_FRAME_BYTES)
    buffer = FrameBuffer()
    buffer.feed(frames.encode_frame(0x80, payload))
    assert buffer.pop() == (0x80, payload)
    with pytest.raises(LocalError):
        frames.encode_frame(0x80, payload + b"x")


def test_a_frame_type_is_one_byte() -> None:
    for type in (-1, 256):
        with pytest.raises(LocalError):
            frames.encode_frame(type, b"")


def test_a_mebibyte_in_crumbs_costs_no_more_memory_than_a_few_copies() -> None:
    stream = frames.encode_frame(FrameType.TREATY, bytes(MAX_FRAME_BYTES))
    tracemalloc.start()
    buffer = FrameBuffer()
    popped = []
    for position in range(0, len(stream), 9):
        buffer.feed(stream[position : position + 9])
        popped += pop_all(buffer)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert popped == [(FrameType.TREATY, bytes(MAX_FRAME_BYTES))]
    assert peak < 5 * MAX_FRAME_BYTES


def test_ten_thousand_frames_in_one_piece_come_out_in_order() -> None:
    buffer = FrameBuffer()
    buffer.feed(b"".join(frames.encode_frame(0x80, number.to_bytes(4, "big") * 25) for number in range(10_000)))
    popped = pop_all(buffer)
    assert [int.from_bytes(frame.payload[:4], "big") for frame in popped] == list(range(10_000))


def test_a_queue_that_is_only_fed_keeps_every_byte_in_order() -> None:
    queue = ByteQueue()
    for number in range(1_000):
        queue.feed(bytes([number % 256]))
    assert len(queue) == 1_000
    assert queue.peek(1_001) is None
    assert queue.peek(2, skip=255) == b"\xff\x00"
    queue.drop(999)
    assert queue.peek(1) == bytes([999 % 256])


@given(st.binary(max_size=80))
def test_any_payload_gives_a_value_or_malformed(payload: bytes) -> None:
    for read in READERS:
        try:
            read(payload)
        except MalformedError:
            continue


@pytest.mark.clause("FRAME-004")
@pytest.mark.parametrize(
    ("read", "payload"),
    [
        (frames.read_heads, encode(FIELDS | {"more": 1})),
        (frames.read_heads, encode({key: FIELDS[key] for key in FIELDS if key != "holds"})),
        (frames.read_heads, encode(FIELDS | {"treaty_hash": bytes(31)})),
        (frames.read_heads, encode(FIELDS | {"bundle": -1})),
        (frames.read_heads, encode(FIELDS | {"bundle": 2**53})),
        (frames.read_heads, encode(FIELDS | {"bundle": True})),
        (frames.read_heads, encode(list(FIELDS.values()))),
        (frames.read_heads, b"\xdc\xff\xff" + b"\xc0" * 0xFFFF),
        (frames.read_treaty_request, b"\x00\x00\x01"),
        (frames.read_treaty_request, b"\x00\x00\x00\x00\x01"),
        (frames.read_bundle_request, encode(["bb.fiu"])),
        (frames.read_bundle_request, encode(["bb.fiu", 1, 1])),
        (frames.read_bundle_request, encode(["BB.fiu", 1])),
        (frames.read_bundle_request, encode(["bb.fiu\n", 1])),
        (frames.read_credit, b""),
        (frames.read_ping, b"1234567"),
        (frames.read_ping, b"123456789"),
        (frames.read_problem, encode([1])),
        (frames.read_problem, encode([1, bytes(15)])),
        (frames.read_problem, encode([-1, None])),
        (frames.read_problem, b"\x92\xcc\x01\xc0"),  # not the shortest form of 1
    ],
)
def test_a_payload_of_another_form_is_malformed(read: Callable[[bytes], object], payload: bytes) -> None:
    with pytest.raises(MalformedError):
        read(payload)


def test_payloads_come_back_as_they_were() -> None:
    request, problem = BundleRequest("bb.fiu", 7), Problem(17, bytes(16))
    assert frames.read_heads(frames.encode_heads(HEADS)[4:]) == HEADS
    assert frames.read_bundle_request(frames.encode_bundle_request(request)[4:]) == request
    assert frames.read_problem(frames.encode_problem(problem)[4:]) == problem
    assert frames.read_problem(frames.encode_problem(Problem(3, None))[4:]) == Problem(3, None)
    assert frames.read_treaty_request(frames.encode_treaty_request(2**32 - 1)[4:]) == 2**32 - 1
    assert frames.read_credit(frames.encode_credit(1)[4:]) == 1


def test_what_a_peer_would_refuse_is_not_written() -> None:
    writes: list[Callable[[], bytes]] = [
        lambda: frames.encode_bundle_request(BundleRequest("nobody", 1)),
        lambda: frames.encode_problem(Problem(3, b"short")),
        lambda: frames.encode_treaty_request(2**32),
        lambda: frames.encode_credit(-1),
    ]
    for write in writes:
        with pytest.raises(LocalError):
            write()


def test_types_from_0x80_are_optional() -> None:
    assert [frames.is_optional(type) for type in (0x00, 0x0C, 0x7F, 0x80, 0xFF)] == [False, False, False, True, True]
