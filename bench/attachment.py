"""Moves a large file between two real nodes on loopback, and measures small exchanges beside it and while it moves.

Run as `python bench/attachment.py`. Prints the figures and writes bench/results/attachment.json. `--mib N` for another
size than 4 GiB. It needs twice the size on the disk, and removes it at the end.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from exchange import HERE, Child, resident_mib

MIB = 1 << 20
IDLE_EXCHANGES = 400
AT_ONCE = 10  # exchanges between two looks at the progress
P99_GOAL = 5.0
MEMORY_GOAL_MIB = 64


class Memory:
    """The resident memory of both nodes: before, and the most that was seen since."""

    def __init__(self, children: dict[str, Child]) -> None:
        self._children = children
        self.before = {name: resident_mib(child) for name, child in children.items()}
        self.most = dict(self.before)

    def look(self) -> None:
        for name, child in self._children.items():
            self.most[name] = max(self.most[name], resident_mib(child))

    @property
    def growth(self) -> dict[str, float]:
        return {name: self.most[name] - self.before[name] for name in self.before}


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def summary(seconds: list[float]) -> dict[str, float]:
    return {
        "median": statistics.median(seconds) * 1e3,
        "p99": percentile(seconds, 0.99) * 1e3,
        "max": max(seconds) * 1e3,
        "exchanges": len(seconds),
    }


def large_file(place: Path, size: int) -> Path:
    """Return a file of this size; it has holes, so that it takes no place itself. Sealed it has none."""
    path = place / "large.bin"
    with path.open("wb") as file:
        file.truncate(size)
        for at in range(0, size, 64 * MIB):
            file.seek(at)
            file.write(os.urandom(4_096))
    return path


def seal(asking: Child, path: Path, memory: Memory) -> dict[str, Any]:
    """Have the file sealed and sent; look at the memory meanwhile."""
    asking.ask(do="attach", path=str(path))
    while not asking.has_answered(0.2):
        memory.look()
    answer: dict[str, Any] = asking.answer()
    return answer


def move(asking: Child, answering: Child, message_id: str, memory: Memory) -> tuple[list[float], float]:
    """Exchange small messages until the file has come; return their seconds, and how long the file took."""
    began, latency = time.perf_counter(), []
    while answering.call(do="progress", id=message_id)["state"] != "complete":
        latency += asking.call(do="single", count=AT_ONCE)["seconds"]
        memory.look()
    return latency, time.perf_counter() - began


def report(size: int, idle: list[float], busy: list[float], sealing_s: float, moving_s: float, memory: Memory) -> Any:
    result = {
        "mib": size // MIB,
        "sealed_mib_per_second": size / MIB / sealing_s,
        "moved_mib_per_second": size / MIB / moving_s,
        "idle_ms": summary(idle),
        "moving_ms": summary(busy),
        "p99_ratio": percentile(busy, 0.99) / percentile(idle, 0.99),
        "memory_growth_mib": memory.growth,
        "memory_before_mib": memory.before,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    print(f"\na file of {size // MIB:,} MiB")
    print(
        f"sealed at {result['sealed_mib_per_second']:,.0f} MiB/s, moved at {result['moved_mib_per_second']:,.0f} MiB/s"
    )
    for name, values in (("idle", result["idle_ms"]), ("while it moves", result["moving_ms"])):
        shown = ", ".join(f"{key} {value:,.2f}" for key, value in values.items() if key != "exchanges")
        print(f"one small exchange, {name:<15} ms: {shown}  ({values['exchanges']} exchanges)")
    print(f"p99 while it moves / idle p99: {result['p99_ratio']:.1f}   (goal at most {P99_GOAL:.0f})")
    for name, grown in memory.growth.items():
        print(f"memory of {name}: {grown:+.1f} MiB   (goal under {MEMORY_GOAL_MIB})")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=4_096, help="size of the file (default 4,096)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=HERE) as place:
        subprocess.run([sys.executable, str(HERE / "peer.py"), "make", place], check=True)
        path = large_file(Path(place), options.mib * MIB)
        answering, asking = Child("bb.fiu", Path(place)), Child("aa.police", Path(place))
        try:
            asking.call(do="exchange", count=512, in_flight=64)  # warm up
            idle = asking.call(do="single", count=IDLE_EXCHANGES)["seconds"]
            memory = Memory({"aa.police": asking, "bb.fiu": answering})
            sealed = seal(asking, path, memory)
            busy, moving_s = move(asking, answering, sealed["id"], memory)
            idle += asking.call(do="single", count=IDLE_EXCHANGES)["seconds"]
        finally:
            asking.stop()
            answering.stop()
    result = report(options.mib * MIB, idle, busy, sealed["seconds"], moving_s, memory)
    target = HERE / "results" / "attachment.json"
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written to bench/results/{target.name}")


if __name__ == "__main__":
    main()
