"""The calls that queue frames on an open link."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from comity import limits
from comity.attachment import Chunk, Done, Fetch, Serve
from comity.attachment.frames import encode_chunk, encode_done, encode_offer
from comity.errors import LocalError
from comity.frames import (
    HEADER_BYTES,
    PING_BYTES,
    BundleRequest,
    FrameType,
    Heads,
    Problem,
    encode_bundle_request,
    encode_frame,
    encode_heads,
    encode_problem,
    encode_treaty_request,
)
from comity.link.flow import Credit, Questions
from comity.link.incoming import NOT_HELD
from comity.link.outgoing import Outgoing

FLASH: Final = 0
ROUTINE: Final = limits.MAX_LEVELS - 1
ERROR_CODES: Final = frozenset({1, 3, 4, 6, 9, 16, 17, 18, 34})  # may stand in a frame ERROR (ERR-001)
DONE_CODES: Final = frozenset({0, 3, 4, 6})  # may stand in a frame DONE (ERR-001)


class Sending(ABC):
    """What a caller may send. Every call raises LocalError, and changes nothing, when the link is not open.

    All but send_heads() and release() also raise it before HEADS was sent (FRAME-005).

    Attributes:
        fetch: the attachments that the peer offers: what to ask for is said there, and requested by itself.
        serve: the attachments that were offered to the peer, and the chunks that it has requested.
    """

    fetch: Fetch
    serve: Serve

    _outgoing: Outgoing  # these three are there once the link is open
    _credit: Credit
    _questions: Questions

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether frames may be sent."""

    @property
    def credit(self) -> int:
        """Bytes of MESSAGE frames, headers included, that may be sent now (FRAME-007); 0 where nothing may."""
        return self._credit.ours if self.is_open else 0

    @property
    def chunks_waiting(self) -> int:
        """Bytes of frames CHUNK that wait for data_to_send()."""
        return self._outgoing.chunks_waiting if self.is_open else 0

    @property
    def backlog(self) -> int:
        """Bytes of frames that wait for data_to_send()."""
        return self._outgoing.waiting if self.is_open else 0

    def backlog_before(self, urgency: int) -> int:
        """Return how many bytes of messages wait for data_to_send() that are as urgent as this or more so."""
        return self._outgoing.messages_before(urgency) if self.is_open else 0

    def fits(self, envelope: bytes, urgency: int) -> bool:
        """Return whether the credit lets the envelope be sent now; all but flash leave a reserve (DELIV-006)."""
        reserve = 0 if urgency == FLASH else limits.FLASH_RESERVE_BYTES
        return len(envelope) + HEADER_BYTES + reserve <= self.credit

    def send_message(self, envelope: bytes, urgency: int = ROUTINE) -> bool:
        """Return True when the envelope is queued, False when the credit is too small for it now (FRAME-007).

        urgency: 0 (flash) to 3 (routine). In its lane it overtakes what is less urgent; what is long and not flash
        travels in the bulk lane, where everything interactive overtakes it (DELIV-004, DELIV-005).

        Raises:
            LocalError: see the class; or more than MAX_ENVELOPE_BYTES, or no urgency.
        """
        self._require_greeting()
        if urgency not in range(limits.MAX_LEVELS):
            raise LocalError(f"urgency {urgency}")
        if len(envelope) > limits.MAX_ENVELOPE_BYTES:
            raise LocalError(f"an envelope of {len(envelope)} bytes")
        if not self._credit.spend(len(envelope) + HEADER_BYTES):
            return False
        bulk = urgency != FLASH and len(envelope) > limits.MAX_BULK_RECORD_BYTES
        self._outgoing.put_message(encode_frame(FrameType.MESSAGE, envelope), urgency, bulk)
        return True

    def send_heads(self, heads: Heads) -> None:
        """Queue HEADS: at once when the link has opened, and again when one of its values has changed (FRAME-006).

        Raises:
            LocalError: see the class; or a value is out of bounds.
        """
        self._require_open()
        self._outgoing.put_heads(encode_heads(heads))

    def send_receipts(self, payload: bytes) -> None:
        """Queue the payload of a frame RECEIPT. Raises LocalError: see the class; or too long for a frame."""
        self._send(encode_frame(FrameType.RECEIPT, payload))

    def send_ping(self, token: bytes) -> bool:
        """Return True when a PING with these 8 bytes is queued, False when too many wait for their answer (FRAME-022).

        The answer comes as the event Ponged with the same bytes.
        """
        if len(token) != PING_BYTES:
            raise LocalError(f"a PING of {len(token)} bytes")
        return self._ask(encode_frame(FrameType.PING, token))

    def request_treaty(self, version: int) -> bool:
        """Return True when the request is queued, False when too many wait for their answer (FRAME-022)."""
        return self._ask(encode_treaty_request(version))

    def request_bundle(self, party: str, serial: int) -> bool:
        """Return True when the request is queued, False when too many wait for their answer (FRAME-022)."""
        return self._ask(encode_bundle_request(BundleRequest(party, serial)))

    def send_treaty(self, data: bytes) -> None:
        """Queue a signed treaty version. Raises LocalError: see the class; or too long for a frame."""
        self._send(encode_frame(FrameType.TREATY, data))
        self._questions.answer()

    def send_bundle(self, data: bytes) -> None:
        """Queue a signed bundle. Raises LocalError: see the class; or too long for a frame."""
        self._send(encode_frame(FrameType.BUNDLE, data))
        self._questions.answer()

    def send_error(self, code: int, id: bytes | None) -> None:
        """Queue ERROR with the id of the message it is about; 3 and None answer a request (FRAME-016, FRAME-019).

        Raises:
            LocalError: see the class; or the code does not travel in ERROR (ERR-001).
        """
        if code not in ERROR_CODES:
            raise LocalError(f"code {code} does not travel in ERROR")
        problem = Problem(code, id)
        self._send(encode_problem(problem))
        if problem == NOT_HELD:
            self._questions.answer()

    def send_offer(self, addresses: Sequence[bytes]) -> None:
        """Queue an OFFER of 1 to 256 addresses. Raises LocalError: see the class; or no room (`serve.room`)."""
        frame = encode_offer(addresses)
        self._require_greeting()
        self.serve.offer(addresses)
        self._outgoing.put_control(frame)

    def send_chunk(self, sealed: bytes) -> None:
        """Queue the answer to the chunk that is due; empty where it cannot be given (ATTACH-021, ATTACH-022).

        Raises:
            LocalError: see the class; or none is due, or the bytes are no sealed chunk.
        """
        self._require_greeting()
        due = self.serve.due
        if due is None:
            raise LocalError("no chunk is requested")
        frame = encode_chunk(Chunk(due.address, due.index, sealed))
        self.serve.given()
        self._outgoing.put_chunk(frame)

    def send_done(self, address: bytes, code: int) -> None:
        """Queue DONE for an open address (ATTACH-025, ATTACH-026).

        Raises:
            LocalError: see the class; or the address is not open, or the code does not travel in DONE (ERR-001).
        """
        if code not in DONE_CODES:
            raise LocalError(f"code {code} does not travel in DONE")
        frame = encode_done(Done(address, code))
        self._require_greeting()
        self.fetch.finish(address, self._outgoing.control_written + len(frame))
        self._outgoing.put_control(frame)

    def release(self, nbytes: int) -> None:
        """Give back the cost of messages that are dealt with; one CREDIT covers what was released (FRAME-011).

        Raises:
            LocalError: see the class; or more than was received.
        """
        self._require_open()
        self._credit.release(nbytes)

    def _require_open(self) -> None:
        if not self.is_open:
            raise LocalError("the link is not open")

    def _require_greeting(self) -> None:
        self._require_open()
        if not self._outgoing.greeted:
            raise LocalError("HEADS goes first")

    def _send(self, frame: bytes) -> None:
        self._require_greeting()
        self._outgoing.put_control(frame)

    def _ask(self, frame: bytes) -> bool:
        self._require_greeting()
        if not self._questions.ask():
            return False
        self._outgoing.put_control(frame)
        return True
