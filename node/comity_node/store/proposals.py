"""What the messages that wait for a second officer ask of the database."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, insert, select, update

from comity_node.records import Fate
from comity_node.store.checksum import sum_after, summed
from comity_node.store.keeping import Step
from comity_node.store.schema import pending

Values = dict[str, Any]
Ask = Callable[[Table, Any], Sequence[Any]]
Write = Callable[[Any, Any], Awaitable[None]]

WAITING: Final = pending.c.state == int(Fate.WAITING)
#: Part of the commit that keeps the message: what was approved waits no more. Takes id_of.
SENDING: Final = delete(pending).where(pending.c.id == bindparam("id_of"), WAITING)
ENDED: Final[dict[str, Any]] = {"state": bindparam("to_state"), "ended_us": bindparam("now_us")}
END: Final = (
    update(pending)
    .where(pending.c.id == bindparam("id_of"), WAITING)
    .values(**ENDED, sealed=bindparam("to_sealed"), checksum=sum_after(pending, **ENDED))
)


def sending(approved: list[dict[str, Any]]) -> list[Step]:
    """Return what lets messages wait for an officer no more, `id_of` naming each (APPR-013)."""
    return [(SENDING, approved)] if approved else []


class Proposals:
    """Rows of the table pending: one for each message that waits for an officer, or did so in vain."""

    def __init__(self, ask: Ask, write: Write) -> None:
        self._ask = ask
        self._write = write

    def _rows(self, *conditions: Any, limit: int) -> Sequence[Any]:
        return self._ask(pending, select(pending).where(*conditions).order_by(pending.c.n.desc()).limit(limit))

    def waiting(self) -> Sequence[Any]:
        """Return what waits, newest first."""
        return self._rows(WAITING, limit=10_000)

    def overdue(self, now_us: int) -> Sequence[Any]:
        """Return what waits and has expired."""
        return self._rows(WAITING, pending.c.expires_us <= now_us, limit=256)

    def has_ended_before(self, before_us: int) -> bool:
        """Return whether there is something to forget."""
        return bool(self._rows(pending.c.ended_us < before_us, limit=1))

    def newest(self, limit: int) -> Sequence[Any]:
        """Return what waits or has ended, newest first."""
        return self._rows(limit=limit)

    def by_id_prefix(self, prefix: bytes, ceiling: bytes) -> Sequence[Any]:
        return self._rows(pending.c.id >= prefix, pending.c.id <= ceiling, limit=3)

    async def keep(self, row: Values) -> None:
        """Commit a message that waits."""
        await self._write(insert(pending), summed(pending, [row]))

    async def end(self, message_id: bytes, fate: Fate, now_us: int, sealed: bytes) -> None:
        """Commit how a message that still waits has ended without being sent."""
        await self._write(END, [{"id_of": message_id, "to_state": int(fate), "now_us": now_us, "to_sealed": sealed}])

    async def forget(self, before_us: int) -> None:
        """Remove what has ended before the time."""
        await self._write(delete(pending).where(pending.c.ended_us < before_us), {})
