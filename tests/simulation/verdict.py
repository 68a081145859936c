"""What must hold when the storm is over, from the databases of all parties and what the observer remembers."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from comity import message as messages
from comity import receipt as receipts
from comity.checkpoint import read_checkpoint
from comity.errors import ComityError
from comity.keys import xchacha_open
from comity.kinds import is_event
from comity.receipt import Entry
from comity_node.records import Ending
from comity_node.vault import LABEL, NONCE_BYTES
from tests.simulation.homes import Place
from tests.simulation.journal import Journal
from tests.simulation.observer import Observer

SKEW_US = 300_000_000  # the treaty of tests/support/homes.py lets clocks differ so much
DELIVERIES = """SELECT d.recipient, d.state, d.code, d.receipt, d.settled, m.id, m.hash, m.expires_us, m.sender
    FROM delivery d JOIN message m ON m.n = d.message_n ORDER BY d.n"""


class Verdict:
    """Judges all databases at once. `counts` says how the deliveries ended, and how many nobody can prove."""

    def __init__(self, places: Mapping[str, Place], observer: Observer, journal: Journal) -> None:
        self._places = places
        self._observer = observer
        self._journal = journal
        self._rows = observer.records.rows
        self.counts: Counter[str] = Counter()
        self._arrived: dict[tuple[str, str, bytes], Any] = {}  # by recipient, sender and id
        self._sent: dict[tuple[str, bytes], bytes] = {}  # hash by sender and id
        self._before: dict[
            bytes, tuple[bytes | None, bytes | None]
        ] = {}  # by hash, what an event needs to arrive first
        self._expired: set[tuple[bytes, str]] = set()  # hash and recipient

    def judge(self) -> None:
        """Check every invariant; violations go to the journal."""
        for party in self._places:
            for row in self._rows(party, "SELECT * FROM message ORDER BY n"):
                self._message(party, row)
        self._promises()
        for party in self._places:
            rows = self._rows(party, DELIVERIES)
            self._expired |= {(row["hash"], row["recipient"]) for row in rows if row["state"] == int(Ending.EXPIRED)}
        for party in self._places:
            self._log(party)
            for row in self._rows(party, DELIVERIES):
                self._delivery(party, row)

    # --- messages

    def _message(self, party: str, row: Any) -> None:
        where = f"{row['id'].hex()} of {row['sender']} at {party}"
        self._authentic(party, row, where)
        if row["outgoing"]:
            self._sent[party, row["id"]] = row["hash"]
            return
        key = party, row["sender"], row["id"]
        if key in self._arrived:
            self._journal.violated("ONCE", f"{where} stands twice in the inbox")
        self._arrived[key] = row
        if row["code"] == 0 and not row["notice"] and key not in self._observer.handed_out:
            self._journal.violated("ONCE", f"{where} was accepted and never handed out")
        entry = self._proved(party, row["receipt"], where)
        stated = (entry.sender, entry.id, entry.message, entry.code) if entry else None
        if stated != (row["sender"], row["id"], row["hash"], row["code"]):
            self._journal.violated("EVIDENCE", f"the receipt of {where} says something else than its row")

    def _authentic(self, party: str, row: Any, where: str) -> None:
        """What lies in the database is signed by the sender that the row names (I3)."""
        sealed, sender = row["sealed"], row["sender"]
        try:
            storage = self._places[party].keys.storage
            data = xchacha_open(storage, sealed[:NONCE_BYTES], LABEL + row["hash"], sealed[NONCE_BYTES:])
            signed = messages.read(data)
            signed.verify(self._places[sender].keys.signing.public)
        except (ComityError, KeyError) as fault:
            self._journal.violated("AUTHENTIC", f"{where}: {fault}")
            return
        body = signed.body
        if is_event(body.kind):
            self._before[signed.hash] = body.after, body.in_reply_to
        addressed = sender == party if row["outgoing"] else party in body.to or row["code"] != 0
        if (body.id, body.sender, signed.hash) != (row["id"], sender, row["hash"]) or not addressed:
            self._journal.violated("AUTHENTIC", f"{where} is another message than its row says")
        if not row["outgoing"] and row["code"] == 0:
            accepted_us = receipts.read(row["receipt"]).read_entry().time
            if not body.created - SKEW_US <= accepted_us < body.expires:
                self._journal.violated("VALID", f"{where} was accepted at a time at which it was not valid")

    def _promises(self) -> None:
        """Whatever was promised or receipted is there (I1); whatever arrived was kept by its sender before."""
        for (sender, message_id), promise in self._observer.promises.items():
            if self._sent.get((sender, message_id)) != promise.hash:
                self._journal.violated("DURABLE", f"{sender} has lost {message_id.hex()}")
        for party, sender, message_id, message_hash in self._observer.given:
            row = self._arrived.get((party, sender, message_id))
            if row is None or row["hash"] != message_hash:
                self._journal.violated("DURABLE", f"{party} has lost {message_id.hex()} of {sender}")
        for party, sender, message_id in self._arrived:
            if (sender, message_id) not in self._sent:
                self._journal.violated("DURABLE", f"{party} has {message_id.hex()}, which {sender} has not kept")

    # --- evidence

    def _log(self, party: str) -> None:
        """The log has no gap, and every checkpoint is the root over its leaves (I5)."""
        leaves = self._rows(party, "SELECT n, hash FROM leaf ORDER BY n")
        if [row["n"] for row in leaves] != list(range(1, len(leaves) + 1)):
            self._journal.violated("EVIDENCE", f"the log of {party} has a gap")
        tree = Tree()
        points = {row["size"]: row["note"] for row in self._rows(party, "SELECT size, note FROM checkpoint")}
        for row in leaves:
            tree.add(row["hash"])
            if tree.size in points:
                self._checkpoint(party, points.pop(tree.size), tree)
        if points:
            self._journal.violated("EVIDENCE", f"{party} has signed a log that is longer than its own")

    def _checkpoint(self, party: str, note: bytes, tree: "Tree") -> None:
        signed = read_checkpoint(note)
        try:
            signed.verify([self._places[party].keys.log.public])
        except ComityError as fault:
            self._journal.violated("EVIDENCE", f"checkpoint {tree.size} of {party}: {fault}")
        if (signed.checkpoint.size, signed.checkpoint.root) != (tree.size, tree.root()):
            self._journal.violated("EVIDENCE", f"checkpoint {tree.size} of {party} is not the root over its leaves")

    def _proved(self, issuer: str, data: bytes | None, where: str) -> Entry | None:
        if data is None:
            self._journal.violated("EVIDENCE", f"no receipt for {where}")
            return None
        try:
            return receipts.read(data).verify([self._places[issuer].keys.log.public])
        except ComityError as fault:
            self._journal.violated("EVIDENCE", f"the receipt for {where}: {fault}")
            return None

    # --- deliveries

    def _delivery(self, party: str, row: Any) -> None:
        """Each delivery has an end, both sides say the same, and the officers were told (I6, I10)."""
        state, recipient = Ending(row["state"]), row["recipient"]
        where = f"{row['id'].hex()} of {party} to {recipient}"
        arrived = self._arrived.get((recipient, party, row["id"]))
        self.counts[state.name.lower()] += 1
        if state is Ending.WAITING and self._in_vain(row["hash"], recipient):
            self.counts["in-vain"] += 1
            return
        if state is Ending.WAITING:
            self._journal.violated("CONVERGE", f"{where} still waits; the recipient has it: {arrived is not None}")
            return
        if self._observer.told.get((party, row["id"], recipient)) is not state:
            self._journal.violated("HONEST", f"the officers were not told that {where} is {state.name}")
        if state is Ending.EXPIRED:
            if arrived is not None and arrived["code"] == 0:
                self.counts["expired-though-accepted"] += 1
            return
        entry = self._proved(recipient, row["receipt"], where)
        if entry is None:
            return
        if (entry.id, entry.message, entry.sender, entry.code) != (row["id"], row["hash"], party, row["code"]):
            self._journal.violated("EVIDENCE", f"the receipt for {where} is about something else")
        theirs = None if arrived is None else receipts.read(arrived["receipt"]).entry
        if theirs != receipts.read(row["receipt"]).entry or (entry.code != 0) is not (state is Ending.REFUSED):
            self._journal.violated("CONVERGE", f"{where} is {state.name} here, the recipient says something else")

    def _in_vain(self, message: bytes, recipient: str) -> bool:
        """Return whether it is an event that follows one that expired on its way: it is early until it expires."""
        before = [each for each in self._before.get(message, ()) if each is not None and each != message]
        return any((each, recipient) in self._expired or self._in_vain(each, recipient) for each in before)


class Tree:
    """The Merkle tree of RFC 6962, written a second time: complete subtrees, joined as they grow."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[tuple[int, bytes]] = []  # leaves and hash of each, the largest first

    def add(self, leaf: bytes) -> None:
        self.size += 1
        count, value = 1, leaf
        while self._subtrees and self._subtrees[-1][0] == count:
            _, left = self._subtrees.pop()
            count, value = 2 * count, hashlib.sha256(b"\x01" + left + value).digest()
        self._subtrees.append((count, value))

    def root(self) -> bytes:
        value = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            value = hashlib.sha256(b"\x01" + left + value).digest()
        return value
