"""A real daemon on a disk that fails."""

import errno
import json
import subprocess
import sys

from comity_node.faults import Exit
from tests.cli.test_daemon import listen_on_free_port
from tests.reliability.storage.crew import require_tools
from tests.reliability.storage.shim import Kind, Mode, Order, environment
from tests.support.desk import Desk

FAILED_SYNC = Order(Mode.FAIL, 0, Kind.SYNC, errno.EIO)


def test_after_a_failed_fsync_the_daemon_refuses_says_so_and_ends_with_the_code_of_storage(desk: Desk) -> None:
    require_tools()
    listen_on_free_port(desk)
    desk.ok("outbox")  # brings the tables up to date, so that the next fsync of the log is that of the message
    program = [sys.executable, "-c", "from comity_node.cli import main; main()"]
    words = ["--home", str(desk.path / "a"), "serve", "--passphrase-file", str(desk.path / "passphrase")]
    failing = environment("comity.db-wal", FAILED_SYNC)
    daemon = subprocess.Popen(
        [*program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=failing
    )
    try:
        assert daemon.stdout is not None
        assert daemon.stdout.readline().startswith("ready: aa.police")
        said = desk.fails(Exit.STORAGE, "send", "text", "--to", "bb.fiu", "--text", "x", keys=False)
        _, err = daemon.communicate(timeout=20)
    finally:
        daemon.kill()
    assert "the disk failed" in said
    assert daemon.returncode == Exit.STORAGE
    lines = err.splitlines()
    assert [line["level"] for line in map(json.loads, lines[:-1]) if "nothing more is accepted" in line["event"]] == [
        "critical"
    ]
    assert lines[-1].startswith("comity: the disk failed: disk I/O error (SQLITE_IOERR_FSYNC).")
    assert desk.ok("outbox")["messages"] == []
