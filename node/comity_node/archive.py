"""Reading what the node keeps: messages, deliveries, timelines."""

from typing import Any

from comity import message as messages
from comity import receipt as receipts
from comity.errors import error_by_code
from comity_node.courier import Courier
from comity_node.errors import AmbiguousError, NotFoundError
from comity_node.records import Delivery, Event, State, StoredMessage
from comity_node.store.store import Store
from comity_node.vault import Vault
from comity_node.world import World

MIN_PREFIX_DIGITS = 4
ID_DIGITS = 32


class Archive:
    """Opens what lies sealed in the store."""

    def __init__(self, vault: Vault, store: Store, world: World) -> None:
        self._vault = vault
        self._store = store
        self._world = world

    def message(self, row: Any) -> StoredMessage:
        """Return the message of a row of the message table.

        Raises:
            StorageError: the stored bytes were altered.
        """
        signed = messages.read(self._vault.open(row.sealed, row.hash))
        receipt = None if row.receipt is None else receipts.read(row.receipt)
        return StoredMessage(
            row.n, bool(row.outgoing), row.id, row.hash, signed.body, row.stored_us, row.read_us, row.code, receipt
        )

    def find(self, prefix: str) -> StoredMessage:
        """Return the one message whose id begins with the hexadecimal `prefix`, at least 4 digits.

        Raises:
            NotFoundError: there is none, or the prefix is no hexadecimal text.
            AmbiguousError: there are several.
        """
        try:
            low = bytes.fromhex(prefix.ljust(ID_DIGITS, "0"))
            high = bytes.fromhex(prefix.ljust(ID_DIGITS, "f"))
        except ValueError:
            low = high = b""
        if not MIN_PREFIX_DIGITS <= len(prefix) <= ID_DIGITS or not low:
            raise NotFoundError(f"{prefix[:40]!r} is no message id", "give 4 to 32 hexadecimal digits of the id")
        rows = self._store.by_id_prefix(low, high)
        if not rows:
            raise NotFoundError(f"there is no message {prefix}", "see `comity inbox` for the ids")
        if len(rows) > 1:
            raise AmbiguousError(f"several messages begin with {prefix}", "give more digits of the id")
        return self.message(rows[0])

    def kind_of(self, case: bytes, message_hash: bytes | None) -> str | None:
        """Return the kind of the message of this case that has the hash, None where there is none."""
        rows = self._store.in_case_with_hash(case, message_hash) if message_hash is not None else []
        return self.message(rows[0]).body.kind if rows else None

    def newest(self, outgoing: bool, limit: int) -> list[StoredMessage]:
        return [self.message(row) for row in self._store.newest(outgoing, limit)]

    def incoming_after(self, position: int) -> list[tuple[int, StoredMessage]]:
        return [(row.n, self.message(row)) for row in self._store.incoming_after(position)]

    def settled_after(self, position: int) -> list[tuple[int, Delivery]]:
        return [(row.settled, self.delivery(row, None)) for row in self._store.settled_after(position)]

    def deliveries(self, message_n: int, couriers: dict[str, Courier]) -> list[Delivery]:
        return [self.delivery(row, couriers.get(row.recipient)) for row in self._store.deliveries_of(message_n)]

    def delivery(self, row: Any, courier: Courier | None) -> Delivery:
        """Return where a delivery stands, with what the living link knows of it."""
        flight = courier.flights.get(row.id) if courier is not None else None
        attempts = flight.attempts if flight else row.attempts
        last_us = flight.last_us if flight else row.last_us
        code = flight.code if flight else row.code
        next_us = None
        if flight is not None:
            next_us = self._world.now_us() + int(max(0.0, flight.due - self._world.steady()) * 1_000_000)
        state = State(row.state)
        receipt = None if row.receipt is None else receipts.read(row.receipt)
        return Delivery(
            row.settled or 0,
            row.id,
            row.recipient,
            state,
            attempts,
            last_us,
            next_us,
            code,
            cause_of(state, code, attempts),
            receipt,
        )

    def timeline(self, case: bytes) -> list[Event]:
        """Return the signed facts of a case in the order of their times."""
        events: list[tuple[int, bool, Event]] = []
        for row in self._store.in_case(case):
            stored = self.message(row)
            body = stored.body
            to = "to " + ", ".join(body.to)
            events.append((body.created, False, Event(body.created, body.sender, "sent", stored.id, body.kind, to)))
            given = [stored.receipt] if stored.receipt else []
            got = [receipts.read(d.receipt) for d in self._store.deliveries_of(row.n) if d.receipt is not None]
            for receipt in given + got:
                event = self._receipt_event(receipt, body.kind)
                events.append((max(event.time_us, body.created), True, event))
        return [event for _, _, event in sorted(events, key=place)]

    def _receipt_event(self, receipt: receipts.Receipt, kind: str) -> Event:
        entry = receipt.read_entry()
        detail = "" if entry.code == 0 else f"code {entry.code} {code_name(entry.code)}"
        return Event(entry.time, entry.to, entry.status, entry.id, kind, detail)


def place(dated: tuple[int, bool, Event]) -> tuple[int, bool, bytes, str]:
    """Return where an event stands: by time, a message before its receipts even when two clocks disagree."""
    time_us, is_receipt, event = dated
    return time_us, is_receipt, event.message_id, event.party


def cause_of(state: State, code: int, attempts: int) -> str:
    """Return in plain words why a delivery stands where it stands."""
    if state is State.ACCEPTED:
        return ""
    if state is State.REFUSED:
        return f"the recipient refused it: {code_name(code)}"
    if state is State.EXPIRED:
        return "it expired before the recipient gave a receipt"
    if code:
        return f"the recipient could not take it yet: {code_name(code)}"
    return "sent, no receipt yet" if attempts else "not sent yet"


def code_name(code: int) -> str:
    """Return the name of a code of the specification."""
    found = error_by_code(code)
    return found.name if found is not None else "unknown code"
