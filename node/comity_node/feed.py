"""A stream of numbered items in the store that any number of readers follow, each from its own position."""

from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

import trio

T = TypeVar("T")
Load = Callable[[int], Sequence[tuple[int, T]]]


class Feed(Generic[T]):
    """Reads by `load(after)`, which returns (position, item) in order, a page at a time; `wake` says there is more."""

    def __init__(self, load: Load[T]) -> None:
        self.load = load
        self.news = trio.lowlevel.ParkingLot()

    def wake(self) -> None:
        """New items are durable."""
        self.news.unpark_all()

    def follow(self, after: int) -> "Follower[T]":
        """Return an endless iterator over every item with a position above `after`."""
        return Follower(self, after)


class Follower(AsyncIterator[T]):
    """One reader of a feed. It holds nothing that must be closed: break off at any time, cancel at any time."""

    def __init__(self, feed: Feed[T], after: int) -> None:
        self._feed = feed
        self._after = after
        self._page: deque[tuple[int, T]] = deque()

    async def __anext__(self) -> T:
        await trio.lowlevel.checkpoint_if_cancelled()
        while not self._page:
            self._page.extend(self._feed.load(self._after))
            if not self._page:
                await self._feed.news.park()
        self._after, item = self._page.popleft()
        return item
