"""Measures exchanges between two real nodes on loopback beside the floor, in one run on one machine.

Run as `make bench`. Prints the figures and writes bench/results/exchange.json. `--rounds N`, `--exchanges N`.
"""

import argparse
import json
import os
import platform
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from floor import Floor, measure

HERE = Path(__file__).parent
IN_FLIGHT = 256
GOAL = 0.6
IDLE_MEMORY_GOAL_MIB = 80


class Child:
    """One node process; it answers each line on its standard input with one line of JSON."""

    def __init__(self, role: str, place: Path) -> None:
        command = [sys.executable, str(HERE / "peer.py"), role, str(place)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self.answer()

    def ask(self, **request: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def has_answered(self, seconds: float) -> bool:
        """Return whether an answer is there, after so many seconds at most."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a node process ended before it answered")
        return json.loads(line)

    def call(self, **request: Any) -> Any:
        self.ask(**request)
        return self.answer()

    def stop(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(timeout=20)


def cpu_seconds(child: Child) -> float:
    """Return user and system time of the process so far, all threads."""
    fields = Path(f"/proc/{child.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(child: Child) -> float:
    for line in Path(f"/proc/{child.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS")


def nodes_round(asking: Child, answering: Child, exchanges: int) -> dict[str, float]:
    """Return exchanges per CPU second of both processes together, and per second of wall time."""
    before = cpu_seconds(asking) + cpu_seconds(answering)
    began = time.perf_counter()
    asking.call(do="exchange", count=exchanges, in_flight=IN_FLIGHT)
    wall = time.perf_counter() - began
    cpu = cpu_seconds(asking) + cpu_seconds(answering) - before
    return {"per_cpu_second": exchanges / cpu, "per_second": exchanges / wall}


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def show(name: str, values: list[float], form: str = "{:,.0f}") -> None:
    low, middle, high = (form.format(value) for value in (min(values), statistics.median(values), max(values)))
    print(f"{name:<58}{middle:>10}   ({low} to {high})", flush=True)


def report(floors: list[Floor], rounds: list[dict[str, float]], latency: list[float], idle: float) -> dict[str, Any]:
    ratios = [node["per_cpu_second"] / floor.per_cpu_second for node, floor in zip(rounds, floors, strict=True)]
    count = floors[0].count
    print(f"\n{len(rounds)} interleaved rounds, median (min to max)")
    show("floor: cryptography of an exchange, us of CPU", [f.crypto_s / count * 1e6 for f in floors])
    show("floor: three commits in groups of 100, us of CPU", [f.commits_s / count * 1e6 for f in floors])
    show("(a) floor, exchanges per CPU second", [f.per_cpu_second for f in floors])
    show(f"(b) two nodes, {IN_FLIGHT} in flight, exchanges per CPU second", [r["per_cpu_second"] for r in rounds])
    show("    the same per second of wall time", [r["per_second"] for r in rounds])
    show(f"(c) ratio, goal {GOAL}", ratios, "{:.2f}")
    show("one exchange on an idle link, ms of wall time", [value * 1e3 for value in latency], "{:.2f}")
    show("    its floor, ms", [f.single_wall_s * 1e3 for f in floors], "{:.2f}")
    print(f"{'resident memory of an idle node, MiB':<58}{idle:>10.1f}   (goal under {IDLE_MEMORY_GOAL_MIB})")
    return {
        "ratio": spread(ratios),
        "floor_per_cpu_second": spread([f.per_cpu_second for f in floors]),
        "nodes_per_cpu_second": spread([r["per_cpu_second"] for r in rounds]),
        "nodes_per_second": spread([r["per_second"] for r in rounds]),
        "latency_ms": spread([value * 1e3 for value in latency]),
        "latency_floor_ms": spread([f.single_wall_s * 1e3 for f in floors]),
        "idle_resident_mib": idle,
        "exchanges": count,
        "in_flight": IN_FLIGHT,
        "rounds": len(rounds),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--exchanges", type=int, default=2_000, help="exchanges in a round (default 2,000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=HERE) as place:
        subprocess.run([sys.executable, str(HERE / "peer.py"), "make", place], check=True)
        answering, asking = Child("bb.fiu", Path(place)), Child("aa.police", Path(place))
        try:
            idle = resident_mib(answering)
            nodes_round(asking, answering, 256)  # warm up
            floors, rounds, latency = [], [], []
            for number in range(options.rounds):
                floors.append(measure(options.exchanges))
                rounds.append(nodes_round(asking, answering, options.exchanges))
                latency += asking.call(do="single", count=20)["seconds"]
                print(f"round {number + 1}: ratio {rounds[-1]['per_cpu_second'] / floors[-1].per_cpu_second:.2f}")
        finally:
            asking.stop()
            answering.stop()
    result = report(floors, rounds, latency, idle)
    target = HERE / "results" / "exchange.json"
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written to bench/results/{target.name}")


if __name__ == "__main__":
    main()
