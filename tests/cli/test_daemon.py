"""The daemon: ready, answering, stopped clean; and what no output ever shows."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from comity_node import keyfile, logs
from comity_node.faults import Exit
from tests.support.desk import PASSPHRASE, Desk, write_secret

pytestmark = pytest.mark.slow


def listen_on_free_port(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    file = desk.path / "a" / "comity.toml"
    file.write_text(file.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))


def test_serve_is_ready_answers_and_stops_clean(desk: Desk) -> None:
    listen_on_free_port(desk)
    ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ready.bind(str(desk.path / "notify"))
    ready.settimeout(20)
    program = [sys.executable, "-c", "from comity_node.cli import main; main()"]
    words = ["--home", str(desk.path / "a"), "serve", "--passphrase-file", str(desk.path / "passphrase")]
    daemon = subprocess.Popen([*program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "NOTIFY_SOCKET": str(desk.path / "notify")})  # fmt: skip
    try:
        assert ready.recv(100) == b"READY=1"
        assert daemon.stdout is not None
        line = daemon.stdout.readline()
        assert re.fullmatch(r"ready: aa\.police listens on 127\.0\.0\.1:[0-9]+\n", line)
        assert desk.ok("status", keys=False)["listening"] == [line.split()[-1]]
        sent = desk.ok("send", "text", "--to", "bb.fiu", "--text", "x", keys=False)
        assert desk.ok("show", sent["id"], keys=False)["message"]["payload"] == {"text": "x"}
        draft = desk.ok("request", "new", "text", "--to", "bb.fiu", "--set", "text=y", "--save", keys=False)["draft"]
        assert desk.ok("draft", "show", draft, keys=False)["letter"]["form"] == {"text": "y"}
        assert desk.ok("draft", "discard", draft, keys=False) == {"id": draft}
        desk.fails(Exit.NOT_FOUND, "show", "ffff", keys=False)
        desk.fails(Exit.REFUSED, "send", "text", "--to", "cc.none", "--text", "x", keys=False)
        assert "another comity process" in desk.fails(Exit.UNREACHABLE, "serve")
        assert desk.ok("doctor", keys=False)["ok"] is True
    finally:
        daemon.send_signal(signal.SIGTERM)
        out, err = daemon.communicate(timeout=20)
        ready.close()
    assert daemon.returncode == 0
    assert out == ""
    assert not (desk.path / "a" / "control.sock").exists()
    for line in err.splitlines():
        json.loads(line)
    assert [message["id"] for message in desk.ok("outbox")["messages"]] == [sent["id"]]


@pytest.mark.clause("CONV-008")
def test_no_secret_stands_in_any_output_log_or_public_file(desk: Desk, tmp_path: Path) -> None:
    log = (tmp_path / "log").open("w+")
    logs.configure("debug", log)
    said = [run_all(desk)]
    log.flush()
    said.append((tmp_path / "log").read_text())
    log.close()
    public = [file.read_bytes() for file in desk.path.rglob("*") if file.is_file() and is_public(file)]
    everything = "".join(said).encode() + b"".join(public)
    ring = keyfile.load_ring(desk.path / "a" / "node.key", PASSPHRASE)
    root = keyfile.load_root(desk.path / "a" / "root.key", PASSPHRASE)
    secrets = [getattr(ring.seeds, name) for name in ring.seeds.__struct_fields__]
    for secret in (*secrets, root.seeds.root, PASSPHRASE.encode(), b"wrong passphrase for sure"):
        for form in (secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"="), repr(secret)[2:-1].encode()):
            assert form not in everything
    for secret in secrets:  # nor in the database and what lies beside it
        for file in (desk.path / "a").glob("comity.db*"):
            assert secret not in file.read_bytes()


def is_public(file: Path) -> bool:
    return file.name not in ("passphrase", "wrong") and not file.name.startswith("comity.db")


def run_all(desk: Desk) -> str:
    """Run commands that work and commands that fail, and return all that they said."""
    write_secret(desk.path / "wrong", "wrong passphrase for sure")
    sent = desk.ok("send", "text", "--to", "bb.fiu", "--text", "x")["id"]
    wrong = ("--passphrase-file", desk.path / "wrong")
    trials: list[tuple[str | Path, ...]] = [
        *((word,) for word in ("status", "inbox", "outbox", "doctor")),
        ("doctor", "--json"),
        ("show", sent),
        ("show", sent, "--json"),
        ("show", "ffff"),
        ("treaty", "show"),
        ("treaty", "sign", desk.path / "treaty", "--out", desk.path / "again.sig"),
        ("bundle", "show"),
        ("bundle", "publish", "--endpoint", "h.example:1"),
        ("send", "text", "--to", "cc.none", "--text", "x"),
        ("init", "aa.police", "--name", "x"),
        ("init", "cc.new", "--name", "x", "--root-key", desk.path / "a" / "root.key"),
    ]
    done = [desk.run(*words) for words in trials]
    done += [desk.run("status", *wrong, keys=False), desk.run("bundle", "publish", *wrong, keys=False)]
    (desk.path / "a" / "comity.db").write_bytes(b"broken")
    done.append(desk.run("status"))
    return "".join(result.output for result in done)
