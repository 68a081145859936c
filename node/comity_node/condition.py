"""How the node stands: treaty, bundle, links, what waits for whom, what the operator must look at."""

from collections.abc import Mapping
from typing import Any

from comity.directory import Directory
from comity.errors import EquivocationError, RemoteError
from comity_node.dialler import Dialler
from comity_node.inbox import Inbox
from comity_node.links import Links
from comity_node.listener import Listener
from comity_node.records import LinkState, PeerStatus, Status
from comity_node.store.store import Store
from comity_node.trust import Trust
from comity_node.whereabouts import Surroundings
from comity_node.world import World

Waiting = Mapping[str, tuple[int, int]]


class Condition:
    """Asks the services of a node how they stand. `online` says whether it is connected to the network."""

    def __init__(
        self,
        party: str,
        trust: Trust,
        store: Store,
        inbox: Inbox,
        links: Links,
        dialler: Dialler,
        listener: Listener,
        world: World,
    ) -> None:
        self._party = party
        self._trust = trust
        self._store = store
        self._inbox = inbox
        self._links = links
        self._dialler = dialler
        self._listener = listener
        self._world = world
        self.online = False

    def status(self) -> Status:
        """Return how the node stands now."""
        directory, now_us = self._trust.directory, self._world.now_us()
        own = directory.bundle(self._party) if directory else None
        waiting = self._store.waiting_counts()
        treaty = in_force(directory, now_us)
        return Status(
            party=self._party,
            treaty_version=directory.head[0] if directory else None,
            treaty_expires_us=treaty.expires if treaty else None,
            bundle_serial=own.bundle.serial if own else None,
            bundle_until_us=own.bundle.until if own else None,
            peers=[self._peer(party, waiting) for party in self._parties(waiting)],
            inbox_unread=self._store.unread(),
            waiting=sum(count for count, _ in waiting.values()),
            undelivered=self._store.undelivered(),
            log_size=self._inbox.log_size,
            listening=list(self._listener.listening),
            alarms=self._alarms(),
        )

    def surroundings(self) -> Surroundings:
        """Return what is known of deliveries beside the database."""
        return Surroundings(
            {party: peer.courier.flights for party, peer in self._links.peers.items()},
            {party: self._peer(party, {}) for party in self._parties({})},
            self._world.now_us(),
            self._world.steady(),
        )

    def _alarms(self) -> list[str]:
        """What the operator must look at; all but a failed disk stays over a restart."""
        told_twice = [row.detail.partition(":")[0] for row in self._store.incidents_of(EquivocationError.code)]
        failure = self._store.writer.failure
        return ([str(failure)] if failure else []) + self._trust.alarms + sorted(set(told_twice))

    def _parties(self, waiting: Waiting) -> list[str]:
        treaty = in_force(self._trust.directory, self._world.now_us())
        members = {member.id for member in treaty.members} if treaty else set()
        return sorted((members | set(self._links.peers) | set(waiting)) - {self._party})

    def _peer(self, party: str, waiting: Waiting) -> PeerStatus:
        peer = self._links.peers.get(party)
        up = peer is not None and peer.session is not None
        return PeerStatus(
            party=party,
            link=LinkState.UP if up else LinkState.DOWN if self.online else LinkState.OFFLINE,
            since_us=peer.since_us if peer else None,
            waiting=waiting[party][0] if party in waiting else 0,
            oldest_us=waiting[party][1] if party in waiting else None,
            last_error=peer.last_error if peer and not up else "",
            hindrance=peer.courier.hindrance if peer and up else "",
            next_dial_us=self._dialler.next_dial_us.get(party),
        )


def in_force(directory: Directory | None, now_us: int) -> Any:
    """Return the treaty version in force, None where there is none."""
    try:
        return directory.in_force(now_us) if directory else None
    except RemoteError:
        return None
