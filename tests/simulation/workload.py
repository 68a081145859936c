"""What the officers do: they send, answer and read, at random but for the seed."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from comity_node.errors import NodeError, StorageError
from comity_node.node import Node
from comity_node.records import Delivery, StoredMessage
from tests.simulation.files import Files
from tests.simulation.journal import Journal
from tests.simulation.machine import Machine, Officer
from tests.simulation.observer import Observer
from tests.support.simulated import START_US

LIFETIMES_S = (60, 600, 3_600, 86_400, 604_800, 2_592_000)
KEPT_S = 2_592_000  # an event lives as long as the treaty allows: what follows one that expired waits in vain
LIFETIME_WEIGHTS = (1, 1, 2, 3, 5, 3)
ANSWERS, READS, FILES = 0.3, 0.2, 0.1  # chances that a message is answered, marked read, or carries a file
LOOKED_AT = 3  # messages
MAX_HOPS = 3  # a message that answers an answer of an answer is not answered
REQUEST, RESULT = "prevention.stop-payment", "prevention.hold-result"

ACCOUNT = {"bank": "Bank of Bb", "bic": "HARBBBBB", "country": "BB", "holder": None, "number": "BB72HARB00009876543210"}
STOP: Mapping[str, Any] = {
    "amount": {"currency": "EUR", "value": "48250.00"},
    "beneficiary": ACCOUNT,
    "contact": {"email": None, "name": "Duty officer", "phone": "+15550100"},
    "executed": START_US,
    "fraud_type": None,
    "further_credit": None,
    "further_types": [],
    "intermediaries": [],
    "legal_basis": "Article 4 of the agreement",
    "measure_from": START_US,
    "measure_until": START_US + 259_200_000_000,
    "originator": ACCOUNT,
    "parent": None,
    "payment_reference": "REF-1",
    "police_report": None,
    "rail": "instant",
    "recall": None,
    "remedy": None,
    "review": START_US + 86_400_000_000,
    "summary": "The victim was told to move the money to a safe account.",
    "until": None,
    "urgency_reason": None,
    "victim": None,
    "wanted_by": None,
}
STOPPED: Mapping[str, Any] = {
    "final": True,
    "hold_until": None,
    "local_reference": "F-1",
    "note": None,
    "outcomes": [
        {
            "amount": {"currency": "EUR", "value": "10.00"},
            "asset": None,
            "bank_code": None,
            "hops": [],
            "reason": None,
            "status": "already-gone",
            "time": START_US,
            "trail": "unknown",
        }
    ],
    "result": "executed-nil",
    "review": None,
    "to_extend": None,
}


class Desk(Officer):
    """The officers of all parties. The chances that a message is answered, marked read, or carries a file are given."""

    def __init__(self, seed: int, observer: Observer, files: Files, journal: Journal) -> None:
        self._rng = random.Random(f"desk {seed}")
        self._observer = observer
        self._journal = journal
        self._files = files
        self._count = 0

    def look(self, machines: Mapping[str, Machine]) -> None:
        """Let an officer of some party ask where its newest messages are."""

        async def errand(machine: Machine, node: Node) -> None:
            for message in node.outbox(LOOKED_AT):
                for delivery in node.deliveries(message.id):
                    self._observer.explained(machine.party, delivery)

        machines[self._rng.choice(list(machines))].do(errand)

    def send_something(self, machines: Mapping[str, Machine]) -> None:
        """Let an officer of some party send something to one or several others."""
        rng = self._rng
        sender = rng.choice(list(machines))
        others = [party for party in machines if party != sender]
        to = tuple(sorted(rng.sample(others, min(len(others), rng.choice((1, 1, 1, 1, 2, 3))))))
        lifetime_s = rng.choices(LIFETIMES_S, LIFETIME_WEIGHTS)[0]
        files = (rng.choice(self._files.paths),) if rng.random() < FILES else ()
        self.send(machines[sender], to, rng.choice(("text", "text", REQUEST)), rng.randint(0, 3), lifetime_s, files)

    def send(
        self,
        machine: Machine,
        to: tuple[str, ...],
        kind: str,
        urgency: int,
        lifetime_s: int,
        files: tuple[Path, ...] = (),
    ) -> None:
        self._count += 1
        payload = STOP if kind == REQUEST else {"text": f"Are you working on account {self._count}?"}

        async def errand(machine: Machine, node: Node) -> None:
            disk = machine.disk
            sent = await node.send(to, kind, payload, urgency=urgency, lifetime_s=lifetime_s, attachments=files)
            if not disk.gone:
                self._observer.promised(machine.party, sent, to)
                self._journal.note("send", machine.party, sent.id, kind, ",".join(to), len(files))

        machine.do(errand)

    def got(self, machine: Machine, node: Node, message: StoredMessage) -> None:
        self._journal.note("got", machine.party, message.sender, message.id, message.body.kind)
        self._observer.handed(machine.party, message)
        self._files.arrived(machine.party, message)
        if message.body.kind not in ("text", REQUEST, RESULT):
            return
        if self._rng.random() < READS:
            machine.do(lambda machine, node: node.mark_read(message.id))
        if message.body.seq < MAX_HOPS and self._rng.random() < ANSWERS:
            self._answer(machine, message)

    def _answer(self, machine: Machine, message: StoredMessage) -> None:
        result = message.body.kind == REQUEST and self._rng.random() < 0.7
        lifetime_s = KEPT_S if result else self._rng.choices(LIFETIMES_S, LIFETIME_WEIGHTS)[0]

        async def errand(machine: Machine, node: Node) -> None:
            disk = machine.disk
            kind, payload = (RESULT, STOPPED) if result else ("text", {"text": "We are looking into it."})
            sent = await node.reply(message.id, kind, payload, lifetime_s=lifetime_s)
            if not disk.gone:
                self._observer.promised(machine.party, sent, (message.sender,))
                self._journal.note("reply", machine.party, sent.id, kind, message.sender)

        machine.do(errand)

    def ended(self, party: str, delivery: Delivery) -> None:
        self._journal.note("end", party, delivery.message_id, delivery.recipient, delivery.state.name)
        self._observer.ended(party, delivery)

    def refused(self, party: str, fault: NodeError) -> None:
        self._journal.note("no", party, type(fault).__name__, fault.cause)
        if isinstance(fault, StorageError):
            self._journal.counts["storage-error"] += 1

    def life_ended(self, party: str) -> None:
        self._observer.records.close(party)
        self._observer.restarted(party)
