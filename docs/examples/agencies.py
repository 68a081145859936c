"""Agencies for the demonstration: each with its own home, keys, database and processes, run through `comity`."""

import json
import os
import queue
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMS = Path(__file__).resolve().parents[2] / "spec" / "examples"
WRITTEN = datetime(2026, 11, 20, 11, tzinfo=UTC)  # when the forms say that they were filled in
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
COMITY = Path(sys.executable).with_name("comity")
VERIFY = Path(sys.executable).with_name("comity-verify")
COMMAND_S = 60.0
REFUSED = 7  # exit code of a command that the rules of the treaty forbid
READY_S = 30.0
ARRIVAL_S = 30.0
STOP_S = 15.0
POLL_S = 0.2
STARTED = time.monotonic()


class CheckError(Exception):
    """Something that the demo claims is not true."""


def say(text: str) -> None:
    print(f"{time.monotonic() - STARTED:6.2f} s  {text}", flush=True)


def check(claim: str, holds: bool) -> None:
    if not holds:
        raise CheckError(claim)
    say(f"checked: {claim}")


class Agency:
    """One party with its home, and its daemon while it runs."""

    def __init__(self, party: str, name: str, directory: Path, port: int) -> None:
        self.party = party
        self.name = name
        self.port = port
        self.home = directory / party
        self.passphrase = directory / f"{party}.passphrase"
        self.log = directory / f"{party}.log"
        self.daemon: subprocess.Popen[str] | None = None
        write_private(self.passphrase, secrets.token_urlsafe(24))

    def run(self, *words: str | Path, keys: bool = False) -> Any:
        """Return the JSON answer of one command. `keys` hands it the passphrase."""
        opening = ["--passphrase-file", str(self.passphrase)] if keys else []
        command = [str(COMITY), "--home", str(self.home), "--json", *map(str, words), *opening]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
        if done.returncode:
            raise CheckError(f"`comity {' '.join(map(str, words))}` of {self.party} works: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def refuses(self, *words: str | Path) -> bool:
        """Return whether the command is refused by the rules."""
        command = [str(COMITY), "--home", str(self.home), "--json", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, check=False)
        return done.returncode == REFUSED

    def init(self) -> None:
        self.run("init", self.party, "--name", self.name, "--listen", f"127.0.0.1:{self.port}", keys=True)

    def secret_of(self, officer: str) -> Path:
        return self.home.with_name(f"{officer}.passphrase")

    def hire(self, officer: str, role: str) -> None:
        """Make the key of an officer, under a passphrase that only the officer knows."""
        write_private(self.secret_of(officer), secrets.token_urlsafe(24))
        secret = ("--officer-passphrase-file", self.secret_of(officer))
        self.run("officer", "new", officer, "--role", role, *secret)

    def as_officer(self, officer: str) -> tuple[str | Path, ...]:
        return ("--officer", officer, "--officer-passphrase-file", self.secret_of(officer))

    def sign(self, draft: Path) -> Path:
        signature = self.home / "treaty.signature"
        self.run("treaty", "sign", draft, "--out", signature, keys=True)
        return signature

    def enter(self, treaty: Path) -> Path:
        """Take the treaty in and publish the first key bundle."""
        self.run("treaty", "import", treaty, keys=True)
        return Path(self.run("bundle", "publish", keys=True)["out"])

    def import_bundle(self, bundle: Path) -> None:
        self.run("bundle", "import", bundle, keys=True)

    def start(self) -> str:
        """Start the daemon and return its ready line."""
        command = [str(COMITY), "--home", str(self.home), "serve", "--passphrase-file", str(self.passphrase)]
        with self.log.open("a") as log:
            self.daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        line = first_line(self.daemon)
        if not line.startswith("ready: "):
            raise CheckError(f"the daemon of {self.party} starts; its log ends: {self.log.read_text()[-2000:]}")
        return line

    def stop(self) -> None:
        """Stop the daemon, cleanly if it can."""
        daemon, self.daemon = self.daemon, None
        if daemon is None:
            return
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(STOP_S)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
            raise CheckError(f"the daemon of {self.party} stops within {STOP_S:.0f} seconds") from None
        finally:
            if daemon.stdout is not None:
                daemon.stdout.close()

    def messages(self) -> list[Any]:
        return list(self.run("inbox")["messages"])

    def case(self, case: str) -> Any:
        """Return how a case stands here."""
        return self.run("case", "show", case)

    def state(self, case: str) -> str:
        """Return the state of the one request of a case, "" while it has not arrived."""
        found = [each for each in self.run("case", "list", "--all")["requests"] if each["case"] == case]
        return str(found[0]["state"]) if found else ""

    def act(self, case: str, event: str, **form: Any) -> None:
        """Move a request on, with the example of the event as its form and these fields changed."""
        path = self.home / f"{event}.json"
        content = json.loads(today((FORMS / f"case.{event}.json").read_text(encoding="utf-8"))) | form
        path.write_text(json.dumps(content))
        self.run("case", "act", case, event, "--form", path)


def first_line(daemon: "subprocess.Popen[str]") -> str:
    """Return the first line that the daemon prints, "" when it ends before or takes too long."""
    lines: queue.Queue[str] = queue.Queue()
    stdout = daemon.stdout
    if stdout is None:
        return ""
    threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
    try:
        return lines.get(timeout=READY_S).strip()
    except queue.Empty:
        return ""


def write_private(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(sock.getsockname()[1]) for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def until(look: Callable[[], Any], claim: str) -> Any:
    """Return what `look` finds as soon as it finds something."""
    patience = time.monotonic() + ARRIVAL_S
    while time.monotonic() < patience:
        found = look()
        if found:
            return found
        time.sleep(POLL_S)
    raise CheckError(claim)


def today(form: str) -> str:
    """Return a form as if its day were today, so that its deadlines lie ahead."""
    moved = datetime.now(UTC) - WRITTEN
    return TIME.sub(lambda found: f"{datetime.fromisoformat(found[0]) + moved:%Y-%m-%dT%H:%M:%SZ}", form)


def example(kind: str, copy: Path, **changes: Any) -> Path:
    """Write the example of a kind as if its day were today, with some fields changed; return where it is."""
    form = json.loads(today((FORMS / f"{kind}.json").read_text(encoding="utf-8"))) | changes
    copy.write_text(json.dumps(form))
    return copy
