"""Messages on the command line: what is kept, what is refused, what is shown."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity_node.faults import Exit
from comity_node.forms import FormError, payload_from, read_form
from comity_node.times import parse_time
from tests.support.desk import Desk


def test_a_request_is_kept_and_says_why_it_waits(desk: Desk) -> None:
    form = desk.form("prevention.stop-payment")
    sent = desk.ok("send", "prevention.stop-payment", "--to", "bb.fiu", "--form", form, "--urgency", "flash")
    shown = desk.ok("show", sent["id"][:8])
    assert shown["message"]["payload"]["executed"] == parse_time(json.loads(form.read_text())["executed"])
    assert shown["message"]["urgency"] == 0
    (delivery,) = shown["deliveries"]
    assert (delivery["state"], delivery["attempts"], delivery["receipt"]) == ("kept", 0, None)
    assert delivery["cause"] == "not sent yet; the daemon of this node does not run"
    assert delivery["next"] == "start the daemon: comity serve"
    assert [message["id"] for message in desk.ok("outbox")["messages"]] == [sent["id"]]
    assert desk.ok("inbox") == {"messages": []}
    status = desk.ok("status")
    assert (status["waiting"], status["undelivered"]) == (1, 0)
    assert status["peers"][0]["cause"] == "the daemon of this node does not run"
    assert status["peers"][0]["next"] == "start the daemon: comity serve"
    assert "1 waiting for bb.fiu since 20" in desk.run("status").stdout


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
        (("text", "--to", "bb.fiu", "--text", ""), Exit.REFUSED, "text: it has 0 characters"),
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
        ('{"text": null}', "text: it is missing"),
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
    for kind in ("text", "prevention.stop-payment", "prevention.hold-result"):
        try:
            payload_from(kind, read_form(data))
        except FormError:
            continue


def test_every_fault_of_a_form_is_told_with_what_stands_there(desk: Desk) -> None:
    form = {"text": 5, "more\x1b": "x"}
    told = desk.fails(Exit.REFUSED, "send", "text", "--to", "bb.fiu", "--form", "-", stdin=json.dumps(form))
    assert "in 2 places" in told.splitlines()[0]
    assert "  more\\u{1b} [x]: this kind has no such field here" in told
    assert "  text [5]: this is of another type" in told
    assert "      Text: a text of 1 to 20000 characters" in told
    run = desk.run("--json", "send", "text", "--to", "bb.fiu", "--form", "-", stdin=json.dumps(form))
    error = json.loads(run.stderr)["error"]
    assert [(fault["path"], fault["code"], fault["value"]) for fault in error["faults"]] == [
        ("more\\u{1b}", "unknown-field", "x"),
        ("text", "type", "5"),
    ]
