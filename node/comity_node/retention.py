"""Deletes content when its time has come, and tells its originator (HAND-029 to HAND-032).

Destruction goes in three steps, each of which is repeated after a crash: it is decided, durably; the files and the
signed message are overwritten and removed; the originator is told, once. What stays is who wrote when to whom in which
case, with hash, number and receipt: receipts, order of the case and log stay provable.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import trio

from comity.chapters.consent import DESTRUCTION
from comity.errors import RemoteError, UnsupportedError
from comity.handling import Handling
from comity_node.archive import Archive
from comity_node.attachments import Shelf
from comity_node.contents import Contents
from comity_node.errors import AmbiguousError, NodeError, NotFoundError, NotReadyError
from comity_node.outbox import Outbox
from comity_node.records import Destroyed, StoredMessage
from comity_node.remains import remains_of
from comity_node.signing import Draft, RuleError
from comity_node.store.keeping import NOBODY_TO_TELL, TO_TELL, TOLD
from comity_node.store.store import Store
from comity_node.vault import Vault
from comity_node.world import World

log = logging.getLogger(__name__)
REVIEW_S: Final = 60.0
RECORD_S: Final = 604_800  # how long a record of destruction is worth delivering
METHOD: Final = "The signed message was overwritten in the database of the node, its sealed files were removed."
RETENTION_ENDED: Final = "retention-ended"
GROUNDS: Final = (RETENTION_ENDED, "purpose-ended", "retraction", "request")
CASE_DIGITS: Final = 32


class HeldError(RuleError):
    """A hold, or a delivery that waits, keeps the content from being destroyed."""


@dataclass(frozen=True, slots=True)
class Term:
    """What will have to be destroyed, when, and whether a hold defers that."""

    message: StoredMessage
    due_us: int
    held: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """A case that the law obliges to keep."""

    case: bytes
    since_us: int
    reason: str


class Retention:
    """One for the life of the node; `run` looks every minute."""

    def __init__(
        self,
        party: str,
        store: Store,
        vault: Vault,
        archive: Archive,
        contents: Contents,
        outbox: Outbox,
        shelf: Shelf,
        world: World,
    ) -> None:
        self._party = party
        self._store = store
        self._keeping = store.keeping
        self._vault = vault
        self._archive = archive
        self._contents = contents
        self._outbox = outbox
        self._shelf = shelf
        self._world = world
        self._one_at_a_time = trio.Lock()
        # A crash may have left in the log file what was overwritten in the database.
        self._is_forgotten = not self._keeping.destroyed(1)

    async def run(self) -> None:
        while True:
            try:
                await self.review()
            except (NodeError, OSError) as fault:
                log.error("content that is due was not destroyed: %s", fault)
            await trio.sleep(REVIEW_S)

    async def review(self) -> None:
        """Destroy what is due, finish what was begun, tell whom it concerns. Raises: StorageError, OSError."""
        async with self._one_at_a_time:
            while due := self._keeping.due(self._world.now_us()):
                for n in due:
                    await self._decide(self._archive.at(n), RETENTION_ENDED)
            await self._finish()

    async def destroy(self, message: StoredMessage, ground: str) -> None:
        """Destroy the content of the message now.

        Raises:
            HeldError: a hold or a delivery that waits forbids it.
            NotFoundError: it was destroyed before.
            StorageError, OSError: it could not be done; what was decided is finished by itself.
        """
        async with self._one_at_a_time:
            gone, held, waits = self._keeping.obstacle(message.position)
            if gone:
                raise NotFoundError("the content was destroyed before", "see: comity retention list")
            if held:
                raise HeldError("the case is on hold", "release it first: comity retention release CASE")
            if waits:
                raise HeldError("the message is still on its way", "wait until it has arrived or expired")
            await self._decide(message, ground)
            await self._finish()

    async def _decide(self, message: StoredMessage, ground: str) -> None:
        content = self._contents.of(message)
        body = content.original.body
        await self._keeping.decide(
            {
                "message_n": message.position,
                "decided_us": self._world.now_us(),
                "ground": ground,
                "originator": body.sender,
                "hash": content.original.hash,
                "case_id": body.case,
                "exercise": int(body.exercise),
                "files": len(message.body.attachments),
                "told": NOBODY_TO_TELL if message.code or body.sender == self._party else TO_TELL,
            }
        )
        log.info("the content of message %s is destroyed: %s", message.id.hex(), ground)

    async def _finish(self) -> None:
        undone = self._keeping.undone()
        for row in undone:
            await self._carry_out(row)
            self._is_forgotten = False
        if not self._is_forgotten:
            self._is_forgotten = await self._store.writer.forget()
        for row in self._keeping.untold():
            await self._tell(row)

    async def _carry_out(self, row: Any) -> None:
        """Remove the files that no other message needs, then put the remains in the place of the message."""
        message = self._archive.at(row.message_n)
        if message.destroyed is None:
            for each in message.body.attachments:
                if not self._keeping.names_elsewhere(each.sealed, row.message_n):
                    await self._world.file_work(partial(self._shelf.destroy, each.sealed))
        remains = remains_of(message.body, Destroyed(row.decided_us, row.ground))
        sealed = self._vault.seal(remains, message.hash)
        await self._keeping.finish(row.message_n, sealed, self._world.now_us(), UnsupportedError.code)

    async def _tell(self, row: Any) -> None:
        """Send the originator the record, unless one was sent for this content (HAND-032)."""
        told = TOLD if self._keeping.has_sent(row.hash, DESTRUCTION) else await self._send_record(row)
        if told is not None:
            await self._keeping.mark_told(row.message_n, told)

    async def _send_record(self, row: Any) -> int | None:
        payload = {
            "files": row.files,
            "ground": row.ground,
            "messages": [row.hash],
            "method": METHOD,
            "note": None,
            "time": row.decided_us,
        }
        draft = Draft(
            to=(row.originator,),
            kind=DESTRUCTION,
            payload=payload,
            lang="en",
            handling=Handling(tlp="AMBER"),
            urgency=3,
            lifetime_s=RECORD_S,
            case=row.case_id,
            in_reply_to=None,
            exercise=bool(row.exercise),
        )
        try:
            await self._outbox.send(draft)
        except NotReadyError as fault:
            log.info("%s is not told yet that content was destroyed: %s", row.originator, fault)
            return None
        except (RuleError, RemoteError) as fault:
            log.info("%s is not told that content was destroyed: %s", row.originator, fault)
            return NOBODY_TO_TELL
        return TOLD

    # --- people ---------------------------------------------------------------------------------------------------

    def terms(self, limit: int = 200) -> list[Term]:
        """Return what will have to be destroyed, the first due first."""
        rows = self._keeping.terms(limit)
        return [Term(self._archive.at(row.n), row.due_us, bool(row.held)) for row in rows]

    def destroyed(self, limit: int = 200) -> Sequence[Any]:
        """Return the rows of what was destroyed, newest first."""
        return self._keeping.destroyed(limit)

    def case_of(self, prefix: str) -> bytes:
        """Return the case whose id begins with these digits. Raises: NotFoundError, AmbiguousError."""
        try:
            low, high = (bytes.fromhex(prefix.ljust(CASE_DIGITS, digit)) for digit in "0f")
        except ValueError:
            low = high = b""
        found = self._keeping.cases_between(low, high) if len(low) == CASE_DIGITS // 2 and len(prefix) >= 4 else []
        if not found:
            raise NotFoundError(f"there is no case {prefix[:40]!r}", "comity show names the case of a message")
        if len(found) > 1:
            raise AmbiguousError(f"several cases begin with {prefix}", "give more digits")
        return found[0]

    async def hold(self, case: bytes, reason: str) -> None:
        """Keep the content of the case until the hold is released (HAND-030)."""
        await self._keeping.hold(case, self._vault.seal(reason.encode(), case), self._world.now_us())

    async def release(self, case: bytes) -> None:
        """End every hold of the case; what is due is destroyed within a minute. Raises: NotFoundError."""
        if all(each.case != case for each in self.holds()):
            raise NotFoundError("the case is not on hold", "see: comity retention list")
        await self._keeping.release(case, self._world.now_us())

    def holds(self) -> list[Hold]:
        """Return the holds that stand, oldest first."""
        rows = self._keeping.holds()
        return [Hold(row.case_id, row.since_us, self._vault.open(row.reason, row.case_id).decode()) for row in rows]
