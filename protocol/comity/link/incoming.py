"""What comes in on an open link: records out of the stream, frames out of their lanes, an event for each frame."""

from collections.abc import Callable
from typing import Final, NamedTuple

from comity.attachment import Fetch, Serve
from comity.attachment.frames import read_chunk, read_chunk_request, read_done, read_offer
from comity.errors import OutOfTurnError, UnsupportedError
from comity.frames import (
    HEADER_BYTES,
    ByteQueue,
    Frame,
    FrameBuffer,
    FrameType,
    Problem,
    encode_frame,
    is_optional,
    read_bundle_request,
    read_credit,
    read_heads,
    read_ping,
    read_problem,
    read_treaty_request,
)
from comity.link.events import (
    BundleReceived,
    BundleRequested,
    ChunkReceived,
    ChunksRequested,
    DoneReceived,
    ErrorReceived,
    Event,
    HeadsReceived,
    MessageReceived,
    Offered,
    Ponged,
    ReceiptsReceived,
    TreatyReceived,
    TreatyRequested,
)
from comity.link.flow import Credit, Questions
from comity.link.outgoing import Outgoing
from comity.link.records import Opener, RecordType
from comity.noise import CipherState

NOT_HELD: Final = Problem(UnsupportedError.code, None)  # answers a request (FRAME-016)


class Goodbye(NamedTuple):
    """A close record with its code, whatever it is."""

    code: int


class Incoming:
    """Frames of both lanes in the order in which their last bytes came.

    PING and CREDIT are dealt with here. `heard` is when the last record came, in the seconds of next().
    """

    __slots__ = (
        "_bulk",
        "_credit",
        "_fetch",
        "_interactive",
        "_lane",
        "_opener",
        "_outgoing",
        "_questions",
        "_serve",
        "heard",
    )

    def __init__(
        self,
        cipher: CipherState,
        stream: ByteQueue,
        credit: Credit,
        questions: Questions,
        outgoing: Outgoing,
        fetch: Fetch,
        serve: Serve,
        now: float,
    ) -> None:
        self._opener = Opener(cipher, stream)
        self._interactive = FrameBuffer()
        self._bulk = FrameBuffer()
        self._lane = self._interactive  # of the last record
        self._credit = credit
        self._questions = questions
        self._outgoing = outgoing
        self._fetch = fetch
        self._serve = serve
        self.heard = now

    def next(self, now: float) -> Frame | Goodbye | None:
        """Return what comes next in the stream, None until more bytes come. See Opener.next() for what it raises."""
        while True:
            frame = self._lane.pop()
            if frame is not None:
                return frame
            record = self._opener.next()
            if record is None:
                return None
            self.heard = now
            type, content = record
            if type is RecordType.CLOSE:
                return Goodbye(int.from_bytes(content, "big"))
            if type is not RecordType.REKEY:
                self._lane = self._bulk if type is RecordType.BULK else self._interactive
                self._lane.feed(content)

    def event(self, frame: Frame) -> Event | None:
        """Return what the frame says to our caller, None where it says nothing.

        Raises:
            LimitError: more MESSAGE than credit, more credit than there may be, too many questions, offers or requested
                chunks (FRAME-010, FRAME-012, FRAME-023, ATTACH-016, ATTACH-020).
            MalformedError: the payload has not its form (FRAME-004).
            OutOfTurnError: the type does not travel in this lane, or a CHUNK or DONE has no place now (FRAME-021,
                ATTACH-023, ATTACH-024).
            UnsupportedError: a critical type that is not known (FRAME-002).
        """
        type, payload = frame
        if type == FrameType.MESSAGE:
            cost = len(payload) + HEADER_BYTES
            self._credit.arrive(cost)
            return MessageReceived(payload, cost)
        read = _READ.get(type)
        if read is not None:
            if (self._lane is self._bulk) is not (type == FrameType.CHUNK):
                raise OutOfTurnError(f"a frame {FrameType(type).name} in the wrong lane")
            return read(self, payload)
        if not is_optional(type):
            raise UnsupportedError(f"frame type {type:#04x}")
        return None  # FRAME-003

    def _heads(self, payload: bytes) -> Event | None:
        return HeadsReceived(read_heads(payload))

    def _receipts(self, payload: bytes) -> Event | None:
        return ReceiptsReceived(payload)

    def _treaty_request(self, payload: bytes) -> Event | None:
        version = read_treaty_request(payload)
        self._questions.arrive()
        return TreatyRequested(version)

    def _treaty(self, payload: bytes) -> Event | None:
        self._questions.answered()
        return TreatyReceived(payload)

    def _bundle_request(self, payload: bytes) -> Event | None:
        request = read_bundle_request(payload)
        self._questions.arrive()
        return BundleRequested(request.party, request.serial)

    def _bundle(self, payload: bytes) -> Event | None:
        self._questions.answered()
        return BundleReceived(payload)

    def _credit_frame(self, payload: bytes) -> Event | None:
        self._credit.gain(read_credit(payload))
        return None

    def _ping(self, payload: bytes) -> Event | None:
        answer = encode_frame(FrameType.PONG, read_ping(payload))  # FRAME-013
        self._questions.arrive()
        self._questions.answer()
        self._outgoing.put_control(answer)
        return None

    def _pong(self, payload: bytes) -> Event | None:
        token = read_ping(payload)
        self._questions.answered()
        return Ponged(token)

    def _error(self, payload: bytes) -> Event | None:
        problem = read_problem(payload)
        if problem == NOT_HELD:
            self._questions.answered()
        return ErrorReceived(problem.code, problem.id)

    def _offer(self, payload: bytes) -> Event | None:
        opened = self._fetch.offered(read_offer(payload), self._outgoing.control_left)
        return Offered(tuple(opened)) if opened else None

    def _chunk_request(self, payload: bytes) -> Event | None:
        wanted = read_chunk_request(payload)
        self._serve.requested(wanted)
        return ChunksRequested(wanted)

    def _chunk(self, payload: bytes) -> Event | None:
        chunk = read_chunk(payload)
        self._fetch.arrived(chunk.address, chunk.index)
        return ChunkReceived(chunk)

    def _done(self, payload: bytes) -> Event | None:
        done = read_done(payload)
        self._serve.done(done.address)
        return DoneReceived(done)


_READ: Final[dict[int, Callable[[Incoming, bytes], Event | None]]] = {
    FrameType.HEADS: Incoming._heads,
    FrameType.RECEIPT: Incoming._receipts,
    FrameType.TREATY_REQUEST: Incoming._treaty_request,
    FrameType.TREATY: Incoming._treaty,
    FrameType.BUNDLE_REQUEST: Incoming._bundle_request,
    FrameType.BUNDLE: Incoming._bundle,
    FrameType.CREDIT: Incoming._credit_frame,
    FrameType.PING: Incoming._ping,
    FrameType.PONG: Incoming._pong,
    FrameType.ERROR: Incoming._error,
    FrameType.OFFER: Incoming._offer,
    FrameType.CHUNK_REQUEST: Incoming._chunk_request,
    FrameType.CHUNK: Incoming._chunk,
    FrameType.DONE: Incoming._done,
}
