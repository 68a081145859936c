"""Payloads of the frames that move attachments (spec page frames)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from comity.attachment.moving import Wanted
from comity.attachment.sealing import SEALED_CHUNK_BYTES, chunk_count
from comity.encoding import Bytes32, Code, Meta, Row, decode, decode_as, encode, encode_record
from comity.errors import LimitError, LocalError, MalformedError
from comity.frames import FrameType, encode_frame
from comity.keys import TAG_BYTES
from comity.limits import MAX_ADDRESSES_PER_FRAME, MAX_ATTACHMENT_BYTES, MAX_CHUNKS_UNDER_WAY, MAX_FRAME_BYTES

ADDRESS_BYTES: Final = 32
HEAD_BYTES: Final = ADDRESS_BYTES + 4
MAX_CHUNKS: Final = chunk_count(MAX_ATTACHMENT_BYTES)

T = TypeVar("T")


class ChunkRequest(Row, frozen=True):
    """Which chunks are wanted."""

    address: Bytes32
    first: Annotated[int, Meta(ge=0, le=MAX_CHUNKS - 1)]
    count: Annotated[int, Meta(ge=1, le=MAX_CHUNKS_UNDER_WAY)]


class Done(Row, frozen=True):
    """What has become of an offered address; code 0 is good."""

    address: Bytes32
    code: Code


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk; `sealed` is empty where the holder cannot give it."""

    address: bytes
    index: int
    sealed: bytes


def encode_offer(addresses: Sequence[bytes]) -> bytes:
    """Return the OFFER frame for 1 to 256 addresses. Raises LocalError for anything else."""
    if not is_offer(addresses):
        raise LocalError("an OFFER has 1 to 256 addresses of 32 bytes")
    return encode_frame(FrameType.OFFER, encode(list(addresses)))


def encode_chunk_request(wanted: Wanted) -> bytes:
    """Return the CHUNK_REQUEST frame. Raises LocalError when a peer would refuse it."""
    return encode_frame(
        FrameType.CHUNK_REQUEST, encode_record(ChunkRequest(wanted.address, wanted.first, wanted.count))
    )


def encode_chunk(chunk: Chunk) -> bytes:
    """Return the CHUNK frame. Raises LocalError when a peer would refuse it."""
    if len(chunk.address) != ADDRESS_BYTES or not 0 <= chunk.index < MAX_CHUNKS or not fits(chunk.sealed):
        raise LocalError(f"a chunk {chunk.index} of {len(chunk.sealed)} sealed bytes")
    return encode_frame(FrameType.CHUNK, chunk.address + chunk.index.to_bytes(4, "big") + chunk.sealed)


def encode_done(done: Done) -> bytes:
    """Return the DONE frame. Raises LocalError when a peer would refuse it."""
    return encode_frame(FrameType.DONE, encode_record(done))


def read_offer(payload: bytes) -> list[bytes]:
    """Return the addresses of an OFFER payload. Raises MalformedError (FRAME-004)."""
    try:
        value = decode(payload, MAX_FRAME_BYTES)
    except LimitError as fault:
        raise MalformedError(str(fault)) from fault
    found = [each for each in value if isinstance(each, bytes)] if isinstance(value, list) else []
    if not isinstance(value, list) or len(found) != len(value) or not is_offer(found):
        raise MalformedError("an OFFER is no array of 1 to 256 addresses")
    return found


def read_chunk_request(payload: bytes) -> Wanted:
    """Return what a CHUNK_REQUEST payload asks for. Raises MalformedError (FRAME-004)."""
    request = _record(ChunkRequest, payload)
    return Wanted(request.address, request.first, request.count)


def read_chunk(payload: bytes) -> Chunk:
    """Return the chunk of a CHUNK payload. Raises MalformedError (FRAME-004)."""
    index, sealed = int.from_bytes(payload[ADDRESS_BYTES:HEAD_BYTES], "big"), payload[HEAD_BYTES:]
    if len(payload) < HEAD_BYTES or index >= MAX_CHUNKS or not fits(sealed):
        raise MalformedError(f"a CHUNK of {len(payload)} bytes")
    return Chunk(payload[:ADDRESS_BYTES], index, sealed)


def read_done(payload: bytes) -> Done:
    """Return what a DONE payload says. Raises MalformedError (FRAME-004)."""
    return _record(Done, payload)


def is_offer(addresses: Sequence[bytes]) -> bool:
    return 1 <= len(addresses) <= MAX_ADDRESSES_PER_FRAME and all(len(each) == ADDRESS_BYTES for each in addresses)


def fits(sealed: bytes) -> bool:
    return not sealed or TAG_BYTES <= len(sealed) <= SEALED_CHUNK_BYTES


def _record(type: type[T], payload: bytes) -> T:
    try:
        return decode_as(type, payload, MAX_FRAME_BYTES)
    except LimitError as fault:
        raise MalformedError(str(fault)) from fault
