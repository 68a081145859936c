"""What this node holds of a case, in pages of bounded size, and its signature under the list of contents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from comity.attachment import Attachment, sealed_size
from comity.directory import Directory
from comity.evidence import LeftOut, Manifest, Part, left_out, sign
from comity.handling import Action, Deed
from comity.keys import SigningKey
from comity.message import SignedMessage
from comity_node.archive import Archive
from comity_node.attachments.depot import Depot
from comity_node.contents import Contents
from comity_node.records import Transfer
from comity_node.store.store import Store
from comity_node.trust import Trust
from comity_node.world import World

PAGE_MESSAGES: Final = 32


@dataclass(frozen=True, slots=True)
class HeldFile:
    """An attachment of a message, and whether its whole content is here."""

    attachment: Attachment
    is_held: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A message of the case, its receipts by party, its attachments.

    `signed` is None where its content was destroyed; `forbidden`: its marking forbids the export.
    """

    id: bytes
    hash: bytes
    signed: SignedMessage | None
    receipts: dict[str, bytes]
    files: tuple[HeldFile, ...]
    forbidden: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages of a case in the order in which they were kept; `next` is where to go on, None at the end."""

    held: tuple[Held, ...]
    next: int | None


class Dossier:
    """Answers for cases of one node."""

    def __init__(
        self,
        party: str,
        key: SigningKey,
        trust: Trust,
        archive: Archive,
        store: Store,
        contents: Contents,
        depot: Depot,
        world: World,
    ) -> None:
        self._party = party
        self._key = key
        self._trust = trust
        self._archive = archive
        self._store = store
        self._contents = contents
        self._depot = depot
        self._world = world

    def find(self, prefix: str) -> bytes:
        """Return the case whose id, or the id of one of whose messages, begins with `prefix`, 4 digits or more.

        Raises:
            NotFoundError, AmbiguousError
        """
        return self._archive.case(prefix)

    def documents(self, case: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of all treaty versions, all bundles of the parties of the case, and the vocabulary.

        Raises:
            NotReadyError: no treaty was imported yet.
        """
        directory = self._trust.require()
        for number in range(1, directory.head[0] + 1):
            signed = directory.version(number)
            if signed is not None:
                yield f"treaty/{number:06}.treaty", signed.data
        parties = self.parties(case)
        for party in sorted(parties):
            yield from _bundles(directory, party)
        for number, proof in enumerate(directory.proofs, 1):
            if proof.party is None or proof.party in parties:
                yield f"conflicts/{number:06}.{proof.kind}", proof.second
        words = self._trust.vocabulary_file()
        if words is not None:
            number, data = words
            yield f"vocabulary/{number:06}.json", data

    def parties(self, case: bytes) -> set[str]:
        """Return who sent or received a message of the case, and this party itself."""
        found, start = {self._party}, 0
        while rows := self._store.in_case_after(case, start, PAGE_MESSAGES):
            for row in rows:
                body = self._archive.message(row).body
                found |= {body.sender, *body.to}
            start = rows[-1].n
        return found

    async def page(self, case: bytes, start: int, purpose: str) -> Page:
        """Return the messages after the position `start`, which are to be disclosed for a purpose.

        Raises:
            StorageError: a stored message was altered.
        """
        rows = self._store.in_case_after(case, start, PAGE_MESSAGES)
        held = [await self._held(row, purpose) for row in rows]
        return Page(tuple(held), rows[-1].n if len(rows) == PAGE_MESSAGES else None)

    async def _held(self, row: Any, purpose: str) -> Held:
        signed = self._archive.signed(row)
        if signed is None:
            return Held(row.id, row.hash, None, {}, (), False)
        receipts = {self._party: bytes(row.receipt)} if row.receipt is not None else {}
        for delivery in self._store.deliveries_of(row.n) if row.outgoing else ():
            if delivery.receipt is not None:
                receipts[delivery.recipient] = bytes(delivery.receipt)
        files = [HeldFile(each, await self._holds(row, each)) for each in signed.body.attachments]
        return Held(row.id, signed.hash, signed, receipts, tuple(files), self._is_forbidden(row, purpose))

    def _is_forbidden(self, row: Any, purpose: str) -> bool:
        """Return whether the marking of a message forbids to disclose it in court, without its originator's consent."""
        content = self._contents.of(self._archive.message(row))
        return bool(content.against(Deed(Action.DISCLOSE, self._world.now_us(), purpose), self._party))

    async def _holds(self, row: Any, each: Attachment) -> bool:
        """Return whether the whole of a file is here: proved when it came, or sealed here when it was sent."""
        if not row.outgoing:
            rows = self._store.transfers.of_message(row.n)
            if not any(kept.address == each.sealed and kept.state == Transfer.COMPLETE for kept in rows):
                return False
        look = partial(self._depot.shelf.holds, each.sealed, sealed_size(each.size))
        return await self._world.file_work(look)

    def sign(
        self, case: bytes, by: str | None, reason: str | None, parts: Sequence[Part], away: Sequence[LeftOut]
    ) -> bytes:
        """Return the signed list of contents (EVID-005, EVID-006).

        Raises:
            LocalError: a field is not valid, or the list too long.
            NotReadyError: no treaty was imported yet.
        """
        vocabularies = [int(part.name[11:17]) for part in parts if part.name.startswith("vocabulary/")]
        manifest = Manifest(
            by=by,
            case=case,
            created=self._world.now_us(),
            sender=self._party,
            from_key=self._key.public.id,
            left_out=left_out(away),
            parts=tuple(parts),
            reason=reason,
            suite=int(self._key.public.algorithm),
            treaty=self._trust.require().treaty_id,
            type="evidence",
            v=1,
            vocabulary=vocabularies[0] if vocabularies else None,
        )
        return sign(manifest, self._key)


def _bundles(directory: Directory, party: str) -> Iterator[tuple[str, bytes]]:
    """Yield the bundles of a party that are held, the oldest first: they end with the newest, without a gap."""
    newest = directory.bundle(party)
    serial = newest.bundle.serial if newest is not None else 0
    held = []
    while (signed := directory.bundle_by_serial(party, serial)) is not None:
        held.append((f"bundles/{party}/{serial:06}.bundle", signed.data))
        serial -= 1
    yield from reversed(held)
