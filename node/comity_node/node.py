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
from comity_node import AGENT
from comity_node.archive import Archive
from comity_node.attachments import Depot
from comity_node.authoring.drafts import Drafts
from comity_node.condition import Condition
from comity_node.config import Config
from comity_node.dialler import Dialler
from comity_node.documents import Documents
from comity_node.errors import AmbiguousError, NodeError, NotFoundError, NotReadyError
from comity_node.feed import Feed
from comity_node.inbox import Inbox
from comity_node.incidents import Incidents
from comity_node.keyfile import KeyRing
from comity_node.links import Links
from comity_node.listener import Listener
from comity_node.outbox import Outbox
from comity_node.pinging import Pinging, Step
from comity_node.reading import Reading
from comity_node.receipts import Receipts
from comity_node.records import (
    Delivery,
    Ending,
    Event,
    Missing,
    Sent,
    Status,
    StoredMessage,
    Whereabouts,
)
from comity_node.signing import Draft, RuleError, Scribe
from comity_node.store import Database, Store
from comity_node.timekeeper import Timekeeper
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import RealWorld, World

__all__ = [
    "AmbiguousError",
    "Delivery",
    "Ending",
    "Event",
    "Missing",
    "Node",
    "NotFoundError",
    "NotReadyError",
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


class Node:
    """One party's node. Made by `open_node`, which also runs and closes it."""

    def __init__(self, config: Config, keys: KeyRing, store: Store, world: World) -> None:
        self.config = config
        self.party = keys.party
        self._store = store
        self._world = world
        vault = Vault(keys.storage, world)
        self.now_us, self.drafts = world.now_us, Drafts(config.home, vault, world)
        self._trust = Trust(store, world)
        self._archive = Archive(vault, store)
        self._arrivals: Feed[StoredMessage] = Feed(self._archive.incoming_after)
        self._settled: Feed[Delivery] = Feed(self._archive.settled_after)
        incidents = Incidents(store, world)
        self._depot = Depot(config, vault, store.transfers, self._archive, incidents, world)
        scribe = Scribe(keys.party, keys.signing, store, self._archive, world)
        self._outbox = Outbox(scribe, self._trust, vault, store, self._depot, world)
        self._reading = Reading(self._outbox, self._trust, store, world)
        self._inbox = Inbox(
            keys.party,
            keys.envelope,
            keys.log,
            self._trust,
            vault,
            store,
            self._archive,
            self._depot,
            incidents,
            world,
            self._arrivals.wake,
        )
        self._receipts = Receipts(keys.party, self._trust, store, incidents, self._depot.accepted, self._settled.wake)
        self._documents = Documents(keys.party, self._trust, incidents)
        self._links = Links(
            keys.party,
            keys.link,
            config.window_bytes,
            self._trust,
            self._documents,
            vault,
            store,
            self._inbox,
            self._receipts,
            self._depot,
            world,
            AGENT,
        )
        self._outbox.deliver_with(self._links.dispatch)
        self._dialler = Dialler(keys.party, self._trust, self._links, world)
        self._pinging = Pinging(keys.party, self._trust, self._links, self._dialler, world)
        self._timekeeper = Timekeeper(store, world, self._links.close_silenced, self._settled.wake)
        addresses = [(address.host, address.port) for address in config.listen]
        self._listener = Listener(addresses, config.max_waiting, self._links, world)
        self._condition = Condition(
            keys.party, self._trust, store, self._inbox, self._links, self._dialler, self._listener, world
        )

    @property
    def directory(self) -> Directory | None:
        """The treaty versions and bundles that hold; None until a treaty is imported."""
        return self._trust.directory

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
        tlp: str = "AMBER",
        urgency: int = 3,
        lifetime_s: int = WEEK_S,
        case: bytes | None = None,
        in_reply_to: bytes | None = None,
        attachments: Sequence[Path | Attachment] = (),
    ) -> Sent:
        """Return once the message is signed and durable; it is then delivered or expires, over any restart.

        `urgency` is 0 (flash) to 3 (routine); `case` is 16 bytes, None starts a case; `in_reply_to` is the hash of
        the message that this one answers. `attachments` are paths of files, which are sealed into the home before the
        message is signed, or name what is sealed there already.

        Raises:
            AttachmentError: a file is gone, changes, is no plain file, or its name is not allowed.
            RuleError: the treaty does not allow it, or a field or the form is not valid.
            NotReadyError: no treaty in force.
            StorageError: it could not be kept, so it was not sent.
        """
        recipients = (to,) if isinstance(to, str) else tuple(sorted(set(to)))
        packed = await self._depot.pack(attachments)
        draft = Draft(recipients, kind, payload, lang, tlp, urgency, lifetime_s, case, in_reply_to, packed)
        try:
            return await self._outbox.send(draft)
        except NodeError:
            await self._depot.discard(packed)
            raise

    async def reply(self, message_id: bytes, kind: str, payload: Mapping[str, Any], **options: Any) -> Sent:
        """Send to the sender of the message, in its case (MSG-010). Options as in `send`.

        Raises:
            NotFoundError: there is no such message here.
        """
        answered = self.find(message_id.hex())
        return await self.send(
            answered.sender, kind, payload, case=answered.body.case, in_reply_to=answered.hash, **options
        )

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

    async def _goodbye(self) -> None:
        """Close the links with a word, and give them a moment to say it."""
        self._links.close_all()
        with trio.move_on_after(GOODBYE_S, shield=True):
            while any(peer.session is not None for peer in self._links.peers.values()):
                await self._links.changed()

    async def _run(self, online: bool, *, task_status: trio.TaskStatus[trio.CancelScope]) -> None:
        """Run the services; the scope handed out stops them in order: links first, the writer last."""
        self._condition.online = online
        # A cancellation from outside reaches all tasks at once. What runs to its end all the same waits for the writer.
        writing = trio.CancelScope(shield=True)
        async with trio.open_nursery() as ground:
            ground.start_soon(self._write, writing)
            try:
                await self._serve(online, task_status)
                await self._store.writer.drain()
            finally:
                writing.cancel()

    async def _write(self, scope: trio.CancelScope) -> None:
        with scope:
            await self._store.writer.run()

    async def _serve(self, online: bool, task_status: trio.TaskStatus[trio.CancelScope]) -> None:
        async with trio.open_nursery() as middle:
            services = (self._outbox, self._inbox, self._receipts, self._documents, self._depot)
            for service in services:
                middle.start_soon(service.run)
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as edge:
                    if online:
                        await edge.start(self._listener.run)
                        edge.start_soon(self._dialler.run)
                        edge.start_soon(self._timekeeper.run)
                    task_status.started(scope)
                    await trio.sleep_forever()
            middle.cancel_scope.cancel()


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
