"""A stream of numbered items that any number of readers follow, each from its own position."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

import trio

T = TypeVar("T")
RECENT = 1024  # items kept in memory; a reader that is further behind reads from the store


class Feed(Generic[T]):
    """Newest items from memory, older ones by `load(after)`, which returns (position, item) in order."""

    def __init__(self, load: Callable[[int], Sequence[tuple[int, T]]]) -> None:
        self._load = load
        self._recent: deque[tuple[int, T]] = deque(maxlen=RECENT)
        self._news = trio.lowlevel.ParkingLot()

    def publish(self, items: Sequence[tuple[int, T]]) -> None:
        """Add items that are durable, in ascending order of position."""
        self._recent.extend(items)
        self._news.unpark_all()

    async def follow(self, after: int) -> AsyncIterator[T]:
        """Yield every item with a position above `after`, for ever; cancel to stop."""
        while True:
            batch = self._after(after)
            if not batch:
                await self._news.park()
                continue
            for position, item in batch:
                after = position
                yield item

    def _after(self, after: int) -> Sequence[tuple[int, T]]:
        if not self._recent or self._recent[0][0] > after + 1:
            return self._load(after)
        newest = self._recent[-1][0]
        if newest <= after:
            return []
        return [pair for pair in self._recent if pair[0] > after]
