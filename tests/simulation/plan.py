"""What a seed does: which faults it has and how strong, when the nodes run, how much is sent."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

DAY_S: Final = 86_400.0
STOPPED: Final = 0.12  # share of the nights that pass stopped; each breaks all links
RUNNING_S: Final = (3.0, 12.0)  # how long the nodes run at a time
LONG_RUNNING_S: Final = (30.0, 120.0)
Night = Literal["stopped", "suspended"]

# How often each strike comes beside the others, where a seed has it at all.
STRIKES: Final[Mapping[str, float]] = {
    "cut": 3.0,
    "partition": 2.0,
    "one_way": 2.0,
    "refuse": 1.0,
    "swizzle": 1.0,
    "pause": 2.0,
    "crash": 2.0,
    "power": 1.0,
    "stop": 1.0,
    "disk_full": 1.0,
    "disk_fails": 1.0,
    "clock": 1.0,
}
MEDDLING: Final = ("loss", "repeat", "delay", "slow_disk", "segments", "skew")


@dataclass(frozen=True, slots=True)
class Episode:
    """Some time in which the nodes run and things happen, and what comes after it.

    Attributes:
        running_s: how long it lasts (virtual seconds in which every timer runs).
        night_s: how much time then passes at once.
        night: "stopped" lets all clocks run while every process stands still, as after SIGSTOP: when it ends, all
            timers of that time run out together. "suspended" lets only wall time pass, as on a sleeping computer.
    """

    running_s: float
    night_s: float
    night: Night


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole of it. `strikes` gives the weight of each strike that this seed has."""

    seed: int
    parties: int
    episodes: tuple[Episode, ...]
    strikes: Mapping[str, float]
    strike_every_s: float
    send_every_s: float
    loss: float
    repeat: float
    delay_s: float
    slow_disk_s: float
    segments: float
    skew_s: float

    @property
    def days(self) -> float:
        return sum(each.running_s + each.night_s for each in self.episodes) / DAY_S


def plan_of(seed: int, parties: int = 8, days: float = 30.0, only: frozenset[str] | None = None) -> Plan:
    """Return what the seed does.

    `only` names the faults that it has, and the nodes then run for longer each day; without it the seed draws half of
    them, and every tenth seed has all.
    """
    rng = random.Random(f"plan {seed}")
    had = {name for name in (*STRIKES, *MEDDLING) if rng.random() < 0.5 or seed % 10 == 0}
    if only is not None:
        had = set(only)

    def strength(name: str, low: float, high: float) -> float:
        drawn = rng.uniform(low, high)
        return drawn if name in had else 0.0

    return Plan(
        seed=seed,
        parties=parties,
        episodes=episodes_of(rng, days, RUNNING_S if only is None else LONG_RUNNING_S),
        strikes={name: weight * rng.uniform(0.2, 1.0) for name, weight in STRIKES.items() if name in had},
        strike_every_s=rng.uniform(5.0, 30.0),
        send_every_s=rng.uniform(3.0, 8.0),
        loss=strength("loss", 0.0, 0.3),
        repeat=strength("repeat", 0.0, 0.5),
        delay_s=strength("delay", 0.0, 2.0),
        slow_disk_s=strength("slow_disk", 0.0, 0.3),
        segments=strength("segments", 0.0, 0.2),
        skew_s=strength("skew", 0.0, 120.0),
    )


def episodes_of(rng: random.Random, days: float, running_s: tuple[float, float]) -> tuple[Episode, ...]:
    """Return about one episode a day; their times and those of the nights between them add up to the days."""
    count = max(2, round(days))
    running = [rng.uniform(*running_s) for _ in range(count)]
    shares = [rng.expovariate(1.0) for _ in range(count)]
    rest = days * DAY_S - sum(running)
    nights: list[Night] = ["stopped" if rng.random() < STOPPED else "suspended" for _ in range(count)]
    return tuple(
        Episode(seconds, rest * share / sum(shares), night)
        for seconds, share, night in zip(running, shares, nights, strict=True)
    )
