"""Carries kept messages to one peer: seals, sends, waits for receipts, sends again (OVER-003, OVER-004)."""

from collections import deque
from dataclasses import dataclass

from comity import envelope as envelopes
from comity import message as messages
from comity.envelope import SealingEpochs
from comity.message import SignedMessage
from comity_node.store.store import Store, Values
from comity_node.transport import Session
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import World, uniform

PAGE = 128  # deliveries read from the store at once
BACKLOG_BYTES = 131_072  # sealed and waiting for the wire
RESEND_S = 30.0  # without a receipt on a living link
MAX_RESEND_S = 600.0
FRAME_HEADER_BYTES = 4


@dataclass(slots=True)
class Flight:
    """A message that was sent and has no receipt yet."""

    delivery_n: int
    hash: bytes
    attempts: int
    last_us: int
    due: float
    code: int = 0


@dataclass(slots=True)
class Load:
    """A message ready to be sealed."""

    delivery_n: int
    attempts: int
    message: SignedMessage


class Courier:
    """One for each peer, for the life of the node; `opened` and `closed` tell it about links."""

    def __init__(self, peer: str, trust: Trust, vault: Vault, store: Store, world: World) -> None:
        self.peer = peer
        self._trust = trust
        self._vault = vault
        self._store = store
        self._world = world
        self._epochs = SealingEpochs()
        self._loads: deque[Load] = deque()
        self._held: tuple[Load, bytes] | None = None
        self._cursor = 0
        self._caught_up = False
        self._online = False
        self._next_due = 0.0
        self.flights: dict[bytes, Flight] = {}

    def opened(self) -> None:
        """A link is ready: everything that waits is due."""
        self._online = True
        self._cursor, self._caught_up = 0, False
        self._loads.clear()
        self._held = None
        self.flights.clear()

    def closed(self) -> list[Values]:
        """The link is gone. Return what is worth noting about the attempts it made."""
        self._online = False
        notes: list[Values] = [
            {"row": f.delivery_n, "to_attempts": f.attempts, "to_last_us": f.last_us, "to_code": f.code}
            for f in self.flights.values()
        ]
        self.opened()
        self._online = False
        return notes

    def offer(self, delivery_n: int, message: SignedMessage) -> bool:
        """Take a message that was just kept; it comes from the store later if older ones still wait there."""
        if not (self._online and self._caught_up) or delivery_n <= self._cursor:
            return self._online
        self._cursor = delivery_n
        if len(self._loads) >= PAGE:  # do not hold in memory what the wire cannot take
            self._caught_up = False
            self._cursor = self._loads[-1].delivery_n
        else:
            self._loads.append(Load(delivery_n, 0, message))
        return True

    def refill(self, session: Session) -> None:
        """Give the link as much as its credit and a short backlog allow."""
        link = session.link
        self._reload_due()
        while link.backlog < BACKLOG_BYTES:
            held = self._held or self._seal_next()
            if held is None:
                return
            load, data = held
            if link.credit < len(data) + FRAME_HEADER_BYTES:
                self._held = held
                return
            self._held = None
            link.send_message(data, load.message.body.urgency)
            self._note_flight(load)

    def refused_for_now(self, message_id: bytes | None, code: int) -> None:
        """The peer answered with a frame ERROR: remember why, try again later (FRAME-018)."""
        flight = self.flights.get(message_id) if message_id is not None else None
        if flight is not None:
            flight.code = code

    def settled(self, message_id: bytes) -> None:
        self.flights.pop(message_id, None)

    def _note_flight(self, load: Load) -> None:
        attempts = load.attempts + 1
        pause = min(RESEND_S * 2 ** min(attempts - 1, 8), MAX_RESEND_S)
        due = self._world.steady() + uniform(self._world, 0.8 * pause, 1.2 * pause)
        self._next_due = min(self._next_due, due) if self.flights else due
        message = load.message
        self.flights[message.body.id] = Flight(load.delivery_n, message.hash, attempts, self._world.now_us(), due)

    def _seal_next(self) -> tuple[Load, bytes] | None:
        now_us = self._world.now_us()
        while (load := self._next_load()) is not None:
            if load.message.body.expires > now_us:
                return load, self._seal(load.message, now_us)
        return None

    def _next_load(self) -> Load | None:
        if not self._loads and not self._caught_up:
            self._read_page()
        return self._loads.popleft() if self._loads else None

    def _read_page(self) -> None:
        rows = self._store.waiting(self.peer, self._cursor, PAGE)
        self._caught_up = len(rows) < PAGE
        for row in rows:
            self._cursor = row.delivery_n
            signed = messages.read(self._vault.open(row.sealed, row.hash))
            self._loads.append(Load(row.delivery_n, row.attempts, signed))

    def _reload_due(self) -> None:
        """Put back what waited too long for its receipt on this link."""
        now = self._world.steady()
        if not self.flights or now < self._next_due:
            return
        for message_id, flight in list(self.flights.items()):
            if flight.due <= now:
                del self.flights[message_id]
                rows = self._store.waiting(self.peer, flight.delivery_n - 1, 1)
                if rows and rows[0].delivery_n == flight.delivery_n:
                    signed = messages.read(self._vault.open(rows[0].sealed, rows[0].hash))
                    self._loads.append(Load(flight.delivery_n, flight.attempts, signed))
        self._next_due = min((flight.due for flight in self.flights.values()), default=0.0)

    def _seal(self, message: SignedMessage, now_us: int) -> bytes:
        recipient = self._trust.require().usable_key(self.peer, "envelope", now_us)
        epoch = self._epochs.epoch_for(message.body.from_key, recipient.id, now_us)
        if epoch is None:
            secret = self._world.random(32)
            epoch = envelopes.new_epoch(secret, message.body.treaty, message.body.from_key, recipient)
            self._epochs.add(epoch, now_us)
        return envelopes.seal(message, epoch)
