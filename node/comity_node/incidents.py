"""What a peer did that gets no receipt, kept for the operator (ACC-007, FRAME-024, LOG-008)."""

import logging

from comity.errors import RemoteError
from comity_node.errors import StorageError
from comity_node.store.store import Store
from comity_node.world import World

log = logging.getLogger(__name__)
MAX_DETAIL = 2_000  # characters; two checkpoints fit


class Incidents:
    """The newest 10,000 are kept. A full disk does not stop the one who records."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    async def record(self, peer: str, fault: RemoteError, message_id: bytes | None = None) -> None:
        """Keep the fault with its code, peer and time."""
        log.warning("from %s: %s", peer, fault)
        values = {
            "at_us": self._world.now_us(),
            "peer": peer,
            "code": fault.code,
            "message_id": message_id,
            "detail": str(fault)[:MAX_DETAIL],
        }
        try:
            await self._store.keep_incident(values)
        except StorageError as storage_fault:
            log.error("the fault could not be recorded: %s", storage_fault)
