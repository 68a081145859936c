"""Real nodes in processes of their own on loopback, and how well two of them talk while a third party attacks."""

import atexit
import json
import os
import pickle
import select
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.homes import Home, make_homes, settle_all

ROOT = Path(__file__).resolve().parents[3]
HONEST, VICTIM, ROGUE, SPARE = "aa.police", "bb.fiu", "xa.rogue", "xb.spare"
PARTIES = (HONEST, VICTIM, ROGUE, SPARE)
ANSWER_S = 30.0
RATE = 100.0  # messages a second that the honest party offers: far more than an agency sends in a minute
QUIET_S = 0.7  # how long a round without attack is at most
MIN_SHARE = 0.9  # of what it gets when all is quiet
MAX_EXTRA_ROUNDS = 6  # when the machine is busy with something else: more rounds, never a looser limit


class Station:
    """A node process; it answers each request with one line of JSON."""

    def __init__(self, place: Path, party: str, bug: str | None = None) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.reliability.hostile.station",
            str(place),
            party,
            *([bug] if bug else []),
        ]
        self._log = (place / f"{party}.log").open("wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=ROOT
        )
        self.pid = self._process.pid

    def ask(self, do: str, **values: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps({"do": do, **values}) + "\n").encode())
        self._process.stdin.flush()

    def answer(self, seconds: float = ANSWER_S) -> dict[str, Any]:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            raise TimeoutError("a node did not answer in time")
        line = self._process.stdout.readline()
        if not line:
            raise ConnectionError(f"a node process has ended: {Path(self._log.name).read_text()[-500:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def call(self, do: str, **values: Any) -> dict[str, Any]:
        self.ask(do, **values)
        return self.answer()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()


@dataclass
class Arena:
    """The honest pair, linked; whoever attacks is this process itself."""

    homes: dict[str, Home]
    victim: Station
    honest: Station
    quiet: list[float] = field(default_factory=list)
    attacked: list[float] = field(default_factory=list)
    p99_s: list[float] = field(default_factory=list)
    peak: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.homes[VICTIM].port

    def sample(self) -> dict[str, Any]:
        """Return what the victim uses now, and remember the greatest of it."""
        found = self.victim.call("measure")
        for name in ("resident_kib", "files", "tasks", "waiting"):
            self.peak[name] = max(self.peak.get(name, 0), found[name])
        return found

    def round(self, seconds: float, attack: Callable[[float], None] | None) -> None:
        """Measure the honest pair for so long, while `attack(seconds)` runs in this process where there is one."""
        self.honest.ask("offer", to=VICTIM, rate=RATE, seconds=seconds)
        if attack is not None:
            attack(seconds)
        found = self.honest.answer()
        share = found["settled"] / found["offered"]
        (self.quiet if attack is None else self.attacked).append(share)
        if attack is not None and found["p99_s"] is not None:
            self.p99_s.append(found["p99_s"])

    def warm_up(self) -> None:
        """Let the pair work for a moment, so that what it grows by is not blamed on the attack."""
        self.honest.call("offer", to=VICTIM, rate=RATE, seconds=0.5)

    def compare(self, rounds: int, seconds: float, attack: Callable[[float], None]) -> str | None:
        """Interleave quiet and attacked rounds; return what is wrong when the honest pair lost too much."""
        for number in range(rounds + MAX_EXTRA_ROUNDS):
            self.round(min(seconds, QUIET_S), None)
            self.round(seconds, attack)
            if number + 1 >= rounds and self.share() >= MIN_SHARE:
                return None
        return f"the honest pair kept {self.share():.0%} of its throughput, {MIN_SHARE:.0%} are due"

    def share(self) -> float:
        """Return what the honest pair kept: the ratio of the medians."""
        return statistics.median(self.attacked) / max(statistics.median(self.quiet), 0.01)

    def figures(self) -> dict[str, str]:
        late = f"{max(self.p99_s) * 1e3:.0f} ms" if self.p99_s else "none"
        return {
            "throughput that the honest pair kept": f"{self.share():.0%} at {RATE:.0f} messages a second",
            "its slowest p99 under attack": late,
            "memory of the victim at most": f"{self.peak.get('resident_kib', 0) / 1_024:.0f} MiB",
        }


@cache
def template() -> Path:
    """Return a directory with settled homes; made once in a process, removed when it ends."""
    place = Path(tempfile.mkdtemp(prefix="comity-hostile-", dir=memory_place()))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    homes = make_homes(place, dict(zip(PARTIES, free_ports(len(PARTIES)), strict=True)), time.time_ns() // 1_000)
    settle_all(homes)
    (place / "homes.pickle").write_bytes(pickle.dumps(homes))
    return place


def memory_place() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody uses just now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def arena(bug: str | None = None) -> Iterator[Arena]:
    """Run the honest pair for the length of the block; the bug is planted in the victim."""
    with tempfile.TemporaryDirectory(prefix="comity-hostile-", dir=memory_place()) as name:
        place = Path(name)
        shutil.copytree(template(), place, dirs_exist_ok=True)
        old: dict[str, Home] = pickle.loads((place / "homes.pickle").read_bytes())
        homes = {party: Home(party, place / party, home.port, home.documents) for party, home in old.items()}
        (place / "homes.pickle").write_bytes(pickle.dumps(homes))
        victim, honest = stations = Station(place, VICTIM, bug), Station(place, HONEST)
        try:
            for station in stations:
                station.answer()
            honest.call("linked", to=VICTIM)
            yield Arena(homes, victim, honest)
        finally:
            for station in stations:
                station.stop()
