"""What one life of a node sees of the simulation: satisfies `comity_node.world.World`."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

import trio

from tests.simulation.calendar import Calendar
from tests.simulation.disk import Disk
from tests.simulation.network import Network

T = TypeVar("T")


class SimulatedWorld:
    """The computer of a party from one start to the next. `seed` is of this life alone."""

    def __init__(self, party: str, seed: str, network: Network, calendar: Calendar, disk: Disk, slow_s: float) -> None:
        self._party = party
        self._network = network
        self._calendar = calendar
        self._rng = random.Random(seed)
        self._chance = random.Random(f"{seed} disk")
        self._slow_s = slow_s
        self.disk = disk

    def now_us(self) -> int:
        return self._calendar.read(self._party)

    def steady(self) -> float:
        return trio.current_time()

    def random(self, count: int) -> bytes:
        return self._rng.randbytes(count)

    async def work(self, job: Callable[[], T], rows: int) -> T:
        """Run the job at once or after a moment; a slow disk also takes its time to say that it is done."""
        await self._dawdle()
        result = job()
        await self._dawdle()
        return result

    async def file_work(self, job: Callable[[], T]) -> T:
        await self._dawdle()
        if self.disk.gone:
            raise OSError(5, "Input/output error")
        return job()

    async def listen(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        return [self._network.listen(port)]

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        return await self._network.connect(self._party, port)

    async def _dawdle(self) -> None:
        if self._slow_s and not self.disk.gone and self._chance.random() < 0.5:
            await trio.sleep(self._chance.uniform(0, self._slow_s))
        else:
            await trio.lowlevel.checkpoint()
