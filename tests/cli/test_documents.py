"""Treaty and bundles on the command line: who must sign, what is refused."""

import json
from pathlib import Path

import pytest

from comity_node.faults import Exit
from tests.support.desk import Desk, draft, sign_all

pytestmark = pytest.mark.slow


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
    given_words: tuple[str | Path, ...] = words if words in ((), ("--title", "T")) else (*full, *words)
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
