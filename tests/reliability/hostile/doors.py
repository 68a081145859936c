"""Every place where bytes of others become values, with a good example for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from comity import bundle as bundles
from comity import envelope as envelopes
from comity import frames, limits
from comity import message as messages
from comity import receipt as receipts
from comity import treaty as treaties
from comity.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from comity.encoding import convert, decode, decode_as, encode, encode_record
from comity.kinds import KINDS
from comity.link import Hello
from comity.log import Frontier, commitment, leaf_hash
from comity.message import SignedMessage
from comity.receipt import Entry, Receipt
from comity_node.bounds import MAX_REQUEST_BYTES
from comity_node.control import request_of
from tests.support import alliance as parties
from tests.support.messages import ENVELOPE_KEY, SIGNING_KEY, TREATY_ID, body_of
from tests.support.wire import HEADS, HELLO


@dataclass(frozen=True, slots=True)
class Door:
    """`read` takes any bytes of up to `max_bytes`; `good` is what it takes without complaint."""

    name: str
    read: Callable[[bytes], object]
    good: bytes
    max_bytes: int


MARKER = b"in this place the payload is spliced in"


def some_frames(data: bytes) -> list[frames.Frame]:
    """Return the first frames of a stream: each is read by itself."""
    buffer = frames.FrameBuffer()
    found: list[frames.Frame] = []
    buffer.feed(data)
    while len(found) < 64 and (frame := buffer.pop()) is not None:
        found.append(frame)
    return found


def form_in_message(data: bytes) -> object:
    """Read a message whose payload holds any bytes at all as a value: the widest of the doors."""
    head, tail = FORM.split(encode(MARKER))
    return messages.read(encode([head + data + tail, bytes(64)]))


FORM = encode(body_of(payload={"p": MARKER}))


def payload_of_text(data: bytes) -> object:
    return convert(KINDS["text"], decode(data, limits.MAX_BODY_BYTES))


def doors() -> list[Door]:
    """Return the doors of the library, and that of the control socket."""
    signed = messages.sign(body_of(), SIGNING_KEY)
    epoch = envelopes.new_epoch(bytes(32), TREATY_ID, signed.body.from_key, ENVELOPE_KEY.public)
    group = parties.alliance("aa.police", "bb.fiu")
    request = encode({"op": "status", "params": "{}"})
    note = note_of(Frontier())
    big = limits.MAX_FRAME_BYTES
    return [
        Door("value", lambda data: decode(data, limits.MAX_BODY_BYTES), encode([1, "y"]), limits.MAX_BODY_BYTES),
        Door("form", form_in_message, encode([{"a": 1}, b"x"]), limits.MAX_BODY_BYTES - len(FORM)),
        Door("hello", lambda data: decode_as(Hello, data, limits.MAX_HELLO_BYTES), encode(HELLO), 4_096),
        Door("frames", some_frames, frames.encode_heads(HEADS) + frames.encode_credit(5), 2 * big),
        Door("heads", frames.read_heads, encode_record(HEADS), big),
        Door("bundle request", frames.read_bundle_request, encode(["bb.fiu", 1]), big),
        Door("problem", frames.read_problem, encode([6, None]), big),
        Door("message", messages.read, signed.data, limits.MAX_ENVELOPE_BYTES),
        Door("payload", payload_of_text, encode({"text": "Please call me."}), limits.MAX_BODY_BYTES),
        Door("envelope", envelopes.read, envelopes.seal(signed, epoch), limits.MAX_ENVELOPE_BYTES),
        Door("receipts", receipts.read_frame, receipts.to_frame([receipt_of(signed)]), big),
        Door("receipt", receipts.read, receipt_of(signed).encode(), 16_384),
        Door("checkpoint", read_checkpoint, note, 4_096),
        Door("treaty", treaties.read, group.treaty.data, big),
        Door("bundle", bundles.read, group.bundles["bb.fiu"].data, big),
        Door("control", request_of, request, MAX_REQUEST_BYTES),
    ]


def note_of(frontier: Frontier) -> bytes:
    return sign_checkpoint(Checkpoint("bb.fiu", TREATY_ID, frontier.size, frontier.root), SIGNING_KEY)


def receipt_of(signed: SignedMessage) -> Receipt:
    """Return a receipt for the message from a log of one leaf."""
    values: dict[str, Any] = {"code": 0, "event": "receipt", "status": "accepted", "time": 1_500_000, "v": 1}
    entry = Entry(sender="aa.police", id=signed.body.id, message=signed.hash, to="bb.fiu", treaty=TREATY_ID, **values)
    data, salt = encode(entry), bytes(16)
    frontier, proofs = Frontier().extend([leaf_hash(commitment(salt, data))])
    return Receipt(note_of(frontier), 0, data, salt, proofs[0])
