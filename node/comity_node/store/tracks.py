"""What the lists and warnings of cases ask of the database."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from comity_node.store.schema import delivery, message, progress, track

Values = dict[str, Any]
Ask = Callable[[Any], Sequence[Any]]
Submit = Callable[[Callable[[Connection], None], int], Awaitable[None]]
ORDER: Final = {
    "deadline": (track.c.due_us.is_(None), track.c.due_us, track.c.n),
    "newest": (track.c.changed_us.desc(), track.c.n),
}


class TrackRows:
    """Rows of the table track: one for each request and each party that was asked."""

    def __init__(self, ask: Ask, submit: Submit) -> None:
        self._ask = ask
        self._submit = submit

    async def replace(self, cases: Iterable[bytes], rows: list[Values], message_n: int) -> None:
        """Commit the tracks of these cases in place of those that were there, and how far was looked."""
        these = list(cases)

        def work(connection: Connection) -> None:
            connection.execute(delete(track).where(track.c.case_id.in_(these)))
            if rows:
                connection.execute(insert(track), rows)
            connection.execute(delete(progress))
            connection.execute(insert(progress), [{"n": 1, "message_n": message_n}])

        await self._submit(work, len(rows) + 1)

    def looked_at(self) -> int:
        """Return the position of the message up to which the tracks are made, 0 at the beginning."""
        rows = self._ask(select(progress.c.message_n))
        return int(rows[0].message_n) if rows else 0

    def cases_after(self, message_n: int, limit: int) -> Sequence[Any]:
        """Return case_id and n of the messages above the position, notices left out, oldest first."""
        query = select(message.c.case_id, message.c.n).where(message.c.n > message_n, message.c.notice == 0)
        return self._ask(query.order_by(message.c.n).limit(limit))

    def cases_of(self, ids: Iterable[bytes]) -> set[bytes]:
        """Return the cases with tracks in which a message has one of these ids."""
        tracked = select(track.c.case_id)
        query = select(message.c.case_id).where(message.c.id.in_(list(ids)), message.c.case_id.in_(tracked))
        return {row.case_id for row in self._ask(query)}

    def cases_settled_after(self, position: int) -> set[bytes]:
        """Return the cases with tracks in which the delivery of a message ended above the position."""
        tracked = select(track.c.case_id)
        query = select(message.c.case_id).join(delivery, delivery.c.message_n == message.c.n).distinct()
        rows = self._ask(query.where(delivery.c.settled > position, message.c.case_id.in_(tracked)))
        return {row.case_id for row in rows}

    def cases_due(self, now_us: int, limit: int = 256) -> set[bytes]:
        """Return cases in which something has changed by itself, or is to be warned of."""
        query = select(track.c.case_id).where(track.c.next_us <= now_us).order_by(track.c.next_us).limit(limit)
        return {row.case_id for row in self._ask(query)}

    def cases_with_open(self) -> set[bytes]:
        """Return the cases in which something is expected of somebody."""
        return {row.case_id for row in self._ask(select(track.c.case_id).where(track.c.open == 1).distinct())}

    def any(self) -> bool:
        """Return whether there is a track at all."""
        return bool(self._ask(select(track.c.n).limit(1)))

    def next_us(self) -> int | None:
        """Return when something changes by itself first, None when nothing will."""
        value = self._ask(select(func.min(track.c.next_us)))[0][0]
        return None if value is None else int(value)

    def late(self, now_us: int) -> int:
        """Return how many requests have a deadline that has passed, on either side."""
        query = select(func.count()).select_from(track).where(track.c.open == 1, track.c.due_us <= now_us)
        return int(self._ask(query)[0][0])

    def listed(self, conditions: Values, order: str, limit: int) -> Sequence[Any]:
        """Return tracks whose columns have these values; `order` is deadline or newest."""
        where = [track.c[name] == value for name, value in conditions.items()]
        return self._ask(select(track).where(*where).order_by(*ORDER[order]).limit(limit))

    def by_case_prefix(self, low: bytes, high: bytes) -> list[bytes]:
        """Return up to three cases whose id lies between the two, both included."""
        query = select(message.c.case_id).where(message.c.case_id >= low, message.c.case_id <= high).distinct()
        return [row.case_id for row in self._ask(query.limit(3))]
