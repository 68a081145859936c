"""Reading what the node keeps: messages, deliveries, timelines."""

from collections.abc import Sequence
from typing import Any

from comity import message as messages
from comity import receipt as receipts
from comity.delivery import gaps
from comity.kinds import NOTICE
from comity.message import Body, SignedMessage
from comity_node.errors import AmbiguousError, NotFoundError
from comity_node.records import Delivery, Event, Missing, StoredMessage
from comity_node.remains import is_remains, opened
from comity_node.store.store import Store
from comity_node.vault import Vault
from comity_node.whereabouts import Surroundings, code_name, delivery_of

MIN_PREFIX_DIGITS = 4
ID_DIGITS = 32


class Archive:
    """Opens what lies sealed in the store."""

    def __init__(self, vault: Vault, store: Store) -> None:
        self._vault = vault
        self._store = store

    def message(self, row: Any) -> StoredMessage:
        """Return the message of a row of the message table.

        Raises:
            StorageError: the stored bytes were altered.
        """
        body, destroyed = opened(self._vault.open(row.sealed, row.hash))
        receipt = None if row.receipt is None else receipts.read(row.receipt)
        return StoredMessage(
            position=row.n,
            outgoing=bool(row.outgoing),
            id=row.id,
            hash=row.hash,
            body=body,
            stored_us=row.stored_us,
            read_us=row.read_us,
            code=row.code,
            receipt=receipt,
            destroyed=destroyed,
        )

    def signed(self, row: Any) -> SignedMessage | None:
        """Return the message of a row with its signature, None where it was destroyed. Raises: StorageError."""
        data = self._vault.open(row.sealed, row.hash)
        return None if is_remains(data) else messages.read(data)

    def signed_at(self, position: int) -> SignedMessage | None:
        """Return the message at the position with its signature, None where there is none or it was destroyed."""
        rows = self._store.at(position)
        return self.signed(rows[0]) if rows else None

    def at(self, position: int) -> StoredMessage:
        """Return the message at the position. Raises NotFoundError, StorageError."""
        rows = self._store.at(position)
        if not rows:
            raise NotFoundError(f"there is no message at position {position}", "see `comity inbox` for the ids")
        return self.message(rows[0])

    def find(self, prefix: str) -> StoredMessage:
        """Return the one message whose id begins with the hexadecimal `prefix`, at least 4 digits.

        Raises:
            NotFoundError: there is none, or the prefix is no hexadecimal text.
            AmbiguousError: there are several.
        """
        rows = self._store.by_id_prefix(*between(prefix, "message id"))
        if not rows:
            raise NotFoundError(f"there is no message {prefix}", "see `comity inbox` for the ids")
        if len(rows) > 1:
            raise AmbiguousError(f"several messages begin with {prefix}", "give more digits of the id")
        return self.message(rows[0])

    def case(self, prefix: str) -> bytes:
        """Return the one case whose id, or the id of one of whose messages, begins with `prefix`, 4 digits or more.

        Raises:
            NotFoundError: there is none, or the prefix is no hexadecimal text.
            AmbiguousError: there are several.
        """
        found = self._store.cases_between(*between(prefix, "case"))
        if not found:
            raise NotFoundError(f"there is no case {prefix}", "see `comity inbox` and `comity show ID` for the ids")
        if len(found) > 1:
            raise AmbiguousError(f"several cases begin with {prefix}", "give more digits of the id")
        return found[0]

    def kind_of(self, case: bytes, message_hash: bytes | None) -> str | None:
        """Return the kind of the message of this case that has the hash, None where there is none."""
        rows = self._store.in_case_with_hash(case, message_hash) if message_hash is not None else []
        return self.message(rows[0]).body.kind if rows else None

    def in_case(self, case: bytes | None, message_hash: bytes | None) -> StoredMessage | None:
        """Return the message of this case that has the hash, None where there is none."""
        if case is None or message_hash is None:
            return None
        rows = self._store.in_case_with_hash(case, message_hash)
        return self.message(rows[0]) if rows else None

    def written_in(self, case: bytes) -> list[StoredMessage]:
        """Return the messages of the case without its notices, in the order in which they were kept."""
        return [self.message(row) for row in self._store.in_case(case) if not row.notice]

    def newest(self, outgoing: bool, limit: int) -> list[StoredMessage]:
        return [self.message(row) for row in self._store.newest(outgoing, limit)]

    def incoming_after(self, position: int) -> list[tuple[int, StoredMessage]]:
        return [(row.n, self.message(row)) for row in self._store.incoming_after(position)]

    def undelivered(self, limit: int) -> list[StoredMessage]:
        return [self.message(row) for row in self._store.newest_undelivered(limit)]

    def settled_after(self, position: int) -> list[tuple[int, Delivery]]:
        rows = self._store.settled_after(position)
        return [(found.position, found) for found in self._deliveries(rows, Surroundings())]

    def deliveries(self, message_n: int, around: Surroundings) -> list[Delivery]:
        return self._deliveries(self._store.deliveries_of(message_n), around)

    def _deliveries(self, rows: Sequence[Any], around: Surroundings) -> list[Delivery]:
        answers = self._store.answers_to({row.hash for row in rows})
        return [
            delivery_of(
                row,
                None if row.receipt is None else receipts.read(row.receipt),
                answers.get((row.hash, row.recipient), ()),
                around,
            )
            for row in rows
        ]

    def missing(self, case: bytes) -> list[Missing]:
        """Return what has not arrived here of the messages in a case, by sender (DELIV-013)."""
        numbers: dict[str, list[int]] = {}
        for row in self._store.numbers_in_case(case):
            numbers.setdefault(row.sender, []).append(row.seq)
        return [Missing(sender, gap.first, gap.last) for sender in sorted(numbers) for gap in gaps(numbers[sender])]

    def timeline(self, case: bytes) -> list[Event]:
        """Return the signed facts of a case in the order of their times."""
        events: list[tuple[int, bool, Event]] = []
        for row in self._store.in_case(case):
            stored = self.message(row)
            body = stored.body
            if body.kind == NOTICE:
                events += self._reading(case, stored)
                continue
            to = "to " + ", ".join(body.to)
            sent = Event(body.created, body.sender, "sent", stored.id, body.kind, to, body.exercise)
            events.append((body.created, False, sent))
            given = [stored.receipt] if stored.receipt else []
            got = [receipts.read(d.receipt) for d in self._store.deliveries_of(row.n) if d.receipt is not None]
            for receipt in given + got:
                event = self._receipt_event(receipt, body)
                events.append((max(event.time_us, body.created), True, event))
        return [event for _, _, event in sorted(events, key=place)]

    def _reading(self, case: bytes, notice: StoredMessage) -> list[tuple[int, bool, Event]]:
        """Return what a notice says: that a person has read a message of the case."""
        rows = self._store.in_case_with_hash(case, notice.body.in_reply_to or b"")
        if not rows or notice.code:
            return []
        read, body = self.message(rows[0]), notice.body
        seen = Event(body.created, body.sender, "read", read.id, read.body.kind, "", body.exercise)
        return [(body.created, True, seen)]

    def _receipt_event(self, receipt: receipts.Receipt, body: Body) -> Event:
        entry = receipt.read_entry()
        detail = "" if entry.code == 0 else f"code {entry.code} {code_name(entry.code)}"
        return Event(entry.time, entry.to, entry.status, entry.id, body.kind, detail, body.exercise)


def between(prefix: str, what: str) -> tuple[bytes, bytes]:
    """Return the lowest and the highest id that begin with the hexadecimal prefix. Raises NotFoundError: it is none."""
    try:
        low = bytes.fromhex(prefix.ljust(ID_DIGITS, "0"))
        high = bytes.fromhex(prefix.ljust(ID_DIGITS, "f"))
    except ValueError:
        low = high = b""
    if not MIN_PREFIX_DIGITS <= len(prefix) <= ID_DIGITS or not low:
        raise NotFoundError(f"{prefix[:40]!r} is no {what}", "give 4 to 32 hexadecimal digits of the id")
    return low, high


def place(dated: tuple[int, bool, Event]) -> tuple[int, bool, bytes, str]:
    """Return where an event stands: by time, a message before its receipts even when two clocks disagree."""
    time_us, is_receipt, event = dated
    return time_us, is_receipt, event.message_id, event.party
