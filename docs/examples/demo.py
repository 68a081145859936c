"""Two agencies on this machine exchange an authenticated request and a reply; run it with `make demo`.

aa.police asks bb.fiu to stop a payment: one officer writes the request, another approves it. Each agency has its own
home, keys, database and processes; they share nothing but a TCP connection on the loopback interface. Everything goes
through the command `comity`, as an operator would use it.
The last line says whether all of it was true; the exit status is 0 only then.
"""

import json
import os
import queue
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMS = Path(__file__).resolve().parents[2] / "spec" / "examples"
WRITTEN = datetime(2026, 11, 20, 11, tzinfo=UTC)  # when the form says that it was filled in
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
COMITY = Path(sys.executable).with_name("comity")
TITLE = "Alliance of the demonstration"
COMMAND_S = 60.0
REFUSED = 7  # exit code of a command that the rules of the treaty forbid
READY_S = 30.0
ARRIVAL_S = 30.0
STOP_S = 15.0
STATEMENT = "statement.bin"
STATEMENT_BYTES = 5_000_000
POLL_S = 0.2
AUTHOR, APPROVER = "ada", "cyn"
ROLES = {AUTHOR: "caseworker", APPROVER: "duty-officer"}
STOP = "prevention.stop-payment"
EVENTS = ["sent", "accepted", "read", "sent", "accepted", "read"]
ARRIVED = ("at-peer", "read", "answered")
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

    def hire(self, officer: str) -> None:
        """Make the key of an officer, under a passphrase that only the officer knows."""
        write_private(self.secret_of(officer), secrets.token_urlsafe(24))
        secret = ("--officer-passphrase-file", self.secret_of(officer))
        self.run("officer", "new", officer, "--role", ROLES[officer], *secret)

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

    def requests(self) -> list[Any]:
        return list(self.run("inbox")["messages"])


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


def found_alliance(directory: Path, police: Agency, fiu: Agency, pool: ThreadPoolExecutor) -> None:
    """Make both homes, agree on a treaty that both sign, and exchange key bundles."""
    both = (police, fiu)
    list(pool.map(Agency.init, both))
    say("both parties have made their home: configuration, node key, root key")
    list(pool.map(police.hire, ROLES))
    say(f"{police.party} has two officers: {AUTHOR}, who writes, and {APPROVER}, who is on duty")
    text, draft, treaty = (directory / name for name in ("treaty.txt", "treaty.draft", "treaty.signed"))
    text.write_text("The parties help each other to stop fraudulent payments.\n")
    members = [word for a in both for word in ("--member", a.home / f"{a.party}.member")]
    police.run("treaty", "draft", "--title", TITLE, "--text", text, *members, "--out", draft)
    signatures = list(pool.map(lambda agency: agency.sign(draft), both))
    police.run("treaty", "add-signature", draft, *signatures, "--out", treaty)
    check("the treaty is valid, with the signatures of both", police.run("treaty", "verify", treaty)["valid"] is True)
    bundles = list(pool.map(lambda agency: agency.enter(treaty), both))
    list(pool.map(lambda pair: pair[0].import_bundle(pair[1]), zip(both, reversed(bundles), strict=True)))
    say("both hold the treaty and each other's key bundle")


def of_today(kind: str, copy: Path) -> Path:
    """Write the example of a kind as if its day were today, so that its deadlines lie ahead; return where it is."""
    moved = datetime.now(UTC) - WRITTEN
    form = (FORMS / f"{kind}.json").read_text(encoding="utf-8")
    copy.write_text(TIME.sub(lambda found: f"{datetime.fromisoformat(found[0]) + moved:%Y-%m-%dT%H:%M:%SZ}", form))
    return copy


def ask(police: Agency, fiu: Agency) -> str:
    """Send the request while the recipient is away, and return its id once the recipient has given a receipt."""
    say(police.start())
    copy = of_today(STOP, police.home.with_name("request.json"))
    form = ("--to", fiu.party, "--form", copy, "--urgency", "flash")
    check("one officer alone cannot ask for it", police.refuses("send", STOP, *form))
    statement = police.home.with_name(STATEMENT)
    statement.write_bytes(secrets.token_bytes(STATEMENT_BYTES))
    waiting = police.run("send", STOP, *form, "--attach", statement, *police.as_officer(AUTHOR))
    check(f"what {AUTHOR} has written waits for another officer", waiting["state"] == "waiting")
    message_id = str(police.run("approval", "give", waiting["id"], *police.as_officer(APPROVER))["id"])
    say(f"{APPROVER} has approved it")
    say(f"{police.party} has signed and kept request {message_id[:12]}, with a file of {STATEMENT_BYTES:,} bytes")
    delivery = police.run("show", message_id)["deliveries"][0]
    check("the request waits, and the node says why", delivery["state"] == "kept" and bool(delivery["cause"]))
    say(f"         cause: {delivery['cause']}")
    say(f"         next step: {delivery['next']}")
    say(fiu.start())
    until(lambda: is_accepted(police, message_id), "a receipt comes once the recipient runs")
    say(f"{fiu.party} has accepted it, and {police.party} holds the receipt")
    fetch(police, fiu, message_id, statement)
    return message_id


def fetch(police: Agency, fiu: Agency, message_id: str, statement: Path) -> None:
    """Wait until the file has come, save it, and compare."""
    for agency in (fiu, police):
        (stands,) = agency.run("attachment", "list", message_id, "--follow")["attachments"]
        check(f"{agency.party} says that the file is {stands['state']}", stands["state"] == "complete")
    saved = fiu.home.with_name("saved.bin")
    fiu.run("attachment", "get", message_id, STATEMENT, "--out", saved)
    check("the file is the one that was sent", saved.read_bytes() == statement.read_bytes())


def state_of(agency: Agency, message_id: str) -> str:
    return str(agency.run("show", message_id)["deliveries"][0]["state"])


def is_accepted(agency: Agency, message_id: str) -> bool:
    deliveries = agency.run("show", message_id)["deliveries"]
    return all(d["state"] in ARRIVED and d["receipt"] for d in deliveries) and bool(deliveries)


def arrived_once(fiu: Agency, message_id: str) -> bool:
    return [message["id"] for message in fiu.requests()] == [message_id]


def answer(police: Agency, fiu: Agency, message_id: str) -> None:
    """Read the request and reply, and compare what both sides know."""
    request = fiu.run("show", message_id)
    signed = {each["role"]: each["officer"] for each in request["approvals"] if each["verified"]}
    check(f"{fiu.party} sees the signatures of both officers", signed == {"author": AUTHOR, "approver": APPROVER})
    until(lambda: state_of(police, message_id) == "read", "the sender learns that a person has read the request")
    say(f"{police.party} knows that an officer of {fiu.party} has read it")
    words = ("--form", FORMS / "prevention.hold-result.json", "--urgency", "flash")
    reply_id = str(fiu.run("reply", message_id, "prevention.hold-result", *words)["id"])
    until(lambda: is_accepted(fiu, reply_id), "a receipt for the reply comes")
    inbox = police.requests()
    check("the reply arrived exactly once", [message["id"] for message in inbox] == [reply_id])
    reply = police.run("show", reply_id)
    sent = json.loads((FORMS / "prevention.hold-result.json").read_text())
    same = [outcome["amount"] for outcome in reply["message"]["payload"]["outcomes"]]
    check("the reply says what was sent", same == [outcome["amount"] for outcome in sent["outcomes"]])
    check("the request counts as answered", state_of(police, message_id) == "answered")
    both = (lambda: police.run("show", message_id)["timeline"], lambda: fiu.run("show", message_id)["timeline"])
    until(lambda: len(both[1]()) == len(EVENTS), "the notice that the reply was read arrives")
    timeline = both[0]()
    check("both sides show the same timeline of the case", both[1]() == timeline)
    check("it says who sent, accepted and read what", [event["what"] for event in timeline] == EVENTS)
    for event in timeline:
        say(f"         {event['time']}  {event['party']}  {event['what']}  {event['kind']}  {event['detail']}".rstrip())


def demonstrate(directory: Path, police: Agency, fiu: Agency) -> None:
    with ThreadPoolExecutor(2) as pool:
        found_alliance(directory, police, fiu, pool)
    message_id = ask(police, fiu)
    check("the request arrived exactly once", arrived_once(fiu, message_id))
    fiu.stop()
    say(f"{fiu.party} has stopped")
    say(fiu.start())
    until(lambda: link_is_up(police, fiu), "the link comes back after a restart")
    steps = police.run("ping", fiu.party)["steps"]
    check(f"every step of the path works: {', '.join(step['step'] for step in steps)}", all(s["ok"] for s in steps))
    check("after a restart it is still there exactly once", arrived_once(fiu, message_id))
    answer(police, fiu, message_id)


def link_is_up(police: Agency, fiu: Agency) -> bool:
    return any(peer["party"] == fiu.party and peer["link"] == "up" for peer in police.run("status")["peers"])


def main() -> int:
    """Return the exit status: 0 when every check held."""
    with tempfile.TemporaryDirectory(prefix="comity-demo-") as scratch:
        directory = Path(scratch)
        ports = free_ports(2)
        police = Agency("aa.police", "Police of Aa", directory, ports[0])
        fiu = Agency("bb.fiu", "Financial Intelligence Unit of Bb", directory, ports[1])
        try:
            try:
                demonstrate(directory, police, fiu)
            finally:
                police.stop()
                fiu.stop()
        except CheckError as fault:
            say(f"demo: NOT true: {fault}")
            return 1
        except subprocess.TimeoutExpired as fault:
            say(f"demo: NOT true: a command ends within {COMMAND_S:.0f} seconds ({fault.cmd[3:6]})")
            return 1
    say("both daemons have stopped cleanly")
    print("demo: all of it is true", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
