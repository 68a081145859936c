"""A conversation over a link, message by message: what was sent, and the receiving end just before it came."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from comity.frames import FrameType, encode_frame
from comity.link import Event, Hello, Link
from tests.reliability.hostile.fork import fork
from tests.support.wire import (
    CALLEE,
    CALLEE_KEY,
    CALLER,
    CALLER_KEY,
    HEADS,
    HELLO,
    KNOWN,
    TREATY_ID,
    drain,
    feed,
    flush,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One message of the conversation.

    Attributes:
        number: its place in the conversation.
        name: what it is.
        link: the receiving end before it; take a fork.
        data: the message with its length prefix.
        after: the next good message in the same direction, b"" where there is none yet.
        now: when it comes, seconds.
        handshake: whether it comes before the peer is known.
        events: what the receiving end reports when nothing was altered.
    """

    number: int
    name: str
    link: Link
    data: bytes
    after: bytes
    now: float
    handshake: bool
    events: tuple[Event, ...]


def seeded(name: str, length: int = 32) -> bytes:
    return hashlib.shake_256(name.encode()).digest(length)


def ends(run: str, hello: Hello = HELLO) -> tuple[Link, Link]:
    """Return caller and callee; another `run` has other ephemeral keys."""
    e, k, f = seeded(f"{run} e"), seeded(f"{run} k", 64), seeded(f"{run} f")
    a = Link.initiator(TREATY_ID, CALLER_KEY, CALLEE, CALLEE_KEY.public.data, CALLER, hello, e, k, 0.0)
    return a, Link.responder(TREATY_ID, CALLEE_KEY, KNOWN, CALLEE, hello, f, 0.0)


def send_in_bulk(link: Link, envelope: bytes) -> None:
    """Send a MESSAGE in the bulk lane though it is short, so that its record can be altered byte by byte."""
    frame = encode_frame(FrameType.MESSAGE, envelope)
    assert link._credit.spend(len(frame))
    link._outgoing.put_message(frame, 3, True)


class Conversation:
    """Plays the stages one after another; `stages` grows."""

    def __init__(self, run: str) -> None:
        self.caller, self.callee = ends(run)
        self.stages: list[Stage] = []
        self._handshake()
        self._greeting()
        self._frames(run)

    def _pass(self, name: str, source: Link, target: Link, now: float = 0.0, handshake: bool = False) -> None:
        data = flush(source, now)
        before = fork(target)
        after = b"" if handshake else self._next(source, now)
        events = tuple(feed(target, data, now))
        self.stages.append(Stage(len(self.stages), name, before, data, after, now, handshake, events))

    @staticmethod
    def _next(source: Link, now: float) -> bytes:
        """Return what the source would send next: a message, from a copy of it."""
        copy = fork(source)
        if copy.is_open:
            copy.release(0)
            copy.send_heads(HEADS)
        return flush(copy, now)

    def _handshake(self) -> None:
        self._pass("handshake message 1", self.caller, self.callee, handshake=True)
        self._pass("handshake message 2", self.callee, self.caller, handshake=True)
        self._pass("handshake message 3", self.caller, self.callee, handshake=True)

    def _greeting(self) -> None:
        for source, target in ((self.caller, self.callee), (self.callee, self.caller)):
            source.send_heads(HEADS)
            self._pass("record with HEADS", source, target)

    def _frames(self, run: str) -> None:
        caller, callee = self.caller, self.callee
        self._say("record with MESSAGE", lambda: caller.send_message(seeded(f"{run} envelope", 700)))
        self._say("bulk record with MESSAGE", lambda: send_in_bulk(caller, seeded(f"{run} bulk", 400)))
        callee.release(1_108)
        self._back("record with CREDIT and RECEIPT", lambda: callee.send_receipts(seeded(f"{run} receipt", 420)))
        self._say("record with TREATY_REQUEST", lambda: caller.request_treaty(2))
        self._back("record with TREATY", lambda: callee.send_treaty(seeded(f"{run} treaty", 300)))
        self._say("record with BUNDLE_REQUEST", lambda: caller.request_bundle(CALLEE, 2))
        self._back("record with BUNDLE", lambda: callee.send_bundle(seeded(f"{run} bundle", 200)))
        self._back("record with ERROR", lambda: callee.send_error(6, bytes(16)))
        address = seeded(f"{run} address", 32)
        self._back("record with OFFER", lambda: callee.send_offer([address]))
        self._say("record with CHUNK_REQUEST", lambda: caller.fetch.begin(address, 0, 1))
        self._back("bulk record with CHUNK", lambda: callee.send_chunk(seeded(f"{run} chunk", 150)))
        caller.fetch.written()
        self._say("record with DONE", lambda: caller.send_done(address, 0))
        self._say("record with PING", lambda: caller.tick(20.0), 20.0)
        self._back("record with PONG", lambda: None, 20.0)
        self._say("rekey record and HEADS", lambda: caller.send_heads(HEADS), 601.0)
        self._say("close record", lambda: caller.close(0), 601.0)

    def _say(self, name: str, speak: Callable[[], object], now: float = 0.0) -> None:
        speak()
        self._pass(name, self.caller, self.callee, now)

    def _back(self, name: str, speak: Callable[[], object], now: float = 0.0) -> None:
        speak()
        self._pass(name, self.callee, self.caller, now)


def conversation(run: str = "A") -> list[Stage]:
    """Return every kind of handshake message and record, each with the receiving end that waits for it."""
    return Conversation(run).stages


def told(link: Link) -> tuple[Event, ...]:
    return tuple(drain(link))
