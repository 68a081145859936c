"""Planted bugs: what a careless change could do to the node. They live here and are planted in workers only."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pytest
from sqlalchemy.exc import OperationalError

from comity import receipt as receipts
from comity_node import inbox, outbox
from comity_node.records import Sent
from comity_node.store import database
from comity_node.store.store import Store
from comity_node.store.writer import Writer

Plant = Callable[[pytest.MonkeyPatch], None]


def receipt_before_commit(patch: pytest.MonkeyPatch) -> None:
    """The receipt is put on the wire, then the message is kept."""
    keep = inbox.Inbox._keep

    async def hasty(self: inbox.Inbox, verdicts: list[inbox.Verdict], directory: Any) -> None:
        store = self._store

        class Hasty:
            def __getattr__(self, name: str) -> Any:
                return getattr(store, name)

            async def keep_incoming(_, rows: Any, leaves: Any, point: Any) -> None:  # noqa: N805
                for verdict, row in zip(verdicts, rows, strict=True):
                    session = verdict.arrival.session
                    session.link.send_receipts(receipts.to_frame([receipts.read(row["receipt"])]))
                    session.wake()
                await store.keep_incoming(rows, leaves, point)

        patch.setattr(self, "_store", Hasty())
        try:
            await keep(self, verdicts, directory)
        finally:
            patch.setattr(self, "_store", store)

    patch.setattr(inbox.Inbox, "_keep", hasty)


def acknowledged_before_commit(patch: pytest.MonkeyPatch) -> None:
    """`send` returns when the message is signed; it is kept a little later."""
    keep = outbox.Outbox._keep

    async def hasty(self: outbox.Outbox, tickets: list[outbox.Ticket]) -> None:
        store = self._store.keep_outgoing

        async def later(messages: list[Any], deliveries: list[Any]) -> None:
            for ticket, row in zip(tickets, messages, strict=True):
                ticket.outcome = Sent(row["id"], row["hash"], row["case_id"])
                ticket.done.set()
            await store(messages, deliveries)

        patch.setattr(self._store, "keep_outgoing", later)
        await keep(self, tickets)
        patch.setattr(self._store, "keep_outgoing", store)

    patch.setattr(outbox.Outbox, "_keep", hasty)


def memory_of_duplicates_in_ram(patch: pytest.MonkeyPatch) -> None:
    """What was accepted before is known only as long as the process lives."""
    keep = Store.keep_incoming

    def known(self: Store, ids: Iterable[bytes]) -> dict[tuple[str, bytes], tuple[bytes, bytes | None]]:
        wanted, memory = set(ids), getattr(self, "memory", {})
        return {key: value for key, value in memory.items() if key[1] in wanted}

    async def remembering(self: Store, messages: list[Any], leaves: list[Any], point: Any) -> None:
        await keep(self, messages, leaves, point)
        memory = self.__dict__.setdefault("memory", {})
        memory |= {(row["sender"], row["id"]): (row["hash"], row["receipt"]) for row in messages}

    patch.setattr(Store, "known", known)
    patch.setattr(Store, "keep_incoming", remembering)


def fsync_failure_ignored(patch: pytest.MonkeyPatch) -> None:
    """A fault of the disk is nothing to speak of, and the commit is taken for done."""
    transact = Writer._transact

    def deaf(self: Writer, jobs: list[Any]) -> None:
        try:
            transact(self, jobs)
        except OperationalError:
            for job in jobs:
                job.kept = True

    patch.setattr(Writer, "_transact", deaf)


def fsync_tried_again(patch: pytest.MonkeyPatch) -> None:
    """A failed commit is tried again as if nothing had been."""
    transact = Writer._transact

    def stubborn(self: Writer, jobs: list[Any]) -> None:
        try:
            transact(self, jobs)
        except OperationalError:
            transact(self, jobs)

    patch.setattr(Writer, "_transact", stubborn)


def pragma(text: str) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(database, "PRAGMAS", (*database.PRAGMAS, text))

    return plant


BUGS: Final[Mapping[str, Plant]] = {
    "receipt-before-commit": receipt_before_commit,
    "acknowledged-before-commit": acknowledged_before_commit,
    "duplicates-known-in-ram-only": memory_of_duplicates_in_ram,
    "fsync-failure-ignored": fsync_failure_ignored,
    "fsync-tried-again": fsync_tried_again,
    "synchronous-normal": pragma("PRAGMA synchronous=NORMAL"),
    "synchronous-off": pragma("PRAGMA synchronous=OFF"),
}
