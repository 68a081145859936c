"""The holder's side: what recipients have accepted is offered to them and given chunk by chunk (ATTACH-014 to 027)."""

import logging
from dataclasses import dataclass, field
from functools import partial

import trio

from comity.attachment import Done, Due, chunk_count, sealed_range
from comity.errors import UnsupportedError
from comity.limits import MAX_ADDRESSES_PER_FRAME, MAX_OFFERS
from comity_node.attachments.shelf import Shelf
from comity_node.bounds import MAX_CHUNK_BYTES_WAITING
from comity_node.errors import NodeError
from comity_node.incidents import Incidents
from comity_node.records import Transfer
from comity_node.store.transfers import Transfers
from comity_node.transport import Session
from comity_node.world import World

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Provision:
    """What goes out by one link. `sizes` are those of the addresses that were offered, `given` how many chunks left."""

    session: Session
    peer: str
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    news: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)
    sizes: dict[bytes, int] = field(default_factory=dict)
    given: dict[bytes, int] = field(default_factory=dict)


class Server:
    """One task for each link. `causes` says in plain words why something does not leave."""

    def __init__(self, shelf: Shelf, transfers: Transfers, incidents: Incidents, world: World) -> None:
        self._shelf = shelf
        self._transfers = transfers
        self._incidents = incidents
        self._world = world
        self._provisions: dict[Session, Provision] = {}
        self._awaiting = transfers.awaiting()
        self._ending: set[int] = set()  # rows whose end is being committed
        self.causes: dict[tuple[str, bytes], str] = {}

    # --- called by the links and by those who keep messages ---------------------------------------------------------

    def opened(self, session: Session, peer: str, nursery: trio.Nursery) -> None:
        """A link is ready; HEADS has been sent."""
        provision = self._provisions[session] = Provision(session, peer)
        nursery.start_soon(self._serve, provision)
        self._offer(provision)

    def closed(self, session: Session) -> None:
        """The link is gone."""
        provision = self._provisions.pop(session, None)
        if provision is not None:
            provision.scope.cancel()

    def promised(self, peer: str) -> None:
        """A message with attachments is kept for the peer."""
        self._awaiting.add(peer)
        self.accepted(peer)

    def accepted(self, peer: str) -> None:
        """The peer may have accepted something: offer what is due now."""
        if peer in self._awaiting:
            for provision in [each for each in self._provisions.values() if each.peer == peer]:
                self._offer(provision)

    def review(self) -> None:
        """Offer what has become due by itself, as time passed (ATTACH-036)."""
        for provision in list(self._provisions.values()):
            self._offer(provision)

    def look(self, session: Session) -> None:
        """Chunks were requested, or the wire has taken what waited."""
        provision = self._provisions.get(session)
        if provision is not None and session.link.serve.due is not None:
            provision.news.unpark_all()

    def done(self, session: Session, peer: str, done: Done, nursery: trio.Nursery) -> None:
        """Note what the recipient has said. Which rows it is about is settled now, before any other receipt comes."""
        rows = [row.n for row in self._transfers.due(peer, self._world.now_us()) if row.address == done.address]
        self.causes.pop((peer, done.address), None)
        self._ending.update(rows)
        nursery.start_soon(self._end, session, rows, done.code)

    async def _end(self, session: Session, rows: list[int], code: int) -> None:
        """Commit it, then offer what had no place before."""
        try:
            await self._transfers.end(rows, Transfer.FAILED if code else Transfer.COMPLETE, code)
        except NodeError as fault:  # it is offered again with the next link, and said again
            log.error("the end of a transfer was not kept: %s", fault)
            return
        finally:
            self._ending.difference_update(rows)
        self._awaiting = self._transfers.awaiting()
        provision = self._provisions.get(session)
        if provision is not None:
            self._offer(provision)

    def moved(self, peer: str, address: bytes) -> int:
        """Return how many chunks of the file have left on the link that is up."""
        return max((each.given.get(address, 0) for each in self._provisions.values() if each.peer == peer), default=0)

    def is_linked(self, peer: str) -> bool:
        return any(each.peer == peer for each in self._provisions.values())

    # --- one link -------------------------------------------------------------------------------------------------

    def _offer(self, provision: Provision) -> None:
        """Offer what is due and not open, as far as there is room (ATTACH-014, ATTACH-015)."""
        link = provision.session.link
        if not link.is_open or provision.peer not in self._awaiting:
            return
        rows = self._transfers.due(provision.peer, self._world.now_us(), 2 * MAX_OFFERS)
        moving = [row for row in rows if row.n not in self._ending and row.address not in link.serve.open]
        fresh = {row.address: row.size for row in moving}
        addresses = list(fresh)[: link.serve.room]
        for start in range(0, len(addresses), MAX_ADDRESSES_PER_FRAME):
            link.send_offer(addresses[start : start + MAX_ADDRESSES_PER_FRAME])
        provision.sizes |= {address: fresh[address] for address in addresses}
        if addresses:
            provision.session.wake()

    async def _serve(self, provision: Provision) -> None:
        link = provision.session.link
        with provision.scope:
            while True:
                due = link.serve.due
                if due is None or link.chunks_waiting >= MAX_CHUNK_BYTES_WAITING:
                    await provision.news.park()
                    continue
                sealed = await self._read(provision, due)
                if not link.is_open:
                    return
                link.send_chunk(sealed)
                provision.given[due.address] = due.index + 1
                provision.session.wake()

    async def _read(self, provision: Provision, due: Due) -> bytes:
        """Return the sealed chunk, b"" where it cannot be given (ATTACH-022)."""
        size = provision.sizes.get(due.address)
        if not due.offered or size is None or due.index >= chunk_count(size):
            what = f"{provision.peer} requested chunk {due.index} of {due.address.hex()}, which was not offered to it"
            await self._incidents.record(provision.peer, UnsupportedError(what))
            return b""
        start, length = sealed_range(size, due.index)
        try:
            sealed = await self._world.file_work(partial(self._shelf.read, due.address, start, length))
        except OSError as fault:
            return self._cannot(provision, due, fault.strerror or str(fault))
        return sealed if len(sealed) == length else self._cannot(provision, due, "it is too short")

    def _cannot(self, provision: Provision, due: Due, reason: str) -> bytes:
        log.error("the sealed file %s cannot be read: %s", due.address.hex(), reason)
        self.causes[provision.peer, due.address] = f"the sealed file cannot be read: {reason}"
        return b""
