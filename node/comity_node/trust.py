"""The directory of this node, kept in the store, and who must hear when it changes."""

import logging
from collections.abc import Callable

import trio

from comity.directory import Directory, Outcome, Proof
from comity.errors import EquivocationError
from comity.vocabulary import Vocabulary
from comity_node.errors import NotReadyError
from comity_node.store.store import Store
from comity_node.vocabularies import Vocabularies
from comity_node.world import World

log = logging.getLogger(__name__)


class Trust:
    """Holds the directory; every accepted document is on disk before it counts (TREATY-011, BUNDLE-011).

    Attributes:
        directory: None until the first treaty is imported.
    """

    def __init__(self, store: Store, vocabularies: Vocabularies, world: World) -> None:
        self._store = store
        self._vocabularies = vocabularies
        self._world = world
        self._listeners: list[Callable[[], None]] = []
        self._one_at_a_time = trio.Lock()
        documents = store.documents()
        self.directory: Directory | None = Directory.replay(documents) if documents else None

    @property
    def alarms(self) -> list[str]:
        """What the operator must look at, oldest first; an equivocation stays over a restart (DIR-005, DIR-006)."""
        return [alarm(proof) for proof in self.directory.proofs] if self.directory else []

    def require(self) -> Directory:
        """Return the directory.

        Raises:
            NotReadyError: no treaty was imported yet.
        """
        if self.directory is None:
            raise NotReadyError("this node has no treaty", "import one with `comity treaty import FILE`")
        return self.directory

    def vocabulary(self, now_us: int) -> Vocabulary | None:
        """Return the vocabulary that the treaty in force names, None where it is not held here (VOCAB-009).

        Raises:
            NotReadyError: no treaty was imported yet.
            ValidityError: none is in force.
        """
        return self._vocabularies.pinned(self.require().in_force(now_us).vocabulary)

    def vocabulary_file(self) -> tuple[int, bytes] | None:
        """Return number and file of the vocabulary that the newest treaty version names, None where it is not held.

        Raises:
            NotReadyError: no treaty was imported yet.
        """
        directory = self.require()
        signed = directory.version(directory.head[0])
        data = None if signed is None else self._vocabularies.file_of(signed.treaty.vocabulary)
        return None if signed is None or data is None else (signed.treaty.vocabulary.version, data)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of the directory."""
        self._listeners.append(listener)

    async def add(self, kind: str, data: bytes) -> Outcome:
        """Take in a signed treaty version or bundle; the same checks for a peer's and an operator's (TREATY-015).

        Raises:
            RemoteError: the document does not verify; nothing changed, save that an equivocation is kept as proof.
            NotReadyError: a bundle without a treaty.
        """
        async with self._one_at_a_time:
            candidate = self._candidate(kind)
            now_us = self._world.now_us()
            add = candidate.add_treaty if kind == "treaty" else candidate.add_bundle
            try:
                outcome = add(data, now_us)
            except EquivocationError as fault:
                log.error("equivocation: %s", fault)
                await self._keep(kind, data, now_us, candidate)
                raise
            if outcome is Outcome.NEW:
                await self._keep(kind, data, now_us, candidate)
            return outcome

    def _candidate(self, kind: str) -> Directory:
        if self.directory is not None or kind != "treaty":
            return self.require().copy()
        return Directory()

    async def _keep(self, kind: str, data: bytes, now_us: int, directory: Directory) -> None:
        await self._store.keep_document(kind, data, now_us)
        self.directory = directory
        for listener in self._listeners:
            listener()


def alarm(proof: Proof) -> str:
    """Return what an equivocation means, in plain words."""
    if proof.party is None:
        return "two different valid versions of the treaty exist; nobody may speak until the parties have agreed"
    return f"{proof.party} has signed two different bundles of one serial; its keys are not used any more"
