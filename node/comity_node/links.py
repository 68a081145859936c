"""The links of this node: who is connected, which of two rivals stays, and where events go."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from comity.errors import ComityError, LimitError, NotActiveError, RemoteError, StoppingError, SupersededError
from comity.frames import PING_BYTES, Heads
from comity.keys import LinkKey
from comity.limits import HANDSHAKE_S, RIVAL_S
from comity.link import (
    BundleReceived,
    BundleRequested,
    Closed,
    ErrorReceived,
    Event,
    HeadsReceived,
    Hello,
    Link,
    MessageReceived,
    Opened,
    Ponged,
    ReceiptsReceived,
    TreatyReceived,
    TreatyRequested,
)
from comity.message import SignedMessage
from comity_node.attachments import Depot
from comity_node.courier import Courier
from comity_node.documents import Documents
from comity_node.errors import NodeError, NotReadyError
from comity_node.inbox import Inbox
from comity_node.receipts import Receipts
from comity_node.store.store import Store
from comity_node.transport import Session
from comity_node.trust import Trust
from comity_node.vault import Vault
from comity_node.world import World

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Peer:
    """Another party: its courier, and its link while there is one."""

    party: str
    courier: Courier
    session: Session | None = None
    initiator: str = ""
    since: float = 0.0
    since_us: int | None = None
    last_error: str = ""
    failed_step: str = ""  # of the last attempt to reach it: bundle, connect, handshake
    heads: Heads | None = None
    pongs: dict[bytes, trio.Event] = field(default_factory=dict)
    links: int = 0  # how many there were

    def failed(self, step: str, why: str) -> None:
        """Remember at which step the last attempt to reach it failed, and why."""
        self.failed_step, self.last_error = step, why


class Links:
    """At most one link to each party (LINK-029). `serve` and `call` run a connection until it ends."""

    def __init__(
        self,
        party: str,
        key: LinkKey,
        window_bytes: int,
        trust: Trust,
        documents: Documents,
        vault: Vault,
        store: Store,
        inbox: Inbox,
        receipts: Receipts,
        depot: Depot,
        world: World,
        agent: str,
    ) -> None:
        self._party = party
        self._key = key
        self._hello = Hello(agent=agent, versions=(1,), window=window_bytes)
        self._trust = trust
        self._vault = vault
        self._store = store
        self._inbox = inbox
        self._receipts = receipts
        self._depot = depot
        self._world = world
        self._documents = documents
        self._changed = trio.lowlevel.ParkingLot()
        self.peers: dict[str, Peer] = {}
        trust.on_change(self._trust_changed)

    def peer(self, party: str) -> Peer:
        if party not in self.peers:
            self.peers[party] = Peer(party, Courier(party, self._trust, self._vault, self._store, self._world))
        return self.peers[party]

    async def serve(self, stream: trio.abc.Stream, opened: Callable[[], None]) -> None:
        """Answer a connection; `opened` is called once the caller is authenticated. Closes the stream."""
        world = self._world
        try:
            directory = self._trust.require()
            known = directory.link_keys(world.now_us())
        except (ComityError, NodeError):
            await trio.aclose_forcefully(stream)
            return
        link = Link.responder(
            directory.treaty_id, self._key, known, self._party, self._hello, world.random(32), world.steady()
        )
        await self._run(Session(stream, link, world), initiator="", opened=opened)

    async def call(self, party: str, host: str, port: int) -> None:
        """Dial the party and serve the link until it ends.

        Raises:
            OSError: the address cannot be reached.
            RemoteError: the treaty does not let us call the party now.
        """
        world = self._world
        directory = self._trust.require()
        directory.may_speak(party, world.now_us())
        key = directory.usable_key(party, "link", world.now_us())
        with trio.fail_after(HANDSHAKE_S):
            stream = await world.connect(host, port)
        link = Link.initiator(
            directory.treaty_id,
            self._key,
            party,
            key.data,
            self._party,
            self._hello,
            world.random(32),
            world.random(64),
            world.steady(),
        )
        await self._run(Session(stream, link, world), initiator=self._party, opened=lambda: None)

    async def _run(self, session: Session, initiator: str, opened: Callable[[], None]) -> None:
        def handle(session: Session, event: Event) -> None:
            if isinstance(event, Opened):
                opened()
                self._opened(session, event.peer, initiator or event.peer)
            else:
                self._handle(session, event)

        try:
            await session.run(handle, self._refill)
        finally:
            with trio.CancelScope(shield=True):
                await self._ended(session)

    def member_hosts(self) -> list[str]:
        """Return the hosts that the bundles of the other parties list as endpoints."""
        try:
            directory = self._trust.require()
            parties = set(directory.link_keys(self._world.now_us()).values()) - {self._party}
        except (ComityError, NodeError):
            return []
        bundles = [directory.bundle(party) for party in sorted(parties)]
        return [endpoint.host for signed in bundles if signed for endpoint in signed.bundle.endpoints]

    async def changed(self) -> None:
        """Return when a link has opened or ended, or the directory has changed."""
        await self._changed.park()

    def news(self) -> None:
        """Wake those who wait in changed(): an attempt has ended."""
        self._changed.unpark_all()

    async def ping(self, party: str) -> float:
        """Return how many seconds a PING and its answer took. Waits for ever: bound it.

        Raises:
            NotReadyError: no link to the party is up, or too many questions wait on it.
        """
        peer = self.peer(party)
        session, token, began = peer.session, self._world.random(PING_BYTES), self._world.steady()
        if session is None or not session.link.is_open or not session.link.send_ping(token):
            raise NotReadyError(f"no link to {party} is up", "look at `comity status`")
        peer.pongs[token] = trio.Event()
        session.wake()
        try:
            await peer.pongs[token].wait()
        finally:
            del peer.pongs[token]
        return self._world.steady() - began

    def dispatch(self, recipient: str, delivery_n: int, message: SignedMessage) -> None:
        """Hand a message that was just kept to the link of the recipient, if there is one."""
        peer = self.peers.get(recipient)
        if peer is not None and peer.courier.offer(delivery_n, message) and peer.session is not None:
            peer.session.wake()

    def close_all(self) -> None:
        for peer in self.peers.values():
            if peer.session is not None:
                peer.session.close(StoppingError.code)

    def _refill(self, session: Session) -> None:
        peer = self._of(session)
        if peer is not None and session.link.is_open:
            peer.courier.refill(session)
            self._depot.refill(session)

    def _of(self, session: Session) -> Peer | None:
        peer = self.peers.get(session.link.peer or "")
        return peer if peer is not None and peer.session is session else None

    def _opened(self, session: Session, party: str, initiator: str) -> None:
        peer, now = self.peer(party), self._world.steady()
        rival = peer.session
        if rival is not None and self._older_stays(peer, initiator, now):
            session.close(SupersededError.code)
            return
        if rival is not None:
            peer.session = None
            rival.close(SupersededError.code)
        peer.session, peer.initiator = session, initiator
        peer.since, peer.since_us = now, self._world.now_us()
        peer.last_error = peer.failed_step = ""
        peer.links += 1
        session.link.send_heads(self._documents.heads_for(party))
        peer.courier.opened(session.wake)
        self._depot.opened(session, party)
        log.info("link to %s is up", party)
        self._changed.unpark_all()

    def _older_stays(self, peer: Peer, initiator: str, now: float) -> bool:
        """Both dialled at once: the link of the lower party identifier stays (LINK-031)."""
        return peer.initiator != initiator and now - peer.since < RIVAL_S and peer.initiator < initiator

    async def _ended(self, session: Session) -> None:
        self._depot.closed(session)
        peer = self._of(session)
        if peer is None:
            return
        peer.session, peer.since_us, peer.heads = None, None, None
        log.info("link to %s is down", peer.party)
        notes = peer.courier.closed()
        self._changed.unpark_all()
        if notes:
            try:
                await self._store.note_attempts(notes)
            except NodeError as fault:
                log.error("attempts were not noted: %s", fault)

    def _handle(self, session: Session, event: Event) -> None:
        peer = self._of(session)
        if peer is None:
            return
        match event:
            case MessageReceived(envelope=envelope, cost=cost):
                self._inbox.arrive(session, peer.party, envelope, cost)
            case ReceiptsReceived(payload=payload):
                if not self._receipts.arrive(peer.courier, payload):
                    session.close(LimitError.code)
            case ErrorReceived(code=code, id=message_id):
                peer.courier.refused_for_now(message_id, code)
            case Ponged(token=token):
                if token in peer.pongs:
                    peer.pongs[token].set()
            case HeadsReceived(heads=heads):
                peer.heads = heads
                self._documents.compare(session.link, peer.party, heads)
            case TreatyRequested(version=version):
                self._documents.send_treaty(session.link, version)
            case BundleRequested(party=party, serial=serial):
                self._documents.send_bundle(session.link, party, serial)
            case TreatyReceived(data=data):
                self._documents.arrive(peer.party, "treaty", data)
            case BundleReceived(data=data):
                self._documents.arrive(peer.party, "bundle", data)
            case Closed(code=code):
                peer.last_error = "" if code in (0, None) else f"the peer closed the link with code {code}"
            case _:
                self._depot.handle(session, peer.party, event)

    def _trust_changed(self) -> None:
        """Tell the others our heads (FRAME-006), and ask for the next document that we still lack."""
        self.close_silenced()
        for peer in self.peers.values():
            session = peer.session
            if session is not None and session.link.is_open:
                session.link.send_heads(self._documents.heads_for(peer.party))
                if peer.heads is not None:
                    self._documents.compare(session.link, peer.party, peer.heads)
                session.wake()
        self._changed.unpark_all()

    def close_silenced(self) -> None:
        """Close the links to those who may not speak any more (LINK-033); call it also as time passes."""
        for peer in self.peers.values():
            if peer.session is not None and peer.session.link.is_open:
                try:
                    self._trust.require().may_speak(peer.party, self._world.now_us())
                except RemoteError as fault:
                    peer.session.close(NotActiveError.code)
                    peer.last_error = str(fault)
