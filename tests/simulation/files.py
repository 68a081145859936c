"""Files that officers attach, and what must have come of them in the end."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from comity_node.attachments.depot import IncompleteError
from comity_node.node import Node
from comity_node.records import StoredMessage, Transfer
from tests.simulation.journal import Journal
from tests.simulation.machine import Errand, Machine
from tests.simulation.observer import Observer
from tests.support.homes import seed

SIZES: Final = (1, 5_000, 300_000, 700_000)  # bytes: less than a chunk of 262,144, and up to three
MOVING: Final = f"""SELECT m.id, m.outgoing, a.party FROM attachment a JOIN message m ON m.n = a.message_n
    WHERE a.state = {int(Transfer.MOVING)} AND (m.outgoing = 0 AND m.code = 0 OR EXISTS (
        SELECT 1 FROM delivery d WHERE d.message_n = m.n AND d.recipient = a.party AND d.state = 1))"""


class Files:
    """Makes the files, remembers where they went, and at the end saves and compares each of them."""

    def __init__(self, place: Path, observer: Observer, journal: Journal) -> None:
        self._place = place
        self._observer = observer
        self._journal = journal
        self._arrived: list[tuple[str, bytes, str]] = []  # recipient, message, name of the file
        self._hashes: dict[str, bytes] = {}
        self.paths: list[Path] = []
        place.mkdir()
        for size in SIZES:
            content = seed(f"file of {size} bytes", size)
            path = place / f"statement-{size}.bin"
            path.write_bytes(content)
            self._hashes[path.name] = hashlib.sha256(content).digest()
            self.paths.append(path)

    def arrived(self, party: str, message: StoredMessage) -> None:
        """A message was handed over: remember what it carries."""
        self._arrived += [(party, message.id, each.name) for each in message.body.attachments]

    def still_move(self, party: str) -> bool:
        """Whether the party holds a promise of a file of an accepted message that has no end yet."""
        return bool(self._moving(party))

    def _moving(self, party: str) -> list[tuple[bytes, str]]:
        """Return message and other party of each file that still moves."""
        return [(row["id"], row["party"]) for row in self._observer.records.rows(party, MOVING)]

    def judge(self, machines: Mapping[str, Machine]) -> None:
        """Every file has an end on both sides, and what is complete is what its sender attached (I3, I6)."""
        for party in machines:
            for message_id, other in self._moving(party):
                where = f"{message_id.hex()} at {party}, with {other}"
                self._journal.violated("CONVERGE", f"an attachment of {where} still moves")
        for party, message_id, name in self._arrived:
            machines[party].do(self._comparison(message_id, name))

    def _comparison(self, message_id: bytes, name: str) -> Errand:
        async def compare(machine: Machine, node: Node) -> None:
            target = self._place / f"{machine.party} {message_id.hex()} {name}"
            try:
                await node.save_attachment(message_id, name, target)
            except IncompleteError:
                self._journal.note("file-failed", machine.party, message_id, name)
                return
            self._journal.note("file", machine.party, message_id, name)
            if hashlib.sha256(target.read_bytes()).digest() != self._hashes[name]:
                self._journal.violated("AUTHENTIC", f"{name} of {message_id.hex()} at {machine.party} was altered")
            target.unlink()

        return compare
