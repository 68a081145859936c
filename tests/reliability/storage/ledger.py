"""What the nodes of a trial promised, told to whoever outlives them: one JSON line for each promise."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from comity import receipt as receipts
from comity.link.sending import Sending
from comity_node.records import Sent

Tell = Callable[[bytes], None]


@dataclass(slots=True)
class Ledger:
    """The promises of one trial, read from its lines.

    Attributes:
        sent: (sender, message id) -> (hash, recipients), for every send that was acknowledged.
        receipts: (recipient, sender, message id) -> hashes of the receipts that left.
        read: (party, message id) that `mark_read` returned for.
        told: (sender, message id, recipient) -> state, for every end of a delivery that the sender's users saw.
        ends: (party, why), for every time that a node ended by itself.
        refusals: (party, why, alarms at that moment), for every change that was refused.
        faults: what the trial itself found wrong, or why it broke off.
    """

    sent: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    receipts: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    read: set[tuple[str, str]] = field(default_factory=set)
    told: dict[tuple[str, str, str], int] = field(default_factory=dict)
    ends: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def take(self, lines: Iterable[bytes]) -> "Ledger":
        """Add what the lines say and return the ledger."""
        for line in lines:
            self._take(json.loads(line))
        return self

    def join(self, earlier: "Ledger") -> None:
        """Add the promises of an earlier life."""
        self.sent |= earlier.sent
        self.read |= earlier.read
        self.told |= earlier.told
        for key, given in earlier.receipts.items():
            self.receipts.setdefault(key, set()).update(given)

    def _take(self, fact: dict[str, Any]) -> None:
        match fact:
            case {"sent": str(party), "id": str(message_id), "hash": str(value), "to": list(recipients)}:
                self.sent[party, message_id] = value, tuple(recipients)
            case {"receipt": str(giver), "from": str(sender), "id": str(message_id), "hash": str(value)}:
                self.receipts.setdefault((giver, sender, message_id), set()).add(value)
            case {"read": str(party), "id": str(message_id)}:
                self.read.add((party, message_id))
            case {"told": str(party), "id": str(message_id), "to": str(recipient), "state": int(state)}:
                self.told[party, message_id, recipient] = state
            case {"ended": str(party), "why": str(why)}:
                self.ends.append((party, why))
            case {"refused": str(party), "why": str(why), "alarms": list(alarms)}:
                self.refusals.append((party, why, tuple(alarms)))
            case {"figure": str(name), "value": value}:
                self.figures[name] = max(float(value), self.figures.get(name, 0.0))
            case {"fault": str(words)}:
                self.faults.append(words)
            case _:
                raise ValueError(f"a ledger does not know {fact}")


class Scribe:
    """Tells promises at the moment when they are made."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def say(self, **fact: Any) -> None:
        self._tell(json.dumps(fact).encode() + b"\n")

    def sent(self, party: str, sent: Sent, recipients: Iterable[str]) -> None:
        self.say(sent=party, id=sent.id.hex(), hash=sent.hash.hex(), to=sorted(recipients))

    def receipts(self, payload: bytes) -> None:
        """Tell of the receipts in a frame that is put on the wire now."""
        for receipt in receipts.read_frame(payload):
            entry = receipt.read_entry()
            self.say(receipt=entry.to, **{"from": entry.sender}, id=entry.id.hex(), hash=digest(receipt.encode()))


def digest(receipt: bytes) -> str:
    return hashlib.sha256(receipt).hexdigest()


def watch_receipts(scribe: Callable[[], Scribe]) -> None:
    """Tell `scribe()` of every receipt before it is handed to the wire, for the rest of this process."""
    send = Sending.send_receipts

    def telling(link: Sending, payload: bytes) -> None:
        scribe().receipts(payload)
        send(link, payload)

    pytest.MonkeyPatch().setattr(Sending, "send_receipts", telling)
