"""A queue that hands out what waits in batches, so that one commit and one signature serve many."""

from collections import deque
from typing import Generic, TypeVar

import trio

from comity_node.bounds import MAX_BATCH

T = TypeVar("T")
LINGER_S = 0.01  # under load only: a lone item never waits


class Gathering(Generic[T]):
    """Items of each owner keep their order; owners take turns, so that who puts many delays only what is his own.

    Under load, which is when the last batch had more than one item, a batch is given a moment to grow.
    """

    def __init__(self) -> None:
        self._queues: dict[str, deque[T]] = {}  # none of them is empty; the first one has the next turn
        self._count = 0
        self._arrived = trio.lowlevel.ParkingLot()
        self._busy = False

    def __len__(self) -> int:
        return self._count

    def put(self, item: T, owner: str = "") -> None:
        """Add an item; whoever puts bounds how many there can be of one owner."""
        self._queues.setdefault(owner, deque()).append(item)
        self._count += 1
        if self._count in (1, MAX_BATCH):
            self._arrived.unpark_all()

    async def take(self, most: int = MAX_BATCH) -> list[T]:
        """Return 1 to `most` items, one of each owner in turn, once there are some."""
        while not self._count:
            await self._arrived.park()
        if self._busy and self._count < most:
            with trio.move_on_after(LINGER_S):
                await self._arrived.park()
        batch = [self._next() for _ in range(min(self._count, most))]
        self._busy = len(batch) > 1
        return batch

    def drain(self) -> list[T]:
        """Return all that waits; nobody will take it."""
        return [self._next() for _ in range(self._count)]

    def _next(self) -> T:
        owner = next(iter(self._queues))
        queue = self._queues.pop(owner)
        item = queue.popleft()
        self._count -= 1
        if queue:
            self._queues[owner] = queue  # behind the others
        return item
