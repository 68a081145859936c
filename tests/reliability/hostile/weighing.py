"""What one reading costs: processor time and memory beside the size of what is read."""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field

from comity.errors import LimitError, MalformedError
from comity_node.faults import UsageError
from tests.reliability.hostile.doors import Door

MIB = 1_048_576
MAX_MEMORY_RATIO = 10
MEMORY_FREE_BYTES = MIB  # what a small input may cost whatever its size
MAX_MS_PER_MIB = 20.0
FREE_MS = 5.0  # likewise
REFERENCE_MS = 1.2  # what the loop of slowness() takes there
ATTEMPTS = 5  # a machine that is busy with something else makes one reading slow, not five
REFUSALS = (MalformedError, LimitError, UsageError)
WEIGHED_BYTES = 65_536  # from this size on, memory is measured


@dataclass
class Ledger:
    """What the trials of one share found."""

    trials: int = 0
    taken: int = 0
    violations: list[str] = field(default_factory=list)
    worst_ms_per_mib: float = 0.0
    worst_memory_ratio: float = 0.0

    def note(self, what: str, wrong: str) -> None:
        if len(self.violations) < 20:
            self.violations.append(f"{what}: {wrong}")

    def add(self, other: "Ledger") -> None:
        self.trials += other.trials
        self.taken += other.taken
        self.violations += other.violations
        self.worst_ms_per_mib = max(self.worst_ms_per_mib, other.worst_ms_per_mib)
        self.worst_memory_ratio = max(self.worst_memory_ratio, other.worst_memory_ratio)

    def figures(self) -> dict[str, str]:
        slowest = f"{FREE_MS:.0f} ms of CPU and {self.worst_ms_per_mib:.1f} per MiB (at most {MAX_MS_PER_MIB:.0f})"
        return {
            "inputs that were good": f"{self.taken:,}",
            "slowest input": slowest,
            "greatest peak of memory": f"{self.worst_memory_ratio:.1f} times the input (at most {MAX_MEMORY_RATIO})",
        }


def weigh(ledger: Ledger, door: Door, what: str, data: bytes, expected: type[Exception] | None = None) -> None:
    """Read the data at the door and note what is wrong: another error, too slow, too much memory."""
    ledger.trials += 1
    label = f"{door.name} < {what} ({len(data)} bytes)"
    fault, ms = timed(door.read, data)
    if fault is None:
        ledger.taken += 1
    elif not isinstance(fault, REFUSALS):
        ledger.note(label, f"{type(fault).__name__}: {str(fault)[:80]}")
    allowed = FREE_MS + MAX_MS_PER_MIB * len(data) / MIB
    attempts = ATTEMPTS
    while ms > allowed and attempts:
        ms, attempts = min(ms, timed(door.read, data)[1] / slowness()), attempts - 1
    if ms > allowed:
        ledger.note(label, f"took {ms:.1f} ms of CPU, {allowed:.1f} are allowed")
    if len(data) >= WEIGHED_BYTES:
        ledger.worst_ms_per_mib = max(ledger.worst_ms_per_mib, (ms - FREE_MS) * MIB / len(data))
        check_memory(ledger, door.read, label, data)


def check_memory(
    ledger: Ledger, read: Callable[[bytes], object], label: str, data: bytes, free: int = MEMORY_FREE_BYTES
) -> None:
    peak = peak_bytes(read, data)
    if len(data) >= WEIGHED_BYTES:
        ledger.worst_memory_ratio = max(ledger.worst_memory_ratio, peak / len(data))
    if peak > MAX_MEMORY_RATIO * len(data) + free:
        ledger.note(label, f"took {peak:,} bytes of memory")


def slowness() -> float:
    """Return how much slower than a quiet core of the reference machine this one is just now, 1.0 at least."""
    _, ms = timed(lambda data: sum(byte & 7 for byte in data), bytes(40_000))
    return max(1.0, ms / REFERENCE_MS)


def timed(read: Callable[[bytes], object], data: bytes) -> tuple[Exception | None, float]:
    """Return the fault, if any, and the milliseconds of CPU."""
    began = time.thread_time()
    try:
        read(data)
    except Exception as fault:  # any: which ones are right is the caller's question
        return fault, (time.thread_time() - began) * 1e3
    return None, (time.thread_time() - began) * 1e3


def peak_bytes(read: Callable[[bytes], object], data: bytes) -> int:
    """Return how many bytes were allocated at the worst moment, those of the result included."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        timed(read, data)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
