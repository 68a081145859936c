"""Founding a party, and where passphrases come from."""

import json
import os
from pathlib import Path

import pytest

from comity_node.cli import passphrase
from comity_node.faults import Exit
from tests.support.desk import PASSPHRASE, Desk, write_secret


def test_init_makes_a_private_home(founded: Path) -> None:
    home = founded / "a-empty"
    names = {file.name: file.stat().st_mode & 0o777 for file in home.iterdir()}
    assert names == {"comity.toml": 0o600, "node.key": 0o600, "root.key": 0o600, "aa.police.member": 0o644}
    assert (founded / "a").stat().st_mode & 0o777 == 0o700


def test_init_keeps_a_home_that_is_there(desk: Desk) -> None:
    before = {file.name: file.read_bytes() for file in (desk.path / "a").iterdir()}
    assert "node already" in desk.fails(Exit.CONFIG, "init", "cc.new", "--name", "New")
    assert {file.name: file.read_bytes() for file in (desk.path / "a").iterdir()} == before


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("Police", "--name", "N"), Exit.CONFIG, "no party identifier"),
        (("aa.x", "--name", "N", "--listen", "nowhere"), Exit.CONFIG, "no address"),
        (("aa.x", "--name", "N\x1b[0m"), Exit.CONFIG, "control characters"),
        (("aa.x",), Exit.USAGE, "Missing option '--name'"),
    ],
)
def test_init_refuses_what_cannot_be_and_makes_nothing(
    desk: Desk, words: tuple[str, ...], code: Exit, sentence: str
) -> None:
    assert sentence in desk.fails(code, "init", *words, home="new")
    assert not (desk.path / "new").exists()


def test_init_refuses_a_short_passphrase(desk: Desk) -> None:
    write_secret(desk.path / "passphrase", "short")
    assert "12 characters" in desk.fails(Exit.KEY, "init", "aa.x", "--name", "N", home="new")


def test_a_name_with_quotes_survives(desk: Desk) -> None:
    name = 'Büro "A\\B" 1'
    desk.ok("init", "aa.x", "--name", name, home="new")
    assert json.loads((desk.path / "new" / "aa.x.member").read_text())["name"] == name
    desk.ok("status", home="new")


def test_a_passphrase_may_come_from_a_descriptor(desk: Desk) -> None:
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode())
    os.close(writing)
    assert desk.run("status", "--passphrase-fd", str(reading), keys=False).exit_code == 0
    os.close(reading)
    assert "cannot be read" in desk.fails(Exit.KEY, "status", "--passphrase-fd", "999", keys=False)


def test_a_passphrase_may_come_from_the_service_manager(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(desk.path))
    assert "no passphrase" in desk.fails(Exit.KEY, "status", keys=False)
    (desk.path / "passphrase").rename(desk.path / "comity-passphrase")
    assert desk.run("status", keys=False).exit_code == 0


def test_a_person_is_asked_once_and_twice_for_a_new_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return PASSPHRASE

    monkeypatch.setattr(passphrase, "has_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", answer)
    assert desk.run("bundle", "publish", "--endpoint", "h.example:1", keys=False).exit_code == 0
    assert asked == ["Passphrase of node.key: "]
    assert desk.run("init", "aa.x", "--name", "N", home="new", keys=False).exit_code == 0
    assert asked[1:] == ["New passphrase of node.key: ", "The same again: "]


def test_the_root_key_may_have_a_passphrase_and_a_place_of_its_own(desk: Desk) -> None:
    write_secret(desk.path / "other", "another long passphrase")
    root = ("--root-passphrase-file", desk.path / "other", "--root-key", desk.path / "stick.key")
    desk.ok("init", "aa.x", "--name", "N", *root, home="new")
    assert not (desk.path / "new" / "root.key").exists()
    terms = ("--title", "T", "--text", desk.path / "treaty.txt", "--member", desk.path / "new" / "aa.x.member")
    desk.ok("treaty", "draft", *terms, "--out", desk.path / "alone", keys=False)
    desk.ok("treaty", "sign", desk.path / "alone", "--out", desk.path / "alone.sig", *root, home="new")
    assert "does not open" in desk.fails(Exit.KEY, "treaty", "sign", desk.path / "alone", "--out", desk.path / "x",
                                         *root[2:], home="new")  # fmt: skip


def test_a_wrong_passphrase_is_one_sentence(desk: Desk) -> None:
    write_secret(desk.path / "passphrase", "wrong horse battery staple")
    assert "does not open" in desk.fails(Exit.KEY, "status")


@pytest.mark.parametrize("name", ["passphrase", "a/node.key"])
def test_a_secret_that_others_can_read_is_refused(desk: Desk, name: str) -> None:
    (desk.path / name).chmod(0o644)
    assert "chmod 600" in desk.fails(Exit.KEY, "status")


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 2_000, b"\xff" * 20])
def test_a_passphrase_that_is_none_is_refused(desk: Desk, content: bytes) -> None:
    (desk.path / "passphrase").write_bytes(content)
    desk.fails(Exit.KEY, "status")


def test_a_key_file_that_is_missing_or_broken_is_refused(desk: Desk) -> None:
    (desk.path / "a" / "node.key").write_bytes(b"\x80")
    assert "no key file" in desk.fails(Exit.KEY, "status")
    (desk.path / "a" / "node.key").unlink()
    assert "does not exist" in desk.fails(Exit.KEY, "status")
