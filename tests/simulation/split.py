"""One partition of a chosen kind and length, then its end: how soon all is well, and how hard the nodes dial."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import trio

from tests.simulation.alliance import Alliance, Result, simulate
from tests.simulation.network import Network
from tests.simulation.plan import Plan, plan_of
from tests.simulation.schedule import VirtualClock
from tests.simulation.storm import Storm, pairs

Kind = Literal["refused", "both ways", "one way"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
LENGTHS_S: Final = (600.0, 1.0, 10.0, 60.0, 86_400.0, 3_600.0, 604_800.0, 5_184_000.0)
RETRY_S: Final = 30.0  # the longest pause between two dials
SETTLED_S: Final = 3 * RETRY_S + 10.0  # and the time of handshakes and looks
MEAN_PAUSE_S: Final = 22.5  # between two dials of a party that is not reached
WINDOW_S: Final = 10.0  # over which dials are counted
WATCH_S: Final = 90.0  # after the end of the partition
AWAKE_S: Final = 150.0  # the nodes run so long at the beginning and at the end of a long partition


@dataclass(frozen=True, slots=True)
class Split:
    """Which partition: `seed` draws who stands on which side."""

    seed: int
    kind: Kind
    seconds: float


class SplitAlliance(Alliance):
    """All are linked, some are parted from the others, messages wait, then the network is whole again."""

    def __init__(self, split: Split, *parts: Any) -> None:
        super().__init__(*parts)
        self._split = split
        self._parted = 0  # directions between parties of the two sides
        self._chance = random.Random(f"split {split.seed}")

    async def rage(self, storm: Storm, network: Network, clock: VirtualClock) -> None:
        await trio.sleep(20.0)
        self._part(network)
        for _ in range(12):
            self.desk.send_something(self.machines)
        if self._split.seconds <= 2 * AWAKE_S:
            await trio.sleep(self._split.seconds)
        else:
            await trio.sleep(AWAKE_S)
            self._calendar.stop_all(clock, self._split.seconds - 2 * AWAKE_S)
            await trio.sleep(AWAKE_S)

    def _part(self, network: Network) -> None:
        parties = self._chance.sample(list(self.machines), len(self.machines))
        size = self._chance.randint(1, len(parties) // 2)
        there, back = pairs(parties[:size], parties[size:]), pairs(parties[size:], parties[:size])
        self._parted = len(there) + len(back)
        self.journal.note("strike", self._split.kind)
        if self._split.kind == "refused":
            network.change(there + back, refused=True)
            network.cut([each for each in network.connections if (each.caller, each.callee) in {*there, *back}])
        else:
            network.change(there if self._split.kind == "one way" else there + back, blocked=True)

    async def settle(self, network: Network) -> None:
        healed = trio.current_time()
        await super().settle(network)
        if self.settled_s > SETTLED_S:
            self.journal.violated("CONVERGE", f"all was well only {self.settled_s:.0f} s after the partition")
        await trio.sleep(max(0.0, healed + WATCH_S - trio.current_time()))
        most = busiest([at for at in self.observer.dials if at >= healed])
        even = self._parted * WINDOW_S / MEAN_PAUSE_S  # as many dials as when they are spread evenly
        if self._split.seconds > 60.0 and most > 2 * max(even, 3.0):
            self.journal.violated("CALM", f"{most} dials within {WINDOW_S:.0f} s after the partition, usual {even:.0f}")


def busiest(times: list[float]) -> int:
    """Return how many of the ascending times lie in the window that holds most of them."""
    first, most = 0, 0
    for place, at in enumerate(times):
        while at - times[first] > WINDOW_S:
            first += 1
        most = max(most, place + 1 - first)
    return most


def part(split: Split, parties: int = 8, show: Callable[[str], None] | None = None) -> Result:
    """Return what came of the partition."""
    plan: Plan = plan_of(split.seed, parties, 1.0, frozenset())
    return simulate(plan, show, lambda *parts: SplitAlliance(split, *parts))


def split_of(number: int) -> Split:
    """Return the partition with the number: every kind in every length, then again with other sides."""
    return Split(number, KINDS[number % len(KINDS)], LENGTHS_S[number // len(KINDS) % len(LENGTHS_S)])
