"""Planted bugs: what a careless change could do to the node. They live here and are planted in workers only."""

import base64
import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy.exc import OperationalError

from comity import message as messages
from comity import receipt as receipts
from comity_node import courier, inbox, outbox
from comity_node.attachments.shelf import Shelf
from comity_node.records import Sent
from comity_node.store import database, store, wal
from comity_node.store.store import Store
from comity_node.store.writer import Writer
from comity_node.vault import Vault
from comity_node.witness import Witness
from tests.reliability.storage.stage import keys_of

log = logging.getLogger(__name__)
Plant = Callable[[pytest.MonkeyPatch], None]


def receipt_before_commit(patch: pytest.MonkeyPatch) -> None:
    """The receipt is put on the wire, then the message is kept."""
    keep = inbox.Inbox._keep

    async def hasty(self: inbox.Inbox, verdicts: list[inbox.Verdict], directory: Any, now_us: int) -> None:
        store = self._store

        class Hasty:
            def __getattr__(self, name: str) -> Any:
                return getattr(store, name)

            async def keep_incoming(_, rows: Any, *more: Any) -> None:  # noqa: N805
                for verdict, row in zip(verdicts, rows, strict=True):
                    session = verdict.arrival.session
                    session.link.send_receipts(receipts.to_frame([receipts.read(row["receipt"])]))
                    session.wake()
                await store.keep_incoming(rows, *more)

        patch.setattr(self, "_store", Hasty())
        try:
            await keep(self, verdicts, directory, now_us)
        finally:
            patch.setattr(self, "_store", store)

    patch.setattr(inbox.Inbox, "_keep", hasty)


def acknowledged_before_commit(patch: pytest.MonkeyPatch) -> None:
    """`send` returns when the message is signed; it is kept a little later."""
    keep = outbox.Outbox._keep

    async def hasty(self: outbox.Outbox, tickets: list[outbox.Ticket]) -> None:
        store = self._store.keep_outgoing

        async def later(messages: list[Any], *more: Any) -> None:
            for ticket, row in zip(tickets, messages, strict=True):
                ticket.outcome = Sent(row["id"], row["hash"], row["case_id"])
                ticket.done.set()
            await store(messages, *more)

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

    async def remembering(self: Store, messages: list[Any], *more: Any) -> None:
        await keep(self, messages, *more)
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


def row_not_checked(patch: pytest.MonkeyPatch) -> None:
    """Rows are taken as SQLite gives them."""
    patch.setattr(database, "require_rows", lambda connection, path: None)
    patch.setattr(store, "intact", lambda table, rows: True)


def log_not_checked(patch: pytest.MonkeyPatch) -> None:
    """The log ends where SQLite says."""
    patch.setattr(wal, "commits_behind", lambda log, frames, page_bytes: 0)


def id_changed_at_restart(patch: pytest.MonkeyPatch) -> None:
    """What is read from the database to be sent is signed again, under another id."""

    def resigned(data: bytes) -> messages.SignedMessage:
        body = messages.read(data).body
        fresh = hashlib.sha256(body.id).digest()[: len(body.id)]
        return messages.sign(msgspec.structs.replace(body, id=fresh), keys_of(body.sender).signing)

    patch.setattr(courier, "messages", SimpleNamespace(read=resigned))


def witness_blind(patch: pytest.MonkeyPatch) -> None:
    """No two checkpoints of a peer are ever compared."""
    patch.setattr(Witness, "saw", lambda self, party, note: None)


def directory_not_synced(patch: pytest.MonkeyPatch) -> None:
    """A directory is made and forgotten about."""
    patch.setattr(Shelf, "prepare", lambda self: self.path.mkdir(mode=0o700, exist_ok=True))


def plaintext_at_rest(patch: pytest.MonkeyPatch) -> None:
    """The vault writes and reads bodies as they are."""
    patch.setattr(Vault, "seal", lambda self, data, place: data)
    patch.setattr(Vault, "open", lambda self, sealed, place: sealed)


def body_in_the_log(patch: pytest.MonkeyPatch) -> None:
    """A line for debugging has been left in."""
    seal = Vault.seal

    def talkative(self: Vault, data: bytes, place: bytes) -> bytes:
        log.debug("sealing %r", data)
        return seal(self, data, place)

    patch.setattr(Vault, "seal", talkative)


def key_in_the_log(patch: pytest.MonkeyPatch) -> None:
    """Another such line."""
    seal = Vault.seal

    def talkative(self: Vault, data: bytes, place: bytes) -> bytes:
        log.debug("sealing with key %s", base64.b64encode(b"storage " + self._key).decode())
        return seal(self, data, place)

    patch.setattr(Vault, "seal", talkative)


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
    "row-not-checked": row_not_checked,
    "log-not-checked": log_not_checked,
    "id-changed-at-restart": id_changed_at_restart,
    "witness-blind": witness_blind,
    "directory-not-synced": directory_not_synced,
    "plaintext-at-rest": plaintext_at_rest,
    "body-in-the-log": body_in_the_log,
    "key-in-the-log": key_in_the_log,
    "synchronous-normal": pragma("PRAGMA synchronous=NORMAL"),
    "synchronous-off": pragma("PRAGMA synchronous=OFF"),
}
