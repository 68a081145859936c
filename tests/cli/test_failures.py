"""Failures of the machine, and what the doctor finds."""

import re
import socket

import pytest
from click.testing import CliRunner

from comity_node import faults
from comity_node.cli import comity, session
from comity_node.faults import Exit
from comity_node.lock import HomeLock
from comity_node.store import database
from tests.support.desk import Desk


def test_a_home_that_is_not_there_says_how_to_make_one(desk: Desk) -> None:
    assert "comity init" in desk.fails(Exit.CONFIG, "inbox", home="nowhere")


def test_a_wrong_setting_is_told_with_its_place(desk: Desk) -> None:
    (desk.path / "a" / "comity.toml").write_text('party = "aa.police"\nlistn = []')
    assert "`listn`" in desk.fails(Exit.CONFIG, "status")


def test_a_database_that_is_none_is_told(desk: Desk) -> None:
    for file in (desk.path / "a").glob("comity.db*"):
        file.unlink()
    (desk.path / "a" / "comity.db").write_bytes(b"no database at all" * 100)
    desk.fails(Exit.STORAGE, "status")


def test_a_full_disk_is_told_and_nothing_is_promised(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = (desk.path / "a" / "comity.db").stat().st_size // 4_096 + 4
    with monkeypatch.context() as patch:
        patch.setattr(database, "PRAGMAS", (*database.PRAGMAS, f"PRAGMA max_page_count={pages}"))
        said = desk.fails(Exit.STORAGE, "send", "text", "--to", "bb.fiu", "--text", "x" * 20_000)
    assert "disk is full" in said
    assert desk.ok("outbox") == {"messages": []}


def test_a_home_in_use_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BUSY_S", 0.1)
    with HomeLock.take(desk.path / "a" / "node.lock"):
        assert "another comity process" in desk.fails(Exit.UNREACHABLE, "status")
        assert "another comity process" in desk.fails(Exit.UNREACHABLE, "serve")


def test_a_port_in_use_is_told(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings_file = desk.path / "a" / "comity.toml"
        settings_file.write_text(settings_file.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        assert f"127.0.0.1:{port}" in desk.fails(Exit.UNREACHABLE, "serve")
    assert not (desk.path / "a" / "control.sock").exists()


def test_faults_of_the_system_have_their_codes() -> None:
    assert faults.fault_of(OSError(28, "No space left on device")).exit == Exit.STORAGE
    assert faults.fault_of(PermissionError(13, "Permission denied", "/x")).exit == Exit.FAILED
    assert faults.fault_of(KeyboardInterrupt()).exit == Exit.INTERRUPTED
    assert faults.fault_of(BaseExceptionGroup("", [BaseExceptionGroup("", [KeyboardInterrupt()])])).exit == 130
    assert faults.fault_of(ZeroDivisionError("secret")).message == "unexpected ZeroDivisionError"


def test_a_file_is_not_overwritten_unasked(desk: Desk) -> None:
    before = (desk.path / "a.sig").read_bytes()
    said = desk.fails(Exit.FAILED, "treaty", "sign", desk.path / "treaty", "--out", desk.path / "a.sig")
    assert "exists already" in said
    assert (desk.path / "a.sig").read_bytes() == before


def test_a_healthy_home_passes(desk: Desk) -> None:
    found = desk.ok("doctor")
    assert found["ok"] is True
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert {states[name] for name in ("home", "configuration", "node key", "clock", "database")} == {"ok"}
    assert {states[name] for name in ("treaty", "vocabulary", "bundle", "port 0")} == {"ok"}
    assert states["peer bb.fiu"] == "warn"  # nobody listens there
    assert all(check["next"] for check in found["checks"] if check["state"] != "ok")


def test_an_ill_home_fails_with_every_finding(desk: Desk) -> None:
    home = desk.path / "a"
    home.chmod(0o755)
    (home / "node.key").chmod(0o644)
    done = desk.run("doctor")
    assert done.exit_code == Exit.FAILED
    assert re.search(r"^fail +home ", done.stdout, re.MULTILINE)
    assert re.search(r"^fail +node key ", done.stdout, re.MULTILINE)
    assert "chmod 700" in done.stdout
    assert CliRunner().invoke(comity, ["--home", str(desk.path / "none"), "doctor"]).exit_code == Exit.FAILED


def test_without_a_passphrase_the_rest_is_still_examined(desk: Desk) -> None:
    found = desk.ok("doctor", keys=False)
    assert {check["name"]: check["state"] for check in found["checks"]}["node"] == "warn"
