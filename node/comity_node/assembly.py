"""The services of a node: which there are, what each is given, and in which order they run and end."""

import trio

from comity_node import AGENT
from comity_node.archive import Archive
from comity_node.attachments import Depot
from comity_node.authoring.drafts import Drafts
from comity_node.casebook import Casebook
from comity_node.cases import Cases
from comity_node.condition import Condition
from comity_node.config import Config
from comity_node.consents import Consents
from comity_node.contents import Contents
from comity_node.corrections import Corrections
from comity_node.dialler import Dialler
from comity_node.documents import Documents
from comity_node.exercises import Exercises
from comity_node.exporting.dossier import Dossier
from comity_node.feed import Feed
from comity_node.inbox import Inbox
from comity_node.incidents import Incidents
from comity_node.keyfile import KeyRing
from comity_node.ledger import Ledger
from comity_node.lifecycle import Lifecycle
from comity_node.links import Links
from comity_node.listener import Listener
from comity_node.markings import Markings
from comity_node.outbox import Outbox
from comity_node.overview import Overview
from comity_node.pending import Approvals
from comity_node.pinging import Pinging
from comity_node.reading import Reading
from comity_node.receipts import Receipts
from comity_node.records import (
    Delivery,
    StoredMessage,
)
from comity_node.retention import Retention
from comity_node.signing import Scribe
from comity_node.store import Store
from comity_node.timekeeper import Timekeeper
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.vocabularies import Vocabularies
from comity_node.world import World

GOODBYE_S = 3.0  # how long links may take to say goodbye


class Services:
    """Everything that runs in a node. `open_node` runs and closes it; the Node adds what one asks of it."""

    def __init__(self, config: Config, keys: KeyRing, store: Store, world: World) -> None:
        self.config = config
        self.party = keys.party
        self._store = store
        self._world = world
        vault = Vault(keys.storage, world)
        self.drafts = Drafts(config.home, vault, world)
        self._trust = Trust(store, Vocabularies(config.home), world)
        self._archive = Archive(vault, store)
        self._arrivals: Feed[StoredMessage] = Feed(self._archive.incoming_after)
        self._settled: Feed[Delivery] = Feed(self._archive.settled_after)
        incidents = Incidents(store, world)
        self._depot = Depot(config, vault, store.transfers, self._archive, incidents, world)
        contents = Contents(store, self._archive)
        self._exercises = Exercises(store)
        ledger = Ledger(store, self._archive, contents, self._exercises)
        casebook = Casebook(keys.party, store, self._archive)
        self._lifecycle = Lifecycle(keys.party, store, casebook)
        scribe = self._scribe = Scribe(
            keys.party, keys.signing, store, self._archive, self._lifecycle, self._trust.vocabulary, world
        )
        self._cases = Cases(keys.party, self._trust, store, self._lifecycle, world)
        self._overview = Overview(self._cases, store, world)
        self._outbox = Outbox(scribe, self._trust, vault, store, self._depot, self._overview, ledger, world)
        self._corrections = Corrections(self._outbox, self._archive, self._trust, store, world)
        self._outbox.tell_of_copies(self._corrections.wake)
        self.dossier = Dossier(
            keys.party, keys.signing, self._trust, self._archive, store, contents, self._depot, world
        )
        self.markings = Markings(keys.party, store, contents, self._exercises, self._outbox, self._depot, world)
        self.approvals = Approvals(
            keys.party, scribe, self._outbox, self._trust, vault, store, self._depot, world, self.markings.refuse_reuse
        )
        self.propose, self.approve = self.approvals.propose, self.approvals.approve
        self.consents = Consents(keys.party, store, self._archive, contents, self._outbox, world)
        self.retention = Retention(
            keys.party, store, vault, self._archive, contents, self._outbox, self._depot.shelf, world
        )
        self._reading = Reading(self._outbox, self._trust, store, world)
        self._inbox = Inbox(
            keys.party,
            keys.envelope,
            keys.log,
            self._trust,
            vault,
            store,
            self._archive,
            self._lifecycle,
            self._overview,
            self._depot,
            ledger,
            self._exercises,
            incidents,
            world,
            self._arrivals.wake,
            self._corrections.wake,
        )
        self._receipts = Receipts(
            keys.party, self._trust, store, incidents, self._depot.accepted, self._overview.settled, self._settled.wake
        )
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
        self._timekeeper = Timekeeper(
            store, world, self._links.close_silenced, self._overview.settled, self._settled.wake
        )
        addresses = [(address.host, address.port) for address in config.listen]
        self._listener = Listener(addresses, config.max_waiting, self._links, world)
        self._condition = Condition(
            keys.party, self._trust, store, self._inbox, self._links, self._dialler, self._listener, world
        )

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
            services = (
                self._outbox,
                self._inbox,
                self._receipts,
                self._documents,
                self._depot,
                self._overview,
                self._corrections,
                self.approvals,
            )
            for service in services:
                middle.start_soon(service.run)
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as edge:
                    if online:
                        await edge.start(self._listener.run)
                        edge.start_soon(self._dialler.run)
                        edge.start_soon(self._timekeeper.run)
                        edge.start_soon(self.retention.run)
                    task_status.started(scope)
                    await trio.sleep_forever()
            middle.cancel_scope.cancel()
