"""Wall time of the simulation: it can leap while the steady clock stands, and each party's clock can be wrong."""

from collections import defaultdict
from dataclasses import dataclass, field

import trio

from tests.simulation.schedule import VirtualClock
from tests.support.simulated import START_US

SECOND_US = 1_000_000
DAY_S = 86_400.0


@dataclass
class Calendar:
    """True time, and how far each party's clock is ahead of it (microseconds)."""

    leapt_us: int = 0
    stopped_s: float = 0.0  # for how long all processes stood still at once
    _ahead_us: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _latest_us: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # shown since the last setting
    _settings: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def true_us(self) -> int:
        return START_US + self.leapt_us + int(trio.current_time() * SECOND_US)

    def read(self, party: str) -> int:
        """Return what the clock of the party shows."""
        shown = self.true_us() + self._ahead_us[party]
        if shown > self._latest_us[party]:
            self._latest_us[party] = shown
        return shown

    def set_clock(self, party: str, ahead_us: int) -> None:
        """Let the clock of the party be ahead of true time by so much, or behind it."""
        self._settings[party].append((self.true_us(), self._latest_us[party]))
        self._latest_us[party] = 0
        self._ahead_us[party] = ahead_us

    def latest_us(self, party: str, since_us: int) -> int:
        """Return the latest time that the party's node has read off its clock since that true time."""
        before = [latest for until, latest in self._settings[party] if until >= since_us]
        return max(self._latest_us[party], *before, 0)

    def stop_all(self, clock: VirtualClock, seconds: float) -> None:
        """Let all time pass while every process stands still; then all timers of that time run out together."""
        self.stopped_s += seconds
        clock.jump(seconds)

    def leap(self, seconds: float) -> None:
        """Let wall time pass while everybody is suspended."""
        self.leapt_us += int(seconds * SECOND_US)

    def awake_s(self) -> float:
        """Return for how many virtual seconds the alliance has run so far."""
        return trio.current_time() - self.stopped_s

    def elapsed_s(self) -> float:
        return (self.true_us() - START_US) / SECOND_US
