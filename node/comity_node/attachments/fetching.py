"""The recipient's side: what peers offer is fetched chunk by chunk, proved, and kept (ATTACH-016 to ATTACH-029)."""

import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import trio

from comity.attachment import Attachment, Chunk
from comity.errors import AuthenticationError, UnsupportedError
from comity.limits import MAX_OFFERS
from comity_node.archive import Archive
from comity_node.attachments.part import Check, Part
from comity_node.attachments.shelf import Shelf, UnflushedError
from comity_node.bounds import MAX_FILES_AT_ONCE
from comity_node.errors import NodeError
from comity_node.records import Transfer
from comity_node.store.transfers import Transfers
from comity_node.transport import Session
from comity_node.world import World

log = logging.getLogger(__name__)
RETRY_S: Final = 30.0  # after a fault of the disk
NOT_GIVEN: Final = "its sender cannot give it now; it is tried again with the next link"


class Stream:
    """The chunks of one file that have come and are not written; the window of the link bounds how many."""

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self._news = trio.lowlevel.ParkingLot()

    def put(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._news.unpark()

    async def take(self) -> list[Chunk]:
        """Return what has come, at least one chunk."""
        while not self._chunks:
            await self._news.park()
        return self.drain()

    def drain(self) -> list[Chunk]:
        chunks = list(self._chunks)
        self._chunks.clear()
        return chunks


@dataclass(slots=True, eq=False)
class Reception:
    """What comes in by one link."""

    session: Session
    peer: str
    before: "Reception | None"  # the last one of this peer: two must not write one file
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)
    streams: dict[bytes, Stream] = field(default_factory=dict)
    offers: trio.MemorySendChannel[bytes] | None = None

    def written(self, count: int) -> None:
        """So many chunks are dealt with: others may be asked for."""
        for _ in range(count):
            self.session.link.fetch.written()
        self.session.wake()


class Fetcher:
    """One task for each link and some workers in it. `causes` says in plain words why what is lacking does not come."""

    def __init__(self, shelf: Shelf, transfers: Transfers, archive: Archive, world: World) -> None:
        self._shelf = shelf
        self._transfers = transfers
        self._archive = archive
        self._world = world
        self._receptions: dict[Session, Reception] = {}
        self._last: dict[str, Reception] = {}
        self._parts: dict[tuple[str, bytes], Part] = {}
        self.causes: dict[tuple[str, bytes], str] = {}

    # --- called by the links --------------------------------------------------------------------------------------

    def opened(self, session: Session, peer: str, nursery: trio.Nursery) -> None:
        """A link is ready."""
        before = self._last.get(peer)
        reception = Reception(session, peer, None if before is None or before.ended.is_set() else before)
        sender, receiver = trio.open_memory_channel[bytes](MAX_OFFERS)
        reception.offers = sender
        self._receptions[session] = self._last[peer] = reception
        nursery.start_soon(self._receive, reception, receiver)

    def closed(self, session: Session) -> None:
        """The link is gone."""
        reception = self._receptions.pop(session, None)
        if reception is not None:
            reception.scope.cancel()

    def offered(self, session: Session, addresses: Sequence[bytes]) -> None:
        """The peer has opened these addresses."""
        reception = self._receptions.get(session)
        if reception is not None and reception.offers is not None:
            for address in addresses:
                reception.offers.send_nowait(address)

    def arrived(self, session: Session, chunk: Chunk) -> None:
        """A chunk has come; one whose file is not being fetched any more is thrown away."""
        reception = self._receptions.get(session)
        stream = reception.streams.get(chunk.address) if reception is not None else None
        if stream is not None:
            stream.put(chunk)
        else:
            session.link.fetch.written()

    def moved(self, peer: str, address: bytes) -> int | None:
        """Return how many chunks have been proved, None where nobody has looked since the start."""
        part = self._parts.get((peer, address))
        return None if part is None else part.opening.index

    # --- one link -------------------------------------------------------------------------------------------------

    async def _receive(self, reception: Reception, offers: trio.MemoryReceiveChannel[bytes]) -> None:
        try:
            with reception.scope:
                if reception.before is not None:
                    await reception.before.ended.wait()
                    reception.before = None
                async with trio.open_nursery() as nursery:
                    for _ in range(MAX_FILES_AT_ONCE):
                        nursery.start_soon(self._work, reception, offers)
        finally:
            reception.ended.set()

    async def _work(self, reception: Reception, offers: trio.MemoryReceiveChannel[bytes]) -> None:
        async for address in offers:
            key = reception.peer, address
            while True:
                try:
                    await self._settle(reception, address)
                    break
                except (OSError, NodeError) as fault:
                    reason = getattr(fault, "strerror", None) or getattr(fault, "cause", None) or str(fault)
                    self.causes[key] = f"it cannot be kept: {reason}; it is tried again by itself"
                    log.error("an attachment of %s cannot be kept: %s", reception.peer, fault)
                    await self._forget(key, isinstance(fault, UnflushedError))
                    await trio.sleep(RETRY_S)

    async def _forget(self, key: tuple[str, bytes], unflushed: bool) -> None:
        """Look at the disk again before going on; what could not be flushed is not trusted, whatever can be read."""
        part = self._parts.pop(key, None)
        if part is not None and unflushed:
            with suppress(OSError):
                await self._world.file_work(partial(self._shelf.remove, part.path))

    async def _settle(self, reception: Reception, address: bytes) -> None:
        """Get what every message says of the address, then say DONE; where it cannot be had now, say nothing."""
        peer = reception.peer
        worst: int | None = None
        while rows := self._moving(peer, address):
            wanted = self._wanted(rows[0].message_n, address)
            same = [row.n for row in rows if self._wanted(row.message_n, address).content == wanted.content]
            code = await self._obtain(reception, wanted)
            if code is None:
                return
            await self._transfers.end(same, Transfer.FAILED if code else Transfer.COMPLETE, code)
            self._parts.pop((peer, address), None)
            self.causes.pop((peer, address), None)
            worst = max(worst or 0, code)
        session = reception.session
        if session.link.is_open:
            session.link.send_done(address, self._answer(peer, address) if worst is None else worst)
            session.wake()

    def _moving(self, peer: str, address: bytes) -> list[Any]:
        return [row for row in self._transfers.incoming(peer, address) if row.state == Transfer.MOVING]

    def _answer(self, peer: str, address: bytes) -> int:
        """Return the code of DONE for an address that is offered though nothing of it moves (ATTACH-017)."""
        rows = self._transfers.incoming(peer, address)
        return int(rows[-1].code) if rows else UnsupportedError.code

    def _wanted(self, message_n: int, address: bytes) -> Attachment:
        attachments = self._archive.at(message_n).body.attachments
        return next(each for each in attachments if each.sealed == address)

    async def _obtain(self, reception: Reception, wanted: Attachment) -> int | None:
        """Return 0 when the file is kept, the code of what is wrong with it, None when it cannot be had now."""
        key = reception.peer, wanted.sealed
        part = self._parts.get(key)
        if part is None or part.wanted.content != wanted.content:
            held = await self._check_held(wanted)
            if held is not None:
                return held
            part = self._parts[key] = await self._resume(reception.peer, wanted)
        try:
            if not await self._move(reception, part):
                self.causes[key] = NOT_GIVEN
                return None
            await self._world.file_work(partial(part.finish, self._shelf))
        except AuthenticationError as fault:
            log.warning("an attachment of %s is not what was signed: %s", reception.peer, fault)
            self._parts.pop(key, None)
            await self._world.file_work(partial(self._shelf.remove, part.path))
            return fault.code
        return 0

    async def _check_held(self, wanted: Attachment) -> int | None:
        """Return 0 when the shelf has the file, 6 when it has it and the message says otherwise, None when not."""
        check = Check(self._shelf, wanted)
        try:
            while await self._world.file_work(check.step):
                pass
        except FileNotFoundError:
            return None
        if check.is_wanted:
            await self._world.file_work(partial(self._shelf.secure, wanted.sealed))
            return 0
        if check.is_sound:
            return AuthenticationError.code
        log.error("the sealed file %s was altered on the disk; it is fetched again", wanted.sealed.hex())
        await self._world.file_work(partial(self._shelf.remove, self._shelf.place(wanted.sealed)))
        return None

    async def _resume(self, peer: str, wanted: Attachment) -> Part:
        """Return the part with every chunk proved that is there from before (ATTACH-028)."""
        await self._world.file_work(self._shelf.prepare)
        part = Part(wanted, self._shelf.part(wanted.sealed, peer))
        while await self._world.file_work(part.resume):
            pass
        return part

    async def _move(self, reception: Reception, part: Part) -> bool:
        """Return True when every chunk is written, False when the holder cannot give one.

        Raises:
            AuthenticationError: a chunk does not open.
            OSError: it cannot be written.
        """
        opening, address = part.opening, part.wanted.sealed
        if opening.ended:
            return True
        link, stream = reception.session.link, Stream()
        reception.streams[address] = stream
        try:
            if not link.is_open:
                return False
            link.fetch.begin(address, opening.index, opening.count)
            reception.session.wake()
            while not opening.ended:
                chunks = await stream.take()
                try:
                    given = [chunk for chunk in chunks if chunk.sealed]
                    await self._world.file_work(partial(part.take, given))
                finally:
                    reception.written(len(chunks))
                if len(given) < len(chunks):
                    return False
                self.causes.pop((reception.peer, address), None)
            return True
        finally:
            del reception.streams[address]
            link.fetch.stop(address)
            reception.written(len(stream.drain()))
