"""Frames: cut from a lane, and their payloads (page frames)."""

from tests.second import forms
from tests.second.codec import Value, decode, encode
from tests.second.forms import BIN16, BIN32, Form, array, binary, or_nil, uint
from tests.second.receipt import FRAME as RECEIPTS
from tests.second.refusal import LIMIT, MALFORMED, UNSUPPORTED, RefusedError, require

HEADS, MESSAGE, RECEIPT, TREATY_REQUEST, TREATY, BUNDLE_REQUEST, BUNDLE, CREDIT, PING, PONG, ERROR = range(1, 12)
OFFER, CHUNK_REQUEST, CHUNK, DONE = range(12, 16)
MAX_FRAME_BYTES = 1_048_576

SIZES = {TREATY_REQUEST: 4, CREDIT: 4, PING: 8, PONG: 8}
RECORDS: dict[int, Form] = {
    HEADS: forms.record(bundle=uint(), bundle_hash=BIN32, holds=uint(), treaty=uint(), treaty_hash=BIN32),
    RECEIPT: RECEIPTS,
    BUNDLE_REQUEST: forms.row(forms.IS_PARTY, uint()),
    ERROR: forms.row(uint(), or_nil(BIN16)),
    OFFER: array(BIN32, 1, 256),
    CHUNK_REQUEST: forms.row(BIN32, uint(0, 4_194_303), uint(1, 16)),
    DONE: forms.row(BIN32, uint()),
    TREATY: forms.row(binary(1, 524_288), forms.array(forms.row(BIN32, binary(0, 4096)), 1, 1024)),
    BUNDLE: forms.row(binary(1, 65_536), forms.array(forms.row(BIN32, binary(0, 4096)), 1, 64)),
}


def frame(kind: int, payload: bytes) -> bytes:
    """Return u8 type, u24 length and payload."""
    return bytes([kind]) + len(payload).to_bytes(3, "big") + payload


def record_frame(kind: int, value: Value) -> bytes:
    return frame(kind, encode(value))


def cut(lane: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the whole frames at the start of a lane, and the rest of it; optional ones are left out (FRAME-003)."""
    found = []
    while len(lane) >= 4:
        kind, length = lane[0], int.from_bytes(lane[1:4], "big")
        require(length <= MAX_FRAME_BYTES, "a frame is too long", LIMIT)
        if len(lane) < 4 + length:
            break
        if kind < 0x80:
            require(HEADS <= kind <= DONE, "a critical frame of an unknown type", UNSUPPORTED)
            found.append((kind, lane[4 : 4 + length]))
        lane = lane[4 + length :]
    return found, lane


def payload(kind: int, data: bytes) -> Value:
    """Return the value of a payload: bytes for a raw one, else the record; its form is checked (FRAME-004)."""
    if kind in SIZES:
        require(len(data) == SIZES[kind], "a payload of a wrong size")
    if kind == CHUNK:
        require(len(data) == 36 or 52 <= len(data) <= 262_196, "a chunk of a wrong size")
        require(int.from_bytes(data[32:36], "big") < 4_194_304, "a chunk beyond the last")
    if kind in SIZES or kind in (MESSAGE, CHUNK):
        return data
    try:
        value = decode(data, MAX_FRAME_BYTES)
    except RefusedError as fault:
        raise RefusedError(MALFORMED, "the payload is not in canonical encoding") from fault
    RECORDS[kind](value)
    return value
