"""Stands between honest nodes and their links: keeps the wire log, loses frames, sends old ones again."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from comity.frames import HEADER_BYTES
from comity.link.sending import Sending
from tests.simulation.journal import Journal
from tests.simulation.observer import Observer
from tests.simulation.schedule import OWNER

MAX_RECORDED = 32  # frames kept of each pair and type


@dataclass(eq=False)
class Recorded:
    """Frames that have left towards one peer, kept over all links and restarts: (data, further arguments)."""

    messages: list[tuple[bytes, Any]] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)


class Meddler:
    """With `loss` a frame is lost, with `repeat` an old one follows it, perhaps days old, on whatever link there is.

    Since the old frame comes after newer ones, repetition is also what reorders.
    """

    def __init__(self, observer: Observer, journal: Journal, rng: random.Random) -> None:
        self.loss = 0.0
        self.repeat = 0.0
        self._observer = observer
        self._journal = journal
        self._rng = rng
        self._send_receipts: Any = None  # the real one, there within `between`
        self._recorded: dict[tuple[str, str], Recorded] = {}
        self._orders: dict[tuple[str, str], list[Recorded]] = {}

    def recorded(self, party: str, peer: str) -> Recorded:
        """Return the frames that the party has sent to the peer."""
        return self._recorded.setdefault((party, peer), Recorded())

    def order(self, party: str, peer: str, frames: Recorded) -> None:
        """Let the party send these frames to the peer, right after its next message."""
        self._orders.setdefault((party, peer), []).append(frames)

    def message(self, link: Any, send: Any, envelope: bytes, *more: Any, **named: Any) -> Any:
        party, peer = OWNER.get(), link.peer
        message_id = self._observer.message_leaves(party, peer, link, envelope)
        lost = self._rng.random() < self.loss
        self._journal.note("message", party, peer, message_id, "lost" if lost else "sent")
        queued = True if lost else send(link, envelope, *more, **named)
        for frames in self._orders.pop((party, peer), []):
            self._send_ordered(link, send, frames)
        recorded = self.recorded(party, peer)
        if self._rng.random() < self.repeat and recorded.messages:
            old, arguments = self._rng.choice(recorded.messages)
            if link.credit >= len(old) + HEADER_BYTES:
                self._journal.note("message-again", party, peer)
                send(link, old, *arguments[0], **arguments[1])
        keep(recorded.messages, (envelope, (more, named)), self._rng)
        return queued

    def receipts(self, link: Any, send: Any, payload: bytes) -> None:
        party, peer = OWNER.get(), link.peer
        entries = self._observer.receipts_leave(party, payload)
        lost = self._rng.random() < self.loss
        verdicts = [f"{entry.id.hex()[:16]}={entry.code}" for entry in entries]
        self._journal.note("receipt", party, peer, "lost" if lost else "sent", *verdicts)
        if not lost:
            send(link, payload)
        recorded = self.recorded(party, peer)
        if self._rng.random() < self.repeat and recorded.receipts:
            self._journal.note("receipt-again", party, peer)
            send(link, self._rng.choice(recorded.receipts))
        keep(recorded.receipts, payload, self._rng)

    def _send_ordered(self, link: Any, send: Any, frames: Recorded) -> None:
        for envelope, (more, named) in frames.messages:
            self._journal.note("message-again", OWNER.get(), link.peer)
            send(link, envelope, *more, **named)
        for payload in frames.receipts:
            self._journal.note("receipt-again", OWNER.get(), link.peer)
            self._send_receipts(link, payload)

    @contextmanager
    def between(self) -> Iterator[None]:
        """Stand between all nodes of this process for the length of the block."""
        send_message, send_receipts = Sending.send_message, Sending.send_receipts

        def message(link: Any, envelope: bytes, *more: Any, **named: Any) -> Any:
            return self.message(link, send_message, envelope, *more, **named)

        def receipts(link: Any, payload: bytes) -> None:
            self.receipts(link, send_receipts, payload)

        self._send_receipts = send_receipts
        patched: Any = Sending
        patched.send_message, patched.send_receipts = message, receipts
        try:
            yield
        finally:
            patched.send_message, patched.send_receipts = send_message, send_receipts


def keep(recorded: list[Any], frame: Any, rng: random.Random) -> None:
    """Keep the frame, in the place of any other once there are many: some stay for the whole time."""
    if len(recorded) < MAX_RECORDED:
        recorded.append(frame)
    else:
        recorded[rng.randrange(MAX_RECORDED)] = frame
