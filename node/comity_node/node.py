"""The embeddable node: `open_node` starts everything, the `Node` is what one talks to."""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import trio

from comity.attachment import Attachment
from comity.delivery import State
from comity.directory import Directory, Outcome
from comity.errors import RemoteError
from comity.handling import Handling
from comity.kinds import is_event
from comity.message import Body
from comity.vocabulary import Vocabulary
from comity_node.assembly import Services
from comity_node.cases import CaseStatus, TrackStatus
from comity_node.config import Config
from comity_node.errors import AmbiguousError, NodeError, NotFoundError, NotReadyError
from comity_node.keyfile import KeyRing
from comity_node.markings import HandlingError
from comity_node.pinging import Step
from comity_node.records import (
    Delivery,
    Ending,
    Event,
    Missing,
    Pending,
    Sent,
    Status,
    StoredMessage,
    Whereabouts,
)
from comity_node.signing import Draft, RuleError
from comity_node.store import Database, Store
from comity_node.world import RealWorld, World

__all__ = [
    "AmbiguousError",
    "Delivery",
    "Ending",
    "Event",
    "Handling",
    "HandlingError",
    "Missing",
    "Node",
    "NotFoundError",
    "NotReadyError",
    "Pending",
    "RuleError",
    "Sent",
    "State",
    "Status",
    "Step",
    "StoredMessage",
    "Whereabouts",
    "open_node",
]

log = logging.getLogger(__name__)
GOODBYE_S = 3.0  # how long links may take to say goodbye
WEEK_S = 604_800


class Node(Services):
    """One party's node. Made by `open_node`, which also runs and closes it.

    Attributes:
        approvals: the messages that wait for a second officer.
        propose: keep what `compose` returned, signed by its author, until another officer approves it.
        approve: send it now that a second officer has signed it; once, however often it is approved.
    """

    @property
    def directory(self) -> Directory | None:
        """The treaty versions and bundles that hold; None until a treaty is imported."""
        return self._trust.directory

    @property
    def now_us(self) -> int:
        """The wall time of this node, micros."""
        return self._world.now_us()

    @property
    def vocabulary(self) -> Vocabulary | None:
        """The vocabulary that the treaty in force names; None where it is not held, or no treaty is in force."""
        try:
            return self._trust.vocabulary(self._world.now_us())
        except (NotReadyError, RemoteError):
            return None

    @property
    def treaty_id(self) -> bytes:
        """The id of the treaty, 32 bytes. Raises NotReadyError while no treaty was imported."""
        return self._trust.require().treaty_id

    @property
    def last_settled(self) -> int:
        """The position of the delivery that ended last; `receipts(after=...)` from there gives only new ones."""
        return self._store.last_settled

    async def send(
        self,
        to: str | Sequence[str],
        kind: str,
        payload: Mapping[str, Any],
        *,
        lang: str = "en",
        handling: Handling | None = None,
        urgency: int = 3,
        lifetime_s: int = WEEK_S,
        case: bytes | None = None,
        in_reply_to: bytes | None = None,
        attachments: Sequence[Path | Attachment] = (),
        exercise: bool | None = None,
    ) -> Sent:
        """Return once the message is signed and durable; it is then delivered or expires, over any restart.

        `urgency` is 0 (flash) to 3 (routine); `case` is 16 bytes, None starts a case; `in_reply_to` is the hash of
        the message that this one answers. `attachments` are paths of files, which are sealed into the home before the
        message is signed, or name what is sealed there already. `handling` is the marking, None that of the message
        that this one answers, else TLP:AMBER. `exercise` is the flag of a new case, None that of the case.

        Raises:
            AttachmentError: a file is gone, changes, is no plain file, or its name is not allowed.
            RuleError: the treaty does not allow it, or a field or the form is not valid, or an exercise would mix.
            HandlingError: a file is of another party, whose marking forbids it, or a reply is marked less strictly.
            NotReadyError: no treaty in force.
            StorageError: it could not be kept, so it was not sent.
        """
        draft = await self._draft(
            to, kind, payload, lang=lang, handling=handling, urgency=urgency, lifetime_s=lifetime_s, case=case,
            in_reply_to=in_reply_to, attachments=attachments, exercise=exercise,
        )  # fmt: skip
        try:
            self.markings.refuse_reuse(draft)
            return await self._outbox.send(draft)
        except NodeError:
            await self._depot.discard(draft.attachments)
            raise

    async def _draft(
        self, to: str | Sequence[str], kind: str, payload: Mapping[str, Any], *, lang: str = "en",
        handling: Handling | None = None, urgency: int = 3, lifetime_s: int = WEEK_S, case: bytes | None = None,
        in_reply_to: bytes | None = None, attachments: Sequence[Path | Attachment] = (), exercise: bool | None = None,
    ) -> Draft:  # fmt: skip
        recipients = (to,) if isinstance(to, str) else tuple(sorted(set(to)))
        marking = self.markings.for_message(kind, handling, self._archive.in_case(case, in_reply_to))
        flag = self._exercises.flag_for(case, exercise)
        packed = await self._depot.pack(attachments)
        return Draft(recipients, kind, payload, lang, marking, urgency, lifetime_s, case, in_reply_to, packed, flag)

    async def compose(self, to: str | Sequence[str], kind: str, payload: Mapping[str, Any], **options: Any) -> Body:
        """Return what two officers are to sign: nothing is kept yet. Options and exceptions as in `send`."""
        draft = await self._draft(to, kind, payload, **options)
        try:
            self.markings.refuse_reuse(draft)
            return self._scribe.compose(draft, self._trust.require())
        except NodeError:
            await self._depot.discard(draft.attachments)
            raise

    async def reply(self, message_id: bytes, kind: str, payload: Mapping[str, Any], **options: Any) -> Sent:
        """Send to the sender of the message, in its case (MSG-010). Options as in `send`.

        An event of the lifecycle goes to the other side of the request that the message is, or is about (CASE-002).

        Raises:
            NotFoundError: there is no such message here.
        """
        to, place = self._answering(message_id, kind)
        return await self.send(to, kind, payload, **(place | options))

    async def compose_reply(self, message_id: bytes, kind: str, payload: Mapping[str, Any], **options: Any) -> Body:
        """Return what two officers are to sign to answer the message: nothing is kept yet. As `reply` and `compose`."""
        to, place = self._answering(message_id, kind)
        return await self.compose(to, kind, payload, **(place | options))

    def _answering(self, message_id: bytes, kind: str) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Return to whom an answer of this kind goes, and its place in the case, with the urgency of a request."""
        answered = self.find(message_id.hex())
        request = self._lifecycle.request(answered) if is_event(kind) else None
        if request is None:
            return (answered.sender,), {"case": answered.body.case, "in_reply_to": answered.hash}
        place = {"case": request.body.case, "in_reply_to": request.hash, "urgency": request.body.urgency}
        return self._lifecycle.recipients(request, answered), place

    def case(self, prefix: str) -> CaseStatus:
        """Return how the case stands whose id begins with these 4 to 32 hexadecimal digits.

        Raises:
            NotFoundError, AmbiguousError
        """
        return self._cases.status(self._cases.find(prefix))

    def late(self) -> int:
        """Return how many requests are late, those of this party and those that it was asked."""
        return self._store.tracks.late(self._world.now_us())

    def case_at(self, case: bytes, now_us: int) -> CaseStatus:
        """Return how the case with this id stood, or will stand when nothing happens, at a time."""
        return self._cases.status(case, now_us)

    def tracks(self, *, order: str = "deadline", limit: int = 50, **having: Any) -> list[TrackStatus]:
        """Return requests, one for each party asked: `order` deadline or newest; `having` names columns of the table.

        `open=1`, `state="executed"`, `requested="bb.fiu"`, `outgoing=0`, `exercise=1` leave out the others.
        """
        return self._cases.listed(having, order, limit)

    async def correct(self, message_id: bytes, kind: str, content: Mapping[str, Any], **options: Any) -> Sent:
        """Send a correction or retraction of an own message to everyone who has it (INTEL-052).

        `kind` is intelligence.correction or intelligence.retraction, `content` its payload without `source` and
        `target`. Options: lang, urgency, lifetime_s. Raises as `send`, and NotFoundError.
        """
        return await self._corrections.correct(self.find(message_id.hex()), kind, dict(content), **options)

    def corrections(self, message_id: bytes) -> list[StoredMessage]:
        """Return what corrects the message or takes it back, oldest first (INTEL-051). Raises NotFoundError."""
        return self._corrections.of(self.find(message_id.hex()))

    def messages(self, after: int = 0) -> AsyncIterator[StoredMessage]:
        """Return an endless iterator over accepted incoming messages with a position above `after`, old ones first.

        Keep the position of the last one that you dealt with, in the transaction in which you dealt with it: then
        each message is dealt with once, whatever crashes.
        """
        return self._arrivals.follow(after)

    def receipts(self, after: int = 0) -> AsyncIterator[Delivery]:
        """Return an endless iterator over deliveries that ended (accepted, refused, expired) above position `after`."""
        return self._settled.follow(after)

    def find(self, prefix: str) -> StoredMessage:
        """Return the message whose id begins with these 4 to 32 hexadecimal digits.

        Raises:
            NotFoundError, AmbiguousError
        """
        return self._archive.find(prefix)

    def inbox(self, limit: int = 50) -> list[StoredMessage]:
        """Return incoming messages, newest first."""
        return self._archive.newest(False, limit)

    def outbox(self, limit: int = 50) -> list[StoredMessage]:
        """Return outgoing messages, newest first."""
        return self._archive.newest(True, limit)

    def undelivered(self, limit: int = 50) -> list[StoredMessage]:
        """Return outgoing messages that a recipient has refused or that expired for one, newest first."""
        return self._archive.undelivered(limit)

    async def attachments(self, message_id: bytes) -> list[Whereabouts]:
        """Return where each attachment of a message stands, with each recipient where the message was sent."""
        return await self._depot.whereabouts(self.find(message_id.hex()))

    async def attachment(self, message_id: bytes, name: str | None) -> Attachment:
        """Return what it takes to open a complete attachment. Raises NotFoundError, IncompleteError."""
        return await self._depot.complete(self.find(message_id.hex()), name)

    async def save_attachment(
        self, message_id: bytes, name: str | None, target: Path, *, replace: bool = False
    ) -> Attachment:
        """Write a complete attachment to `target`, whole or not at all. Raises as Depot.save() says."""
        return await self._depot.save(self.find(message_id.hex()), name, target, replace)

    def messages_of(self, case: bytes) -> list[StoredMessage]:
        """Return the messages of a case without its notices, in the order in which this node got to know them."""
        return self._archive.written_in(case)

    def timeline(self, case: bytes) -> list[Event]:
        """Return what was signed in a case, in the order of time; both sides see the same."""
        return self._archive.timeline(case)

    def missing(self, case: bytes) -> list[Missing]:
        """Return which numbers of a case have not arrived here: still under way, or written to somebody else."""
        return self._archive.missing(case)

    def deliveries(self, message_id: bytes) -> list[Delivery]:
        """Return where an outgoing message stands with each recipient, why, and what can be done about it."""
        return self._archive.deliveries(self.find(message_id.hex()).position, self._condition.surroundings())

    async def mark_read(self, message_id: bytes) -> None:
        """Remember that a person has read the message, and tell its sender so, once, where the treaty lets us.

        Raises:
            NotFoundError, StorageError
        """
        await self._reading.opened(self.find(message_id.hex()))

    async def ping(self, party: str) -> list[Step]:
        """Try the whole path to a peer: return the steps in order; the last one failed, or all are well.

        Raises:
            NotReadyError: the node was opened offline.
        """
        if not self._condition.online:
            raise NotReadyError("the daemon does not run, so there is no path to try", "start it: comity serve")
        return await self._pinging.ping(party)

    async def import_treaty(self, data: bytes) -> Outcome:
        """Take in a signed treaty version.

        Raises:
            RemoteError: it does not verify; nothing changed, save that an equivocation is kept as proof.
        """
        return await self._trust.add("treaty", data)

    async def import_bundle(self, data: bytes) -> Outcome:
        """Take in a signed bundle. Raises as `import_treaty`."""
        return await self._trust.add("bundle", data)

    def status(self) -> Status:
        """Return how the node stands now."""
        return self._condition.status()

    async def watch_disk(self) -> NoReturn:
        """Wait until the disk has failed: from then on every change is refused, and only a new start helps.

        Raises:
            DiskFailedError: what has failed.
        """
        await self._store.writer.watch()


@asynccontextmanager
async def open_node(
    config: Config, keys: KeyRing, world: World | None = None, *, online: bool = True
) -> AsyncIterator[Node]:
    """Run a node for the length of the block; it listens when the block begins and says goodbye when it ends.

    With `online=False` it neither listens nor dials: for work on its store while no other process has it open.

    Raises:
        StorageError: the database cannot be used.
        ListenError: an address is in use.
        NodeError: the keys belong to another party.
    """
    if keys.party != config.party:
        raise NodeError(
            f"the key file belongs to {keys.party}, the configuration to {config.party}",
            "use the node.key that was made for this home",
        )
    world = world or RealWorld()
    database = Database(config.database)
    try:
        node = Node(config, keys, Store(database, world), world)
        async with trio.open_nursery() as nursery:
            scope = await nursery.start(node._run, online)
            try:
                yield node
            finally:
                await node._goodbye()
                scope.cancel()
    finally:
        database.close()
