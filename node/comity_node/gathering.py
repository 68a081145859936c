"""A queue that hands out what waits in batches, so that one commit and one signature serve many."""

from collections import deque
from typing import Generic, TypeVar

import trio

T = TypeVar("T")
MAX_BATCH = 64  # items; opening and signing them holds up everything else for some milliseconds
LINGER_S = 0.01  # under load only: a lone item never waits


class Gathering(Generic[T]):
    """Under load, which is when the last batch had more than one item, a batch is given a moment to grow."""

    def __init__(self) -> None:
        self._items: deque[T] = deque()
        self._arrived = trio.lowlevel.ParkingLot()
        self._busy = False

    def put(self, item: T) -> None:
        """Add an item; whoever puts bounds how many there can be."""
        self._items.append(item)
        if len(self._items) in (1, MAX_BATCH):
            self._arrived.unpark_all()

    async def take(self) -> list[T]:
        """Return 1 to 64 items in the order in which they came, once there are some."""
        while not self._items:
            await self._arrived.park()
        if self._busy and len(self._items) < MAX_BATCH:
            with trio.move_on_after(LINGER_S):
                await self._arrived.park()
        batch = [self._items.popleft() for _ in range(min(len(self._items), MAX_BATCH))]
        self._busy = len(batch) > 1
        return batch
