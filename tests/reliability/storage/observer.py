"""Says what is wrong in the databases of nodes that have stopped, given what they promised (I1, I2, I5).

It reads the files with SQLite alone and trusts nothing that a node says of itself.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from comity import receipt as receipts
from comity.checkpoint import read_checkpoint
from comity.log import Frontier, commitment, leaf_hash
from comity_node.records import Ending, Transfer
from tests.reliability.storage.ledger import Ledger, digest
from tests.reliability.storage.stage import keys_of

Row = sqlite3.Row
ATTACHMENTS: Final = (
    "SELECT attachment.*, message.outgoing FROM attachment JOIN message ON message.n = message_n ORDER BY attachment.n"
)


@dataclass(frozen=True, slots=True)
class Books:
    """What one database holds, read whole."""

    party: str
    sound: str
    messages: list[Row]
    deliveries: list[Row]
    leaves: list[tuple[int, bytes]]
    checkpoints: list[Row]
    attachments: list[Row]
    shelf: Path

    def received(self, sender: str, message_id: str) -> list[Row]:
        return [row for row in self.messages if not row["outgoing"] and key_of(row) == (sender, message_id)]


def key_of(row: Row) -> tuple[str, str]:
    return row["sender"], row["id"].hex()


def read_books(party: str, path: Path, *, check: bool = True) -> Books:
    """Return what the database holds; opening it recovers it, as a start of the node would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0] if check else "ok"

        def rows(query: str) -> list[Row]:
            return connection.execute(query).fetchall()

        leaves = [(row["n"], row["hash"]) for row in rows("SELECT n, hash FROM leaf ORDER BY n")]
        deliveries = rows(
            "SELECT delivery.*, message.id, message.sender, message.hash FROM delivery "
            "JOIN message ON message.n = message_n ORDER BY delivery.n"
        )
        checkpoints = rows("SELECT * FROM checkpoint ORDER BY size")
        messages, attachments = rows("SELECT * FROM message ORDER BY n"), rows(ATTACHMENTS)
        return Books(
            party, sound, messages, deliveries, leaves, checkpoints, attachments, path.with_name("attachments")
        )


def kept(books: Books, ledger: Ledger) -> Iterator[str]:
    """Yield what this party promised and does not hold, and what its log lacks. For any moment after a fault."""
    if books.sound != "ok":
        yield f"{books.party}: integrity: {books.sound}"
    own = {key_of(row): row for row in books.messages if row["outgoing"]}
    for (party, message_id), (message_hash, recipients) in ledger.sent.items():
        if party == books.party:
            row = own.get((party, message_id))
            if row is None or row["hash"].hex() != message_hash:
                yield f"{party}: {message_id} was acknowledged and is not kept"
            elif {d["recipient"] for d in books.deliveries if d["message_n"] == row["n"]} != set(recipients):
                yield f"{party}: {message_id} was acknowledged and lacks deliveries"
    for (giver, sender, message_id), given in ledger.receipts.items():
        if giver == books.party:
            held = {digest(row["receipt"]) for row in books.received(sender, message_id)}
            if given != held:
                yield f"{giver}: the receipt for {message_id} of {sender} left and is not kept"
    for party, message_id in ledger.read:
        if party == books.party and not any(r["id"].hex() == message_id and r["read_us"] for r in books.messages):
            yield f"{party}: {message_id} was marked as read and is not"
    ends = {(d["id"].hex(), d["recipient"]): d["state"] for d in books.deliveries}
    for (party, message_id, recipient), state in ledger.told.items():
        late = state == Ending.EXPIRED  # a receipt that comes after that still counts (DELIV-011)
        if party == books.party and ends.get((message_id, recipient)) != state and not late:
            yield f"{party}: the end of {message_id} to {recipient} was told and is not kept"
    yield from log_faults(books)
    yield from case_faults(books)
    yield from shelf_faults(books)


def log_faults(books: Books) -> Iterator[str]:
    """Yield where leaves, checkpoints and receipts of this party's log do not agree."""
    if [n for n, _ in books.leaves] != list(range(1, len(books.leaves) + 1)):
        yield f"{books.party}: the log has gaps"
        return
    frontier, key = Frontier(), keys_of(books.party).log.public
    for row in books.checkpoints:
        note = read_checkpoint(row["note"])
        frontier, _ = frontier.extend([value for _, value in books.leaves[frontier.size : row["size"]]])
        point = note.checkpoint
        if (point.size, point.root, row["frontier"]) != (frontier.size, frontier.root, frontier.to_bytes()):
            yield f"{books.party}: checkpoint {row['size']} does not fit the leaves"
        note.verify([key])
    if frontier.size != len(books.leaves):
        yield f"{books.party}: {len(books.leaves) - frontier.size} leaves stand under no checkpoint"
    for row in books.messages:
        if row["receipt"] is not None:
            receipt = receipts.read(row["receipt"])
            if books.leaves[receipt.index][1] != leaf_hash(commitment(receipt.salt, receipt.entry)):
                yield f"{books.party}: the receipt for {row['id'].hex()} is not in the log"


def case_faults(books: Books) -> Iterator[str]:
    """Yield the cases in which this party has left out a number, or given one twice."""
    cases: dict[bytes, list[int]] = {}
    for row in books.messages:
        if row["outgoing"] and not row["notice"]:
            cases.setdefault(row["case_id"], []).append(row["seq"])
    for case, numbers in cases.items():
        if numbers != list(range(len(numbers))):
            yield f"{books.party}: case {case.hex()} is numbered {numbers}"


def shelf_faults(books: Books) -> Iterator[str]:
    """Yield the files that are whole by the database, or still have to be served, and are not what their name says."""
    for row in books.attachments:
        due = row["state"] == (Transfer.MOVING if row["outgoing"] else Transfer.COMPLETE)
        place = books.shelf / row["address"].hex()
        if due and (not place.exists() or hashlib.sha256(place.read_bytes()).digest() != row["address"]):
            yield f"{books.party}: the file {place.name} is not whole"


def agreed(all_books: Mapping[str, Books]) -> Iterator[str]:
    """Yield where sender and recipient do not agree, once nothing waits any more (I2, I6)."""
    for books in all_books.values():
        for row in books.deliveries:
            yield from delivery_faults(row, all_books[row["recipient"]])
        for row in books.attachments:
            if row["state"] == Transfer.MOVING:
                yield f"{books.party}: the file {row['address'].hex()} still moves"
        for row in books.messages:
            yield from origin_faults(books.party, row, all_books[row["sender"]])


def delivery_faults(row: Row, recipient: Books) -> Iterator[str]:
    sender, message_id = key_of(row)
    what = f"{message_id} of {sender} to {recipient.party}"
    arrived = recipient.received(sender, message_id)
    if row["state"] == Ending.WAITING:
        yield f"{what} still waits"
    elif row["state"] != Ending.EXPIRED:
        if [r["hash"] for r in arrived] != [row["hash"]]:
            yield f"{what} is settled and is there {len(arrived)} times"
        elif (arrived[0]["receipt"], arrived[0]["code"]) != (row["receipt"], row["code"]):
            yield f"{what} has two different receipts"


def origin_faults(party: str, row: Row, sender: Books) -> Iterator[str]:
    if not row["outgoing"]:
        there: list[Any] = [r["hash"] for r in sender.messages if r["outgoing"] and key_of(r) == key_of(row)]
        if there != [row["hash"]]:
            yield f"{party}: {row['id'].hex()} came from {row['sender']}, who does not have it"
