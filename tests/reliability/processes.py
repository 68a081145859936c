"""Real daemons that are killed and stopped in the middle of their work (row 39)."""

import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comity_node import caller
from comity_node.errors import NodeError
from tests.reliability.row import Outcome, Row, Tier
from tests.support.homes import Home, make_homes, settle_all

PARTIES = ("aa.police", "bb.fiu")
SEED = 39
READY_S = 30.0
CONVERGE_S = 20.0
BUGS = {
    "acknowledged too early": "a message counts as kept a moment before it is on disk",
}


@dataclass
class Daemon:
    """One party's daemon; it is another process each time it is started."""

    home: Home
    bug: str
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        words = [str(self.home.path), self.home.party, str(self.home.port), self.bug]
        command = [sys.executable, "-m", "tests.reliability.daemon", *words]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        watch = threading.Timer(READY_S, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        if not line.startswith("ready"):
            raise RuntimeError(f"the daemon of {self.home.party} did not start")

    def signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def end(self, number: int) -> None:
        if self.process is None:
            return
        self.signal(signal.SIGCONT)
        self.signal(number)
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def ask(self, op: str, **params: Any) -> dict[str, Any] | None:
        """Return what the daemon answers, None when it is not there or goes away before it answers."""
        connection = caller.connect(self.home.config.control)
        if connection is None:
            return None
        with connection:
            try:
                return caller.call(connection, op, params)
            except NodeError:
                return None


@dataclass
class Scene:
    """Two daemons, and what they have acknowledged: message id -> (sender, recipient)."""

    daemons: Mapping[str, Daemon]
    acknowledged: dict[str, tuple[str, str]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def talk(self, sender: str, recipient: str) -> None:
        """Send one message after another until told to stop."""
        number = 0
        while not self.stopping.is_set():
            number += 1
            form = {"text": f"number {number} of {sender}"}
            sent = self.daemons[sender].ask("send", to=[recipient], kind="text", form=form, urgency=number % 4)
            if sent is None:
                time.sleep(0.01)
            else:
                self.acknowledged[sent["id"]] = (sender, recipient)

    def torment(self, chance: random.Random, times: int) -> None:
        """Kill or stop one of the daemons again and again, each time at another moment."""
        for _ in range(times):
            victim = self.daemons[chance.choice(PARTIES)]
            time.sleep(chance.uniform(0.02, 0.4))
            if chance.random() < 0.6:
                victim.end(signal.SIGKILL)
                victim.start()
            else:
                victim.signal(signal.SIGSTOP)
                time.sleep(chance.uniform(0.1, 1.0))
                victim.signal(signal.SIGCONT)

    def converge(self) -> list[str]:
        """Return who still has something waiting after a time of peace."""
        until = time.monotonic() + CONVERGE_S
        while time.monotonic() < until:
            states = {party: daemon.ask("status") for party, daemon in self.daemons.items()}
            if all(status is not None and status["waiting"] == 0 for status in states.values()):
                return []
            time.sleep(0.1)
        return [f"{party}: still {status and status['waiting']} waiting" for party, status in states.items()]


def violations_of(scene: Scene) -> list[str]:
    """Return what does not hold; reads nothing but the databases, which no daemon has open."""
    found = []
    rows = {party: rows_of(daemon.home.config.database) for party, daemon in scene.daemons.items()}
    for party, daemon in scene.daemons.items():
        integrity = query(daemon.home.config.database, "PRAGMA integrity_check")
        if integrity != [("ok",)]:
            found.append(f"{party}: the database is damaged: {integrity[:3]}")
    for message_id, (sender, recipient) in scene.acknowledged.items():
        sent = [row for row in rows[sender] if row[0] == message_id and row[1]]
        arrived = [row for row in rows[recipient] if row[0] == message_id and not row[1]]
        if len(sent) != 1:
            found.append(f"{message_id}: acknowledged by {sender}, and kept {len(sent)} times")
        if len(arrived) != 1 or arrived[0][2] != 0:
            found.append(f"{message_id}: arrived {len(arrived)} times at {recipient}")
    return found


def rows_of(database: Path) -> list[tuple[Any, ...]]:
    return [(bytes(row[0]).hex(), row[1], row[2]) for row in query(database, "SELECT id, outgoing, code FROM message")]


def query(database: Path, words: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(words).fetchall()
    finally:
        connection.close()


@contextmanager
def homes() -> Iterator[dict[str, Home]]:
    """Make two homes that know each other, and remove them at the end."""
    place = Path(tempfile.mkdtemp(prefix="comity-processes-"))
    try:
        ports = {}
        for party in PARTIES:
            with socket.create_server(("127.0.0.1", 0)) as server:
                ports[party] = int(server.getsockname()[1])
        made = make_homes(place, ports, time.time_ns() // 1_000)
        settle_all(made)
        yield made
    finally:
        shutil.rmtree(place)


def run(tier: Tier, bug: str | None) -> Outcome:
    times = tier.trials(24, at_least=6)
    with homes() as made:
        scene = Scene({party: Daemon(home, bug or "") for party, home in made.items()})
        for daemon in scene.daemons.values():
            daemon.start()
        talkers = [threading.Thread(target=scene.talk, args=pair) for pair in (PARTIES, PARTIES[::-1])]
        for talker in talkers:
            talker.start()
        try:
            scene.torment(random.Random(SEED), times)
        finally:
            scene.stopping.set()
            for talker in talkers:
                talker.join()
        found = scene.converge()
        for daemon in scene.daemons.values():
            daemon.end(signal.SIGTERM)
        found += violations_of(scene)
    figures = {"messages acknowledged": f"{len(scene.acknowledged):,}"}
    return Outcome(times, tuple(found), f"base seed {SEED}; the moments depend on the machine", figures)


ROWS = (
    Row(
        number=39,
        fault="kill -9 and SIGSTOP of real daemons while both sides send",
        injected_by="signals to two processes on loopback",
        holds="every message that was acknowledged is kept and arrives exactly once; the databases are whole",
        run=run,
        bugs=BUGS,
        measured=True,
    ),
)
