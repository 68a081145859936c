"""A stream of numbered items in the store that any number of readers follow, each from its own position."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

import trio

T = TypeVar("T")


class Feed(Generic[T]):
    """Reads by `load(after)`, which returns (position, item) in order, a page at a time; `wake` says there is more."""

    def __init__(self, load: Callable[[int], Sequence[tuple[int, T]]]) -> None:
        self._load = load
        self._news = trio.lowlevel.ParkingLot()

    def wake(self) -> None:
        """New items are durable."""
        self._news.unpark_all()

    async def follow(self, after: int) -> AsyncIterator[T]:
        """Yield every item with a position above `after`, for ever; cancel to stop."""
        while True:
            batch = self._load(after)
            if not batch:
                await self._news.park()
            for position, item in batch:
                after = position
                yield item
