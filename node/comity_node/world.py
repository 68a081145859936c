"""The one seam to what is outside: clocks, randomness, network, worker threads."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import trio

T = TypeVar("T")


class World(Protocol):
    """What a node may ask of its surroundings. The real one is `RealWorld`; tests bring their own."""

    def now_us(self) -> int:
        """Return wall time, microseconds since 1970-01-01 UTC."""

    def steady(self) -> float:
        """Return seconds on a clock that never jumps."""

    def random(self, count: int) -> bytes:
        """Return `count` bytes fit for keys."""

    async def work(self, job: Callable[[], T]) -> T:
        """Run a blocking storage job and return what it returns; one job at a time."""

    async def listen(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        """Return open listeners. The caller closes them. Raises OSError."""

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        """Return a connected stream. The caller closes it. Raises OSError."""


class RealWorld:
    """The machine that the process runs on."""

    def __init__(self) -> None:
        # A limiter of its own: the default one is shared with everything else in the process.
        self._limiter = trio.CapacityLimiter(1)

    def now_us(self) -> int:
        return time.time_ns() // 1_000

    def steady(self) -> float:
        return trio.current_time()

    def random(self, count: int) -> bytes:
        return os.urandom(count)

    async def work(self, job: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(job, limiter=self._limiter)

    async def listen(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        return await trio.open_tcp_listeners(port, host=host, backlog=128)

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        return await trio.open_tcp_stream(host, port)


def uniform(world: World, low: float, high: float) -> float:
    """Return a random number from low to high, for jitter."""
    share: float = int.from_bytes(world.random(4), "big") / 0xFFFFFFFF
    return low + (high - low) * share
