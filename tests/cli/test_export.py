"""`comity export`: one file and a report beside it, whole or not at all, and nothing is ever replaced."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from comity_node.cli import export as cli
from comity_node.faults import Exit
from comity_node.report import printing
from comity_verify.command import main
from tests.support.desk import Desk

pytestmark = pytest.mark.slow


@pytest.fixture
def sent(desk: Desk, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "statement.txt").write_text("Statement of account")
    words = ("send", "text", "--to", "bb.fiu", "--text", "See the file.", "--attach", tmp_path / "statement.txt")
    found: dict[str, str] = desk.ok(*words)
    return found


def left(desk: Desk) -> set[str]:
    return {path.name for path in desk.path.iterdir() if path.name.startswith((".", "case"))}


def test_a_case_becomes_a_file_that_verifies_and_a_report(
    desk: Desk, sent: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = desk.path / "case.zip"
    words = ("--reason", "Order 12 K 345/26", "--by", "A. Example", "--lang", "fr")
    done = desk.ok("export", sent["case"][:8], "--out", output, *words)
    assert (done["case"], done["messages"], done["left_out"], done["not_proven"]) == (sent["case"], 1, 0, [])
    assert hashlib.sha256(output.read_bytes()).hexdigest() == done["sha256"]
    page = Path(done["html"]).read_text()
    assert done["sha256"] in page
    assert '<html lang="fr"' in page
    assert (done["pdf"] is None) == bool(done["no_pdf"])
    assert left(desk) == {"case.zip", "case.html"} | ({"case.pdf"} if done["pdf"] else set())
    assert main([str(output), "--treaty-id", done["treaty"], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["list"]["reason"] == "Order 12 K 345/26"
    assert [each["check"] for each in shown["findings"] if each["verdict"] == "note"] == ["no-receipt"]


def test_people_are_told_where_it_is_and_how_to_check_it(desk: Desk, sent: dict[str, str]) -> None:
    done = desk.run("export", sent["id"][:8], "--out", desk.path / "case.zip", "--without-attachments")
    assert done.exit_code == 0
    assert f"exported case {sent['case']}: 1 messages" in done.stdout
    assert "left out: 1; the signed list names each" in done.stdout
    assert f"comity-verify {desk.path}/case.zip --treaty-id " in done.stdout


@pytest.mark.parametrize("name", ["case.zip", "case.html", "case.pdf"])
def test_nothing_that_is_there_is_replaced(desk: Desk, sent: dict[str, str], name: str) -> None:
    (desk.path / name).write_text("mine")
    said = desk.fails(Exit.FAILED, "export", sent["case"], "--out", desk.path / "case.zip")
    assert f"{name} exists already" in said
    assert left(desk) == {name}
    assert (desk.path / name).read_text() == "mine"


def test_the_file_alone_is_written_where_no_report_is_wanted(desk: Desk, sent: dict[str, str]) -> None:
    (desk.path / "case.html").write_text("mine")
    desk.ok("export", sent["case"], "--out", desk.path / "case.zip", "--without-report")
    assert left(desk) == {"case.zip", "case.html"}


def test_a_machine_without_a_printer_gets_the_page_and_the_reason(
    desk: Desk, sent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise printing.UnprintableError("WeasyPrint or Pango is missing: libpango")

    monkeypatch.setattr(printing, "maker", broken)
    done = desk.run("export", sent["case"], "--out", desk.path / "case.zip")
    assert done.exit_code == 0
    assert "no PDF: WeasyPrint or Pango is missing: libpango\n" in done.stdout
    assert left(desk) == {"case.zip", "case.html"}


def test_a_case_that_is_not_here_leaves_nothing(desk: Desk, sent: dict[str, str]) -> None:
    for case in ("ffffffff", "xyz", "12"):
        desk.fails(Exit.NOT_FOUND, "export", case, "--out", desk.path / "case.zip")
    assert left(desk) == set()


def test_a_damaged_attachment_ends_the_export_and_leaves_nothing(desk: Desk, sent: dict[str, str]) -> None:
    (sealed,) = (desk.path / "a" / "attachments").iterdir()
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"\0")
    said = desk.fails(Exit.STORAGE, "export", sent["case"], "--out", desk.path / "case.zip")
    assert "was altered" in said
    assert left(desk) == set()


def test_a_place_that_cannot_be_written_is_told_in_one_line(desk: Desk, sent: dict[str, str]) -> None:
    desk.fails(Exit.FAILED, "export", sent["case"], "--out", desk.path / "none" / "case.zip")


@pytest.mark.parametrize(
    ("output", "page"), [("a.zip", "a.html"), ("a.ZIP", "a.html"), ("a.b", "a.b.html"), ("a", "a.html")]
)
def test_the_report_is_named_after_the_file(output: str, page: str) -> None:
    assert cli.report_paths(Path("x") / output) == (Path("x") / page, Path("x") / f"{page[:-5]}.pdf")


def test_a_case_is_exported_beside_a_daemon_that_runs(desk: Desk, sent: dict[str, str]) -> None:
    program = [sys.executable, "-c", "from comity_node.cli import main; main()"]
    words = ["--home", str(desk.path / "a"), "serve", "--passphrase-file", str(desk.path / "passphrase")]
    daemon = subprocess.Popen([*program, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert daemon.stdout is not None
        assert daemon.stdout.readline().startswith("ready: ")
        done = desk.ok("export", sent["case"], "--out", desk.path / "case.zip", "--without-report", keys=False)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=20)
    assert (done["messages"], done["left_out"]) == (1, 0)
    assert main([str(desk.path / "case.zip"), "--treaty-id", done["treaty"]]) == 0


def test_a_purpose_that_nobody_knows_is_a_wrong_call(desk: Desk, sent: dict[str, str]) -> None:
    words = ("export", sent["case"], "--out", desk.path / "case.zip", "--purpose", "curiosity")
    assert "there is no purpose 'curiosity'" in desk.fails(Exit.USAGE, *words)
    assert left(desk) == set()
