"""Carries kept messages to one peer: seals what is due and hands it to the link (OVER-003, OVER-004)."""

import logging
from collections.abc import Callable
from typing import Any

from comity import envelope as envelopes
from comity import message as messages
from comity.delivery import PAGE, Due, Flight, Queue
from comity.envelope import SealingEpochs
from comity.errors import RemoteError
from comity.message import SignedMessage
from comity_node.store.store import Store, Values
from comity_node.transport import Session
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import World, uniform

log = logging.getLogger(__name__)
BACKLOG_BYTES = 131_072  # sealed and waiting for the wire, of one urgency and those above it


class Courier:
    """One for each peer, for the life of the node; `opened` and `closed` tell it about links."""

    def __init__(self, peer: str, trust: Trust, vault: Vault, store: Store, world: World) -> None:
        self.peer = peer
        self._trust = trust
        self._vault = vault
        self._store = store
        self._world = world
        self._epochs = SealingEpochs()
        self._queue: Queue[SignedMessage] | None = None  # there while a link is open
        self._sealed: tuple[bytes, bytes] | None = None  # id and envelope of a message that waits for credit
        self._wake: Callable[[], None] = no_link
        self.hindrance = ""  # why nothing can be sealed for the peer now

    @property
    def flights(self) -> dict[bytes, Flight]:
        """What has left on the living link and has no receipt yet, by message id."""
        return {} if self._queue is None else self._queue.flights

    def opened(self, wake: Callable[[], None]) -> None:
        """A link is ready: everything that waits is due. `wake` makes the link ask for more."""
        self._queue, self._sealed, self._wake = Queue(), None, wake

    def closed(self) -> list[Values]:
        """The link is gone. Return what is worth noting about the attempts it made."""
        notes: list[Values] = [
            {"row": f.position, "to_attempts": f.attempts, "to_last_us": f.last_us, "to_code": f.code}
            for f in self.flights.values()
        ]
        self._queue, self._sealed, self._wake = None, None, no_link
        return notes

    def offer(self, delivery_n: int, message: SignedMessage) -> bool:
        """Take a message that was just kept; return whether a link is there to carry it."""
        if self._queue is None:
            return False
        self._queue.offer(due_of(delivery_n, 0, message))
        return True

    def refill(self, session: Session) -> None:
        """Give the link as much as its credit and a short backlog allow."""
        queue, link = self._queue, session.link
        if queue is None:
            return
        self._take_overdue(queue)
        while (due := self._first(queue)) is not None and link.backlog_before(due.urgency) < BACKLOG_BYTES:
            envelope = self._envelope(due)
            if envelope is None:
                return
            if not link.fits(envelope, due.urgency):
                return
            self._sealed = None
            link.send_message(envelope, due.urgency)
            queue.sent(due, self._world.steady(), self._world.now_us(), uniform(self._world, 0.0, 1.0))

    def refused_for_now(self, message_id: bytes | None, code: int) -> None:
        """The peer answered with a frame ERROR: remember why, try again later (FRAME-018)."""
        if self._queue is not None and message_id is not None:
            self._queue.problem(message_id, code)

    def settled(self, message_id: bytes) -> None:
        """The receipt of the message is durable."""
        if self._queue is not None and self._queue.settled(message_id):
            self._wake()

    def _first(self, queue: Queue[SignedMessage]) -> Due[SignedMessage] | None:
        """Return what is to leave next; the store is read a page at a time."""
        now_us = self._world.now_us()
        while True:
            while (wanted := queue.wanted()) is not None:
                rows = self._store.waiting(self.peer, *wanted, PAGE)
                queue.fill(wanted[0], [self._due(row) for row in rows])
            due = queue.first(now_us)
            if due is not None or queue.wanted() is None:
                return due

    def _take_overdue(self, queue: Queue[SignedMessage]) -> None:
        """Put back what waited too long for its receipt on this link."""
        for message_id, flight in queue.overdue(self._world.steady()):
            rows = self._store.waiting_delivery(flight.position)
            if rows:
                signed = self._signed(rows[0])
                queue.again(due_of(flight.position, flight.attempts, signed))
            else:
                queue.drop(message_id)

    def _due(self, row: Any) -> Due[SignedMessage]:
        return due_of(row.delivery_n, row.attempts, self._signed(row))

    def _signed(self, row: Any) -> SignedMessage:
        return messages.read(self._vault.open(row.sealed, row.hash))

    def _envelope(self, due: Due[SignedMessage]) -> bytes | None:
        """Return the envelope, None when the peer has no key to seal it for; a new bundle of it wakes the link."""
        if self._sealed is None or self._sealed[0] != due.id:
            try:
                self._sealed = due.id, self._seal(due.content, self._world.now_us())
            except RemoteError as fault:
                if not self.hindrance:
                    log.warning("nothing can be sealed for %s: %s", self.peer, fault)
                self.hindrance = str(fault)
                return None
        self.hindrance = ""
        return self._sealed[1]

    def _seal(self, message: SignedMessage, now_us: int) -> bytes:
        recipient = self._trust.require().usable_key(self.peer, "envelope", now_us)
        epoch = self._epochs.epoch_for(message.body.from_key, recipient.id, now_us)
        if epoch is None:
            secret = self._world.random(32)
            epoch = envelopes.new_epoch(secret, message.body.treaty, message.body.from_key, recipient)
            self._epochs.add(epoch, now_us)
        return envelopes.seal(message, epoch)


def no_link() -> None:
    """There is nothing to wake."""


def due_of(delivery_n: int, attempts: int, message: SignedMessage) -> Due[SignedMessage]:
    body = message.body
    return Due(delivery_n, body.urgency, body.case, body.id, message.hash, body.expires, attempts, message)
