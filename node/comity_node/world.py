"""The one seam to what is outside: clocks, randomness, network, worker threads."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import trio

T = TypeVar("T")
MAX_INLINE_ROWS = 4  # a thread hop costs as much as the fsync of a small commit


class World(Protocol):
    """What a node may ask of its surroundings. The real one is `RealWorld`; tests bring their own."""

    def now_us(self) -> int:
        """Return wall time, microseconds since 1970-01-01 UTC."""

    def steady(self) -> float:
        """Return seconds on a clock that never jumps."""

    def random(self, count: int) -> bytes:
        """Return `count` bytes fit for keys."""

    async def work(self, job: Callable[[], T], rows: int) -> T:
        """Run a blocking job on the database, which writes so many rows, and return what it returns; one at a time."""

    async def file_work(self, job: Callable[[], T]) -> T:
        """Run a blocking job on other files, beside those on the database, and return what it returns."""

    async def listen(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        """Return open listeners. The caller closes them. Raises OSError."""

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        """Return a connected stream. The caller closes it. Raises OSError."""


class RealWorld:
    """The machine that the process runs on."""

    def __init__(self) -> None:
        # Limiters of its own: the default one is shared with everything else in the process.
        self._database = trio.CapacityLimiter(1)
        self._files = trio.CapacityLimiter(1)

    def now_us(self) -> int:
        return time.time_ns() // 1_000

    def steady(self) -> float:
        return trio.current_time()

    def random(self, count: int) -> bytes:
        return os.urandom(count)

    async def work(self, job: Callable[[], T], rows: int) -> T:
        if rows <= MAX_INLINE_ROWS:
            return job()
        return await trio.to_thread.run_sync(job, limiter=self._database)

    async def file_work(self, job: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(job, limiter=self._files)

    async def listen(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        return await trio.open_tcp_listeners(port, host=host, backlog=128)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        return await trio.open_tcp_stream(host, port)


def uniform(world: World, low: float, high: float) -> float:
    """Return a random number from low to high, for jitter."""
    share: float = int.from_bytes(world.random(4), "big") / 0xFFFFFFFF
    return low + (high - low) * share
