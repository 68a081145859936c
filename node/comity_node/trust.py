"""The directory of this node, kept in the store, and who must hear when it changes."""

import logging
from collections.abc import Callable

from comity.directory import Directory, Outcome
from comity.errors import EquivocationError
from comity_node.errors import NodeError, NotReadyError
from comity_node.store.store import Store
from comity_node.world import World

log = logging.getLogger(__name__)


class Trust:
    """Holds the directory; every accepted document is on disk before it counts (TREATY-011, BUNDLE-011).

    Attributes:
        directory: None until the first treaty is imported.
        alarms: what the operator must look at, newest last.
    """

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._listeners: list[Callable[[], None]] = []
        self.alarms: list[str] = []
        documents = store.documents()
        self.directory: Directory | None = Directory.replay(documents) if documents else None

    def require(self) -> Directory:
        """Return the directory.

        Raises:
            NotReadyError: no treaty was imported yet.
        """
        if self.directory is None:
            raise NotReadyError("this node has no treaty", "import one with `comity treaty import FILE`")
        return self.directory

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of the directory."""
        self._listeners.append(listener)

    async def add(self, kind: str, data: bytes) -> Outcome:
        """Take in a signed treaty version or bundle; the same checks for a peer's and an operator's.

        Raises:
            RemoteError: the document does not verify; nothing changed, save that an equivocation is kept as proof.
        """
        before = self.directory
        candidate = Directory.replay(self._store.documents()) if before else None
        now_us = self._world.now_us()
        try:
            candidate, outcome = admit(candidate, kind, data, now_us)
        except EquivocationError as fault:
            await self._store.keep_document(kind, data, now_us)
            self.alarms.append(str(fault))
            log.error("equivocation: %s", fault)
            self._replace(Directory.replay(self._store.documents()))
            raise
        if outcome is Outcome.NEW:
            await self._store.keep_document(kind, data, now_us)
            self._replace(candidate)
        return outcome

    def _replace(self, directory: Directory) -> None:
        self.directory = directory
        for listener in self._listeners:
            listener()


def admit(directory: Directory | None, kind: str, data: bytes, now_us: int) -> tuple[Directory, Outcome]:
    """Return the directory with the document added."""
    if directory is None:
        if kind != "treaty":
            raise NodeError("a bundle needs a treaty first", "import one with `comity treaty import FILE`")
        directory = Directory()
    add = directory.add_treaty if kind == "treaty" else directory.add_bundle
    return directory, add(data, now_us)
