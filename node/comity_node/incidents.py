"""What a peer did that gets no receipt, kept for the operator (ACC-007, FRAME-024, LOG-008)."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from comity.errors import RemoteError
from comity_node.bounds import MAX_DETAIL_CHARS
from comity_node.errors import StorageError
from comity_node.store.store import Store
from comity_node.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incident:
    """A fault of a peer, and the message that it is about, if any."""

    peer: str
    fault: RemoteError
    message_id: bytes | None = None


class Incidents:
    """The newest 2,000 of each party and code are kept. A full disk does not stop the one who records."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world

    async def record(self, peer: str, fault: RemoteError, message_id: bytes | None = None) -> None:
        """Keep the fault with its code, peer and time."""
        await self.record_all([Incident(peer, fault, message_id)])

    async def record_all(self, incidents: Iterable[Incident]) -> None:
        """Keep what came together in one commit, so that a peer that errs often does not cost the others more."""
        rows = []
        alike: Counter[tuple[str, int]] = Counter()
        for incident in incidents:
            alike[incident.peer, incident.fault.code] += 1
            if alike[incident.peer, incident.fault.code] == 1:
                log.warning("from %s: %s", incident.peer, incident.fault)
            row = {
                "at_us": self._world.now_us(),
                "peer": incident.peer,
                "code": incident.fault.code,
                "message_id": incident.message_id,
                "detail": str(incident.fault)[:MAX_DETAIL_CHARS],
            }
            rows.append(row)
        for (peer, code), count in alike.items():
            if count > 1:
                log.warning("from %s: %d more with code %d", peer, count - 1, code)
        if not rows:
            return
        try:
            await self._store.keep_incidents(rows)
        except StorageError as storage_fault:
            log.error("faults could not be recorded: %s", storage_fault)
