"""Files that belong to a message: their form, their chunks, and what moves next."""

from collections import deque
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import attachment
from comity.attachment import Attachment, Fetch, Opening, Sealing, Serve, Wanted, frames
from comity.encoding import check, encode
from comity.errors import AuthenticationError, LimitError, LocalError, MalformedError, OutOfTurnError
from comity.limits import (
    CHUNK_BYTES,
    MAX_ADDRESSES_PER_FRAME,
    MAX_ATTACHMENT_BYTES,
    MAX_CHUNKS_UNDER_WAY,
    MAX_OFFERS,
)
from comity.message import sign
from tests.support.messages import SIGNING_KEY, body_of

KEY = bytes(range(32))
A, B, C = (bytes([n]) * 32 for n in range(3))


def named(**changes: Any) -> Attachment:
    values: dict[str, Any] = {
        "hash": bytes(32),
        "key": KEY,
        "media": "text/plain",
        "name": "a.txt",
        "sealed": A,
        "size": 1,
    }
    return Attachment(**(values | changes))


def sealed(content: bytes) -> tuple[Attachment, list[bytes]]:
    sealing, count = Sealing(KEY), attachment.chunk_count(len(content))
    pieces = [content[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES] for at in range(count)]
    chunks = [sealing.seal(piece, at == count - 1) for at, piece in enumerate(pieces)]
    return sealing.attachment("a.bin", "application/octet-stream"), chunks


# --- form ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("ATTACH-001", "LIMIT-001", "LIMIT-002")
def test_a_message_carries_32_attachments_of_the_largest_size_and_no_more() -> None:
    many = tuple(named(name="n" * 190 + str(number), size=MAX_ATTACHMENT_BYTES) for number in range(33))
    assert sign(body_of(attachments=many[:32]), SIGNING_KEY).body.attachments == many[:32]
    for wrong in (many, (named(size=MAX_ATTACHMENT_BYTES + 1),)):
        with pytest.raises(LocalError):
            sign(body_of(attachments=wrong), SIGNING_KEY)


@pytest.mark.clause("ATTACH-002", "ATTACH-003", "ATTACH-004")
@given(st.text(min_size=1, max_size=20))
def test_a_name_that_passes_is_one_part_of_a_path_and_shows_all_of_itself(name: str) -> None:
    try:
        check(named(name=name))
    except LocalError:
        return
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert name == name.strip()
    assert not any(0x202A <= ord(c) <= 0x202E or ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in name)


@pytest.mark.clause("CONV-008")
def test_no_repr_shows_the_file_key() -> None:
    for shown in (named(), Opening(named()), Sealing(KEY), body_of(attachments=(named(),))):
        assert KEY.hex() not in repr(shown)
        assert repr(KEY)[2:-1] not in repr(shown)


# --- chunks ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("ATTACH-008", "ATTACH-009")
@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_sizes_and_places_fit_the_chunks(size: int) -> None:
    _, chunks = sealed(bytes(size))
    places = [attachment.sealed_range(size, index) for index in range(len(chunks))]
    assert [length for _, length in places] == [len(chunk) for chunk in chunks]
    assert [start for start, _ in places] == [sum(map(len, chunks[:index])) for index in range(len(chunks))]
    assert attachment.sealed_size(size) == sum(map(len, chunks))
    for index in (-1, len(chunks)):
        with pytest.raises(LocalError):
            attachment.sealed_range(size, index)


@pytest.mark.clause("ATTACH-008", "ATTACH-009")
def test_a_chunk_of_a_wrong_length_is_not_sealed() -> None:
    for index, last, size in ((0, False, 1), (0, True, CHUNK_BYTES + 1), (1, True, 0), (0, False, 0)):
        with pytest.raises(LocalError):
            attachment.seal_chunk(KEY, index, last, bytes(size))
    sealing = Sealing(KEY)
    with pytest.raises(LocalError, match="not sealed"):
        sealing.attachment("a", "a/b")
    sealing.seal(b"", True)
    with pytest.raises(LocalError, match="already"):
        sealing.seal(b"", True)
    with pytest.raises(LocalError):
        sealing.attachment("../a", "a/b")


@pytest.mark.clause("ATTACH-010")
@given(index=st.integers(0, 2**22 - 1), other=st.integers(0, 2**22 - 1), last=st.booleans(), turn=st.booleans())
def test_a_chunk_opens_in_its_place_alone(index: int, other: int, last: bool, turn: bool) -> None:
    data = bytes(CHUNK_BYTES) if not last else b"x"
    chunk = attachment.seal_chunk(KEY, index, last, data)
    assert attachment.open_chunk(KEY, index, last, chunk) == data
    if (other, turn) != (index, last):
        with pytest.raises(AuthenticationError):
            attachment.open_chunk(KEY, other, turn, chunk)


@pytest.mark.clause("ATTACH-025", "ATTACH-031")
def test_chunks_that_are_swapped_cut_or_lacking_never_verify() -> None:
    signed, chunks = sealed(bytes(2 * CHUNK_BYTES) + b"end")
    first, second, third = chunks
    for wrong in ([second], [third], [first, first], [first, third], [first[:-1]], [first + b"x"]):
        opening = Opening(signed)
        for chunk in wrong[:-1]:
            opening.open(chunk)
        before = opening.index
        with pytest.raises(AuthenticationError):
            opening.open(wrong[-1])
        assert opening.index == before
        with pytest.raises(LocalError, match="lacking"):
            opening.verify()
    whole = Opening(signed)
    assert b"".join(map(whole.open, chunks)) == bytes(2 * CHUNK_BYTES) + b"end"
    whole.verify()
    with pytest.raises(LocalError):
        whole.open(third)


# --- moving ----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("ATTACH-019", "ATTACH-021", "ATTACH-028")
@pytest.mark.parametrize("seed", range(200))
def test_every_chunk_moves_once_in_order_and_the_window_holds(seed: int) -> None:
    """Files of any length, from any chunk on; asking, giving, arriving and writing in any order."""
    draw = Random(seed)
    fetch, serve = Fetch(), Serve()
    counts = {bytes([n]) * 32: draw.randint(1, 40) for n in range(draw.randint(1, 5))}
    serve.offer(list(counts))
    assert fetch.offered(list(counts), 0) == list(counts)
    due = {address: draw.randrange(count) for address, count in counts.items()}
    for address, count in counts.items():
        fetch.begin(address, due[address], count)
    wire: deque[tuple[bytes, int]] = deque()
    unwritten = 0
    while any(due[address] < count for address, count in counts.items()):
        step = draw.randrange(4)
        if step == 0:
            for wanted in fetch.requests():
                serve.requested(wanted)
        elif step == 1 and serve.due is not None:
            given_now = serve.given()
            assert given_now.offered
            wire.append((given_now.address, given_now.index))
        elif step == 2 and wire:
            address, index = wire.popleft()
            fetch.arrived(address, index)
            assert index == due[address]
            due[address] += 1
            unwritten += 1
        elif step == 3 and unwritten:
            fetch.written()
            unwritten -= 1
        assert len(wire) + unwritten <= MAX_CHUNKS_UNDER_WAY
    assert list(fetch.requests()) == []


def test_files_move_side_by_side() -> None:
    fetch = Fetch()
    fetch.offered([A, B], 0)
    fetch.begin(A, 0, 100)
    fetch.begin(B, 0, 2)
    asked = [(wanted.address, wanted.first, wanted.count) for wanted in fetch.requests()]
    assert asked == [(A, 0, 1), (B, 0, 1), (A, 1, 1), (B, 1, 1), (A, 2, 12)]


@pytest.mark.clause("ATTACH-018")
def test_only_what_is_open_can_be_asked_for() -> None:
    fetch = Fetch()
    with pytest.raises(LocalError):
        fetch.begin(A, 0, 1)
    fetch.offered([A], 0)
    for first, count in ((1, 1), (-1, 1)):
        with pytest.raises(LocalError):
            fetch.begin(A, first, count)
    fetch.begin(A, 0, 9)
    with pytest.raises(LocalError):
        fetch.begin(A, 0, 9)
    fetch.finish(A, 0)
    assert list(fetch.requests()) == []
    with pytest.raises(LocalError):
        fetch.finish(A, 0)
    with pytest.raises(LocalError):
        fetch.begin(A, 0, 9)
    with pytest.raises(LocalError):
        fetch.written()


@pytest.mark.clause("ATTACH-023")
def test_a_chunk_out_of_its_turn_is_refused() -> None:
    fetch = Fetch()
    fetch.offered([A], 0)
    fetch.begin(A, 3, 9)
    assert list(fetch.requests()) == [Wanted(A, 3, 6)]
    for address, index in ((A, 2), (A, 4), (B, 3)):
        with pytest.raises(OutOfTurnError):
            fetch.arrived(address, index)
    fetch.arrived(A, 3)
    with pytest.raises(OutOfTurnError):
        fetch.arrived(A, 3)


def test_a_file_that_was_stopped_goes_on_where_one_wants_after_what_still_comes() -> None:
    fetch = Fetch()
    fetch.offered([A], 0)
    fetch.begin(A, 0, 100)
    assert list(fetch.requests()) == [Wanted(A, 0, 16)]
    fetch.arrived(A, 0)
    fetch.written()
    fetch.stop(A)
    assert list(fetch.requests()) == []
    fetch.begin(A, 1, 100)
    assert list(fetch.requests()) == [Wanted(A, 1, 1)]
    for index in range(1, 16):
        fetch.arrived(A, index)
    fetch.arrived(A, 1)


@pytest.mark.clause("ATTACH-015", "ATTACH-016", "ATTACH-035")
def test_so_many_addresses_are_open_and_no_more() -> None:
    addresses = [number.to_bytes(32, "big") for number in range(MAX_OFFERS)]
    fetch, serve = Fetch(), Serve()
    assert fetch.offered([*addresses, addresses[0]], 0) == addresses
    assert fetch.offered(addresses, 0) == []
    serve.offer(addresses)
    assert serve.room == 0
    with pytest.raises(LimitError):
        fetch.offered([B], 0)
    for each in (B, addresses[0]):
        with pytest.raises(LocalError):
            serve.offer([each])
    fetch.finish(addresses[0], 0)
    serve.done(addresses[0])
    assert fetch.offered([B], 0) == [B]
    serve.offer([B])


@pytest.mark.clause("ATTACH-020", "ATTACH-022", "ATTACH-024")
def test_the_holder_knows_what_was_not_open_when_it_was_requested() -> None:
    serve = Serve()
    serve.offer([A])
    serve.requested(Wanted(A, 7, 1))
    serve.requested(Wanted(B, 0, 15))
    with pytest.raises(LimitError):
        serve.requested(Wanted(A, 8, 1))
    assert [serve.given().offered for _ in range(16)] == [True, *[False] * 15]
    assert serve.due is None
    with pytest.raises(LocalError):
        serve.given()
    serve.done(A)
    with pytest.raises(OutOfTurnError):
        serve.done(A)


@pytest.mark.clause("LIMIT-001", "LIMIT-002")
def test_an_offer_holds_so_many_addresses() -> None:
    addresses = [number.to_bytes(32, "big") for number in range(MAX_ADDRESSES_PER_FRAME + 1)]
    frame = frames.encode_offer(addresses[:-1])
    assert frames.read_offer(frame[4:]) == addresses[:-1]
    with pytest.raises(LocalError):
        frames.encode_offer(addresses)
    with pytest.raises(MalformedError):
        frames.read_offer(encode(addresses))


@given(st.binary(max_size=80) | st.lists(st.binary(min_size=31, max_size=33), max_size=3).map(encode))
def test_any_payload_is_read_or_refused_as_malformed(payload: bytes) -> None:
    for read in (frames.read_offer, frames.read_chunk_request, frames.read_chunk, frames.read_done):
        try:
            read(payload)
        except MalformedError:
            continue
