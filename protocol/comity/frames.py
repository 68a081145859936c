"""What a link carries: byte streams cut into frames, and the payloads that the link itself reads (spec page frames)."""

from enum import IntEnum
from typing import NamedTuple, TypeVar

from comity.encoding import Bytes16, Bytes32, Party, Record, Row, Uint, decode_as, encode_record
from comity.errors import LimitError, LocalError, MalformedError
from comity.limits import MAX_FRAME_BYTES

__all__ = [
    "HEADER_BYTES",
    "PING_BYTES",
    "BundleRequest",
    "ByteQueue",
    "Frame",
    "FrameBuffer",
    "FrameType",
    "Heads",
    "Problem",
    "encode_bundle_request",
    "encode_credit",
    "encode_frame",
    "encode_heads",
    "encode_problem",
    "encode_treaty_request",
    "is_optional",
    "read_bundle_request",
    "read_credit",
    "read_heads",
    "read_ping",
    "read_problem",
    "read_treaty_request",
]

HEADER_BYTES = 4
PING_BYTES = 8
MAX_U32 = 2**32 - 1

T = TypeVar("T")


class FrameType(IntEnum):
    """The types of the table on page frames. All are critical."""

    HEADS = 0x01
    MESSAGE = 0x02
    RECEIPT = 0x03
    TREATY_REQUEST = 0x04
    TREATY = 0x05
    BUNDLE_REQUEST = 0x06
    BUNDLE = 0x07
    CREDIT = 0x08
    PING = 0x09
    PONG = 0x0A
    ERROR = 0x0B
    OFFER = 0x0C
    CHUNK_REQUEST = 0x0D
    CHUNK = 0x0E
    DONE = 0x0F


class Frame(NamedTuple):
    """One frame as read. type is 0 to 255 and need not be known."""

    type: int
    payload: bytes


class Heads(Record, frozen=True):
    """What the sender holds now: its newest bundle, the receiver's newest bundle, the newest treaty version."""

    bundle: Uint
    bundle_hash: Bytes32
    holds: Uint
    treaty: Uint
    treaty_hash: Bytes32


class BundleRequest(Row, frozen=True):
    """Which bundle is wanted: of which party, with which serial."""

    party: Party
    serial: Uint


class Problem(Row, frozen=True):
    """Payload of an ERROR frame: a code of page errors, and the id of the message it is about, if any."""

    code: Uint
    id: Bytes16 | None


def is_optional(type: int) -> bool:
    """Return whether a receiver that does not know the type ignores the frame (FRAME-003)."""
    return type >= 0x80


# --- writing ---------------------------------------------------------------------------------------------------------


def encode_frame(type: int, payload: bytes) -> bytes:
    """Return the frame: type, length in three bytes, payload.

    Raises:
        LocalError: payload is longer than MAX_FRAME_BYTES (FRAME-001), or type is not 0 to 255.
    """
    length = len(payload)
    if length > MAX_FRAME_BYTES:
        raise LocalError(f"a payload of {length} bytes; a frame holds {MAX_FRAME_BYTES}")
    if not 0 <= type <= 0xFF:
        raise LocalError(f"frame type {type}")
    return (type << 24 | length).to_bytes(HEADER_BYTES, "big") + payload


def encode_heads(heads: Heads) -> bytes:
    """Return the HEADS frame. Raises LocalError when a peer would refuse it."""
    return encode_frame(FrameType.HEADS, encode_record(heads))


def encode_treaty_request(version: int) -> bytes:
    """Return the TREATY_REQUEST frame for a version of 0 to 2^32 - 1. Raises LocalError beyond that."""
    return encode_frame(FrameType.TREATY_REQUEST, _u32(version))


def encode_bundle_request(request: BundleRequest) -> bytes:
    """Return the BUNDLE_REQUEST frame. Raises LocalError when a peer would refuse it."""
    return encode_frame(FrameType.BUNDLE_REQUEST, encode_record(request))


def encode_credit(nbytes: int) -> bytes:
    """Return the CREDIT frame for 0 to 2^32 - 1 bytes. Raises LocalError beyond that."""
    return encode_frame(FrameType.CREDIT, _u32(nbytes))


def encode_problem(problem: Problem) -> bytes:
    """Return the ERROR frame. Raises LocalError when a peer would refuse it."""
    return encode_frame(FrameType.ERROR, encode_record(problem))


def _u32(number: int) -> bytes:
    if not 0 <= number <= MAX_U32:
        raise LocalError(f"{number} does not fit in four bytes")
    return number.to_bytes(4, "big")


# --- reading ---------------------------------------------------------------------------------------------------------


class ByteQueue:
    """Bytes in the order of their arrival, taken out in pieces of any size.

    Each byte is copied a bounded number of times, however the stream is cut. Takes what it is fed: whoever feeds it
    takes until nothing more comes, then what stays is less than one piece.
    """

    __slots__ = ("_data", "_position", "_tail")

    def __init__(self) -> None:
        self._data = b""
        self._position = 0
        self._tail = bytearray()  # what came since, joined to _data only when a whole piece is there

    def __len__(self) -> int:
        return len(self._data) - self._position + len(self._tail)

    def feed(self, data: bytes) -> None:
        """Append data."""
        if self._tail or self._position < len(self._data):
            self._tail += data
        else:
            self._data, self._position = data, 0

    def peek(self, nbytes: int, skip: int = 0) -> bytes | None:
        """Return nbytes bytes that stand skip bytes from the front, None when they have not all come."""
        start = self._position + skip
        end = start + nbytes
        if end > len(self._data):
            if end > len(self._data) + len(self._tail):
                return None
            self._data = self._data[self._position :] + self._tail
            self._tail, self._position = bytearray(), 0
            start, end = skip, skip + nbytes
        return self._data[start:end]

    def drop(self, nbytes: int) -> None:
        """Remove nbytes bytes, all of which peek() has shown."""
        self._position += nbytes


class FrameBuffer:
    """One lane of one direction: bytes in, frames out.

    Feed it, then pop until None comes; what stays is less than one frame, so at most MAX_FRAME_BYTES and the header.
    """

    __slots__ = ("_queue",)

    def __init__(self) -> None:
        self._queue = ByteQueue()

    def __len__(self) -> int:
        return len(self._queue)

    def feed(self, data: bytes) -> None:
        """Append bytes of the lane."""
        self._queue.feed(data)

    def pop(self) -> Frame | None:
        """Return the next whole frame, None until more bytes come.

        Raises:
            LimitError: the header states more than MAX_FRAME_BYTES; raised as soon as the header is there, and again
                by every later call (FRAME-001).
        """
        header = self._queue.peek(HEADER_BYTES)
        if header is None:
            return None
        length = int.from_bytes(header, "big") & 0xFFFFFF
        if length > MAX_FRAME_BYTES:
            raise LimitError(f"a frame of {length} bytes; {MAX_FRAME_BYTES} are allowed")
        payload = self._queue.peek(length, HEADER_BYTES)
        if payload is None:
            return None
        self._queue.drop(HEADER_BYTES + length)
        return Frame(header[0], payload)


def read_heads(payload: bytes) -> Heads:
    """Return the heads of a HEADS payload. Raises MalformedError (FRAME-004)."""
    return _record(Heads, payload)


def read_treaty_request(payload: bytes) -> int:
    """Return the version that a TREATY_REQUEST asks for. Raises MalformedError (FRAME-004)."""
    return int.from_bytes(_exactly(4, payload), "big")


def read_bundle_request(payload: bytes) -> BundleRequest:
    """Return what a BUNDLE_REQUEST asks for. Raises MalformedError (FRAME-004)."""
    return _record(BundleRequest, payload)


def read_credit(payload: bytes) -> int:
    """Return the number of bytes that a CREDIT gives. Raises MalformedError (FRAME-004)."""
    return int.from_bytes(_exactly(4, payload), "big")


def read_ping(payload: bytes) -> bytes:
    """Return the 8 bytes of a PING or PONG. Raises MalformedError (FRAME-004)."""
    return _exactly(PING_BYTES, payload)


def read_problem(payload: bytes) -> Problem:
    """Return code and message id of an ERROR payload. Raises MalformedError (FRAME-004)."""
    return _record(Problem, payload)


def _exactly(nbytes: int, payload: bytes) -> bytes:
    if len(payload) != nbytes:
        raise MalformedError(f"a payload of {len(payload)} bytes where {nbytes} are due")
    return payload


def _record(type: type[T], payload: bytes) -> T:
    try:
        return decode_as(type, payload, MAX_FRAME_BYTES)
    except LimitError as fault:  # a payload with too many items has not the form of the table: code 1
        raise MalformedError(str(fault)) from fault
