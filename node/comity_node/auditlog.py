"""The node's own log: entries become leaves, a commit becomes a checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.encoding import encode
from comity.keys import SigningKey
from comity.log import Frontier, commitment, leaf_hash
from comity.receipt import Entry, Receipt
from comity_node.store.store import Store, Values
from comity_node.world import World

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Appended:
    """What one commit adds to the log; not yet durable."""

    receipts: list[Receipt]
    leaves: list[Values]
    checkpoint: Values
    frontier: Frontier


class AuditLog:
    """Appends are prepared, committed by the caller, then confirmed with `advance`. One caller at a time."""

    def __init__(self, party: str, treaty_id: bytes, key: SigningKey, store: Store, world: World) -> None:
        self._party = party
        self._treaty_id = treaty_id
        self._key = key
        self._world = world
        last = store.last_checkpoint()
        self._frontier = Frontier.from_bytes(last[1]) if last else Frontier()

    @property
    def size(self) -> int:
        return self._frontier.size

    def append(self, entries: Sequence[Entry]) -> Appended:
        """Return receipts for the entries under one checkpoint signature (RCPT-002)."""
        encoded = [encode(entry) for entry in entries]
        salts = self._world.random(SALT_BYTES * len(encoded))
        salted = [(salts[at * SALT_BYTES : (at + 1) * SALT_BYTES], data) for at, data in enumerate(encoded)]
        hashes = [leaf_hash(commitment(salt, data)) for salt, data in salted]
        first = self._frontier.size
        frontier, proofs = self._frontier.extend(hashes)
        point = Checkpoint(self._party, self._treaty_id, frontier.size, frontier.root)
        note = sign_checkpoint(point, self._key)
        receipts = [
            Receipt(note, first + at, data, salt, tuple(proof))
            for at, ((salt, data), proof) in enumerate(zip(salted, proofs, strict=True))
        ]
        leaves: list[Values] = [{"n": first + at + 1, "hash": value} for at, value in enumerate(hashes)]
        row = {"size": frontier.size, "note": note, "frontier": frontier.to_bytes()}
        return Appended(receipts, leaves, row, frontier)

    def advance(self, appended: Appended) -> None:
        """The append is durable; the next one builds on it."""
        self._frontier = appended.frontier
