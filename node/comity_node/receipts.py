"""Receipts that come back: verified, matched to what was sent, kept; then the delivery is settled (RCPT-009)."""

import logging
from collections.abc import Callable

import trio

from comity import receipt as receipts
from comity.errors import AuthenticationError, EquivocationError, RemoteError
from comity.receipt import Entry, Receipt
from comity_node.bounds import MAX_RECEIPT_BYTES_WAITING, MAX_RECEIPT_FRAMES
from comity_node.courier import Courier
from comity_node.errors import StorageError
from comity_node.gathering import Gathering
from comity_node.incidents import Incident, Incidents
from comity_node.records import Ending
from comity_node.store.store import Store, Values
from comity_node.trust import Trust
from comity_node.witness import Witness

log = logging.getLogger(__name__)


class Receipts:
    """Takes frames of all links, one commit for those that arrive together."""

    def __init__(
        self,
        party: str,
        trust: Trust,
        store: Store,
        incidents: Incidents,
        accepted: Callable[[str], None],
        settled: Callable[[list[bytes]], None],
        publish: Callable[[], None],
    ) -> None:
        self._party = party
        self._trust = trust
        self._store = store
        self._incidents = incidents
        self._accepted = accepted
        self._settled = settled
        self._publish = publish
        self._witness = Witness()
        self._waiting_bytes: dict[str, int] = {}
        self._frames: Gathering[tuple[Courier, bytes]] = Gathering()

    def arrive(self, courier: Courier, payload: bytes) -> bool:
        """Queue a frame RECEIPT; False when the peer has sent more of them than it can have been asked for."""
        waiting = self._waiting_bytes.get(courier.peer, 0) + len(payload)
        if waiting > MAX_RECEIPT_BYTES_WAITING:
            return False
        self._waiting_bytes[courier.peer] = waiting
        self._frames.put((courier, payload), courier.peer)
        return True

    async def run(self) -> None:
        while True:
            frames = await self._frames.take(MAX_RECEIPT_FRAMES)
            for courier, payload in frames:
                self._waiting_bytes[courier.peer] -= len(payload)
            with trio.CancelScope(shield=True):
                await self._take(frames)

    async def _take(self, frames: list[tuple[Courier, bytes]]) -> None:
        faults: list[Incident] = []
        proved: list[tuple[Courier, tuple[Receipt, Entry]]] = []
        for courier, payload in frames:
            proved += [
                (courier, pair) for pair in self._awaited(courier, self._verified(courier.peer, payload, faults))
            ]
            await trio.lowlevel.checkpoint()  # a full frame takes some milliseconds
        await self._settle(proved, faults)
        await self._incidents.record_all(faults)

    async def _settle(self, proved: list[tuple[Courier, tuple[Receipt, Entry]]], faults: list[Incident]) -> None:
        rows: list[Values] = []
        settled: list[tuple[Courier, bytes]] = []
        for courier, (receipt, entry) in proved:  # nothing may wait between here and the commit: positions ascend
            row = self._match(courier, receipt, entry, faults)
            if row is not None:
                rows.append(row)
                settled.append((courier, entry.id))
        if not rows:
            return
        try:
            await self._store.settle(rows)
        except StorageError as fault:
            log.error("receipts were not kept, the messages will be sent again: %s", fault)
            return
        for courier, message_id in settled:
            courier.settled(message_id)
        for peer in dict.fromkeys(courier.peer for courier, _ in settled):
            self._accepted(peer)
        self._settled([message_id for _, message_id in settled])
        self._publish()

    def _verified(self, peer: str, payload: bytes, faults: list[Incident]) -> list[tuple[Receipt, Entry]]:
        """Return what the frame proves; of one that proves nothing the link goes on (FRAME-024)."""
        try:
            given = receipts.read_frame(payload)
            proved = receipts.verify_frame(given, self._trust.require().log_keys(peer))
        except RemoteError as fault:
            faults.append(Incident(peer, fault))
            return []
        wrong = self._witness.saw(peer, given[0].checkpoint)
        if wrong is not None:  # both checkpoints are in the text (LOG-008)
            faults.append(Incident(peer, EquivocationError(wrong)))
        return proved

    def _awaited(self, courier: Courier, proved: list[tuple[Receipt, Entry]]) -> list[tuple[Receipt, Entry]]:
        """Return those about messages that have no receipt yet: what is false or said twice costs one query a frame."""
        others = [entry.id for _, entry in proved if entry.id not in courier.flights]
        known = self._store.without_receipt(others, courier.peer) if others else set()
        return [(receipt, entry) for receipt, entry in proved if entry.id in courier.flights or entry.id in known]

    def _match(self, courier: Courier, receipt: Receipt, entry: Entry, faults: list[Incident]) -> Values | None:
        """Return the row to settle, None for a repetition or a receipt for something that was never sent."""
        flight = courier.flights.get(entry.id)
        if flight is not None:
            n, message_hash, attempts, last_us = flight.position, flight.hash, flight.attempts, flight.last_us
        else:
            found = self._store.delivery_to(entry.id, courier.peer)
            if not found or found[0].receipt is not None:
                return None
            n, message_hash, attempts, last_us = found[0].n, found[0].hash, found[0].attempts, found[0].last_us
        try:
            receipts.match(entry, entry.id, message_hash, self._party, courier.peer, self._trust.require().treaty_id)
        except AuthenticationError as fault:
            faults.append(Incident(courier.peer, fault, entry.id))
            return None
        state = Ending.REFUSED if entry.code else Ending.ACCEPTED
        return {
            "row": n,
            "to_state": int(state),
            "to_code": entry.code,
            "to_receipt": receipt.encode(),
            "to_settled": self._store.next_settled(),
            "to_attempts": attempts,
            "to_last_us": last_us,
        }
