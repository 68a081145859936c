"""The command line: what it prints, which exit code it leaves, and what it never shows."""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity_node import faults, keyfile, logs
from comity_node.cli import comity, passphrase, session
from comity_node.faults import Exit
from comity_node.forms import FormError, payload_from, read_form
from comity_node.keyfile import Kdf
from comity_node.lock import HomeLock
from comity_node.store import database

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
PASSPHRASE = "correct horse battery staple"


@dataclass
class Desk:
    """A directory with the homes `a` of aa.police and `b` of bb.fiu, and a hand at the command line."""

    path: Path

    def run(self, *words: str | Path, home: str = "a", stdin: str = "", keys: bool = True) -> Result:
        opening = ["--passphrase-file", str(self.path / "passphrase")] if keys else []
        command = ["--home", str(self.path / home), *map(str, words), *opening]
        return CliRunner().invoke(comity, command, input=stdin, catch_exceptions=False)

    def ok(self, *words: str | Path, home: str = "a", keys: bool = True) -> Any:
        """Return the JSON value that the command prints; it must work."""
        done = self.run("--json", *words, home=home, keys=keys)
        assert done.exit_code == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    def fails(self, code: int, *words: str | Path, home: str = "a", keys: bool = True, stdin: str = "") -> str:
        """Return the one sentence that the command prints; it must fail with this exit code."""
        done = self.run(*words, home=home, keys=keys, stdin=stdin)
        assert (done.exit_code, done.stdout) == (code, ""), done.stderr
        assert done.stderr.startswith("comity: ")
        assert done.stderr.endswith(".\n") or done.stderr.endswith("--help.\n")
        assert done.stderr.count("\n") == 1
        return done.stderr


@pytest.fixture(scope="module", autouse=True)
def _cheap_keys() -> Iterator[None]:
    """Let key files cost little: the cost itself is the matter of test_keyfile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyfile, "DEFAULT_KDF", Kdf(memory_bytes=8 << 20, passes=1))
        patch.setattr(passphrase, "has_terminal", lambda: False)
        patch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        yield


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with two homes, a treaty signed by both and imported, bundles exchanged."""
    path = tmp_path_factory.mktemp("desk")
    write_secret(path / "passphrase", PASSPHRASE)
    (path / "treaty.txt").write_text("The parties help each other.")
    desk = Desk(path)
    for home, party in (("a", "aa.police"), ("b", "bb.fiu")):
        desk.ok("init", party, "--name", f"Office of {party}", "--listen", "127.0.0.1:0", home=home)
        shutil.copytree(path / home, path / f"{home}-empty")
    draft(desk, "treaty.draft")
    for home in "ab":
        desk.ok("treaty", "sign", path / "treaty.draft", "--out", path / f"{home}.sig", home=home)
    signatures = [path / "a.sig", path / "b.sig"]
    desk.ok("treaty", "add-signature", path / "treaty.draft", *signatures, "--out", path / "treaty", keys=False)
    for home in "ab":
        desk.ok("treaty", "import", path / "treaty", home=home)
        desk.ok("bundle", "publish", "--endpoint", "127.0.0.1:9", home=home)
    desk.ok("bundle", "import", path / "b" / "bb.fiu.bundle")
    desk.ok("bundle", "import", path / "a" / "aa.police.bundle", home="b")
    return path


def draft(desk: Desk, name: str, *more: str | Path) -> None:
    members = ["--member", desk.path / "a" / "aa.police.member", "--member", desk.path / "b" / "bb.fiu.member"]
    terms = ["--title", "Alliance", "--text", desk.path / "treaty.txt", "--out", desk.path / name]
    desk.ok("treaty", "draft", *terms, *members, *more, keys=False)


def write_secret(path: Path, text: str) -> None:
    path.write_text(text + "\n")
    path.chmod(0o600)


@pytest.fixture
def desk(founded: Path, tmp_path: Path) -> Desk:
    shutil.copytree(founded, tmp_path / "d")
    return Desk(tmp_path / "d")


def commands(group: click.Group, path: str = "comity") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "command"), list(commands(comity)))
def test_every_command_has_help_with_an_example(path: str, command: click.Command) -> None:
    done = CliRunner().invoke(comity, [*path.split()[1:], "--help"])
    assert done.exit_code == 0
    example = re.search(r"^ +(comity .*)$", done.stdout, re.MULTILINE)
    assert example is not None
    assert path.removeprefix("comity ") in example[1]
    assert "--json" in done.stdout


def test_every_command_is_documented() -> None:
    page = (EXAMPLES.parent / "commands.md").read_text()
    for path, _ in commands(comity):
        assert f"`{path}" in page
    for code in Exit:
        assert f"| {int(code)} |" in page


def test_help_loads_nothing_heavy() -> None:
    heavy = ("trio", "sqlalchemy", "nacl", "rich", "msgspec", "comity")
    code = f"import sys, comity_node.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version_is_one_line() -> None:
    done = CliRunner().invoke(comity, ["version"])
    assert re.fullmatch(r"comity [0-9.]+, protocol version 1\n", done.stdout)


# --- founding a party -------------------------------------------------------------------------------------------------


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


# --- passphrases and keys ---------------------------------------------------------------------------------------------


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


# --- treaty and bundles -----------------------------------------------------------------------------------------------


@pytest.mark.clause("TREATY-001")
def test_verify_says_who_must_still_sign(desk: Desk) -> None:
    path = desk.path
    said = desk.fails(Exit.DOCUMENT, "treaty", "verify", path / "treaty.draft", keys=False)
    assert "aa.police must sign" in said
    assert "bb.fiu must sign" in said
    desk.ok("treaty", "add-signature", path / "treaty.draft", path / "a.sig", keys=False)
    said = desk.fails(Exit.DOCUMENT, "treaty", "verify", path / "treaty.draft", keys=False)
    assert "aa.police must sign" not in said
    desk.ok("treaty", "add-signature", path / "treaty.draft", path / "b.sig", keys=False)
    assert desk.ok("treaty", "verify", path / "treaty.draft", keys=False)["valid"] is True
    assert (path / "treaty.draft").read_bytes() == (path / "treaty").read_bytes()


def test_a_treaty_that_not_all_signed_is_not_imported(desk: Desk) -> None:
    path = desk.path
    desk.ok("treaty", "add-signature", path / "treaty.draft", path / "a.sig", keys=False)
    assert "does not verify" in desk.fails(Exit.DOCUMENT, "treaty", "import", path / "treaty.draft", home="a-empty")
    assert "no treaty" in desk.fails(Exit.DOCUMENT, "treaty", "show", home="a-empty")
    assert "no treaty" in desk.fails(Exit.DOCUMENT, "send", "text", "--to", "bb.fiu", "--text", "x", home="a-empty")


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x92\xc4\x01x\x90", b"{}", bytes(100), b"\x90"])
def test_what_is_no_treaty_is_refused(desk: Desk, data: bytes) -> None:
    (desk.path / "x").write_bytes(data)
    for words in (("import",), ("verify",), ("show",), ("sign", "--out", desk.path / "y")):
        keys = words[0] != "verify"
        desk.fails(Exit.DOCUMENT, "treaty", words[0], desk.path / "x", *words[1:], keys=keys)
    desk.fails(Exit.DOCUMENT, "bundle", "import", desk.path / "x")


def test_a_signature_belongs_to_one_version_and_one_key(desk: Desk) -> None:
    path = desk.path
    draft(desk, "other.draft", "--lifetime", "1d")
    said = desk.fails(Exit.DOCUMENT, "treaty", "add-signature", path / "other.draft", path / "a.sig", keys=False)
    assert "another version" in said
    forged = json.loads((path / "a.sig").read_text())
    forged["signature"] = "00" * 3_373
    (path / "forged.sig").write_text(json.dumps(forged))
    desk.ok("treaty", "add-signature", path / "treaty", path / "forged.sig", "--out", path / "forged", keys=False)
    said = desk.fails(Exit.DOCUMENT, "treaty", "verify", path / "forged", keys=False)
    assert "does not verify" in said or "not valid" in said


def test_a_party_that_is_not_listed_cannot_sign(desk: Desk) -> None:
    desk.ok("init", "cc.new", "--name", "New", home="new")
    said = desk.fails(Exit.DOCUMENT, "treaty", "sign", desk.path / "treaty", "--out", desk.path / "x", home="new")
    assert "does not list the root key of cc.new" in said


@pytest.mark.parametrize("content", ["", "{}", "[", '{"type": "comity-member"}', "[" * 50_000, "\x00"])
def test_a_broken_member_request_is_refused(desk: Desk, content: str) -> None:
    (desk.path / "m").write_text(content)
    words = ("--title", "T", "--text", desk.path / "treaty.txt", "--out", desk.path / "x")
    desk.fails(Exit.DOCUMENT, "treaty", "draft", "--member", desk.path / "m", *words, keys=False)
    assert not (desk.path / "x").exists()


def test_a_member_request_with_a_forged_key_is_refused(desk: Desk) -> None:
    request = json.loads((desk.path / "a" / "aa.police.member").read_text())
    request["root_keys"][0]["key"] = "00" * 1_984
    (desk.path / "m").write_text(json.dumps(request))
    words = ("--title", "T", "--text", desk.path / "treaty.txt", "--out", desk.path / "x")
    desk.fails(Exit.DOCUMENT, "treaty", "draft", "--member", desk.path / "m", *words, keys=False)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--title", "T"),
        ("--rule", "admit"),
        ("--rule", "veto=1"),
        ("--rule", "admit=\u0663"),
        ("--validity", "forever"),
        ("--effective", "tomorrow"),
        ("--effective", "2026-02-30T00:00:00Z"),
        ("--suspend", "cc.none"),
        ("--skew", "1d"),
        ("--send", "Not a kind"),
    ],
)
def test_terms_that_cannot_be_are_a_usage_error(desk: Desk, words: tuple[str, ...]) -> None:
    path = desk.path
    full = ("--title", "T", "--text", path / "treaty.txt", "--member", path / "a" / "aa.police.member")
    given_words = words if words in ((), ("--title", "T")) else (*full, *words)
    desk.fails(Exit.USAGE, "treaty", "draft", *given_words, "--out", path / "x", keys=False)
    assert not (path / "x").exists()


def test_an_amendment_is_drafted_signed_and_imported(desk: Desk) -> None:
    path = desk.path
    words = ("--previous", path / "treaty", "--lifetime", "1d", "--out", path / "v2")
    old, new = (
        desk.ok("treaty", *said, keys=False)["treaty"] for said in (("show", path / "treaty"), ("draft", *words))
    )
    changed = {name for name in old if old[name] != new[name]}
    assert changed == {"version", "prev", "treaty", "hash", "issued", "effective", "limits", "times", "signatures"}
    assert "needs its predecessor" in desk.fails(Exit.DOCUMENT, "treaty", "verify", path / "v2", keys=False)
    for home in "ab":
        desk.ok("treaty", "sign", path / "v2", "--out", path / f"{home}2.sig", home=home)
    desk.ok("treaty", "add-signature", path / "v2", path / "a2.sig", keys=False)
    verify = ("treaty", "verify", path / "v2", "--previous", path / "treaty")
    assert "1 more must sign under version 1, of: bb.fiu" in desk.fails(Exit.DOCUMENT, *verify, keys=False)
    desk.ok("treaty", "add-signature", path / "v2", path / "b2.sig", keys=False)
    desk.ok(*verify, keys=False)
    assert desk.ok("treaty", "import", path / "v2")["outcome"] == "new"
    assert desk.ok("treaty", "import", path / "v2")["outcome"] == "known"
    assert "86400 seconds" in desk.fails(Exit.REFUSED, "send", "text", "--to", "bb.fiu", "--text", "x")


def test_two_of_three_can_suspend_the_third(desk: Desk) -> None:
    path = desk.path
    desk.ok("init", "qm.prosecutor", "--name", "Prosecutor", home="q")
    (path / "treaty.draft").unlink()
    draft(desk, "treaty.draft", "--member", path / "q" / "qm.prosecutor.member")
    sign_all(desk, "treaty.draft", "abq")
    desk.ok("treaty", "verify", path / "treaty.draft", keys=False)
    words = ("--previous", path / "treaty.draft", "--suspend", "bb.fiu", "--out", path / "v2")
    assert "the rule" in desk.fails(Exit.USAGE, "treaty", "draft", *words, keys=False)
    rules = ("--rule", "suspend=1", "--rule", "expel=1")
    assert desk.ok("treaty", "draft", *words, *rules, keys=False)["treaty"]["version"] == 2
    sign_all(desk, "v2", "aq")
    desk.ok("treaty", "verify", path / "v2", "--previous", path / "treaty.draft", keys=False)


def sign_all(desk: Desk, name: str, homes: str) -> None:
    for home in homes:
        signature = desk.path / f"{name}.{home}"
        desk.ok("treaty", "sign", desk.path / name, "--out", signature, home=home)
        desk.ok("treaty", "add-signature", desk.path / name, signature, keys=False)


def test_a_bundle_is_renewed_and_its_address_checked(desk: Desk) -> None:
    said = desk.fails(Exit.USAGE, "bundle", "publish")
    assert "--endpoint" in said
    done = desk.ok("bundle", "publish", "--endpoint", "[::1]:7411", "--out", desk.path / "again")
    assert done["bundle"]["serial"] == 2
    assert desk.ok("bundle", "import", desk.path / "again", home="b")["outcome"] == "new"
    assert desk.ok("bundle", "show", "aa.police", home="b")["bundle"]["endpoints"] == [{"host": "::1", "port": 7411}]


def test_a_bundle_of_a_stranger_is_refused(desk: Desk) -> None:
    said = desk.fails(Exit.NOT_FOUND, "bundle", "show", "cc.none")
    assert "no bundle of cc.none" in said
    data = (desk.path / "b" / "bb.fiu.bundle").read_bytes()
    (desk.path / "x").write_bytes(data.replace(b"Duty officer", b"Duty officeR"))
    assert "does not verify" in desk.fails(Exit.DOCUMENT, "bundle", "import", desk.path / "x")


# --- messages ---------------------------------------------------------------------------------------------------------


def test_a_request_is_kept_and_says_why_it_waits(desk: Desk) -> None:
    form = EXAMPLES / "stop-payment.json"
    sent = desk.ok("send", "prevention.stop-payment", "--to", "bb.fiu", "--form", form, "--urgency", "flash")
    shown = desk.ok("show", sent["id"][:8])
    assert shown["message"]["payload"]["executed"] == 1_795_167_667_000_000
    assert shown["message"]["urgency"] == 0
    (delivery,) = shown["deliveries"]
    assert (delivery["state"], delivery["attempts"], delivery["receipt"]) == ("waiting", 0, None)
    assert "link to bb.fiu is down" in delivery["cause"]
    assert delivery["next"]
    assert [message["id"] for message in desk.ok("outbox")["messages"]] == [sent["id"]]
    assert desk.ok("inbox") == {"messages": []}
    assert desk.ok("status")["waiting"] == 1


def test_the_texts_of_others_cannot_move_the_cursor(desk: Desk) -> None:
    text = "one\ntwo\x1b[2J \u202egnp.exe [bold]"
    sent = desk.ok("send", "text", "--to", "bb.fiu", "--text", text)
    shown = desk.run("show", sent["id"]).stdout
    assert "two\\u{1b}[2J \\u{202e}gnp.exe [bold]" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_transcript_reads_as_the_manual_says(desk: Desk) -> None:
    done = desk.run("send", "text", "--to", "bb.fiu", "--text", "Please call.")
    assert re.fullmatch(
        r"kept and on its way: text to bb\.fiu\nid    [0-9a-f]{32}\ncase  [0-9a-f]{32}\n"
        r"where it stands: comity show [0-9a-f]{12}\n",
        done.stdout,
    )
    assert desk.run("inbox").stdout == "no messages\n"
    shown = desk.run("status").stdout
    assert "treaty      version 1, expires 20" in shown
    assert "waiting     1\n" in shown


def test_a_form_may_come_from_standard_input(desk: Desk) -> None:
    assert desk.run("send", "text", "--to", "bb.fiu", "--form", "-", stdin='{"text": "x"}').exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("text", "--to", "bb.fiu"), Exit.USAGE, "either a form or a text"),
        (("text", "--to", "bb.fiu", "--text", "x", "--form", "f"), Exit.USAGE, "either a form or a text"),
        (("text", "--text", "x"), Exit.USAGE, "Missing option '--to'"),
        (("text", "--to", "bb.fiu", "--text", "x", "--urgency", "now"), Exit.USAGE, "--urgency"),
        (("text", "--to", "bb.fiu", "--text", "x", "--expires", "soon"), Exit.USAGE, "no duration"),
        (("text", "--to", "bb.fiu", "--text", "x", "--expires", "100000d"), Exit.USAGE, "lifetime_s"),
        (("text", "--to", "bb.fiu", "--text", "x", "--expires", "31d"), Exit.REFUSED, "treaty lets a message live"),
        (("text", "--to", "bb.fiu", "--text", "x", "--lang", "english!"), Exit.REFUSED, "lang"),
        (("text", "--to", "cc.none", "--text", "x"), Exit.REFUSED, "cc.none is not a member"),
        (("text", "--to", "aa.police", "--text", "x"), Exit.REFUSED, ""),
        (("text", "--to", "bb.fiu", "--text", ""), Exit.REFUSED, "$.text"),
        (("gossip", "--to", "bb.fiu", "--text", "x"), Exit.REFUSED, "not known"),
        (("text", "--to", "bb.fiu", "--form", "absent.json"), Exit.FAILED, "cannot be read"),
    ],
)
def test_what_cannot_be_sent_is_told_and_nothing_is_kept(
    desk: Desk, words: tuple[str, ...], code: Exit, sentence: str
) -> None:
    assert sentence in desk.fails(code, "send", *words)
    assert desk.ok("outbox") == {"messages": []}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ('{"text": "x", "text": "y"}', "stands twice"),
        ('{"text": 1.5}', "quotation marks"),
        ('{"text": NaN}', "NaN"),
        ('{"text": null}', "$.text"),
        ('{"text": "x", "more": 1}', "more"),
        ('{"text": "\\u0000"}', ""),
        ('{"text": "\\ud800"}', ""),
        ("[" * 100_000, "no JSON"),
        ('{"text":' * 5_000, "no JSON"),
    ],
)
def test_a_form_that_is_wrong_is_told_with_its_place(desk: Desk, form: str, words: str) -> None:
    assert words in desk.fails(Exit.REFUSED, "send", "text", "--to", "bb.fiu", "--form", "-", stdin=form)


@pytest.mark.parametrize("prefix", ["ffff", "zz", "", "f" * 33, "\u0663\u0663\u0663\u0663", "é"])
def test_a_message_that_is_not_there_is_not_found(desk: Desk, prefix: str) -> None:
    desk.fails(Exit.NOT_FOUND, "show", prefix)
    desk.fails(Exit.NOT_FOUND, "reply", prefix, "text", "--text", "x")


@given(st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(max_size=8) | st.sampled_from(["amount", "recall", "executed", "intermediaries"]), inner, max_size=4),
    max_leaves=12).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_bytes_as_a_form_give_a_payload_or_one_error(data: bytes) -> None:
    for kind in ("text", "prevention.stop-payment", "prevention.stop-payment-result"):
        try:
            payload_from(kind, read_form(data))
        except FormError:
            continue


# --- failures of the machine ------------------------------------------------------------------------------------------


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


# --- doctor -----------------------------------------------------------------------------------------------------------


def test_a_healthy_home_passes(desk: Desk) -> None:
    found = desk.ok("doctor")
    assert found["ok"] is True
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert {states[name] for name in ("home", "configuration", "node key", "clock", "database")} == {"ok"}
    assert {states[name] for name in ("treaty", "bundle", "port 0")} == {"ok"}
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


# --- form of answers --------------------------------------------------------------------------------------------------


def test_a_fault_is_json_where_json_is_asked_for(desk: Desk) -> None:
    for words in (("--json", "show", "ffff"), ("show", "ffff", "--json")):
        done = desk.run(*words)
        assert (done.exit_code, done.stdout) == (Exit.NOT_FOUND, "")
        error = json.loads(done.stderr)["error"]
        assert (error["code"], error["exit"]) == ("not-found", 6)
        assert error["message"]
        assert error["next"]
    done = CliRunner().invoke(comity, ["--json", "no-such-command"])
    assert json.loads(done.stderr)["error"]["code"] == "usage"


def test_no_command_at_all_shows_help() -> None:
    done = CliRunner().invoke(comity, [])
    assert done.exit_code == Exit.USAGE
    assert "Commands:" in done.stderr


WORDS = st.sampled_from(
    ["send", "inbox", "show", "treaty", "bundle", "sign", "verify", "draft", "publish", "import", "init", "serve",
     "doctor", "status", "version", "--json", "--to", "--form", "--text", "-", "--", "--help", "--passphrase-file",
     "--passphrase-fd", "--out", "--limit", "--home", "--name", "aa.police", "text", "0"]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(WORDS | st.text(max_size=12), max_size=6))
def test_any_words_leave_a_documented_exit_code(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMITY_HOME", str(tmp_path / "none"))
    done = CliRunner().invoke(comity, words, catch_exceptions=False)
    assert done.exit_code in set(Exit)
    assert "Traceback" not in done.output
    assert not re.search(r"comity: unexpected \w+ at", done.output)


# --- the daemon -------------------------------------------------------------------------------------------------------


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


# --- secrets ----------------------------------------------------------------------------------------------------------


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
        ("status",), ("inbox",), ("outbox",), ("show", sent), ("show", sent, "--json"), ("doctor",), ("doctor", "--json"),
        ("treaty", "show"), ("bundle", "show"), ("bundle", "publish", "--endpoint", "h.example:1"),
        ("send", "text", "--to", "cc.none", "--text", "x"), ("show", "ffff"), ("init", "aa.police", "--name", "x"),
        ("treaty", "sign", desk.path / "treaty", "--out", desk.path / "again.sig"),
        ("init", "cc.new", "--name", "x", "--root-key", desk.path / "a" / "root.key"),
    ]  # fmt: skip
    done = [desk.run(*words) for words in trials]
    done += [desk.run("status", *wrong, keys=False), desk.run("bundle", "publish", *wrong, keys=False)]
    (desk.path / "a" / "comity.db").write_bytes(b"broken")
    done.append(desk.run("status"))
    return "".join(result.output for result in done)
