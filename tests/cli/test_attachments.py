"""Attachments on the command line: what is sealed and kept, what is refused with nothing left behind, what is saved."""

import os
import socket
from pathlib import Path

import pytest

from comity_node import caller
from comity_node.attachments import sealer as sealing
from comity_node.cli import attachment as cli
from comity_node.cli.session import Session
from comity_node.faults import Exit
from tests.support.desk import Desk

pytestmark = pytest.mark.slow


def shelf(desk: Desk) -> list[str]:
    place = desk.path / "a" / "attachments"
    return sorted(os.listdir(place)) if place.exists() else []


def send(desk: Desk, *files: str | Path) -> list[str | Path]:
    return ["send", "text", "--to", "bb.fiu", "--text", "See the file.", *(w for f in files for w in ("--attach", f))]


@pytest.mark.clause("ATTACH-013", "ATTACH-032", "ATTACH-033")
def test_a_file_is_sealed_once_into_the_home_and_can_be_saved_again(desk: Desk, tmp_path: Path) -> None:
    source = tmp_path / "statement.pdf"
    source.write_bytes(b"secret words " * 40_000)
    first = desk.ok(*send(desk, source))
    copy = tmp_path / "copy of it.bin"
    copy.write_bytes(source.read_bytes())
    second = desk.ok(*send(desk, copy))
    (sealed,) = shelf(desk)
    kept = (desk.path / "a" / "attachments" / sealed).read_bytes()
    assert b"secret words" not in kept
    assert oct((desk.path / "a" / "attachments").stat().st_mode & 0o777) == "0o700"
    assert oct((desk.path / "a" / "attachments" / sealed).stat().st_mode & 0o777) == "0o600"
    (listed,) = desk.ok("attachment", "list", first["id"])["attachments"]
    assert (listed["name"], listed["media"], listed["size"]) == ("statement.pdf", "application/pdf", 520_000)
    assert (listed["state"], listed["party"], listed["address"]) == ("moving", "bb.fiu", sealed)
    assert "not accepted" in listed["cause"]
    (other,) = desk.ok("show", second["id"])["attachments"]
    assert (other["name"], other["media"], other["address"]) == ("copy of it.bin", "application/octet-stream", sealed)
    saved = desk.ok("attachment", "get", second["id"], "--out", tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == source.read_bytes()
    assert "key" not in saved


def test_what_is_shown_names_the_files(desk: Desk, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    sent = desk.ok(*send(desk, tmp_path / "a.txt", tmp_path / "b.txt"))
    shown = desk.run("show", sent["id"]).stdout
    assert "  a.txt  5 bytes  text/plain  to bb.fiu: moving, 0 %\n    cause: " in shown
    assert desk.run("attachment", "list", sent["id"]).stdout in shown
    none = desk.ok(*send(desk))
    assert desk.run("attachment", "list", none["id"]).stdout == "no attachments\n"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a\nb.txt", "is not allowed"),
        ("a\x1b[2J.txt", "is not allowed"),
        ("tnemetats\u202etxt.exe", "is not allowed"),
        (".bashrc", "is not allowed"),
        ("a\\b.txt", "is not allowed"),
        (" a.txt", "is not allowed"),
        ("n" * 201, "is not allowed"),
        (os.fsdecode(b"\xff.txt"), "is not allowed"),
    ],
)
def test_a_file_whose_name_is_not_allowed_is_not_sent(desk: Desk, tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_text("x")
    said = desk.fails(Exit.FAILED, *send(desk, tmp_path / name))
    assert words in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert (desk.ok("outbox"), shelf(desk)) == ({"messages": []}, [])


def test_what_is_no_plain_file_is_not_sent(desk: Desk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dir").mkdir()
    (tmp_path / "ok.txt").write_text("x")
    for name, words in (("fifo", "not a plain file"), ("dir", "not a plain file"), ("none", "does not exist")):
        assert words in desk.fails(Exit.FAILED, *send(desk, tmp_path / "ok.txt", tmp_path / name))
    assert (desk.ok("outbox"), shelf(desk)) == ({"messages": []}, [])


def test_a_file_that_cannot_be_read_is_not_sent(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("x")
    opens = os.open

    def forbidden(path: Path, *rest: int) -> int:
        if path == tmp_path / "a.txt":
            raise PermissionError(13, "Permission denied")
        return opens(path, *rest)

    monkeypatch.setattr(os, "open", forbidden)
    assert "cannot be read: Permission denied" in desk.fails(Exit.FAILED, *send(desk, tmp_path / "a.txt"))


def test_a_file_beyond_the_limit_is_not_sent(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MAX_ATTACHMENT_BYTES", 10)
    (tmp_path / "a.txt").write_bytes(bytes(11))
    assert "at most 10" in desk.fails(Exit.FAILED, *send(desk, tmp_path / "a.txt"))
    (tmp_path / "a.txt").write_bytes(bytes(10))
    desk.ok(*send(desk, tmp_path / "a.txt"))


@pytest.mark.parametrize("change", ["grows", "shrinks", "is touched", "is replaced", "vanishes"])
def test_a_file_that_changes_while_it_is_read_is_not_sent(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    source = tmp_path / "a.bin"
    source.write_bytes(bytes(3_000_000))
    step = sealing.Sealer.step

    def meddled(self: sealing.Sealer) -> bool:
        more = step(self)
        if change == "grows":
            source.write_bytes(bytes(4_000_000))
        elif change == "shrinks":
            source.write_bytes(bytes(2_500_000))
        elif change == "is touched":
            os.utime(source, ns=(1, 1))
        elif change == "is replaced":
            (tmp_path / "other").write_bytes(bytes(3_000_000))
            (tmp_path / "other").replace(source)
        elif source.exists():
            source.unlink()
        return more

    monkeypatch.setattr(sealing.Sealer, "step", meddled)
    said = desk.fails(Exit.FAILED, *send(desk, source))
    assert ("has vanished" if change == "vanishes" else "has changed") in said
    assert (desk.ok("outbox"), shelf(desk)) == ({"messages": []}, [])


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--to", "cc.none", "--text", "x"), Exit.REFUSED), (("--to", "bb.fiu", "--text", ""), Exit.REFUSED)],
)
def test_a_message_that_is_refused_leaves_no_sealed_file(
    desk: Desk, tmp_path: Path, words: tuple[str, ...], code: Exit
) -> None:
    (tmp_path / "a.txt").write_text("x")
    desk.fails(code, "send", "text", *words, "--attach", tmp_path / "a.txt")
    assert shelf(desk) == []


def test_two_files_of_one_name_or_33_files_are_not_sent(desk: Desk, tmp_path: Path) -> None:
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.txt").write_text(place)
    files = [tmp_path / "x" / "a.txt", tmp_path / "y" / "a.txt"]
    assert "two files have the name" in desk.fails(Exit.FAILED, *send(desk, *files))
    desk.fails(Exit.USAGE, *send(desk, *[files[0]] * 33))
    assert (desk.ok("outbox"), shelf(desk)) == ({"messages": []}, [])


def test_a_disk_that_is_full_while_a_file_is_sealed_is_said_so(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, start: int, data: bytes) -> None:
        raise OSError(28, os.strerror(28))

    (tmp_path / "a.txt").write_text("x")
    monkeypatch.setattr(sealing, "write_fully", full)
    assert "the disk is full" in desk.fails(Exit.STORAGE, *send(desk, tmp_path / "a.txt"))
    assert (desk.ok("outbox"), shelf(desk)) == ({"messages": []}, [])


def test_long_files_have_bars_on_a_terminal_alone(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a [b] file.txt").write_bytes(bytes(5_000_000))
    monkeypatch.setattr(cli, "SHOW_FROM_BYTES", 1_000)
    sent = desk.run(*send(desk, tmp_path / "a [b] file.txt"))
    assert sent.stderr == ""
    monkeypatch.setattr(cli, "on_terminal", lambda: True)
    sent = desk.run(*send(desk, tmp_path / "a [b] file.txt"))
    assert "a [b] file.txt" in sent.stderr
    assert "5.0/5.0 MB" in sent.stderr or "4.8/4.8 MiB" in sent.stderr
    message_id = desk.ok("outbox")["messages"][0]["id"]
    assert desk.run("--json", "attachment", "get", message_id, "--out", tmp_path / "x").stderr == ""
    saved = desk.run("attachment", "get", message_id, "--out", tmp_path / "y")
    assert "a [b] file.txt" in saved.stderr
    assert saved.stdout.startswith("saved a [b] file.txt: 5,000,000 bytes")


def test_who_follows_sees_how_far_each_file_is_until_none_moves(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def view(name: str, state: str, moved: int) -> dict[str, object]:
        shown = {"name": name, "media": "a/b", "size": 100, "address": "", "direction": "in", "party": "bb.fiu"}
        return {**shown, "state": state, "moved": moved, "code": 0, "code_name": "", "cause": ""}

    answers = [
        {"attachments": [view("one", "moving", 40), view("two", "moving", 0)]},
        {"attachments": [view("one", "complete", 100), view("two", "failed", 20)]},
    ]
    monkeypatch.setattr(Session, "perform", lambda self, op, **params: answers.pop(0))
    monkeypatch.setattr(cli, "on_terminal", lambda: True)
    monkeypatch.setattr(cli, "POLL_S", 0.0)
    monkeypatch.setattr(caller, "connect", lambda path: socket.socket())
    done = desk.run("attachment", "list", "ffff", "--follow")
    assert done.exit_code == 1
    assert "one  100 bytes  a/b  from bb.fiu: complete" in done.stdout
    assert "two" in done.stderr


# --- saving ----------------------------------------------------------------------------------------------------------


def test_nothing_is_overwritten_without_force(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("new")
    sent = desk.ok(*send(desk, tmp_path / "a.txt"))
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    (place / "a.txt").write_text("old")
    assert "exists already" in desk.fails(Exit.FAILED, "attachment", "get", sent["id"])
    assert "exists already" in desk.fails(Exit.FAILED, "attachment", "get", sent["id"], "--out", place)
    assert (place / "a.txt").read_text() == "old"
    (place / "link").symlink_to(tmp_path / "nowhere")
    desk.fails(Exit.FAILED, "attachment", "get", sent["id"], "--out", place / "link")
    desk.ok("attachment", "get", sent["id"], "--force")
    assert (place / "a.txt").read_text() == "new"
    assert sorted(os.listdir(place)) == ["a.txt", "link"]


def test_an_attachment_is_found_by_its_name(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    sent = desk.ok(*send(desk, tmp_path / "a.txt", tmp_path / "b.txt"))
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    assert "'a.txt', 'b.txt'" in desk.fails(Exit.NOT_FOUND, "attachment", "get", sent["id"])
    desk.fails(Exit.NOT_FOUND, "attachment", "get", sent["id"], "../a.txt")
    desk.ok("attachment", "get", sent["id"], "b.txt")
    assert (place / "b.txt").read_text() == "b.txt"
    for words in (("list",), ("get",)):
        desk.fails(Exit.NOT_FOUND, "attachment", *words, "ffff")


@pytest.mark.clause("ATTACH-031")
def test_a_sealed_file_that_was_altered_or_lost_is_not_saved(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 600_000)
    sent = desk.ok(*send(desk, tmp_path / "a.txt"))
    place = desk.path / "a" / "attachments" / shelf(desk)[0]
    data = bytearray(place.read_bytes())
    data[300_000] ^= 1
    place.write_bytes(data)
    out = tmp_path / "out"
    out.mkdir()
    assert "was altered" in desk.fails(Exit.STORAGE, "attachment", "get", sent["id"], "--out", out)
    place.unlink()
    assert "is missing" in desk.fails(Exit.STORAGE, "attachment", "get", sent["id"], "--out", out)
    assert os.listdir(out) == []


def test_nobody_waits_for_what_cannot_move(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    sent = desk.ok(*send(desk, tmp_path / "a.txt"))
    assert "does not run" in desk.fails(Exit.UNREACHABLE, "attachment", "list", sent["id"], "--follow")
