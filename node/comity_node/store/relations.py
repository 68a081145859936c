"""What is asked of the table relation: which messages are about which."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select, update

from comity.chapters.consent import FORWARD
from comity_node.relations import Relation
from comity_node.store.keeping import Step, insertion
from comity_node.store.schema import mention, message, relation

WITH_MESSAGE: Final = relation.join(message, message.c.n == relation.c.message_n)
# A correction names what arrived here, which may be a message that carries the one that is passed on.
CARRIERS: Final = (
    select(message.c.hash)
    .join(mention, mention.c.message_n == message.c.n)
    .where(mention.c.hash == bindparam("named"), mention.c.kind == FORWARD)
)
AWAKEN: Final = (
    update(relation)
    .where(
        (relation.c.hash == bindparam("named")) | relation.c.hash.in_(CARRIERS),
        relation.c.relation == int(Relation.CORRECTION),
    )
    .values(pending=1)
)
DONE: Final = update(relation).where(relation.c.n == bindparam("row")).values(pending=0)

Ask = Callable[[Any], Sequence[Any]]
Write = Callable[[Any, Any], Awaitable[None]]


def related(rows: Sequence[dict[str, Any]]) -> list[Step]:
    """Return what keeps the rows. Who passes a message on owes the recipient its corrections, also the earlier ones."""
    copied = [{"named": row["hash"]} for row in rows if row["relation"] == Relation.COPY]
    return insertion(relation, list(rows)) + ([(AWAKEN, copied)] if copied else [])


class Relations:
    """Rows of the table relation."""

    def __init__(self, ask: Ask, write: Write) -> None:
        self._ask = ask
        self._write = write

    def pending(self, after: int, limit: int = 64) -> Sequence[Any]:
        """Return corrections that have yet to be passed on, `n` and `message_n`, oldest first."""
        query = select(relation.c.n, relation.c.message_n).where(relation.c.pending == 1, relation.c.n > after)
        return self._ask(query.order_by(relation.c.n).limit(limit))

    async def done(self, row: int) -> None:
        """Commit that the correction has been passed on."""
        await self._write(DONE, [{"row": row}])

    def about(self, named: bytes) -> list[int]:
        """Return the positions of the accepted and sent corrections of the message `named`, oldest first."""
        query = select(relation.c.message_n).select_from(WITH_MESSAGE)
        where = (relation.c.hash == named, relation.c.relation == int(Relation.CORRECTION), message.c.code == 0)
        return [row.message_n for row in self._ask(query.where(*where).order_by(relation.c.message_n))]

    def sent_about(self, named: bytes, sort: Relation) -> list[int]:
        """Return the positions of the messages of this node that are copies or corrections of the message `named`."""
        query = select(relation.c.message_n).select_from(WITH_MESSAGE)
        where = (relation.c.hash == named, relation.c.relation == int(sort), message.c.outgoing == 1)
        return [row.message_n for row in self._ask(query.where(*where).order_by(relation.c.n))]
