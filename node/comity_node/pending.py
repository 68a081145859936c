"""Messages that wait for a second officer: kept over any restart until one approves, then sent once (APPR-013)."""

import logging
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
import trio

from comity.approval import MAX_APPROVAL_AGE_S, Approval
from comity.authority import check_signatures
from comity.bundle import Officer
from comity.directory import Directory
from comity.encoding import Meta, Record, decode_as, encode_record
from comity.errors import ApprovalError, AuthenticationError, LocalError
from comity.limits import MAX_BODY_BYTES
from comity.message import Body
from comity_node.archive import between
from comity_node.attachments import Depot
from comity_node.errors import AmbiguousError, NodeError, NotFoundError
from comity_node.officers import Refusal
from comity_node.outbox import Outbox
from comity_node.records import Fate, Pending, Sent
from comity_node.signing import Draft, RuleError, Scribe, draft_of
from comity_node.store.store import Store, Values
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import World

log = logging.getLogger(__name__)
REVIEW_S: Final = 60.0
LIFE_US: Final = MAX_APPROVAL_AGE_S * 1_000_000
MAX_REASON_CHARS: Final = 1_000
MAX_KEPT_BYTES: Final = MAX_BODY_BYTES + 8_192
LATE: Final = f"nobody approved it within {MAX_APPROVAL_AGE_S // 86_400} days"
SEE: Final = "see: comity approval list"
PUBLISH: Final = "see: comity officer list; an officer counts from the next comity bundle publish on"
FORGET_US: Final = 30 * 86_400_000_000  # how long it can be seen what became of one that was not sent
ENDED: Final = {
    Fate.REFUSED: "was refused",
    Fate.WITHDRAWN: "was withdrawn",
    Fate.EXPIRED: "has expired",
}


class Kept(Record, frozen=True):
    """What lies sealed in the database."""

    author: Annotated[str, Meta(max_length=64)]
    body: Annotated[bytes, Meta(max_length=MAX_BODY_BYTES)]
    by: Annotated[str, Meta(max_length=64)]
    reason: Annotated[str, Meta(max_length=MAX_REASON_CHARS)]


class Approvals:
    """The messages of this node that officers have written and others are to approve."""

    def __init__(
        self, party: str, scribe: Scribe, outbox: Outbox, trust: Trust, vault: Vault, store: Store, depot: Depot,
        world: World, review: Callable[[Draft], None],
    ) -> None:  # fmt: skip
        """`review` raises where a marking forbids what a message carries; it is asked again when the message leaves."""
        self._party = party
        self._scribe = scribe
        self._outbox = outbox
        self._trust = trust
        self._vault = vault
        self._store = store
        self._depot = depot
        self._world = world
        self._review = review
        self._one_at_a_time = trio.Lock()
        for row in store.proposals.waiting():
            depot.hold(self._read(row).body.attachments)

    async def run(self) -> None:
        """Give up what nobody approves, and forget it some time later, until cancelled."""
        while True:
            try:
                await self._expire()
            except NodeError as fault:
                log.error("what waits for approval could not be given up: %s", fault)
            await trio.sleep(REVIEW_S)

    async def propose(self, body: Body, approval: Approval) -> Pending:
        """Keep a message that its author has signed until another officer approves it.

        Raises:
            RuleError: the treaty does not let it be sent, or the author's signature is not valid.
            HandlingError: a file is of another party, whose marking forbids it.
            AttachmentError: the sealed file of an attachment is not in the home.
            StorageError: it could not be kept.
        """
        async with self._one_at_a_time:
            directory, now_us = self._trust.require(), self._world.now_us()
            written = msgspec.structs.replace(body, approvals=(approval,))
            try:
                data = encode_record(written)
            except (LocalError, ValueError) as fault:
                raise RuleError(f"the message is not valid: {fault}", "mend the field and send again") from fault
            draft = draft_of(written)
            self._scribe.check(draft, directory, now_us)
            self._review(draft)
            self._refuse_foreign(written, directory)
            author = self._author(written, directory, now_us)
            await self._depot.require(written.attachments)
            kept = Kept(author=author.id, body=data, by="", reason="")
            row = self._row(written, kept, now_us, approval.time + LIFE_US)
            await self._store.proposals.keep(row)
            self._depot.hold(written.attachments)
            return self.find(body.id.hex())

    async def approve(self, message_id: bytes, approval: Approval) -> Sent:
        """Send a message that waits, signed by the agency, now that a second officer has signed it.

        Raises:
            NotFoundError: there is no such message.
            RuleError: it does not wait any more, the approval is not valid, it is the author's own, or the treaty
                does not let the message be sent any more. It waits on where it did.
            HandlingError: a file is of another party, whose marking forbids it now.
            StorageError: it could not be kept, so it was not sent.
        """
        async with self._one_at_a_time:
            found = self._waiting(message_id)
            self._refuse_author(found, approval)
            approvals = tuple(sorted((*found.body.approvals, approval), key=lambda each: each.key))
            draft = draft_of(msgspec.structs.replace(found.body, approvals=approvals))
            self._review(draft)
            sent = await self._outbox.send(draft)
            self._depot.release(found.body.attachments)
            return sent

    async def refuse(self, message_id: bytes, refusal: Refusal) -> Pending:
        """End a message that waits, on the signed word of an officer. Raises as `withdraw`."""
        async with self._one_at_a_time:
            found = self._waiting(message_id)
            officer = self._officer(refusal.key)
            try:
                refusal.verify(message_id, officer.public)
            except AuthenticationError as fault:
                raise RuleError(f"the refusal of {officer.id} does not verify: {fault}", "sign it again") from fault
            return await self._end(found, Fate.REFUSED, officer.id, refusal.reason)

    async def withdraw(self, message_id: bytes, reason: str = "") -> Pending:
        """Take back a message that waits. Raises: NotFoundError, RuleError, StorageError."""
        async with self._one_at_a_time:
            return await self._end(self._waiting(message_id), Fate.WITHDRAWN, "", reason)

    def newest(self, limit: int = 50) -> list[Pending]:
        """Return what waits or has ended, newest first."""
        return [self._read(row) for row in self._store.proposals.newest(limit)]

    def waiting(self) -> list[Pending]:
        """Return what waits, newest first."""
        now_us = self._world.now_us()
        return [each for row in self._store.proposals.waiting() if now_us < (each := self._read(row)).expires_us]

    def find(self, prefix: str) -> Pending:
        """Return the one whose id begins with these 4 to 32 hexadecimal digits.

        Raises:
            NotFoundError: there is none: it never was, it was sent, or it was forgotten.
            AmbiguousError: there are several.
        """
        low, high = between(prefix, "message id")
        rows = self._store.proposals.by_id_prefix(low, high)
        if not rows:
            raise NotFoundError(f"nothing that waits for approval, or did, begins with {prefix}", SEE)
        if len(rows) > 1:
            raise AmbiguousError(f"several begin with {prefix}", "give more digits of the id")
        return self._read(rows[0])

    # --- checks -------------------------------------------------------------------------------------------------------

    def _refuse_foreign(self, body: Body, directory: Directory) -> None:
        if body.sender != self._party or body.treaty != directory.treaty_id:
            raise RuleError("the message is not one of this party under its treaty", "write it again")
        if self._store.known([body.id]) or self._store.proposals.by_id_prefix(body.id, body.id):
            raise RuleError("there is a message with this id", "write it again")

    def _author(self, written: Body, directory: Directory, now_us: int) -> Officer:
        """Return the officer who has written the message. Raises: RuleError, where the signature is not valid now."""
        (approval,) = written.approvals
        if approval.role != "author":
            raise RuleError(
                "the first signature is not that of an author", "sign as author, then let another approve it"
            )
        leaving = msgspec.structs.replace(written, created=now_us, expires=now_us + 1)
        try:
            check_signatures(leaving, directory, now_us)
            return directory.officer(self._party, approval.key, now_us)
        except ApprovalError as fault:
            raise RuleError(f"the author may not sign: {fault}", PUBLISH) from fault

    def _officer(self, key_id: bytes) -> Officer:
        try:
            return self._trust.require().officer(self._party, key_id, self._world.now_us())
        except ApprovalError as fault:
            raise RuleError(str(fault), PUBLISH) from fault

    def _refuse_author(self, found: Pending, approval: Approval) -> None:
        officer = self._officer(approval.key)
        if officer.id == found.author:
            raise RuleError(f"{officer.id} wrote the message and cannot approve it", "let another officer approve it")
        if approval.role != "approver":
            raise RuleError("the message has its author already", "sign as approver")

    def _waiting(self, message_id: bytes) -> Pending:
        if any(sender == self._party for sender, _ in self._store.known([message_id])):
            raise RuleError("the message was approved and sent already", f"see: comity show {message_id.hex()[:12]}")
        found = self.find(message_id.hex())
        if found.fate is not Fate.WAITING:
            raise RuleError(f"the message {ENDED[found.fate]}", f"see: comity approval show {message_id.hex()[:12]}")
        if self._world.now_us() >= found.expires_us:
            raise RuleError(f"the message has expired: {LATE}", "write it again")
        return found

    # --- the database -------------------------------------------------------------------------------------------------

    async def _expire(self) -> None:
        async with self._one_at_a_time:
            for row in self._store.proposals.overdue(self._world.now_us()):
                found = await self._end(self._read(row), Fate.EXPIRED, "", LATE)
                log.warning("message %s of %s was not approved in time", found.id.hex(), found.author)
            before_us = self._world.now_us() - FORGET_US
            if self._store.proposals.has_ended_before(before_us):
                await self._store.proposals.forget(before_us)

    async def _end(self, found: Pending, fate: Fate, by: str, reason: str) -> Pending:
        if len(reason) > MAX_REASON_CHARS:
            raise RuleError(f"the reason is longer than {MAX_REASON_CHARS} characters", "shorten it")
        now_us = self._world.now_us()
        kept = Kept(author=found.author, body=encode_record(found.body), by=by, reason=reason)
        await self._store.proposals.end(found.id, fate, now_us, self._seal(found.id, kept))
        self._depot.release(found.body.attachments)
        await self._depot.discard(found.body.attachments)
        return self.find(found.id.hex())

    def _row(self, body: Body, kept: Kept, now_us: int, expires_us: int) -> Values:
        return {
            "id": body.id,
            "state": int(Fate.WAITING),
            "created_us": now_us,
            "expires_us": expires_us,
            "ended_us": None,
            "sealed": self._seal(body.id, kept),
        }

    def _seal(self, message_id: bytes, kept: Kept) -> bytes:
        return self._vault.seal(encode_record(kept), b"pending" + message_id)

    def _read(self, row: Any) -> Pending:
        """Return the message of a row. Raises: StorageError, when the sealed bytes were altered."""
        kept = decode_as(Kept, self._vault.open(row.sealed, b"pending" + row.id), MAX_KEPT_BYTES)
        body = decode_as(Body, kept.body, MAX_BODY_BYTES)
        times = (row.created_us, row.expires_us, row.ended_us)
        return Pending(row.id, body, kept.author, Fate(row.state), *times, kept.by, kept.reason)
