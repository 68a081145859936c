"""What the handling of contents asks of the database: what is said of them, exercises, and how long they are kept."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Executable, Table, bindparam, delete, exists, insert, select, update

from comity_node.records import Ending, Transfer
from comity_node.store.checksum import sum_after, summed
from comity_node.store.schema import (
    attachment,
    delivery,
    destruction,
    exercise,
    hold,
    mention,
    message,
    retention,
)
from comity_node.store.writer import Writer

Values = dict[str, Any]
Step = tuple[Executable, list[Values]]  # one statement of a commit, and its rows
Ask = Callable[[Any], Sequence[Any]]
Whole = Callable[[Table, Any], Sequence[Any]]

MAX_STATEMENTS: Final = 256  # about one content: an originator that says more does not slow others down
TO_TELL: Final = 0
TOLD: Final = 1
NOBODY_TO_TELL: Final = 2
KEPT: Final = (message.c.outgoing == 1) | (message.c.code == 0)  # sent, or accepted
DESTROYED: Final = exists().where(destruction.c.message_n == message.c.n)
HELD: Final = exists().where(hold.c.case_id == message.c.case_id, hold.c.released_us.is_(None))
WAITS: Final = exists().where(delivery.c.message_n == message.c.n, delivery.c.state == int(Ending.WAITING))


def take(connection: Connection, steps: Sequence[Step]) -> None:
    """Execute the statements in their order."""
    for statement, rows in steps:
        connection.execute(statement, rows)


def insertion(table: Table, rows: list[Values]) -> list[Step]:
    """Return the step that inserts the rows with their checksums, nothing where there are none."""
    return [(insert(table), summed(table, rows))] if rows else []


def mentioning(message_n: int, kind: str, hashes: Sequence[bytes]) -> list[Step]:
    """Return what keeps that the message, of this kind, speaks of others."""
    return insertion(mention, [{"hash": each, "message_n": message_n, "kind": kind} for each in hashes])


def as_exercise(case_id: bytes) -> list[Step]:
    """Return what keeps that the case is an exercise."""
    return insertion(exercise, [{"case_id": case_id}])


def due_at(message_ns: Sequence[int], due_us: int | None) -> list[Step]:
    """Return what sets when these messages are to be destroyed, None for never."""
    forgotten: Step = (
        delete(retention).where(retention.c.message_n == bindparam("of")),
        [{"of": n} for n in message_ns],
    )
    rows = [] if due_us is None else [{"message_n": n, "due_us": due_us} for n in message_ns]
    return [forgotten, *insertion(retention, rows)] if message_ns else []


class Keeping:
    """Rows of the tables mention, exercise, retention, destruction and hold."""

    def __init__(self, ask: Ask, whole: Whole, writer: Writer) -> None:
        self._ask = ask
        self._whole = whole
        self._writer = writer
        self._destroyed: list[Callable[[], None]] = []

    def when_destroyed(self, forget: Callable[[], None]) -> None:
        """Call `forget` whenever the content of a message was destroyed: whoever keeps a copy of it has to."""
        self._destroyed.append(forget)

    async def _take(self, steps: Sequence[Step]) -> None:
        await self._writer.submit(lambda connection: take(connection, steps), len(steps))

    # what is said of contents

    def speaking_of(self, content: bytes, kind: str) -> Sequence[Any]:
        """Return the kept messages of this kind that speak of the content, newest first; those before them are old."""
        joined = select(message).join(mention, mention.c.message_n == message.c.n)
        query = joined.where(mention.c.hash == content, mention.c.kind == kind, KEPT)
        return self._whole(message, query.order_by(message.c.n.desc()).limit(MAX_STATEMENTS))

    def has_sent(self, content: bytes, kind: str) -> bool:
        """Return whether a message of this kind about the content was sent from here."""
        joined = select(mention.c.n).join(message, message.c.n == mention.c.message_n)
        sent = (mention.c.hash == content, mention.c.kind == kind, message.c.outgoing == 1)
        return bool(self._ask(joined.where(*sent).limit(1)))

    def of_kind(self, kind: str, limit: int) -> Sequence[Any]:
        """Return the kept messages of this kind, newest first."""
        these = message.c.n.in_(select(mention.c.message_n).where(mention.c.kind == kind))
        return self._whole(message, select(message).where(these, KEPT).order_by(message.c.n.desc()).limit(limit))

    def spoken_of(self, kind: str) -> set[bytes]:
        """Return the hashes that messages of this kind speak of."""
        return {row.hash for row in self._ask(select(mention.c.hash).where(mention.c.kind == kind).distinct())}

    def copies(self, content: bytes, case_id: bytes, forward: str) -> list[int]:
        """Return where the content of the case is kept: as a message, and inside messages of the kind `forward`."""
        itself = select(message.c.n).where(message.c.case_id == case_id, message.c.hash == content, KEPT)
        inside = select(mention.c.message_n).where(mention.c.hash == content, mention.c.kind == forward)
        carriers = select(message.c.n).where(message.c.n.in_(inside), KEPT)
        return [row.n for query in (itself, carriers) for row in self._ask(query)]

    def received(self, fingerprint: bytes) -> Sequence[Any]:
        """Return the accepted messages that a file of this content came with, oldest first; none where it was sent
        from here before it first came."""
        columns = select(message.c.n, message.c.outgoing, destruction.c.message_n.label("gone"))
        joined = columns.join(attachment, attachment.c.message_n == message.c.n)
        query = joined.outerjoin(destruction, destruction.c.message_n == message.c.n)
        rows = self._ask(query.where(attachment.c.fingerprint == fingerprint, KEPT).order_by(message.c.n))
        return [] if rows and rows[0].outgoing else [row for row in rows if not row.outgoing]

    # exercises

    def exercises(self) -> set[bytes]:
        """Return the cases that are exercises."""
        return {row.case_id for row in self._whole(exercise, select(exercise))}

    def knows_case(self, case_id: bytes) -> bool:
        """Return whether something of the case was sent or accepted."""
        return bool(self._ask(select(message.c.n).where(message.c.case_id == case_id, KEPT).limit(1)))

    def cases_between(self, low: bytes, high: bytes) -> list[bytes]:
        """Return the cases whose ids lie between these, three at most."""
        query = select(message.c.case_id).distinct().where(message.c.case_id >= low, message.c.case_id <= high)
        return [row.case_id for row in self._ask(query.limit(3))]

    # retention

    def due(self, now_us: int, limit: int = 256) -> list[int]:
        """Return what is to be destroyed now: due, not held, and not on its way any more."""
        query = select(message.c.n).join(retention, retention.c.message_n == message.c.n)
        query = query.where(retention.c.due_us <= now_us, ~DESTROYED, ~HELD, ~WAITS)
        return [row.n for row in self._ask(query.order_by(retention.c.due_us).limit(limit))]

    def terms(self, limit: int) -> Sequence[Any]:
        """Return n, due_us and whether it is held of what will have to be destroyed, the first due first."""
        query = select(message.c.n, retention.c.due_us, HELD.label("held"))
        query = query.join(retention, retention.c.message_n == message.c.n).where(~DESTROYED)
        return self._ask(query.order_by(retention.c.due_us).limit(limit))

    def obstacle(self, n: int) -> tuple[bool, bool, bool]:
        """Return whether the message was destroyed, is held, is still on its way."""
        columns = (DESTROYED.label("gone"), HELD.label("held"), WAITS.label("waits"))
        (row,) = self._ask(select(*columns).select_from(message).where(message.c.n == n))
        return bool(row.gone), bool(row.held), bool(row.waits)

    async def decide(self, row: Values) -> None:
        """Commit that the message is to be destroyed, before anything of it is."""
        await self._take(insertion(destruction, [row | {"done_us": None}]))

    def undone(self) -> Sequence[Any]:
        """Return what was decided and is not done."""
        return self._whole(destruction, select(destruction).where(destruction.c.done_us.is_(None)))

    def untold(self) -> Sequence[Any]:
        """Return what is done and whose originator is to be told."""
        done = (destruction.c.done_us.is_not(None), destruction.c.told == TO_TELL)
        return self._whole(destruction, select(destruction).where(*done).order_by(destruction.c.message_n))

    def destroyed(self, limit: int) -> Sequence[Any]:
        """Return what was destroyed, newest first."""
        return self._whole(destruction, select(destruction).order_by(destruction.c.decided_us.desc()).limit(limit))

    def names_elsewhere(self, address: bytes, n: int) -> bool:
        """Return whether a message other than the one at n, and not destroyed, names the sealed file."""
        gone = select(destruction.c.message_n).where(destruction.c.done_us.is_not(None))
        other = (attachment.c.message_n != n, attachment.c.message_n.not_in(gone))
        return bool(self._ask(select(attachment.c.n).where(attachment.c.address == address, *other).limit(1)))

    async def finish(self, n: int, remains: bytes, now_us: int, code: int) -> None:
        """Commit that nothing of the content is left but the remains; what still moves of its files has failed."""
        failed: Values = {"state": int(Transfer.FAILED), "code": code}
        moving = (attachment.c.message_n == n, attachment.c.state == int(Transfer.MOVING))
        done: Values = {"done_us": now_us}

        def work(connection: Connection) -> None:
            connection.execute(update(message).where(message.c.n == n).values(sealed=remains))
            ended = update(attachment).where(*moving)
            connection.execute(ended.values(**failed, checksum=sum_after(attachment, **failed)))
            this = update(destruction).where(destruction.c.message_n == n)
            connection.execute(this.values(**done, checksum=sum_after(destruction, **done)))

        await self._writer.submit(work, 3)
        for forget in self._destroyed:
            forget()

    async def mark_told(self, n: int, told: int) -> None:
        """Commit what became of telling the originator."""
        changes = {"told": told, "checksum": sum_after(destruction, told=told)}
        await self._take([(update(destruction).where(destruction.c.message_n == n).values(**changes), [{}])])

    # holds

    async def hold(self, case_id: bytes, reason: bytes, now_us: int) -> None:
        row = {"case_id": case_id, "since_us": now_us, "released_us": None, "reason": reason}
        await self._take(insertion(hold, [row]))

    async def release(self, case_id: bytes, now_us: int) -> None:
        changes = {"released_us": now_us, "checksum": sum_after(hold, released_us=now_us)}
        open_ones = update(hold).where(hold.c.case_id == case_id, hold.c.released_us.is_(None))
        await self._take([(open_ones.values(**changes), [{}])])

    def holds(self) -> Sequence[Any]:
        """Return the holds that stand, oldest first."""
        return self._whole(hold, select(hold).where(hold.c.released_us.is_(None)).order_by(hold.c.n))
