"""What the services ask of the database, in their own words."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from comity_node.bounds import MAX_INCIDENTS
from comity_node.records import State
from comity_node.store.database import Database, storage_error
from comity_node.store.schema import checkpoint, delivery, document, incident, leaf, message
from comity_node.store.writer import Writer
from comity_node.world import World

Values = dict[str, Any]

SETTLE = (
    update(delivery)
    .where(delivery.c.n == bindparam("row"), delivery.c.state == int(State.WAITING))
    .values(
        state=bindparam("to_state"),
        code=bindparam("to_code"),
        receipt=bindparam("to_receipt"),
        settled=bindparam("to_settled"),
        attempts=bindparam("to_attempts"),
        last_us=bindparam("to_last_us"),
    )
)
NOTE_ATTEMPT = (
    update(delivery)
    .where(delivery.c.n == bindparam("row"), delivery.c.state == int(State.WAITING))
    .values(attempts=bindparam("to_attempts"), last_us=bindparam("to_last_us"), code=bindparam("to_code"))
)


class Store:
    """Reads answer at once from the last commit; writes return when they are on disk.

    Row ids are counted here, not by the database, so that a row can name another of the same batch.
    """

    def __init__(self, database: Database, world: World) -> None:
        self._database = database
        self._read = database.reading
        self.writer = Writer(database, world)
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
            raise storage_error(fault) from fault

    def _one(self, query: Any) -> Any:
        return self._all(query)[0]

    async def _write(self, query: Any, values: Values | list[Values]) -> None:
        def work(connection: Connection) -> None:
            connection.execute(query, values)

        await self.writer.submit(work, len(values) if isinstance(values, list) else 1)

    # documents

    def documents(self) -> list[tuple[str, bytes]]:
        """Return (kind, signed document) in the order of acceptance (DIR-007)."""
        return [(row.kind, row.data) for row in self._all(select(document).order_by(document.c.n))]

    async def keep_document(self, kind: str, data: bytes, now_us: int) -> None:
        values = {"kind": kind, "data": data, "accepted_us": now_us}
        await self._write(insert(document), values)

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

    async def keep_outgoing(self, messages: list[Values], deliveries: list[Values]) -> None:
        """Commit messages with one delivery for each recipient (OVER-001)."""

        def work(connection: Connection) -> None:
            connection.execute(insert(message), messages)
            connection.execute(insert(delivery), deliveries)

        await self.writer.submit(work, len(messages) + len(deliveries))

    async def keep_incoming(self, messages: list[Values], leaves: list[Values], point: Values) -> None:
        """Commit messages, the leaves that record them and the checkpoint over all of it (OVER-002)."""

        def work(connection: Connection) -> None:
            if messages:
                connection.execute(insert(message), messages)
            connection.execute(insert(leaf), leaves)
            connection.execute(insert(checkpoint), [point])

        await self.writer.submit(work, len(messages) + len(leaves))

    def known(self, ids: Iterable[bytes]) -> dict[tuple[str, bytes], tuple[bytes, bytes | None]]:
        """Return {(sender, id): (hash, receipt given)} of those messages that are known."""
        columns = (message.c.sender, message.c.id, message.c.hash, message.c.receipt)
        rows = self._all(select(*columns).where(message.c.id.in_(list(ids))))
        return {(row.sender, row.id): (row.hash, row.receipt) for row in rows}

    def last_in_case(self, case_id: bytes, sender: str) -> tuple[int, bytes] | None:
        """Return (seq, hash) of the sender's newest message in the case."""
        query = select(message.c.seq, message.c.hash).where(message.c.case_id == case_id, message.c.sender == sender)
        rows = self._all(query.order_by(message.c.seq.desc()).limit(1))
        return (rows[0].seq, rows[0].hash) if rows else None

    def messages(self, *conditions: Any, limit: int = 256, newest_first: bool = False) -> Sequence[Any]:
        order = message.c.n.desc() if newest_first else message.c.n
        return self._all(select(message).where(*conditions).order_by(order).limit(limit))

    def incoming_after(self, position: int, limit: int = 256) -> Sequence[Any]:
        return self.messages(message.c.n > position, message.c.outgoing == 0, message.c.code == 0, limit=limit)

    def newest(self, outgoing: bool, limit: int) -> Sequence[Any]:
        return self.messages(message.c.outgoing == int(outgoing), limit=limit, newest_first=True)

    def by_id_prefix(self, prefix: bytes, ceiling: bytes) -> Sequence[Any]:
        return self.messages(message.c.id >= prefix, message.c.id <= ceiling, limit=3)

    def in_case_with_hash(self, case_id: bytes, message_hash: bytes) -> Sequence[Any]:
        return self.messages(message.c.case_id == case_id, message.c.hash == message_hash, limit=1)

    def in_case(self, case_id: bytes) -> Sequence[Any]:
        return self.messages(message.c.case_id == case_id, limit=10_000)

    def unread(self) -> int:
        conditions = (message.c.outgoing == 0, message.c.read_us.is_(None), message.c.code == 0)
        return int(self._one(select(func.count()).select_from(message).where(*conditions))[0])

    async def mark_read(self, n: int, now_us: int) -> None:
        query = update(message).where(message.c.n == n, message.c.read_us.is_(None)).values(read_us=now_us)
        await self._write(query, {})

    # deliveries

    def waiting(self, recipient: str, after: int, limit: int) -> Sequence[Any]:
        """Return waiting deliveries to the recipient with the message columns, oldest first."""
        query = (
            select(delivery.c.n.label("delivery_n"), delivery.c.attempts, message)
            .join(message, message.c.n == delivery.c.message_n)
            .where(delivery.c.recipient == recipient, delivery.c.state == int(State.WAITING), delivery.c.n > after)
        )
        return self._all(query.order_by(delivery.c.n).limit(limit))

    def waiting_counts(self) -> dict[str, int]:
        query = select(delivery.c.recipient, func.count().label("count")).where(delivery.c.state == int(State.WAITING))
        return {row.recipient: int(row[1]) for row in self._all(query.group_by(delivery.c.recipient))}

    def deliveries(self, *conditions: Any, order: Any = delivery.c.n, limit: int = 256) -> Sequence[Any]:
        query = select(delivery, message.c.id, message.c.hash, message.c.expires_us).join(
            message, message.c.n == delivery.c.message_n
        )
        return self._all(query.where(*conditions).order_by(order).limit(limit))

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

    def expired(self, now_us: int) -> Sequence[Any]:
        return self.deliveries(delivery.c.state == int(State.WAITING), message.c.expires_us <= now_us)

    def settled_after(self, position: int, limit: int = 256) -> Sequence[Any]:
        return self.deliveries(delivery.c.settled > position, order=delivery.c.settled, limit=limit)

    async def settle(self, rows: list[Values]) -> None:
        """Commit the end of deliveries that still wait (RCPT-009)."""
        await self._write(SETTLE, rows)

    async def note_attempts(self, rows: list[Values]) -> None:
        await self._write(NOTE_ATTEMPT, rows)

    # log and incidents

    def last_checkpoint(self) -> tuple[bytes, bytes] | None:
        """Return (note, frontier) of the newest checkpoint."""
        rows = self._all(select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1))
        return (rows[0].note, rows[0].frontier) if rows else None

    async def keep_incidents(self, rows: list[Values]) -> None:
        """Commit incidents; of each party and code the newest 2,000 stay."""

        def work(connection: Connection) -> None:
            connection.execute(insert(incident), rows)
            for peer, code in {(row["peer"], row["code"]): None for row in rows}:
                alike = (incident.c.peer == peer, incident.c.code == code)
                newest = select(incident.c.n).where(*alike).order_by(incident.c.n.desc())
                last = newest.limit(1).offset(MAX_INCIDENTS).scalar_subquery()
                connection.execute(incident.delete().where(*alike, incident.c.n <= last))

        await self.writer.submit(work, len(rows))

    def incidents(self, *conditions: Any, limit: int = 50) -> Sequence[Any]:
        """Return incidents, newest first."""
        return self._all(select(incident).where(*conditions).order_by(incident.c.n.desc()).limit(limit))

    def incidents_of(self, code: int, each: int = 8) -> Sequence[Any]:
        """Return incidents with this code, newest first, at most `each` of a party: who errs often hides no other."""
        place = func.row_number().over(partition_by=incident.c.peer, order_by=incident.c.n.desc()).label("place")
        ranked = select(incident, place).where(incident.c.code == code).subquery()
        return self._all(select(ranked).where(ranked.c.place <= each).order_by(ranked.c.n.desc()))
