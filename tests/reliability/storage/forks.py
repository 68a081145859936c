"""A child process for each trial: what it tells comes back even if it is killed."""

import gc
import json
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from comity_node.faults import first_of
from tests.reliability.storage.ledger import Ledger

Child = Callable[[Callable[[bytes], None]], None]
LIMIT_S = 60  # of processor time and of real time; a trial takes a twentieth of a second


@dataclass(frozen=True, slots=True)
class Fate:
    """How a child ended: what it told, and the signal that killed it or its exit code."""

    ledger: Ledger
    status: int

    @property
    def killed(self) -> bool:
        return os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == signal.SIGKILL

    @property
    def finished(self) -> bool:
        return self.status == 0


def forked(child: Child) -> Fate:
    """Run the child and wait for its end. What it raises stands in the faults of its ledger."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        run_child(child, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(pid, 0)
    return Fate(Ledger().take(lines), status)


def run_child(child: Child, writing: int) -> None:
    gc.disable()
    signal.alarm(LIMIT_S)
    status = 0
    try:
        child(lambda line: write_all(writing, line))
    except BaseException as fault:
        write_all(writing, json.dumps({"fault": words(fault)}).encode() + b"\n")
        status = 1
    os._exit(status)


def write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def words(fault: BaseException) -> str:
    """Return what a fault says and where it was raised."""
    leaf = first_of(fault)
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(leaf.__traceback__)[-3:]]
    return f"{type(leaf).__name__}: {leaf} at {' '.join(places)}"
