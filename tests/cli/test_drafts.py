"""Drafts and templates at the command line: what is kept, gone on with, sent, and what a template leaves out."""

import json
import stat
from pathlib import Path

import pytest
import trio

from comity_node.authoring.drafts import Drafts
from comity_node.authoring.letter import Letter
from comity_node.cli import request, writing
from comity_node.faults import Exit, RefusedError, UnreachableError
from comity_node.keyfile import load_ring
from comity_node.vault import Vault
from comity_node.world import RealWorld
from tests.cli.test_requests import STOP, minimal, typed
from tests.support.desk import EXAMPLES, PASSPHRASE, Desk

pytestmark = pytest.mark.slow

VICTIM = "Zebulon Example"


def saved(desk: Desk, *words: str | Path) -> str:
    found: str = desk.ok("request", "new", STOP, "--to", "bb.fiu", *words, "--save")["draft"]
    return found


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person sit at the terminal, who types what standard input says."""
    monkeypatch.setattr(request, "is_interactive", lambda: True)


def files(desk: Desk) -> list[Path]:
    return sorted((desk.path / "a" / "drafts").iterdir())


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_lies_sealed_for_its_owner_alone(desk: Desk) -> None:
    draft = saved(desk, "--set", f"victim.name={VICTIM}")
    (path,) = files(desk)
    assert path.name == f"{draft}.draft"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert VICTIM.encode() not in path.read_bytes()
    assert VICTIM in desk.run("draft", "show", draft[:4]).stdout
    assert desk.ok("draft", "show", draft)["letter"]["form"]["victim"] == {"name": VICTIM}


def test_drafts_are_listed_with_what_they_lack(desk: Desk) -> None:
    assert desk.run("draft", "list").stdout == "no drafts\n"
    whole, part = saved(desk, *minimal()), saved(desk, "--set", "amount=5 EUR")
    listed = desk.ok("draft", "list")["drafts"]
    assert [each["id"] for each in listed] == [part, whole]
    assert listed[1]["faults"] == 0
    assert listed[0]["faults"] > 5
    assert part[:8] in desk.run("draft", "list").stdout


def test_the_list_of_drafts_repeats_nothing_that_they_say(desk: Desk) -> None:
    saved(desk, "--set", f"victim.name={VICTIM}", "--set", "summary=The facts.")
    assert VICTIM not in desk.run("--json", "draft", "list").stdout
    assert "facts" not in desk.run("--json", "draft", "list").stdout


def test_a_whole_draft_is_sent_once_and_is_gone(desk: Desk) -> None:
    draft = saved(desk, *minimal())
    sent = desk.ok("draft", "send", draft[:6], "--yes")
    assert [message["id"] for message in desk.ok("outbox")["messages"]] == [sent["id"]]
    assert files(desk) == []
    desk.fails(Exit.NOT_FOUND, "draft", "send", draft, "--yes")


def test_a_draft_that_is_not_right_is_not_sent_and_stays(desk: Desk) -> None:
    draft = saved(desk, "--set", "amount=5 EUR")
    done = desk.run("--json", "draft", "send", draft, "--yes")
    assert done.exit_code == Exit.REFUSED
    assert "summary" in {each["path"] for each in json.loads(done.stderr)["error"]["faults"]}
    assert len(files(desk)) == 1


@pytest.mark.usefixtures("terminal")
def test_a_draft_is_gone_on_with_where_it_was_left(desk: Desk) -> None:
    draft = saved(desk, *minimal(), "--set", "summary=")
    done = desk.run("draft", "edit", draft, stdin=typed("The facts.", "", "s"))
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "kept and on its way" in done.stdout
    assert files(desk) == []


@pytest.mark.usefixtures("terminal")
def test_a_draft_is_shown_before_it_is_sent(desk: Desk) -> None:
    draft = saved(desk, *minimal())
    done = desk.run("draft", "send", draft, stdin=typed("", "d"))
    assert "This is what will be signed" in done.stdout
    assert desk.ok("outbox") == {"messages": []}
    assert len(files(desk)) == 1


def test_a_draft_that_may_have_gone_is_not_sent_again_unseen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = saved(desk, *minimal())

    def crash(*words: object, **params: object) -> None:
        raise UnreachableError("the daemon does not answer", "look at its log")

    monkeypatch.setattr(writing, "perform_with", crash)
    desk.fails(Exit.UNREACHABLE, "draft", "send", draft, "--yes")
    monkeypatch.undo()
    done = desk.run("--json", "draft", "send", draft, "--yes")
    assert [each["code"] for each in json.loads(done.stderr)["error"]["faults"]] == ["perhaps-sent"]


@pytest.mark.usefixtures("terminal")
def test_who_goes_on_with_a_draft_that_may_have_gone_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = saved(desk, *minimal())
    letter = desk.ok("draft", "show", draft)["letter"]
    keys = load_ring(desk.path / "a" / "node.key", PASSPHRASE)
    trio.run(Drafts(desk.path / "a", Vault(keys.storage, RealWorld()), RealWorld()).save,
             Letter(**(letter | {"sending": True})), draft)  # fmt: skip
    done = desk.run("draft", "edit", draft, stdin=typed("", "s"))
    assert "it may have gone" in done.stdout
    assert "kept and on its way" in done.stdout


def test_a_refused_sending_leaves_a_draft_that_can_be_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = saved(desk, *minimal())

    def refuse(*words: object, **params: object) -> None:
        raise RefusedError("the treaty does not allow it", "see it")

    monkeypatch.setattr(writing, "perform_with", refuse)
    desk.fails(Exit.REFUSED, "draft", "send", draft, "--yes")
    monkeypatch.undo()
    assert desk.ok("draft", "send", draft, "--yes")["kind"] == STOP


def test_a_draft_is_thrown_away(desk: Desk) -> None:
    draft = saved(desk)
    assert desk.run("draft", "discard", draft[:6]).stdout == f"discarded {draft}\n"
    assert files(desk) == []


@pytest.mark.parametrize("name", ["ffff", "zz", "", "../x", "\u0663\u0663"])
def test_a_draft_that_is_not_there_is_not_found(desk: Desk, name: str) -> None:
    for command in ("show", "edit", "send", "discard"):
        desk.fails(Exit.NOT_FOUND, "draft", command, name)


def test_an_altered_draft_is_listed_as_such_and_can_only_be_thrown_away(desk: Desk) -> None:
    draft = saved(desk, "--set", "amount=5 EUR")
    (path,) = files(desk)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    (listed,) = desk.ok("draft", "list")["drafts"]
    assert (listed["id"], listed["damaged"], listed["kind"]) == (draft, True, None)
    assert "cannot be opened" in desk.run("draft", "list").stdout
    assert "cannot be opened" in desk.fails(Exit.STORAGE, "draft", "show", draft)
    assert desk.ok("draft", "discard", draft) == {"id": draft}


# --- templates --------------------------------------------------------------------------------------------------------


def example(desk: Desk) -> Path:
    path = desk.path / "whole.json"
    path.write_text((EXAMPLES / f"{STOP}.json").read_text().replace('"2026-1', '"2096-1'))
    return path


def test_templates_come_with_the_program(desk: Desk) -> None:
    found = {each["name"]: each for each in desk.ok("template", "list", keys=False)["templates"]}
    assert found["stop-payment-investment"]["kind"] == STOP
    assert not found["stop-payment-investment"]["own"]
    assert "Investment fraud" in desk.run("template", "list", keys=False).stdout
    assert "now+3d" in desk.run("template", "show", "stop-payment-investment", keys=False).stdout


def test_a_template_keeps_nothing_of_the_case(desk: Desk) -> None:
    draft = saved(desk, "--form", example(desk))
    made = desk.ok("template", "save", draft, "own-bank")
    text = (desk.path / "a" / "templates" / "own-bank.json").read_text()
    for word in ("A. Example", "Norwind", "48250", "AA-2026", "AA33EXBK", "XA72EXAM", "2096", "security desk"):
        assert word not in text
    kept = desk.ok("template", "show", "own-bank", keys=False)["form"]
    assert kept["originator"] == {"bank": "Example Bank of Aa", "bic": "EXBKAAAA", "country": "AA"}
    assert kept["legal_basis"].startswith("Consent")
    assert {"amount.value", "beneficiary.number", "originator.holder", "summary", "victim.name"} <= set(made["dropped"])


def test_a_field_is_kept_where_that_is_asked_for(desk: Desk) -> None:
    draft = saved(desk, "--form", example(desk))
    desk.ok("template", "save", draft, "facts", "--keep", "summary", "--keep", "beneficiary.bank")
    kept = desk.ok("template", "show", "facts", keys=False)["form"]
    assert kept["summary"].startswith("A caller")
    assert kept["beneficiary"] == {"bank": "Example Bank of Xa"}


def test_a_template_is_made_of_a_message_as_well(desk: Desk) -> None:
    sent = desk.ok("request", "new", STOP, "--to", "bb.fiu", *minimal(), "--yes")
    desk.ok("template", "save", sent["id"][:8], "of-a-message")
    found = desk.ok("template", "show", "of-a-message", keys=False)
    assert (found["urgency"], found["form"]["fraud_type"]) == ("flash", "FR-INV")
    assert "executed" not in found["form"]
    desk.fails(Exit.NOT_FOUND, "template", "save", "ffff", "of-nothing")


def test_a_template_of_the_home_is_replaced_only_on_purpose_and_removed(desk: Desk) -> None:
    draft = saved(desk, *minimal())
    desk.ok("template", "save", draft, "mine")
    desk.fails(Exit.FAILED, "template", "save", draft, "mine")
    desk.ok("template", "save", draft, "mine", "--force")
    assert "mine" in {each["name"] for each in desk.ok("template", "list", keys=False)["templates"]}
    assert desk.run("template", "remove", "mine", keys=False).stdout == "removed template mine\n"
    desk.fails(Exit.NOT_FOUND, "template", "remove", "mine", keys=False)
    desk.fails(Exit.NOT_FOUND, "template", "remove", "stop-payment-investment", keys=False)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"kind": "text"}', '{"kind": "gossip", "form": {}}', "[" * 9999])
def test_a_damaged_template_is_told(desk: Desk, content: str) -> None:
    place = desk.path / "a" / "templates"
    place.mkdir()
    (place / "bad.json").write_text(content)
    desk.fails(Exit.DOCUMENT, "template", "show", "bad", keys=False)
