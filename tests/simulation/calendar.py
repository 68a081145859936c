"""Wall time of the simulation: it can leap while the steady clock stands, and each party's clock can be wrong."""

from collections import defaultdict
from dataclasses import dataclass, field

import trio

from tests.support.simulated import START_US

SECOND_US = 1_000_000
DAY_S = 86_400.0


@dataclass
class Calendar:
    """True time, and how far each party's clock is ahead of it (microseconds).

    Attributes:
        latest_us: the latest time that each party's node has ever read off its clock.
    """

    leapt_us: int = 0
    ahead_us: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    latest_us: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def true_us(self) -> int:
        return START_US + self.leapt_us + int(trio.current_time() * SECOND_US)

    def read(self, party: str) -> int:
        """Return what the clock of the party shows."""
        shown = self.true_us() + self.ahead_us[party]
        if shown > self.latest_us[party]:
            self.latest_us[party] = shown
        return shown

    def leap(self, seconds: float) -> None:
        """Let wall time pass while everybody is suspended."""
        self.leapt_us += int(seconds * SECOND_US)

    def elapsed_s(self) -> float:
        return (self.true_us() - START_US) / SECOND_US
