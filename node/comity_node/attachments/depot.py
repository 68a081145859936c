"""All that the node does with attachments, behind one door."""

import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from comity.attachment import Attachment
from comity.errors import QuotaError
from comity.limits import CHUNK_BYTES
from comity.link import ChunkReceived, ChunksRequested, DoneReceived, Event, Offered
from comity.message import Body
from comity_node.archive import Archive
from comity_node.attachments.fetching import Fetcher
from comity_node.attachments.packing import Packer
from comity_node.attachments.serving import Server
from comity_node.attachments.shelf import PART, Shelf, address_in, size_of
from comity_node.attachments.unsealer import Unsealer
from comity_node.bounds import FILE_COST_BYTES
from comity_node.config import Config
from comity_node.errors import NodeError, NotFoundError
from comity_node.incidents import Incidents
from comity_node.records import Ending, StoredMessage, Transfer, Whereabouts
from comity_node.store.store import Values
from comity_node.store.transfers import Transfers
from comity_node.transport import Session
from comity_node.vault import Vault
from comity_node.whereabouts import code_name
from comity_node.world import World

log = logging.getLogger(__name__)
REVIEW_S: Final = 60.0
ORPHAN_US: Final = 86_400_000_000  # a day: how long a sealed file may wait for the message that names it


class IncompleteError(NodeError):
    """The attachment has not come whole."""


class Depot:
    """Attachments of one node. The configuration bounds each of them, and all that is kept of one peer."""

    def __init__(
        self,
        config: Config,
        vault: Vault,
        transfers: Transfers,
        archive: Archive,
        incidents: Incidents,
        world: World,
    ) -> None:
        self.shelf = Shelf(config.home)
        self._largest_bytes = config.attachment_bytes
        self._quota_bytes = config.quota_bytes
        self._transfers = transfers
        self._archive = archive
        self._world = world
        self._packer = Packer(self.shelf, transfers, archive, vault, world)
        self._fetcher = Fetcher(self.shelf, transfers, archive, world)
        self._server = Server(self.shelf, transfers, incidents, world)
        self._held: Counter[bytes] = Counter()  # addresses of messages that wait for an officer
        self._nursery: trio.Nursery | None = None

    async def run(self) -> None:
        """Move what is to move, until cancelled; first remove what no message names."""
        async with trio.open_nursery() as self._nursery:
            try:
                await self._sweep()
            except (OSError, NodeError) as fault:
                log.error("old sealed files were not removed: %s", fault)
            while True:
                await trio.sleep(REVIEW_S)
                self._server.review()

    async def _sweep(self) -> None:
        before_us = self._world.now_us() - ORPHAN_US
        for name in await self._world.file_work(lambda: list(self.shelf.older_than(before_us))):
            address = address_in(name)
            needed = self._transfers.is_awaited if name.endswith(PART) else self._transfers.is_known
            if address is None or not (needed(address) or self._held[address]):
                log.info("removed the sealed file %s, which no message names", name)
                await self._world.file_work(partial(self.shelf.remove, self.shelf.path / name))

    # --- messages -------------------------------------------------------------------------------------------------

    async def pack(self, files: Sequence[Path | Attachment]) -> tuple[Attachment, ...]:
        """Return what a message says of the files. See Packer.pack() for what it raises."""
        return await self._packer.pack(files)

    async def discard(self, attachments: Sequence[Attachment]) -> None:
        """Remove the sealed files of a message that was not sent."""
        await self._packer.discard([each for each in attachments if not self._held[each.sealed]])

    async def require(self, attachments: Sequence[Attachment]) -> None:
        """Return when all their sealed files are in the home. Raises: AttachmentError."""
        for each in attachments:
            await self._packer.refuse_absent(each)

    def hold(self, attachments: Sequence[Attachment]) -> None:
        """Keep the sealed files of a message that is not sent yet, until release()."""
        self._held.update(each.sealed for each in attachments)

    def release(self, attachments: Sequence[Attachment]) -> None:
        """The message was sent, or never will be; of the latter discard() removes the files."""
        self._held.subtract(each.sealed for each in attachments)

    def rows_out(self, message_n: int, body: Body) -> list[Values]:
        """Return the rows of a message that is sent: one for each address and recipient."""
        prints = {each.sealed: self._packer.fingerprint(each) for each in body.attachments}
        return [
            row | {"fingerprint": prints[row["address"]]}
            for party in body.to
            for row in rows_of(message_n, party, body.attachments)
        ]

    def rows_in(self, message_n: int, body: Body) -> list[Values]:
        """Return the rows of a message that was accepted: one for each address."""
        prints = {each.sealed: self._packer.fingerprint(each) for each in body.attachments}
        return [
            row | {"fingerprint": prints[row["address"]]} for row in rows_of(message_n, body.sender, body.attachments)
        ]

    def fingerprint(self, attachment: Attachment) -> bytes:
        """Return what names the content in the database."""
        return self._packer.fingerprint(attachment)

    def refuse_excess(self, body: Body, promised: dict[str, int]) -> None:
        """Return when the attachments are within the limits (ATTACH-030). `promised`: bytes by sender, counted on.

        Raises:
            QuotaError: one is too large, or all that is kept of the sender would be too much.
        """
        if not body.attachments:
            return
        sizes = {each.sealed: each.size for each in body.attachments}
        if max(sizes.values()) > self._largest_bytes:
            raise QuotaError(f"an attachment of {max(sizes.values())} bytes; at most {self._largest_bytes} are taken")
        wanted = promised.get(body.sender, 0) + sum(size + FILE_COST_BYTES for size in sizes.values())
        if self._transfers.kept_for(body.sender) + wanted > self._quota_bytes:
            raise QuotaError(f"attachments beyond the {self._quota_bytes} bytes that are kept of {body.sender}")
        promised[body.sender] = wanted

    def kept(self, body: Body) -> None:
        """A message was kept that is to be sent."""
        for party in body.to if body.attachments else ():
            self._server.promised(party)

    def accepted(self, peer: str) -> None:
        """A receipt of the peer was kept."""
        self._server.accepted(peer)

    # --- links ----------------------------------------------------------------------------------------------------

    def opened(self, session: Session, peer: str) -> None:
        """A link is ready; HEADS has been sent."""
        if self._nursery is not None:
            self._fetcher.opened(session, peer, self._nursery)
            self._server.opened(session, peer, self._nursery)

    def closed(self, session: Session) -> None:
        """The link is gone."""
        self._fetcher.closed(session)
        self._server.closed(session)

    def refill(self, session: Session) -> None:
        """The wire has taken what waited."""
        self._server.look(session)

    def handle(self, session: Session, peer: str, event: Event) -> None:
        """Deal with an event of a link, where it is about attachments."""
        match event:
            case Offered(addresses=addresses):
                self._fetcher.offered(session, addresses)
            case ChunkReceived(chunk=chunk):
                self._fetcher.arrived(session, chunk)
            case ChunksRequested():
                self._server.look(session)
            case DoneReceived(done=done):
                if self._nursery is not None:
                    self._server.done(session, peer, done, self._nursery)

    # --- people ---------------------------------------------------------------------------------------------------

    async def whereabouts(self, message: StoredMessage) -> list[Whereabouts]:
        """Return where each attachment of the message stands, with each recipient where the message was sent."""
        rows = {(row.party, row.address): row for row in self._transfers.of_message(message.position)}
        parties = message.body.to if message.outgoing else (message.sender,)
        return [
            await self._whereabouts(message, each, row)
            for each in message.body.attachments
            for party in parties
            if (row := rows.get((party, each.sealed))) is not None
        ]

    async def _whereabouts(self, message: StoredMessage, each: Attachment, row: Any) -> Whereabouts:
        state, party = Transfer(row.state), row.party
        if state is Transfer.MOVING and row.delivery_state == Ending.REFUSED:
            state = Transfer.FAILED
        moved = each.size
        if state is not Transfer.COMPLETE:
            chunks = self._server.moved(party, each.sealed) if message.outgoing else await self._come(party, each)
            moved = min(each.size, chunks * CHUNK_BYTES)
        cause = self._cause(message, each, state, row)
        return Whereabouts(each.name, each.media, each.size, each.sealed, party, state, moved, row.code, cause)

    async def _come(self, party: str, each: Attachment) -> int:
        """Return how many chunks have come; those of an earlier run are counted by the length of their file."""
        proved = self._fetcher.moved(party, each.sealed)
        if proved is not None:
            return proved
        length = await self._world.file_work(partial(size_of, self.shelf.part(each.sealed, party)))
        return max(0, length) // CHUNK_BYTES

    def _cause(self, message: StoredMessage, each: Attachment, state: Transfer, row: Any) -> str:
        if state is Transfer.COMPLETE:
            return ""
        if state is Transfer.FAILED:
            what = {6: "it is not what was signed", 3: "the recipient does not know the message"}
            refused = "the recipient refused the message" if not row.code else f"it was refused: {code_name(row.code)}"
            return what.get(row.code, refused)
        key = row.party, each.sealed
        found = (self._server if message.outgoing else self._fetcher).causes.get(key)
        if found is not None:
            return found
        if row.delivery_state == Ending.WAITING:
            return f"{row.party} has not accepted the message yet"
        if row.delivery_state == Ending.EXPIRED:
            return "no receipt came before the message expired; whether it was accepted is asked on the next link"
        return "" if self._server.is_linked(row.party) else f"the link to {row.party} is down"

    def named(self, message: StoredMessage, name: str | None) -> Attachment:
        """Return the attachment of this name; without a name the only one.

        Raises:
            NotFoundError: there is none, or several and no name.
        """
        attachments = message.body.attachments
        names = ", ".join(repr(each.name) for each in attachments) or "none"
        found = [each for each in attachments if name is None or each.name == name]
        if len(found) != 1:
            cause = "the message has several attachments" if found else f"no attachment {name or ''}".rstrip()
            raise NotFoundError(f"{cause}; it has {names}", "give the name of one of them")
        return found[0]

    async def complete(self, message: StoredMessage, name: str | None) -> Attachment:
        """Return the attachment of this name, whose sealed file is here, whole and proved (ATTACH-031).

        Raises:
            NotFoundError: see named().
            IncompleteError: it is not; the text says how far it is.
        """
        each = self.named(message, name)
        if message.outgoing:
            return each
        rows = [row for row in self._transfers.of_message(message.position) if row.address == each.sealed]
        if not rows:
            raise IncompleteError(
                f"{each.name!r} was not fetched: the message was refused", "ask its sender to send it"
            )
        if rows[0].state != Transfer.COMPLETE:
            stands = await self._whereabouts(message, each, rows[0])
            why = f"; {stands.cause}" if stands.cause else ""
            share = f"{stands.moved} of {stands.size} bytes have come"
            raise IncompleteError(f"{each.name!r} is not complete: {share}{why}", next_step(stands))
        return each

    async def save(self, message: StoredMessage, name: str | None, target: Path, replace: bool) -> Attachment:
        """Write the content of an attachment to `target`, whole or not at all.

        Raises:
            NotFoundError, IncompleteError: see complete().
            FileError: the target exists, or cannot be written.
            StorageError: the sealed file is missing or was altered.
        """
        found = await self.complete(message, name)
        unsealer = await self._world.file_work(partial(Unsealer, self.shelf, found, target, replace))
        try:
            while await self._world.file_work(unsealer.step):
                pass
            await self._world.file_work(unsealer.finish)
        finally:
            with trio.CancelScope(shield=True):
                await self._world.file_work(unsealer.close)
        return found


def next_step(stands: Whereabouts) -> str:
    """Return what a person can do about an attachment that has not come."""
    if stands.state is Transfer.FAILED:
        return f"ask {stands.party} to send it again"
    return "wait: it goes on by itself; follow it with: comity attachment list ID --follow"


def rows_of(message_n: int, party: str, attachments: Sequence[Attachment]) -> list[Values]:
    files = {each.sealed: each for each in attachments}
    return [
        {
            "message_n": message_n,
            "party": party,
            "address": each.sealed,
            "size": each.size,
            "state": int(Transfer.MOVING),
            "code": 0,
        }
        for each in files.values()
    ]
