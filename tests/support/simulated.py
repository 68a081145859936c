"""A world without a machine: virtual time, memory streams, randomness from a seed, storage inline."""

import hashlib
import itertools
from collections.abc import Callable, Sequence
from typing import TypeVar

import trio
from trio.testing import memory_stream_pair

T = TypeVar("T")
START_US = 1_800_000_000_000_000


class MemoryListener(trio.abc.Listener[trio.abc.Stream]):
    def __init__(self) -> None:
        self.incoming, self._queue = trio.open_memory_channel[trio.abc.Stream](1_000)

    async def accept(self) -> trio.abc.Stream:
        return await self._queue.receive()

    async def aclose(self) -> None:
        self.incoming.close()
        await trio.lowlevel.checkpoint()


class Network:
    """Addresses that can be dialled; `cut(port)` makes one unreachable and breaks nothing that is open."""

    def __init__(self) -> None:
        self.listeners: dict[tuple[str, int], MemoryListener] = {}
        self.unreachable: set[int] = set()
        self.streams: list[trio.abc.Stream] = []

    def reachable(self, port: int, yes: bool) -> None:
        (self.unreachable.discard if yes else self.unreachable.add)(port)

    async def break_all(self) -> None:
        for stream in self.streams:
            await trio.aclose_forcefully(stream)
        self.streams.clear()


class SimulatedWorld:
    """Satisfies `comity_node.world.World`. `ahead_us` sets this world's wall clock apart from the others."""

    def __init__(self, network: Network, seed: str, ahead_us: int = 0) -> None:
        self.network = network
        self.ahead_us = ahead_us
        self._seed = seed.encode()
        self._count = itertools.count()

    def now_us(self) -> int:
        return START_US + self.ahead_us + int(trio.current_time() * 1_000_000)

    def steady(self) -> float:
        return trio.current_time()

    def random(self, count: int) -> bytes:
        return hashlib.shake_256(self._seed + next(self._count).to_bytes(8, "big")).digest(count)

    async def work(self, job: Callable[[], T], rows: int) -> T:
        await trio.lowlevel.checkpoint()
        return job()

    async def file_work(self, job: Callable[[], T]) -> T:
        await trio.lowlevel.checkpoint()
        return job()

    async def listen(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        if (host, port) in self.network.listeners:
            raise OSError(98, "Address already in use")
        listener = MemoryListener()
        self.network.listeners[host, port] = listener
        return [listener]

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        await trio.lowlevel.checkpoint()
        listener = self.network.listeners.get((host, port))
        if listener is None or port in self.network.unreachable:
            raise OSError(111, "Connection refused")
        ours, theirs = memory_stream_pair()
        self.network.streams += [ours, theirs]
        try:
            listener.incoming.send_nowait(theirs)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise OSError(111, "Connection refused") from None
        return ours
