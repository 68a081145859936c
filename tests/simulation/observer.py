"""What must hold at every moment. Reads databases, receipts and the wire log; knows nothing of the inside of a node."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import trio

from comity import envelope as envelopes
from comity import receipt as receipts
from comity.log import commitment, leaf_hash
from comity.receipt import Entry, Receipt
from comity_node.records import Delivery, Ending, Sent, StoredMessage
from tests.simulation.calendar import Calendar
from tests.simulation.homes import Place
from tests.simulation.journal import Journal

MAX_RESENDS = 4  # of one message on one link within RESEND_WINDOW_S
RESEND_WINDOW_S = 60.0
MAX_DIALS = 14  # of one party to one other within DIAL_WINDOW_S; pauses of 0.25 s that double to 15 s allow 8
DIAL_WINDOW_S = 60.0

Key = tuple[str, bytes]  # sender and id of a message


class Records:
    """Reads the databases of all parties, through connections of its own that cannot write."""

    def __init__(self, places: dict[str, Place]) -> None:
        self._places = places
        self._open: dict[str, sqlite3.Connection] = {}

    def rows(self, party: str, query: str, *values: Any) -> Sequence[Any]:
        connection = self._open.get(party)
        if connection is None:
            path = self._places[party].database
            connection = self._open[party] = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
            connection.row_factory = sqlite3.Row
        return connection.execute(query, values).fetchall()

    def close(self, party: str) -> None:
        """Let go of the files of the party."""
        connection = self._open.pop(party, None)
        if connection is not None:
            connection.close()

    def close_all(self) -> None:
        for party in list(self._open):
            self.close(party)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a node promised to its officer when `send` returned, and when that was."""

    hash: bytes
    to: tuple[str, ...]
    true_us: int


@dataclass(eq=False)
class Resends:
    """What one party has sent on its newest link to another: when each message left."""

    link: object = None
    times: dict[bytes, list[float]] = field(default_factory=dict)


class Observer:
    """Told of every promise and every frame as it happens; a violation goes to the journal.

    Attributes:
        promises: what `send` has returned for, by sender and id.
        given: the receipts that have left, by recipient, sender, id and hash of the message.
        answers: how many receipts have left, by recipient, sender and id.
        handed_out: recipient, sender and id of each message that the officers were given.
        told: how the officers were told that deliveries ended, by sender, id and recipient.
        dials: when anybody dialled anybody.
    """

    def __init__(self, places: dict[str, Place], calendar: Calendar, journal: Journal) -> None:
        self.records = Records(places)
        self._calendar = calendar
        self.promises: dict[Key, Promise] = {}
        self.given: dict[tuple[str, str, bytes, bytes], Receipt] = {}
        self.told: dict[tuple[str, bytes, str], Ending] = {}
        self.answers: Counter[tuple[str, str, bytes]] = Counter()
        self.dials: list[float] = []
        self._journal = journal
        self._kept: set[Key] = set()
        self.handed_out: set[tuple[str, str, bytes]] = set()
        self._resends: dict[tuple[str, str], Resends] = {}
        self._dials: dict[tuple[str, str], list[float]] = {}

    # --- promises to officers

    def promised(self, sender: str, sent: Sent, to: tuple[str, ...]) -> None:
        """`send` has returned: it must be on disk now (I1, OVER-001)."""
        self.promises[sender, sent.id] = Promise(sent.hash, to, self._calendar.true_us())
        query = "SELECT d.recipient FROM message m JOIN delivery d ON d.message_n = m.n WHERE m.id = ? AND m.hash = ?"
        kept = {row["recipient"] for row in self.records.rows(sender, query, sent.id, sent.hash)}
        if kept != set(to):
            self._journal.violated("DURABLE", f"{sender} promised {sent.id.hex()} before it was kept")

    def handed(self, party: str, message: StoredMessage) -> None:
        """The node hands a message to its users: once, over all restarts (I2, OVER-005)."""
        key = party, message.sender, message.id
        if key in self.handed_out:
            self._journal.violated("ONCE", f"{party} handed out {message.id.hex()} of {message.sender} again")
        self.handed_out.add(key)

    def ended(self, party: str, delivery: Delivery) -> None:
        """The officers were told the end of a delivery; what was not delivered has a cause (I10)."""
        self.told[party, delivery.message_id, delivery.recipient] = delivery.ending
        self.explained(party, delivery)
        if delivery.ending is Ending.EXPIRED and not self._has_expired(party, delivery.message_id):
            where = f"{delivery.message_id.hex()} to {delivery.recipient}"
            self._journal.violated("EARLY", f"{party} has given up {where} before it expired")

    def explained(self, party: str, delivery: Delivery) -> None:
        """An officer asks where a message is: what was not delivered has a cause and a next step (I10)."""
        if delivery.ending is not Ending.ACCEPTED and not (delivery.cause and delivery.next_step):
            where = f"{delivery.message_id.hex()} to {delivery.recipient}"
            self._journal.violated("HONEST", f"{party} says {delivery.state.name} of {where} and not why")

    def _has_expired(self, party: str, message_id: bytes) -> bool:
        """Whether the clock of the party has shown the end of the message, right or wrong, since it was sent."""
        promise = self.promises.get((party, message_id))
        latest_us = self._calendar.latest_us(party, promise.true_us if promise else 0)
        rows = self.records.rows(party, "SELECT expires_us FROM message WHERE id = ? AND outgoing = 1", message_id)
        return all(row["expires_us"] <= latest_us for row in rows)

    # --- the wire

    def message_leaves(self, party: str, peer: str, link: object, envelope: bytes) -> bytes:
        """A frame MESSAGE is queued: the message was kept before, and is not repeated too soon. Return its id."""
        message_id = envelopes.read(envelope).id
        if (party, message_id) not in self._kept:
            query = "SELECT 1 FROM message WHERE id = ? AND sender = ? AND outgoing = 1"
            if not self.records.rows(party, query, message_id, party):
                self._journal.violated("DURABLE", f"{party} sends {message_id.hex()}, which it has not kept")
            self._kept.add((party, message_id))
        resends = self._resends.setdefault((party, peer), Resends())
        if resends.link is not link:
            resends.link, resends.times = link, {}
        self._count(
            resends.times.setdefault(message_id, []), MAX_RESENDS, RESEND_WINDOW_S, f"{party} repeats a message"
        )
        return message_id

    def receipts_leave(self, party: str, payload: bytes) -> list[Entry]:
        """A frame RECEIPT is queued: its leaves are on disk (I1, OVER-002), and no message has two verdicts (I2)."""
        entries = []
        for receipt in receipts.read_frame(payload):
            entry = receipt.read_entry()
            entries.append(entry)
            self.answers[party, entry.sender, entry.id] += 1
            leaf = leaf_hash(commitment(receipt.salt, receipt.entry))
            if not self.records.rows(party, "SELECT 1 FROM leaf WHERE n = ? AND hash = ?", receipt.index + 1, leaf):
                self._journal.violated("DURABLE", f"{party} receipts {entry.id.hex()} before it was kept")
            first = self.given.setdefault((party, entry.sender, entry.id, entry.message), receipt)
            if first.entry != receipt.entry:
                self._journal.violated("ONCE", f"{party} gave two receipts for {entry.id.hex()} of {entry.sender}")
        return entries

    def dialled(self, caller: str, callee: str) -> None:
        self.dials.append(trio.current_time())
        times = self._dials.setdefault((caller, callee), [])
        self._count(times, MAX_DIALS, DIAL_WINDOW_S, f"{caller} dials {callee}")

    def _count(self, times: list[float], most: int, window_s: float, what: str) -> None:
        now = trio.current_time()
        times.append(now)
        if len(times) > most and now - times.pop(0) < window_s:
            self._journal.violated("CALM", f"{what} more than {most} times in {window_s:.0f} s")

    def restarted(self, party: str) -> None:
        """A node that starts again may dial and send everything at once."""
        for pair in list(self._dials):
            if pair[0] == party:
                del self._dials[pair]
