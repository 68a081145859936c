"""What the services ask of the database, in their own words."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from comity_node.bounds import MAX_INCIDENTS
from comity_node.errors import DiskFailedError, StorageError
from comity_node.records import Ending
from comity_node.store.checksum import intact, sum_after, summed
from comity_node.store.database import FOUND_DAMAGED, Database
from comity_node.store.keeping import Keeping, Step, take
from comity_node.store.proposals import Proposals
from comity_node.store.relations import Relations
from comity_node.store.schema import attachment, checkpoint, delivery, document, incident, leaf, message
from comity_node.store.tracks import TrackRows
from comity_node.store.transfers import Transfers
from comity_node.store.writer import Writer
from comity_node.world import World

Values = dict[str, Any]

INCOMING = (message.c.outgoing == 0, message.c.code == 0, message.c.notice == 0)  # what people are to read
WAITING = (
    select(delivery.c.n.label("delivery_n"), delivery.c.attempts, message)
    .join(message, message.c.n == delivery.c.message_n)
    .where(delivery.c.state == int(Ending.WAITING))
)
# What is asked at every link and every commit is built once: building costs more than answering.
WAITING_AT = (
    WAITING.where(
        delivery.c.recipient == bindparam("to"),
        delivery.c.urgency == bindparam("level"),
        delivery.c.n > bindparam("after"),
    )
    .order_by(delivery.c.n)
    .limit(bindparam("most"))
)
DELIVERIES = select(delivery, message.c.id, message.c.hash, message.c.expires_us).join(
    message, message.c.n == delivery.c.message_n
)
EXPIRED = (
    DELIVERIES.where(delivery.c.state == int(Ending.WAITING), message.c.expires_us <= bindparam("now_us"))
    .order_by(delivery.c.n)
    .limit(bindparam("most"))
)
SETTLED = (
    DELIVERIES.where(delivery.c.settled > bindparam("after")).order_by(delivery.c.settled).limit(bindparam("most"))
)
ARRIVED = (
    select(message).where(message.c.n > bindparam("after"), *INCOMING).order_by(message.c.n).limit(bindparam("most"))
)
ATTEMPT: dict[str, Any] = {name: bindparam(f"to_{name}") for name in ("attempts", "last_us", "code")}
END: dict[str, Any] = ATTEMPT | {name: bindparam(f"to_{name}") for name in ("state", "receipt", "settled")}
SETTLE = (
    update(delivery)
    .where(delivery.c.n == bindparam("row"), delivery.c.receipt.is_(None))
    .values(**END, checksum=sum_after(delivery, **END))
)
NOTE_ATTEMPT = (
    update(delivery)
    .where(delivery.c.n == bindparam("row"), delivery.c.state == int(Ending.WAITING))
    .values(**ATTEMPT, checksum=sum_after(delivery, **ATTEMPT))
)
UNSEALED = [column for column in message.columns if column.name != "sealed"]


class Store:
    """Reads answer at once from the last commit; writes return when they are on disk.

    Row ids are counted here, not by the database, so that a row can name another of the same batch.
    """

    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._read = database.reading
        self.writer = Writer(database, world)
        self.transfers = Transfers(self._all, self._write)
        self.tracks = TrackRows(self._all, self.writer.submit)
        self.relations = Relations(self._all, self._write)
        self.proposals = Proposals(self._whole, self._write)
        self.keeping = Keeping(self._all, self._whole, self.writer)
        self._last_message = self._highest(message.c.n)
        self._last_delivery = self._highest(delivery.c.n)
        self.last_settled = self._highest(delivery.c.settled)

    def _highest(self, column: Any) -> int:
        return int(self._one(select(func.coalesce(func.max(column), 0)))[0])

    def _all(self, query: Any, values: Values | None = None) -> Sequence[Any]:
        try:
            with self._read.begin():
                return self._read.execute(query, values or {}).all()
        except DBAPIError as fault:
            raise self._told(self._database.judge(fault)) from fault

    def _told(self, fault: StorageError) -> StorageError:
        """Return the fault; after one of the disk nothing more is written."""
        if isinstance(fault, DiskFailedError):
            self.writer.fail(fault)
        return fault

    def _whole(self, table: Table, query: Any, values: Values | None = None) -> Sequence[Any]:
        """Return the rows, each with all columns of the table that its checksum covers.

        Raises:
            DiskFailedError: a row is not as it was written.
        """
        rows = self._all(query, values)
        if not intact(table, rows):
            raise self._told(DiskFailedError(*FOUND_DAMAGED))
        return rows

    def _one(self, query: Any) -> Any:
        return self._all(query)[0]

    async def _write(self, query: Any, values: Values | list[Values]) -> None:
        def work(connection: Connection) -> None:
            connection.execute(query, values)

        await self.writer.submit(work, len(values) if isinstance(values, list) else 1)

    # documents

    def documents(self) -> list[tuple[str, bytes]]:
        """Return (kind, signed document) in the order of acceptance (DIR-007)."""
        return [(row.kind, row.data) for row in self._whole(document, select(document).order_by(document.c.n))]

    async def keep_document(self, kind: str, data: bytes, now_us: int) -> None:
        values = {"kind": kind, "data": data, "accepted_us": now_us}
        await self._write(insert(document), summed(document, [values]))

    # messages

    def next_message(self) -> int:
        self._last_message += 1
        return self._last_message

    def next_delivery(self) -> int:
        self._last_delivery += 1
        return self._last_delivery

    def next_settled(self) -> int:
        self.last_settled += 1
        return self.last_settled

    async def keep_outgoing(
        self,
        messages: list[Values],
        deliveries: list[Values],
        attachments: Sequence[Values] = (),
        also: Sequence[Step] = (),
    ) -> None:
        """Commit messages with one delivery for each recipient (OVER-001), and what else follows from them."""

        def work(connection: Connection) -> None:
            connection.execute(insert(message), summed(message, messages))
            connection.execute(insert(delivery), summed(delivery, deliveries))
            if attachments:
                connection.execute(insert(attachment), summed(attachment, attachments))
            take(connection, also)

        await self.writer.submit(work, len(messages) + len(deliveries) + len(attachments) + len(also))

    async def keep_incoming(
        self,
        messages: list[Values],
        leaves: list[Values],
        point: Values,
        attachments: Sequence[Values] = (),
        also: Sequence[Step] = (),
    ) -> None:
        """Commit messages, the leaves that record them, the checkpoint over all of it (OVER-002), and what follows."""

        def work(connection: Connection) -> None:
            if messages:
                connection.execute(insert(message), summed(message, messages))
            if attachments:
                connection.execute(insert(attachment), summed(attachment, attachments))
            connection.execute(insert(leaf), summed(leaf, leaves))
            connection.execute(insert(checkpoint), summed(checkpoint, [point]))
            take(connection, also)

        await self.writer.submit(work, len(messages) + len(leaves) + len(attachments) + len(also))

    def known(self, ids: Iterable[bytes]) -> dict[tuple[str, bytes], tuple[bytes, bytes | None]]:
        """Return {(sender, id): (hash, receipt given)} of those messages that are known."""
        rows = self._whole(message, select(*UNSEALED).where(message.c.id.in_(list(ids))))
        return {(row.sender, row.id): (row.hash, row.receipt) for row in rows}

    def last_in_case(self, case_id: bytes, sender: str) -> tuple[int, bytes] | None:
        """Return (seq, hash) of the sender's newest message in the case; notices are not counted (KIND-008)."""
        query = select(*UNSEALED).where(message.c.case_id == case_id, message.c.sender == sender)
        rows = self._whole(message, query.where(message.c.notice == 0).order_by(message.c.seq.desc()).limit(1))
        return (rows[0].seq, rows[0].hash) if rows else None

    def messages(self, *conditions: Any, limit: int = 256, newest_first: bool = False) -> Sequence[Any]:
        order = message.c.n.desc() if newest_first else message.c.n
        return self._whole(message, select(message).where(*conditions).order_by(order).limit(limit))

    def incoming_after(self, position: int, limit: int = 256) -> Sequence[Any]:
        return self._whole(message, ARRIVED, {"after": position, "most": limit})

    def newest(self, outgoing: bool, limit: int) -> Sequence[Any]:
        """Return messages that people wrote, newest first."""
        return self.messages(message.c.outgoing == int(outgoing), message.c.notice == 0, limit=limit, newest_first=True)

    def newest_undelivered(self, limit: int) -> Sequence[Any]:
        """Return outgoing messages with a delivery that was refused or has expired, newest first."""
        failed = delivery.c.state.in_((int(Ending.REFUSED), int(Ending.EXPIRED)))
        these = message.c.n.in_(select(delivery.c.message_n).where(failed))
        return self.messages(these, message.c.notice == 0, limit=limit, newest_first=True)

    def notice_of(self, message_hash: bytes) -> Sequence[Any]:
        """Return the notice that this node has given for the message with the hash, nothing where it gave none."""
        mine = (message.c.in_reply_to == message_hash, message.c.outgoing == 1, message.c.notice == 1)
        return self.messages(*mine, limit=1)

    def numbers_in_case(self, case_id: bytes) -> Sequence[Any]:
        """Return sender and seq of every message that was accepted in the case, notices left out (KIND-008)."""
        query = select(message.c.sender, message.c.seq).where(message.c.case_id == case_id, *INCOMING)
        return self._all(query)

    def told_twice(self, cases: Iterable[bytes], numbers: Iterable[int]) -> Sequence[Any]:
        """Return where two accepted messages of one sender have one number in a case: one row, however many there are.

        Each has case_id, sender, seq, first_id and last_id; two of the ids, not all, so that who repeats a number ten
        thousand times does not make every later batch read them all.
        """
        place = (message.c.case_id, message.c.sender, message.c.seq)
        ids = (func.min(message.c.id).label("first_id"), func.max(message.c.id).label("last_id"))
        asked = (message.c.case_id.in_(list(cases)), message.c.seq.in_(list(numbers)))
        query = select(*place, *ids).where(*asked, *INCOMING).group_by(*place).having(func.count() > 1)
        return self._all(query.order_by(*place))

    def at(self, n: int) -> Sequence[Any]:
        return self.messages(message.c.n == n, limit=1)

    def by_id_prefix(self, prefix: bytes, ceiling: bytes) -> Sequence[Any]:
        return self.messages(message.c.id >= prefix, message.c.id <= ceiling, limit=3)

    def in_case_with_hash(self, case_id: bytes, message_hash: bytes) -> Sequence[Any]:
        return self.messages(message.c.case_id == case_id, message.c.hash == message_hash, limit=1)

    def in_case(self, case_id: bytes) -> Sequence[Any]:
        return self.messages(message.c.case_id == case_id, limit=10_000)

    def settled_in_case(self, case_id: bytes, position: int) -> Sequence[Any]:
        """Return the deliveries that ended above this position, of what this node has sent in the case."""
        query = DELIVERIES.where(message.c.case_id == case_id, message.c.outgoing == 1, delivery.c.settled > position)
        return self._whole(delivery, query.order_by(delivery.c.settled).limit(65_536))

    def in_case_after(self, case_id: bytes, n: int, limit: int) -> Sequence[Any]:
        return self.messages(message.c.case_id == case_id, message.c.n > n, limit=limit)

    def cases_between(self, low: bytes, high: bytes) -> list[bytes]:
        """Return up to three cases whose id lies from low to high, or the id of one of whose messages does."""
        within = message.c.case_id.between(low, high) | message.c.id.between(low, high)
        query = select(message.c.case_id).where(within).distinct().limit(3)
        return [row.case_id for row in self._all(query)]

    def unread(self) -> int:
        query = select(func.count()).select_from(message).where(*INCOMING, message.c.read_us.is_(None))
        return int(self._one(query)[0])

    async def mark_read(self, n: int, now_us: int) -> None:
        changes = {"read_us": now_us, "checksum": sum_after(message, read_us=now_us)}
        query = update(message).where(message.c.n == n, message.c.read_us.is_(None)).values(**changes)
        await self._write(query, {})

    # deliveries

    def waiting(self, recipient: str, urgency: int, after: int, limit: int) -> Sequence[Any]:
        """Return waiting deliveries of this urgency to the recipient with the message columns, oldest first."""
        return self._whole(message, WAITING_AT, {"to": recipient, "level": urgency, "after": after, "most": limit})

    def waiting_delivery(self, n: int) -> Sequence[Any]:
        """Return the delivery with the message columns, nothing when it has ended."""
        return self._whole(message, WAITING.where(delivery.c.n == n))

    def waiting_counts(self) -> dict[str, tuple[int, int]]:
        """Return for each recipient how many deliveries wait, and when the oldest of them was kept (micros)."""
        query = (
            select(delivery.c.recipient, func.count(), func.min(message.c.stored_us))
            .join(message, message.c.n == delivery.c.message_n)
            .where(delivery.c.state == int(Ending.WAITING))
        )
        return {row[0]: (int(row[1]), int(row[2])) for row in self._all(query.group_by(delivery.c.recipient))}

    def undelivered(self) -> int:
        """Return how many deliveries were refused or expired whose message was not looked at since."""
        query = select(func.count()).select_from(delivery.join(message, message.c.n == delivery.c.message_n))
        failed = delivery.c.state.in_((int(Ending.REFUSED), int(Ending.EXPIRED)))
        return int(self._one(query.where(failed, message.c.read_us.is_(None), message.c.notice == 0))[0])

    def deliveries(self, *conditions: Any, limit: int = 256) -> Sequence[Any]:
        return self._whole(delivery, DELIVERIES.where(*conditions).order_by(delivery.c.n).limit(limit))

    def answers_to(self, hashes: Iterable[bytes]) -> dict[tuple[bytes, str], list[int]]:
        """Return {(hash, who answered): [notice or not]} of accepted messages in reply to those with these hashes."""
        found: dict[tuple[bytes, str], list[int]] = {}
        columns = (message.c.in_reply_to, message.c.sender, message.c.notice)
        query = select(*columns).where(message.c.in_reply_to.in_(list(hashes)), message.c.code == 0)
        for row in self._all(query.where(message.c.outgoing == 0)):
            found.setdefault((row.in_reply_to, row.sender), []).append(row.notice)
        return found

    def deliveries_of(self, message_n: int) -> Sequence[Any]:
        return self.deliveries(delivery.c.message_n == message_n)

    def delivery_to(self, message_id: bytes, recipient: str) -> Sequence[Any]:
        return self.deliveries(message.c.id == message_id, message.c.outgoing == 1, delivery.c.recipient == recipient)

    def without_receipt(self, message_ids: list[bytes], recipient: str) -> set[bytes]:
        """Return which of the messages went to this recipient and have no receipt of it."""
        query = select(message.c.id).join(delivery, delivery.c.message_n == message.c.n)
        rows = self._all(
            query.where(
                message.c.id.in_(message_ids),
                message.c.outgoing == 1,
                delivery.c.recipient == recipient,
                delivery.c.receipt.is_(None),
            )
        )
        return {row.id for row in rows}

    def expired(self, now_us: int, limit: int = 256) -> Sequence[Any]:
        return self._whole(delivery, EXPIRED, {"now_us": now_us, "most": limit})

    def settled_after(self, position: int, limit: int = 256) -> Sequence[Any]:
        return self._whole(delivery, SETTLED, {"after": position, "most": limit})

    async def settle(self, rows: list[Values]) -> None:
        """Commit the end of deliveries that still wait (RCPT-009)."""
        await self._write(SETTLE, rows)

    async def note_attempts(self, rows: list[Values]) -> None:
        await self._write(NOTE_ATTEMPT, rows)

    # log and incidents

    def last_checkpoint(self) -> tuple[bytes, bytes] | None:
        """Return (note, frontier) of the newest checkpoint."""
        rows = self._whole(checkpoint, select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1))
        return (rows[0].note, rows[0].frontier) if rows else None

    async def keep_incidents(self, rows: list[Values]) -> None:
        """Commit incidents; of each party and code the newest 2,000 stay."""

        def work(connection: Connection) -> None:
            connection.execute(insert(incident), summed(incident, rows))
            for peer, code in {(row["peer"], row["code"]): None for row in rows}:
                alike = (incident.c.peer == peer, incident.c.code == code)
                newest = select(incident.c.n).where(*alike).order_by(incident.c.n.desc())
                last = newest.limit(1).offset(MAX_INCIDENTS).scalar_subquery()
                connection.execute(incident.delete().where(*alike, incident.c.n <= last))

        await self.writer.submit(work, len(rows))

    def incidents(self, *conditions: Any, limit: int = 50) -> Sequence[Any]:
        """Return incidents, newest first."""
        return self._whole(incident, select(incident).where(*conditions).order_by(incident.c.n.desc()).limit(limit))

    def incidents_of(self, code: int, each: int = 8) -> Sequence[Any]:
        """Return incidents with this code, newest first, at most `each` of a party: who errs often hides no other."""
        place = func.row_number().over(partition_by=incident.c.peer, order_by=incident.c.n.desc()).label("place")
        ranked = select(incident, place).where(incident.c.code == code).subquery()
        return self._all(select(ranked).where(ranked.c.place <= each).order_by(ranked.c.n.desc()))
