"""What stays of a message whose content was destroyed: who wrote when to whom in which case, under which marking."""

from typing import Annotated, Final

import msgspec

from comity import message as messages
from comity.encoding import Meta, Micros, Record, decode_as, encode_record
from comity.limits import MAX_BODY_BYTES
from comity.message import MAX_SIGNED_BYTES, Body
from comity_node.records import Destroyed

ARRAY_OF_TWO: Final = 0x92  # first byte of a signed message; remains are a map


class Remains(Record, frozen=True):
    """`body` is that of the message, with an empty payload, no attachments and no approvals; `time` is in micros."""

    body: bytes
    ground: Annotated[str, Meta(min_length=1, max_length=64)]
    time: Micros


def remains_of(body: Body, destroyed: Destroyed) -> bytes:
    """Return what takes the place of the signed message."""
    rest = msgspec.structs.replace(body, payload={}, attachments=(), approvals=())
    return encode_record(Remains(body=encode_record(rest), ground=destroyed.ground, time=destroyed.time_us))


def is_remains(data: bytes) -> bool:
    """Return whether the bytes are what stays of a message, and not the message itself."""
    return data[0] != ARRAY_OF_TWO


def opened(data: bytes) -> tuple[Body, Destroyed | None]:
    """Return the body that the bytes hold, and where it was destroyed, when and why."""
    if not is_remains(data):
        return messages.read(data).body, None
    remains = decode_as(Remains, data, MAX_SIGNED_BYTES)
    body = decode_as(Body, remains.body, MAX_BODY_BYTES)
    return body, Destroyed(remains.time, remains.ground)
