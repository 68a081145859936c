"""Attachments on an open link: offers, requests, chunks behind everything else, and what ends the link."""

import pytest

from comity.attachment import Chunk, Done, Wanted, sealed_range
from comity.attachment.frames import encode_offer
from comity.errors import LimitError, LocalError, OutOfTurnError, RemoteError
from comity.limits import CHUNK_BYTES, MAX_OFFERS
from comity.link import ChunkReceived, ChunksRequested, DoneReceived, Hello, Link, MessageReceived, Offered
from tests.support.wire import HELLO, caller, exchange, feed, flush, raw_pair, talking

A, B = b"a" * 32, b"b" * 32
SEALED = bytes(CHUNK_BYTES + 16)
WIDE = Hello(agent="test 1", versions=(1,), window=16_777_216)


def offered(hello: Hello = HELLO) -> tuple[Link, Link]:
    """Return a holder that has offered A, and the recipient."""
    holder, recipient = talking(hello)
    holder.send_offer([A])
    assert exchange(holder, recipient) == ([], [Offered((A,))])
    return holder, recipient


@pytest.mark.clause("ATTACH-021", "ATTACH-026")
def test_a_file_moves_from_its_offer_to_done() -> None:
    holder, recipient = offered()
    recipient.fetch.begin(A, 0, 3)
    assert exchange(holder, recipient) == ([ChunksRequested(Wanted(A, 0, 3))], [])
    for _ in range(3):
        holder.send_chunk(SEALED)
    _, events = exchange(holder, recipient)
    assert events == [ChunkReceived(Chunk(A, index, SEALED)) for index in range(3)]
    recipient.send_done(A, 0)
    assert exchange(holder, recipient) == ([DoneReceived(Done(A, 0))], [])
    assert holder.serve.open == recipient.fetch.open == set()
    holder.send_offer([A])
    assert exchange(holder, recipient) == ([], [Offered((A,))])


@pytest.mark.clause("ATTACH-035")
def test_an_open_address_is_not_offered_again_and_says_nothing_new_where_it_is() -> None:
    holder, recipient = offered()
    with pytest.raises(LocalError):
        holder.send_offer([A, B])
    holder.serve.done(A)  # as if it had been said
    holder.send_offer([A, B])
    assert exchange(holder, recipient) == ([], [Offered((B,))])


@pytest.mark.clause("ATTACH-019")
def test_new_requests_leave_as_chunks_are_written() -> None:
    holder, recipient = offered()
    recipient.fetch.begin(A, 0, 40)
    assert exchange(holder, recipient) == ([ChunksRequested(Wanted(A, 0, 16))], [])
    holder.send_chunk(SEALED)
    holder.send_chunk(SEALED)
    exchange(holder, recipient)
    assert flush(recipient) == b""
    recipient.fetch.written()
    assert exchange(holder, recipient) == ([ChunksRequested(Wanted(A, 16, 1))], [])


def test_what_was_not_requested_or_is_no_chunk_is_not_sent() -> None:
    holder, recipient = offered()
    with pytest.raises(LocalError):
        holder.send_chunk(SEALED)
    recipient.fetch.begin(A, 0, 1)
    exchange(holder, recipient)
    for wrong in (SEALED + b"x", bytes(15)):
        with pytest.raises(LocalError):
            holder.send_chunk(wrong)
    assert holder.serve.due is not None
    for addresses in ([], [A[:-1]]):
        with pytest.raises(LocalError):
            holder.send_offer(addresses)
    for address, code in ((B, 0), (A, 9)):
        with pytest.raises(LocalError):
            recipient.send_done(address, code)
    with pytest.raises(LocalError, match="not open"):
        caller().send_offer([A])
    assert flush(holder) == flush(recipient) == b""


@pytest.mark.clause("LINK-022", "DELIV-004")
def test_a_message_of_any_urgency_overtakes_the_chunks_that_wait() -> None:
    holder, recipient = offered(WIDE)
    recipient.fetch.begin(A, 0, 2)
    exchange(holder, recipient)
    holder.send_chunk(SEALED)
    holder.send_chunk(SEALED)
    assert holder.chunks_waiting > 2 * CHUNK_BYTES
    first = holder.data_to_send(0.0)
    assert len(first) < 20_000
    holder.send_message(b"short", 3)
    holder.send_message(bytes(100_000), 3)
    events = feed(recipient, first + flush(holder))
    assert events[0] == MessageReceived(b"short", 9)
    assert [type(event) for event in events[1:]] == [ChunkReceived, MessageReceived, ChunkReceived]


@pytest.mark.parametrize(
    ("record", "error"),
    [
        pytest.param(b"\x01\x0e\x00\x00\x24" + A + bytes(4), OutOfTurnError, marks=pytest.mark.clause("ATTACH-023")),
        pytest.param(
            b"\x00\x0f\x00\x00\x24\x92\xc4\x20" + A + b"\x00", OutOfTurnError, marks=pytest.mark.clause("ATTACH-024")
        ),
        pytest.param(
            b"\x00\x0d\x00\x00\x25\x93\xc4\x20" + A + b"\x00\x10" + b"\x0d\x00\x00\x25\x93\xc4\x20" + A + b"\x00\x01",
            LimitError,
            marks=pytest.mark.clause("ATTACH-020"),
        ),
    ],
)  # fmt: skip
def test_what_has_no_place_closes_the_link(record: bytes, error: type[RemoteError]) -> None:
    raw, link = raw_pair()
    with pytest.raises(error):
        feed(link, raw.record(record))
    assert raw.read(flush(link)) == [b"\x03" + error.code.to_bytes(2, "big")]


def test_the_place_of_a_chunk_in_the_longest_file_fits_its_frame() -> None:
    start, length = sealed_range(2**40, 2**22 - 1)
    assert (start + length, length) == (2**40 + 2**22 * 16, CHUNK_BYTES + 16)


@pytest.mark.clause("ATTACH-016")
def test_a_peer_that_offers_again_and_again_and_does_not_read_loses_its_link() -> None:
    raw, link = raw_pair()
    offers = [encode_offer([bytes([number // 256, number % 256]) * 16]) for number in range(MAX_OFFERS + 1)]
    for frame in offers[:-1]:
        (event,) = feed(link, raw.record(b"\x00" + frame))
        assert isinstance(event, Offered)
        link.send_done(event.addresses[0], 3)
    with pytest.raises(LimitError):
        feed(link, raw.record(b"\x00" + offers[-1]))


@pytest.mark.clause("ATTACH-016")
def test_a_peer_that_reads_may_offer_for_ever() -> None:
    raw, link = raw_pair()
    for number in range(2 * MAX_OFFERS):
        (event,) = feed(link, raw.record(b"\x00" + encode_offer([bytes([number // 256, number % 256]) * 16])))
        assert isinstance(event, Offered)
        link.send_done(event.addresses[0], 3)
        flush(link)
    assert link.is_open
