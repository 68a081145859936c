"""Handling on the command line: how content is marked, what is refused, what is shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from trio.testing import MockClock

from comity.handling import Handling
from comity_node import operations, render
from comity_node.cli.handling import print_consents, print_retention
from comity_node.faults import Exit, UsageError
from comity_node.node import HandlingError, Node
from comity_node.times import parse_end
from tests.support.alliances import alliance, first_message, until
from tests.support.desk import Desk

pytestmark = pytest.mark.slow

A, B, C = "aa.police", "bb.fiu", "qm.prosecutor"
SEND = ("send", "text", "--to", B, "--text", "The account is used by a mule.")
Output = pytest.CaptureFixture[str]


def test_a_message_is_marked_as_the_options_say(desk: Desk) -> None:
    marks = ("--tlp", "AMBER+STRICT", "--pap", "RED", "--code", "H2", "--code", "H1", "--purpose", "prosecution")
    sent = desk.ok(*SEND, *marks, "--purpose", "investigation", "--retain-until", "2099-01-01")
    shown = desk.ok("show", sent["id"])
    body = shown["message"]
    assert (body["tlp"], body["pap"], body["codes"]) == ("AMBER+STRICT", "RED", ["H1", "H2"])
    assert (body["purposes"], body["retain_until"]) == (["investigation", "prosecution"], "2099-01-01T00:00:00Z")
    assert shown["handling"]["originator"] == A
    assert shown["handling"]["permissions"] == []
    line = "TLP:AMBER+STRICT, PAP:RED, H1, H2, only for investigation, prosecution, to be deleted by 2099-01-01"
    assert f"marking     {line}T00:00:00Z\n" in desk.run("show", sent["id"]).stdout


def test_without_options_a_message_is_amber(desk: Desk) -> None:
    body = desk.ok("show", desk.ok(*SEND)["id"])["message"]
    assert (body["tlp"], body["pap"], body["codes"], body["purposes"]) == ("AMBER", "GREEN", [], [])
    assert (body["retain_until"], body["exercise"], body["destroyed"]) == (None, False, None)


@pytest.mark.clause("HAND-027")
def test_an_exercise_is_seen_on_everything(desk: Desk) -> None:
    sent = desk.ok(*SEND, "--exercise")
    shown = desk.ok("show", sent["id"])
    assert shown["exercise"] is True
    assert shown["message"]["exercise"] is True
    assert all(event["exercise"] for event in shown["timeline"])
    assert desk.ok("outbox")["messages"][0]["exercise"] is True
    text = desk.run("show", sent["id"]).stdout
    assert text.startswith("*** EXERCISE: this is not a real case ***\n")
    assert "Z  EXERCISE  aa.police  sent" in text
    assert f"*** EXERCISE: {sent['id'][:12]} belongs to no real case ***\n" in desk.run("outbox").stdout
    assert "EXERCISE" not in desk.run("show", desk.ok(*SEND)["id"]).stdout


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--purpose", "none", "--purpose", "prevention"), Exit.USAGE, "HAND-001"),
        (("--purpose", "Two Words"), Exit.USAGE, "purposes"),
        (("--code", "H4"), Exit.USAGE, "--code"),
        (("--pap", "BLUE"), Exit.USAGE, "--pap"),
        (("--retain-until", "soon"), Exit.USAGE, "no time"),
        (("--retain-until", "2020-01-01"), Exit.REFUSED, "the time to keep it has passed"),
    ],
)
def test_a_marking_that_cannot_be_is_told(desk: Desk, options: tuple[str, ...], code: Exit, sentence: str) -> None:
    assert sentence in desk.fails(code, *SEND, *options)
    assert desk.ok("outbox") == {"messages": []}


def test_an_end_is_a_day_a_time_or_a_duration() -> None:
    assert parse_end("1970-01-02", 0) == 86_400_000_000
    assert parse_end("1970-01-01T00:00:01Z", 0) == 1_000_000
    assert parse_end("2d", 5) == 2 * 86_400_000_000 + 5
    for text in ("", "tomorrow", "1970-02-30", "0d"):
        with pytest.raises(UsageError):
            parse_end(text, 0)


def test_the_marking_of_an_own_message_is_changed_and_the_change_is_sent(desk: Desk) -> None:
    sent = desk.ok(*SEND, "--retain-until", "2099-01-01")
    changed = desk.ok("handling", "change", sent["id"], "--tlp", "RED", "--keep-forever", "--reason", "A witness.")
    assert (changed["kind"], changed["to"], changed["words"]) == ("handling.change", [B], "TLP:RED, PAP:GREEN")
    assert desk.ok("show", sent["id"])["handling"]["tlp"] == "RED"
    assert desk.ok("show", sent["id"])["message"]["tlp"] == "AMBER"
    assert desk.ok("retention", "list")["due"] == []
    desk.fails(Exit.NOT_FOUND, "handling", "change", "ffff", "--tlp", "RED")


def test_what_must_be_destroyed_is_listed_and_put_on_hold(desk: Desk) -> None:
    sent = desk.ok(*SEND, "--retain-until", "30d")
    (due,) = desk.ok("retention", "list")["due"]
    assert (due["id"], due["held"]) == (sent["id"], False)
    case = sent["case"][:8]
    assert desk.ok("retention", "hold", case, "--reason", "Order 7/2026.") == {"case": sent["case"], "held": True}
    found = desk.ok("retention", "list")
    assert found["due"][0]["held"] is True
    assert [each["reason"] for each in found["holds"]] == ["Order 7/2026."]
    assert "on hold" in desk.run("retention", "list").stdout
    assert "on hold" in desk.fails(Exit.REFUSED, "retention", "destroy", sent["id"], "--ground", "request")
    assert desk.ok("retention", "release", case)["held"] is False
    assert "on its way" in desk.fails(Exit.REFUSED, "retention", "destroy", sent["id"], "--ground", "request")
    desk.fails(Exit.NOT_FOUND, "retention", "release", case)
    desk.fails(Exit.NOT_FOUND, "retention", "hold", "ffff", "--reason", "x")
    desk.fails(Exit.USAGE, "retention", "destroy", sent["id"], "--ground", "because")


def test_nothing_is_asked_about_one_s_own_content(desk: Desk) -> None:
    sent = desk.ok(*SEND)
    words = ("consent", "request", sent["id"], "--to", B, "--purpose", "prosecution", "--reason", "So.")
    assert "no consent is needed" in desk.fails(Exit.REFUSED, *words)
    assert desk.ok("consent", "list") == {"consents": []}
    assert desk.run("consent", "list").stdout == "no requests for consent\n"
    assert desk.run("retention", "list").stdout == "nothing is due\n"
    desk.fails(Exit.NOT_FOUND, "consent", "grant", sent["id"])
    desk.fails(Exit.NOT_FOUND, "consent", "refuse", sent["id"], "--reason", "No.")
    assert "not a member" in desk.fails(Exit.REFUSED, "forward", sent["id"], "--to", C, "--for", "prosecution")


# --- between parties -------------------------------------------------------------------------------------------------


async def run(node: Node, name: str, **params: Any) -> Any:
    """Return the result of an operation, as a command gets it."""
    return json.loads(json.dumps(await operations.run(node, name, params)))


async def kept(node: Node, kind: str, number: int = 1) -> str:
    """Return the id of the newest message of the kind that came, once there are so many."""
    await until(lambda: sum(message.body.kind == kind for message in node.inbox()) >= number)
    return next(message.id.hex() for message in node.inbox() if message.body.kind == kind)


@pytest.mark.clause("HAND-023", "HAND-034")
async def test_consent_is_asked_given_listed_and_used(
    tmp_path: Path, autojump_clock: MockClock, capsys: Output
) -> None:
    group = await alliance(tmp_path, A, B, C)
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", {"text": "The account."}, handling=Handling(tlp="AMBER", codes=("H2",)))
        got = (await first_message(nodes[B])).id.hex()
        shown = await run(nodes[B], "show", id=got)
        may = {each["action"]: each for each in shown["handling"]["permissions"]}
        assert (may["export"]["allowed"], may["forward"]["allowed"]) == (True, False)
        assert may["forward"]["lift"] == "consent of aa.police"
        with pytest.raises(HandlingError) as caught:
            await run(nodes[B], "forward", id=got, to=[C], purpose="prosecution")
        assert f"comity consent request {got[:12]} --to {C} --purpose prosecution --reason WHY" in str(caught.value)
        asked = await run(nodes[B], "consent-request", id=got, to=[C], purpose="prosecution", reason="It leads.")
        assert asked["to"] == [A]
        request = await kept(nodes[A], "handling.consent-request")
        await run(nodes[A], "consent-grant", id=request, conditions="Not in open court.", expires=None)
        await kept(nodes[B], "handling.consent")
        listed = await run(nodes[B], "consent-list")
        print_consents(listed)
        await run(nodes[B], "forward", id=got, to=[C], purpose="prosecution", note="As agreed.")
        copy = await run(nodes[C], "show", id=await kept(nodes[C], "handling.forward"))
        render.message(copy)
        render.message(shown)
        printed = capsys.readouterr().out
    (each,) = listed["consents"]
    assert (each["state"], each["conditions"], each["direction"]) == ("granted", "Not in open court.", "out")
    assert copy["handling"]["originator"] == A
    assert (copy["handling"]["tlp"], copy["handling"]["codes"]) == ("AMBER", ["H2"])
    forwarded = copy["forwarded"]
    assert (forwarded["from"], forwarded["by"], forwarded["payload"]) == (A, B, {"text": "The account."})
    assert "conditions: Not in open court." in printed
    assert "passed on by bb.fiu, for prosecution; content of aa.police" in printed
    assert "consents that came with it: 1" in printed
    assert "no: TLP:AMBER stays within one's own organisation" in printed


@pytest.mark.clause("HAND-024")
async def test_a_reply_changes_only_what_is_said_and_never_widens(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        strict = Handling(tlp="AMBER", codes=("H1",), purposes=("investigation",))
        await nodes[A].send(B, "text", {"text": "The account."}, handling=strict)
        got = (await first_message(nodes[B])).id.hex()
        plain = await run(nodes[B], "reply", id=got, kind="text", form={"text": "Yes."})
        red = await run(nodes[B], "reply", id=got, kind="text", form={"text": "Yes."}, marking={"tlp": "RED"})
        bodies = [(await run(nodes[B], "show", id=each["id"]))["message"] for each in (plain, red)]
        assert [(body["tlp"], body["codes"], body["purposes"]) for body in bodies] == [
            ("AMBER", ["H1"], ["investigation"]), ("RED", ["H1"], ["investigation"])
        ]  # fmt: skip
        with pytest.raises(HandlingError, match="at least as strictly"):
            await run(nodes[B], "reply", id=got, kind="text", form={"text": "x"}, marking={"tlp": "CLEAR"})


async def test_what_was_destroyed_says_when_and_why(tmp_path: Path, autojump_clock: MockClock, capsys: Output) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        await nodes[A].send(B, "text", {"text": "The account."})
        got = (await first_message(nodes[B])).id.hex()
        gone = await run(nodes[B], "retention-destroy", id=got, ground="purpose-ended")
        assert gone["destroyed"]["ground"] == "purpose-ended"
        shown = await run(nodes[B], "show", id=got)
        render.message(shown)
        render.listing((await run(nodes[B], "inbox"))["messages"])
        print_retention(await run(nodes[B], "retention-list"))
        printed = capsys.readouterr().out
        with pytest.raises(UsageError, match="no ground"):
            await run(nodes[B], "retention-destroy", id=got, ground="because")
    assert f"destroyed on {gone['destroyed']['time']}, ground: purpose-ended" in printed
    assert "of aa.police, 0 files, purpose-ended; its originator was told" in printed
    assert "The account." not in printed
