"""What time brings by itself: messages expire, parties lose the right to speak."""

import logging
from collections.abc import Callable
from typing import Any

import trio

from comity_node.errors import StorageError
from comity_node.records import Ending
from comity_node.store.store import Store, Values
from comity_node.world import World

log = logging.getLogger(__name__)
CHECK_S = 10.0


class Timekeeper:
    """Looks every 10 seconds. `close_silenced` closes links (LINK-033); `publish` says that deliveries have ended."""

    def __init__(
        self,
        store: Store,
        world: World,
        close_silenced: Callable[[], None],
        settled: Callable[[list[bytes]], None],
        publish: Callable[[], None],
    ) -> None:
        self._store = store
        self._world = world
        self._close_silenced = close_silenced
        self._settled = settled
        self._publish = publish

    async def run(self) -> None:
        while True:
            self._close_silenced()
            try:
                await self._expire()
            except StorageError as fault:
                log.error("expired messages could not be marked: %s", fault)
            await trio.sleep(CHECK_S)

    async def _expire(self) -> None:
        """End the deliveries whose message has expired, and tell (DELIV-010)."""
        while expired := self._store.expired(self._world.now_us()):
            await self._store.settle([expiry(row, self._store.next_settled()) for row in expired])
            for row in expired:
                log.warning("message %s to %s expired without a receipt", row.id.hex(), row.recipient)
            self._settled([row.id for row in expired])
            self._publish()


def expiry(row: Any, settled: int) -> Values:
    """Return how a waiting delivery ends when its message has expired."""
    return {
        "row": row.n,
        "to_state": int(Ending.EXPIRED),
        "to_code": row.code,
        "to_receipt": None,
        "to_settled": settled,
        "to_attempts": row.attempts,
        "to_last_us": row.last_us,
    }
