"""Keeps a link to every party that may speak: dials, backs off, dials again."""

import logging
import os

import trio

from comity.errors import ComityError, RemoteError
from comity_node.errors import NodeError
from comity_node.links import Links
from comity_node.trust import Trust
from comity_node.world import World, uniform

log = logging.getLogger(__name__)
FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 30.0
STABLE_S = 10.0  # a link that lived this long starts the pauses afresh


class Dialler:
    """One task for each other party of the treaty."""

    def __init__(self, party: str, trust: Trust, links: Links, world: World) -> None:
        self._party = party
        self._trust = trust
        self._links = links
        self._world = world
        self._hurried: dict[str, trio.lowlevel.ParkingLot] = {}
        self._attempts: dict[str, int] = {}
        self.next_dial_us: dict[str, int] = {}

    async def run(self) -> None:
        """Dial for ever; a party that joins the treaty is dialled from then on."""
        tended: set[str] = set()
        async with trio.open_nursery() as nursery:
            while True:
                for party in sorted(self._others() - tended):
                    tended.add(party)
                    nursery.start_soon(self._tend, party)
                await self._links.changed()

    def _others(self) -> set[str]:
        directory = self._trust.directory
        if directory is None:
            return set()
        try:
            members = directory.members(self._world.now_us())
        except RemoteError:
            return set()
        return {member.id for member in members if member.id != self._party}

    async def _tend(self, party: str) -> None:
        pause = FIRST_PAUSE_S
        while True:
            while self._links.peer(party).session is not None:
                await self._links.changed()
            began = self._world.steady()
            await self._attempt(party)
            self._attempts[party] = self._attempts.get(party, 0) + 1
            self._links.news()
            if self._world.steady() - began >= STABLE_S:
                pause = FIRST_PAUSE_S
            await self._pause(party, uniform(self._world, pause / 2, pause))
            pause = min(pause * 2, MAX_PAUSE_S)

    async def hurry(self, party: str) -> None:
        """Dial now and not after the pause; return when a link is up or every address was tried once."""
        peer, tried = self._links.peer(party), self._attempts.get(party, 0)
        self._hurried.setdefault(party, trio.lowlevel.ParkingLot()).unpark_all()
        while peer.session is None and self._attempts.get(party, 0) == tried:
            await self._links.changed()

    async def _attempt(self, party: str) -> None:
        """Try each endpoint of the party until one link was up."""
        peer = self._links.peer(party)
        for host, port in self._endpoints(party):
            if peer.session is not None:
                return
            links_before = peer.links
            try:
                await self._links.call(party, host, port)
            except (OSError, trio.TooSlowError) as fault:
                peer.failed("connect", f"{host}:{port} cannot be reached: {words(fault)}")
            except (ComityError, NodeError) as fault:
                peer.failed("bundle", str(fault))
            else:
                if peer.session is None and peer.links == links_before:
                    peer.failed("handshake", f"{host}:{port} answers, but ended the handshake without a word")

    def _endpoints(self, party: str) -> list[tuple[str, int]]:
        directory = self._trust.directory
        bundle = directory.bundle(party) if directory else None
        if bundle is None:
            self._links.peer(party).failed("bundle", f"no bundle of {party} is here; import one")
            return []
        if not bundle.bundle.endpoints:
            self._links.peer(party).failed("connect", f"{party} states no address: it must dial this node")
        return [(endpoint.host, endpoint.port) for endpoint in bundle.bundle.endpoints]

    async def _pause(self, party: str, seconds: float) -> None:
        """Wait until the time has passed, somebody hurries, or a link is up."""
        self.next_dial_us[party] = self._world.now_us() + int(seconds * 1_000_000)
        hurried = self._hurried.setdefault(party, trio.lowlevel.ParkingLot())
        with trio.move_on_after(seconds) as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(end_when_parked, hurried, scope)
                while self._links.peer(party).session is None:
                    await self._links.changed()
                nursery.cancel_scope.cancel()
        self.next_dial_us.pop(party, None)


async def end_when_parked(lot: trio.lowlevel.ParkingLot, scope: trio.CancelScope) -> None:
    """Cancel the scope as soon as somebody unparks the lot."""
    await lot.park()
    scope.cancel()


def words(fault: BaseException) -> str:
    """Return a short text for a network fault: that of the first address that was tried."""
    if isinstance(fault, trio.TooSlowError):
        return "no answer in time"
    while True:
        if isinstance(fault, BaseExceptionGroup):
            fault = fault.exceptions[0]
        elif isinstance(fault, OSError) and fault.strerror is None and fault.__cause__ is not None:
            fault = fault.__cause__
        elif isinstance(fault, OSError) and fault.errno is not None and fault.errno > 0:
            return os.strerror(fault.errno)
        else:
            return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
