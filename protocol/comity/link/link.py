"""The link as seen from one end: bytes and the time go in, bytes and events come out (spec pages link and frames)."""

import math
from collections.abc import Mapping
from typing import Final

from comity import limits
from comity.attachment import Fetch, Serve
from comity.attachment.frames import encode_chunk_request
from comity.errors import AuthenticationError, IdleError, InternalError, LocalError, RemoteError
from comity.frames import ByteQueue, Frame, FrameType, encode_credit, encode_frame
from comity.keys import LinkKey
from comity.link.events import Closed, Event, Opened
from comity.link.flow import Credit, Questions
from comity.link.handshake import Answerer, Caller, Hello, Secured
from comity.link.incoming import Goodbye, Incoming
from comity.link.outgoing import Outgoing
from comity.link.records import CLOSE, Sealer, prefixed, take_prefixed
from comity.link.sending import Sending
from comity.link.states import ENDED, IN_HANDSHAKE, OPEN, State, Step, after

LINK_CODES: Final = frozenset({0, 1, 2, 3, 4, 5, 7, 8, 9, 27})  # may stand in a close record (ERR-001)
ORDERLY_CODES: Final = frozenset({0, 7, 8})  # what waits leaves before the close record
BEFORE_OPEN_BYTES: Final = 8_192  # LIMIT-003
READ_BYTES: Final = 262_144


class Link(Sending):
    """One end of a link. Owns no socket, clock or lock: `now` is seconds of any steady clock.

    Order of calls: receive() with what has come; next_event() until None; then data_to_send() until b"", also after
    every call that sends, and once after tick(). When `deadline` has come, call tick(). A link that is `closed`
    reads nothing more; hand out what data_to_send() still gives, then close the connection.

    Attributes:
        peer: the party at the other end, None while it is not known.
    """

    def __init__(self, handshake: Caller | Answerer, peer: str | None, hello: Hello, now: float) -> None:
        """See initiator() and responder()."""
        calling = isinstance(handshake, Caller)
        self.peer = peer
        self._handshake = handshake
        self._window = hello.window
        self._state = State.CALLING if calling else State.ANSWERING
        self._began = self._now = now
        self._stream = ByteQueue()
        self._hung_up = False
        self._pings = 0
        self._pinged_for = -math.inf  # the last record heard when we sent the last PING
        self._fault: RemoteError | None = None  # found by tick(), not yet reported
        self._close = b""
        self._plain = prefixed(handshake.first) if isinstance(handshake, Caller) else b""
        self._questions = Questions()
        self.fetch, self.serve = Fetch(), Serve()
        self._incoming: Incoming  # there once the link is open

    @classmethod
    def initiator(
        cls,
        treaty_id: bytes,
        static: LinkKey,
        peer: str,
        peer_key: bytes,
        party: str,
        hello: Hello,
        ephemeral: bytes,
        kem_seed: bytes,
        now: float,
    ) -> "Link":
        """Return the end that dials; message 1 waits in data_to_send().

        Args:
            treaty_id: 32 bytes.
            static: our link key.
            peer: the party that is called.
            peer_key: the link key in the current bundle of that party, 32 bytes (LINK-003).
            party: ourselves, not the peer.
            hello: what we say of ourselves.
            ephemeral: 32 random bytes, never used before (LINK-004).
            kem_seed: 64 random bytes, never used before (LINK-004).
            now: when the connection began.

        Raises:
            LocalError: a peer would refuse hello, a size is wrong, or a party calls itself.
            RemoteError: peer_key is no usable key.
        """
        if peer == party:
            raise LocalError(f"{party} calls itself")
        caller = Caller(treaty_id, static, peer, peer_key, hello, ephemeral, kem_seed)
        return cls(caller, peer, hello, now)

    @classmethod
    def responder(
        cls,
        treaty_id: bytes,
        static: LinkKey,
        known: Mapping[bytes, str],
        party: str,
        hello: Hello,
        ephemeral: bytes,
        now: float,
    ) -> "Link":
        """Return the end that is called.

        known maps the link key of each party that may speak now to the party; our own is passed over. It is asked
        once, when the caller shows its key (LINK-010). The rest: see initiator().

        Raises:
            LocalError: a peer would refuse hello, or a size is wrong.
        """
        return cls(Answerer(treaty_id, static, known, party, hello, ephemeral), None, hello, now)

    # --- what the caller may ask --------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Where the link stands."""
        return self._state

    @property
    def is_open(self) -> bool:
        """Whether frames may be sent."""
        return self._state in OPEN and not self._hung_up

    @property
    def closed(self) -> bool:
        """Whether the link has ended; a close record may still wait in data_to_send()."""
        return self._hung_up or self._state in ENDED

    @property
    def read_bytes(self) -> int:
        """How many bytes to read off the wire at once at most: few until the peer is authenticated (LIMIT-003)."""
        return BEFORE_OPEN_BYTES if self._state in IN_HANDSHAKE else READ_BYTES

    @property
    def deadline(self) -> float:
        """When to call tick(): seconds of the caller's clock, infinity once the link is closed."""
        if self.closed:
            return math.inf
        if self._state in IN_HANDSHAKE:
            return self._began + limits.HANDSHAKE_S
        heard = self._incoming.heard
        silence = limits.IDLE_S if self._pinged_for == heard else limits.PING_AFTER_S
        return min(heard + silence, self._began + limits.MAX_LINK_AGE_S)

    # --- in -----------------------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> None:
        """Take in bytes off the wire, b"" when the peer hung up. What comes after the end is dropped."""
        self._now = now
        if not data:
            self._hung_up = True
        elif not self.closed:
            self._stream.feed(data)

    def next_event(self) -> Event | None:
        """Return what the peer did next, None until more bytes come or when the link is closed.

        Raises:
            RemoteError: the peer broke the protocol or was silent for too long. Raised once; the link is closed, and
                data_to_send() gives a close record where the peer is to be told (LINK-028, LINK-016, ERR-004).
        """
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        if self._state in ENDED:
            return None
        try:
            event = self._shake_hands() if self._state in IN_HANDSHAKE else None
            if event is None and self._state in OPEN:
                event = self._read()
        except RemoteError as fault:
            self._fail(fault)
            raise
        if event is None and self._hung_up:
            self._move(Step.CUT)
            return Closed(None)
        return event

    def tick(self, now: float) -> None:
        """Do what time demands (LINK-012, LINK-026, LINK-027, LINK-032). Harmless before the deadline."""
        if now < self.deadline or self.closed:
            return
        if self._state in IN_HANDSHAKE:
            self._time_out(f"the handshake took {limits.HANDSHAKE_S} s")
        elif now >= self._began + limits.MAX_LINK_AGE_S:
            self.close(0)
        elif now >= self._incoming.heard + limits.IDLE_S:
            self._time_out(f"no record for {limits.IDLE_S} s")
        else:
            self._ping()

    # --- out ----------------------------------------------------------------------------------------------------

    def data_to_send(self, now: float) -> bytes:
        """Return bytes for the wire, b"" when nothing waits or may leave now.

        Holds what waits up to some hundred kilobytes; call again when the wire has taken it. Frames share records.
        """
        if self._hung_up or self._state is State.CLOSED:
            return b""
        parts, self._plain = [self._plain], b""
        if self.is_open:
            parts += self._take_turn(now)
        elif self._state is State.CLOSING:
            parts += self._outgoing.take_last(self._close, now)
            self._move(Step.SENT)
        return b"".join(parts)

    def close(self, code: int = 0) -> None:
        """End the link. Nothing more is read. With code 0, 7 or 8 what waits on the interactive lane leaves first.

        A link that is closed stays as it is; one whose handshake has not finished ends without a word.

        Raises:
            LocalError: the code does not travel in a close record (ERR-001).
        """
        if code not in LINK_CODES:
            raise LocalError(f"code {code} does not close a link")
        if not self.closed:
            self._end(Step.CLOSE, code)

    # --- the handshake ------------------------------------------------------------------------------------------

    def _shake_hands(self) -> Event | None:
        while self._state in IN_HANDSHAKE:
            message = take_prefixed(self._stream, self._handshake.allowed_bytes)
            if message is None:
                return None
            answer, secured = self._handshake.read(message)
            if answer:
                self._plain += prefixed(answer)
            self._move(Step.HANDSHAKE)
            if secured is not None:
                return self._open(secured)
        return None

    def _open(self, secured: Secured) -> Opened:
        now = self._now
        self.peer = secured.peer
        self._credit = Credit(ours=secured.hello.window, theirs=self._window)  # FRAME-008
        self._outgoing = Outgoing(Sealer(secured.sending, now))
        rooms = self._credit, self._questions, self._outgoing, self.fetch, self.serve
        self._incoming = Incoming(secured.receiving, self._stream, *rooms, now)
        return Opened(secured.peer, secured.hello)

    # --- the open link ------------------------------------------------------------------------------------------

    def _read(self) -> Event | None:
        event = None
        while event is None:
            arrived = self._incoming.next(self._now)
            if arrived is None:
                return None
            event = self._take(arrived)
        return event

    def _take(self, arrived: Frame | Goodbye) -> Event | None:
        if isinstance(arrived, Goodbye):
            self._move(Step.CLOSE_RECORD)
            return Closed(arrived.code if arrived.code in LINK_CODES else InternalError.code)
        if self._state is not State.TALKING:
            self._move(Step.HEADS if arrived.type == FrameType.HEADS else Step.FRAME)
        return self._incoming.event(arrived)

    def _take_turn(self, now: float) -> list[bytes]:
        if self._credit.owed and not self._outgoing.crowded:
            self._outgoing.put_control(encode_credit(self._credit.give_back()))
        for wanted in self.fetch.requests():
            self._outgoing.put_control(encode_chunk_request(wanted))
        records = self._outgoing.take_turn(now)
        if not self._outgoing.answers_wait:
            self._questions.sent()
        return records

    def _ping(self) -> None:
        self._pinged_for = self._incoming.heard
        if self._questions.ask():
            self._pings += 1
            self._outgoing.put_control(encode_frame(FrameType.PING, self._pings.to_bytes(8, "big")))

    # --- ending -------------------------------------------------------------------------------------------------

    def _move(self, step: Step) -> None:
        self._state = after(self._state, step)

    def _time_out(self, text: str) -> None:
        self._fault = IdleError(text)
        self._fail(self._fault)

    def _fail(self, fault: RemoteError) -> None:
        """End the link for a fault of the peer. What does not decrypt is not answered (LINK-016)."""
        self._end(Step.CUT if isinstance(fault, AuthenticationError) else Step.FAULT, fault.code)

    def _end(self, step: Step, code: int) -> None:
        self._move(step)
        self._stream = ByteQueue()
        if self._state is State.CLOSED:
            return
        self._close = CLOSE + (code if code in LINK_CODES else InternalError.code).to_bytes(2, "big")
        if code not in ORDERLY_CODES:
            self._outgoing.clear()
