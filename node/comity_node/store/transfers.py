"""What the attachments ask of the database."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update

from comity.limits import MAX_SKEW_S
from comity_node.bounds import FILE_COST_BYTES
from comity_node.records import Ending, Transfer
from comity_node.store.checksum import sum_after
from comity_node.store.schema import attachment, delivery, message

ENDED: Final[dict[str, Any]] = {"state": bindparam("to_state"), "code": bindparam("to_code")}
END: Final = (
    update(attachment)
    .where(attachment.c.n == bindparam("row"), attachment.c.state == int(Transfer.MOVING))
    .values(**ENDED, checksum=sum_after(attachment, **ENDED))
)
MOVING: Final = attachment.c.state == int(Transfer.MOVING)
DELIVERED: Final = (delivery.c.message_n == attachment.c.message_n) & (delivery.c.recipient == attachment.c.party)
LATE_US: Final = 2 * MAX_SKEW_S * 1_000_000  # after expiry: no clock lets the message be accepted any more
WITH_MESSAGE: Final = attachment.join(message, message.c.n == attachment.c.message_n)

Ask = Callable[[Any], Sequence[Any]]
Write = Callable[[Any, Any], Awaitable[None]]


class Transfers:
    """Rows of the table attachment: one for each address of a message and each party at the other end."""

    def __init__(self, ask: Ask, write: Write) -> None:
        self._ask = ask
        self._write = write

    def of_message(self, message_n: int) -> Sequence[Any]:
        """Return the rows of a message, with how its delivery to that party stands where it was sent."""
        joined = attachment.outerjoin(delivery, DELIVERED)
        query = select(attachment, delivery.c.state.label("delivery_state")).select_from(joined)
        return self._ask(query.where(attachment.c.message_n == message_n))

    def incoming(self, party: str, address: bytes) -> Sequence[Any]:
        """Return what accepted messages of the party say of the address, oldest first."""
        columns = (attachment.c.n, attachment.c.message_n, attachment.c.state, attachment.c.code)
        query = select(*columns).select_from(WITH_MESSAGE)
        where = (attachment.c.address == address, attachment.c.party == party, message.c.outgoing == 0)
        return self._ask(query.where(*where).order_by(attachment.c.n))

    def due(self, party: str, now_us: int, limit: int | None = None) -> Sequence[Any]:
        """Return what is to be offered to the party, oldest first: it has not said DONE to it, and has accepted the
        message, or may have done so and the receipt was lost (ATTACH-014, ATTACH-036).
        """
        joined = WITH_MESSAGE.join(delivery, DELIVERED)
        lost = (delivery.c.state == int(Ending.EXPIRED)) & (message.c.expires_us <= now_us - LATE_US)
        accepted = delivery.c.state == int(Ending.ACCEPTED)
        where = (attachment.c.party == party, MOVING, message.c.outgoing == 1, accepted | lost)
        columns = (attachment.c.n, attachment.c.address, attachment.c.size)
        return self._ask(select(*columns).select_from(joined).where(*where).order_by(attachment.c.n).limit(limit))

    def awaiting(self) -> set[str]:
        """Return the parties that have not said DONE to something that was sent to them."""
        query = select(attachment.c.party).distinct().select_from(WITH_MESSAGE)
        return {row.party for row in self._ask(query.where(MOVING, message.c.outgoing == 1))}

    def kept_for(self, party: str) -> int:
        """Return how many bytes are kept, or promised to be kept, of what the party has sent."""
        kept = attachment.c.state != int(Transfer.FAILED)
        each = (
            select(func.max(attachment.c.size).label("size"))
            .select_from(WITH_MESSAGE)
            .where(attachment.c.party == party, message.c.outgoing == 0, kept)
            .group_by(attachment.c.address)
            .subquery()
        )
        (row,) = self._ask(select(func.coalesce(func.sum(each.c.size), 0), func.count()).select_from(each))
        return int(row[0]) + FILE_COST_BYTES * int(row[1])

    def sealed_before(self, fingerprint: bytes) -> Sequence[Any]:
        """Return where the content with the fingerprint was sent before, newest first; not what failed anywhere, nor
        what came from others, whose keys are not ours to give."""
        failed = select(attachment.c.address).where(
            attachment.c.fingerprint == fingerprint, attachment.c.state == int(Transfer.FAILED)
        )
        sent = (message.c.outgoing == 1, attachment.c.fingerprint == fingerprint, attachment.c.address.not_in(failed))
        query = select(attachment.c.message_n, attachment.c.address).select_from(WITH_MESSAGE).where(*sent)
        return self._ask(query.order_by(attachment.c.n.desc()).limit(4))

    def is_known(self, address: bytes) -> bool:
        """Return whether a message names the address."""
        return bool(self._ask(select(attachment.c.n).where(attachment.c.address == address).limit(1)))

    def is_awaited(self, address: bytes) -> bool:
        """Return whether an accepted message names the address whose file is not complete."""
        query = select(attachment.c.n).select_from(WITH_MESSAGE)
        return bool(self._ask(query.where(attachment.c.address == address, MOVING, message.c.outgoing == 0).limit(1)))

    async def end(self, rows: Sequence[int], state: Transfer, code: int) -> None:
        """Commit the end of transfers that still move."""
        if rows:
            await self._write(END, [{"row": row, "to_state": int(state), "to_code": code} for row in rows])
