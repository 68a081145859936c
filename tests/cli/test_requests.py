"""Writing requests at the command line: asked at a terminal, or given by options; what is shown, kept and sent."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from comity_node.cli import comity, request
from comity_node.cli.surroundings import Terminal
from comity_node.faults import Exit
from comity_node.phrases import phrases
from tests.support.desk import EXAMPLES, Desk

pytestmark = pytest.mark.slow

STOP = "prevention.stop-payment"
TEMPLATE = "stop-payment-investment"
LANGUAGES = ("ar", "en", "es", "fr", "pt", "ru", "th", "zh")
#: What an officer types for a minimal stop-payment, one line for each question.
ANSWERS = (
    "48250.00 EUR",
    "now-40m",
    "Example Bank of Xa",
    "XA72EXAM00009876543210",
    "XA",
    "Caller posed as the bank's security desk; the savings were moved to a mule account.",
    "Police Act of Aa, section 12",
    "+99955501234",
    "2",
    "5f0c6a3e-9d1b-4c57-8a42-b7e6f1d20934",
    "",
    "s",
)
#: 40 words a minute, a word being five keystrokes with its space, over three minutes. Enter counts as a keystroke.
THREE_MINUTES_OF_TYPING = 40 * 5 * 3


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person sit at the terminal, who types what standard input says."""
    monkeypatch.setattr(request, "is_interactive", lambda: True)


def typed(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def begin(desk: Desk, *lines: str, words: tuple[str, ...] = ("--template", TEMPLATE)) -> Any:
    return desk.run("request", "new", STOP, "--to", "bb.fiu", *words, stdin=typed(*lines))


def payload_of_newest(desk: Desk) -> Any:
    (message,) = desk.ok("outbox")["messages"]
    return desk.ok("show", message["id"])["message"]["payload"]


def minimal() -> list[str]:
    """Return the options that say the same as ANSWERS."""
    return [
        "--template", TEMPLATE, "--set", "amount=48250.00 EUR", "--set", "executed=now-40m",
        "--set", "beneficiary.bank=Example Bank of Xa", "--set", "beneficiary.number=XA72EXAM00009876543210",
        "--set", "beneficiary.country=XA", "--set", "summary=Caller posed as the bank.",
        "--set", "legal_basis=Police Act of Aa, section 12", "--set", "contact.phone=+99955501234",
        "--set", "payment_reference=5f0c6a3e-9d1b-4c57-8a42-b7e6f1d20934",
    ]  # fmt: skip


# --- at a terminal ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terminal")
def test_a_minimal_stop_payment_takes_less_than_three_minutes_of_typing(desk: Desk) -> None:
    command = f"comity request new {STOP} --to bb.fiu --template {TEMPLATE}\n"
    assert len(command) + len(typed(*ANSWERS)) <= THREE_MINUTES_OF_TYPING
    done = begin(desk, *ANSWERS)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "kept and on its way" in done.stdout
    sent = payload_of_newest(desk)
    assert sent["amount"] == {"currency": "EUR", "value": "48250.00"}
    assert sent["fraud_type"] == "FR-INV"
    assert sent["contact"] == {"email": None, "name": "Duty officer", "phone": "+99955501234"}
    assert sent["measure_until"] - sent["measure_from"] == 3 * 86_400_000_000
    assert desk.ok("draft", "list") == {"drafts": []}


@pytest.mark.usefixtures("terminal")
def test_the_preview_says_all_that_will_be_signed(desk: Desk) -> None:
    done = begin(desk, *ANSWERS)
    preview = done.stdout.partition("This is what will be signed\n")[2]
    for words in (
        "Kind: Request to stop a payment (prevention.stop-payment)",
        "To: Office of bb.fiu (bb.fiu)",
        "Marking: TLP:AMBER (AMBER)",
        "Urgency: Flash (flash)",
        "Signed by: aa.police",
        "Due from bb.fiu, counted from receipt:",
        "Acknowledge: 30 min (20",
        "Account number: XA72EXAM00009876543210",
        "Sort of fraud: Investment fraud (FR-INV)",
    ):
        assert words in preview


@pytest.mark.usefixtures("terminal")
def test_the_transcript_that_officers_read_is_true(desk: Desk) -> None:
    settings = desk.path / "a" / "comity.toml"
    settings.write_text(settings.read_text().replace('phone = "not stated"', 'phone = "+99955501234"'))
    page = (EXAMPLES.parents[1] / "docs" / "requests.md").read_text()
    blocks = page.split("## How answers are typed")[0].split("```\n")[1::2]
    command, *transcript = "".join(blocks).splitlines()
    answers = [line for line in ANSWERS if not line.startswith("+")]
    done = desk.run(*command.split()[2:], stdin=typed(*answers))
    assert done.exit_code == 0, done.stderr
    place = 0
    for line in filter(None, transcript):
        typed_here = next((each for each in answers if each and line.endswith(f": {each}")), None)
        shown = line if typed_here is None else line.removesuffix(typed_here)  # what is typed is not printed
        assert shown in done.stdout[place:], shown
        place = done.stdout.index(shown, place)


@pytest.mark.usefixtures("terminal")
def test_a_line_of_the_preview_can_be_edited(desk: Desk) -> None:
    lines = [*ANSWERS[:-1], "e 1", "7 EUR", "e legal_basis", "Another Act", "e 99", "perhaps", "s"]
    done = begin(desk, *lines)
    assert done.exit_code == 0
    assert "Say which line" in done.stdout
    assert payload_of_newest(desk)["amount"]["value"] == "7"
    assert payload_of_newest(desk)["legal_basis"] == "Another Act"


@pytest.mark.usefixtures("terminal")
def test_without_options_recipient_and_urgency_are_asked(desk: Desk) -> None:
    done = desk.run("request", "new", "text", stdin=typed("9", "bb", "Please call.", "s"))
    assert done.exit_code == 0, done.stderr
    assert "No such party in the list: 9" in done.stdout
    found = desk.run("request", "new", STOP, stdin=typed("1", "?", "flash", "!"))
    assert found.exit_code == 0
    assert "a duty officer must approve" in found.stdout


@pytest.mark.usefixtures("terminal")
def test_leaving_keeps_a_draft_and_so_does_a_lost_line(desk: Desk) -> None:
    left = begin(desk, *ANSWERS[:3], "!")
    assert (left.exit_code, left.stderr) == (0, "")
    assert "comity draft edit" in left.stdout
    lost = begin(desk, *ANSWERS[:5])
    assert lost.exit_code == Exit.INTERRUPTED
    drafts = [each["id"] for each in desk.ok("draft", "list")["drafts"]]
    first, second = (desk.ok("draft", "show", draft)["letter"]["form"] for draft in drafts)
    assert second["beneficiary"] == {"bank": "Example Bank of Xa"}
    assert first["beneficiary"] == {
        "bank": "Example Bank of Xa", "country": "XA", "number": "XA72EXAM00009876543210"
    }  # fmt: skip


@pytest.mark.usefixtures("terminal")
def test_what_is_written_can_be_thrown_away(desk: Desk) -> None:
    done = begin(desk, *ANSWERS[:-1], "x", "no", "x", "yes")
    assert (done.exit_code, done.stdout.splitlines()[-1][-9:]) == (0, "discarded")
    assert desk.ok("draft", "list") == {"drafts": []}
    assert desk.ok("outbox") == {"messages": []}


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_asks_shows_and_sends(desk: Desk, lang: str) -> None:
    done = begin(desk, *ANSWERS, words=("--template", TEMPLATE, "--lang", lang))
    assert done.exit_code == 0, done.stdout + done.stderr
    assert desk.ok("outbox")["messages"][0]["kind"] == STOP
    assert ("This is what will be signed" in done.stdout) is (lang == "en")
    assert ("\u2068" in done.stdout) is (lang == "ar")


@pytest.mark.usefixtures("terminal")
def test_texts_of_others_cannot_move_the_cursor_of_the_one_who_writes(desk: Desk) -> None:
    done = begin(desk, *ANSWERS[:2], "Bank\x1b[2J\u202e", *ANSWERS[2:])
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "\\u{1b}" in done.stdout


@pytest.mark.usefixtures("terminal")
def test_a_name_in_another_script_is_shown_with_a_note(desk: Desk) -> None:
    lines = [*ANSWERS[:2], "\u041f\u0440\u0438\u043c\u0435\u0440 Bank", *ANSWERS[3:]]
    assert "[script: Cyrillic, Latin]" in begin(desk, *lines).stdout
    mixed = [*ANSWERS[:3], "X\u041072", *ANSWERS[3:]]
    assert "mixes letters of several scripts" in begin(desk, *mixed).stdout


# --- without a terminal -----------------------------------------------------------------------------------------------


def test_a_request_is_given_by_options(desk: Desk) -> None:
    sent = desk.ok("request", "new", STOP, "--to", "bb.fiu", *minimal(), "--yes")
    shown = desk.ok("show", sent["id"])["message"]
    assert (shown["kind"], shown["urgency"], shown["lang"]) == (STOP, 0, "en")


def test_a_form_may_lack_what_the_options_say(desk: Desk) -> None:
    form = json.loads((EXAMPLES / f"{STOP}.json").read_text().replace('"2026-1', '"2096-1'))
    for name in ("amount", "victim", "further_types"):
        del form[name]
    (desk.path / "part.json").write_text(json.dumps(form))
    words = ("--form", desk.path / "part.json", "--set", "amount=5 EUR", "--set", "victim.name=A. Example", "--yes")
    desk.ok("request", "new", STOP, "--to", "bb.fiu", *words, "--set", "victim.country=AA")
    assert payload_of_newest(desk)["amount"] == {"currency": "EUR", "value": "5"}
    assert payload_of_newest(desk)["victim"] == {"city": None, "country": "AA", "name": "A. Example"}


def faults_of(desk: Desk, *words: str) -> tuple[int, list[dict[str, str]]]:
    done = desk.run("--json", "request", "new", *words)
    assert done.stdout == ""
    return done.exit_code, json.loads(done.stderr)["error"]["faults"]


def test_every_fault_is_told_at_once_with_what_would_be_right(desk: Desk) -> None:
    given = ("--set", "amount=1,5 EUR", "--set", "beneficiary.country=QQQ", "--set", "nothing=1", "--set", "executed=x")
    code, faults = faults_of(desk, STOP, *given, "--yes")
    assert code == Exit.REFUSED
    found = {each["path"]: each for each in faults}
    assert {"to", "amount", "beneficiary.country", "nothing", "executed", "legal_basis", "summary"} <= found.keys()
    assert (found["executed"]["value"], found["executed"]["code"]) == ("x", "time")
    assert found["legal_basis"]["code"] == "missing"
    assert all(each["what"] and each["right"] for each in faults)
    assert desk.ok("outbox") == {"messages": []}


def test_the_faults_are_read_by_people_in_their_language(desk: Desk) -> None:
    done = desk.run("request", "new", STOP, "--to", "bb.fiu", "--set", "amount=many", "--lang", "fr", "--yes")
    assert done.exit_code == Exit.REFUSED
    assert "Ce n\u2019est pas un montant" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("text", "--to", "bb.fiu", "--set", "text=x"), Exit.USAGE, "nobody can be asked here"),
        (("text", "--to", "bb.fiu", "--yes", "--save"), Exit.USAGE, "--yes sends and --save keeps"),
        (("text", "--to", "bb.fiu", "--lang", "xx", "--yes"), Exit.USAGE, "no texts in 'xx'"),
        (("text", "--to", "bb.fiu", "--template", TEMPLATE, "--yes"), Exit.USAGE, "that template is for"),
        (("text", "--to", "bb.fiu", "--template", "none", "--yes"), Exit.NOT_FOUND, "no template none"),
        (("text", "--to", "bb.fiu", "--template", "../x", "--yes"), Exit.USAGE, "no name of a template"),
        (("gossip", "--to", "bb.fiu", "--yes"), Exit.REFUSED, "can be written here"),
        (("read", "--to", "bb.fiu", "--yes"), Exit.REFUSED, "can be written here"),
        (("text", "--to", "bb.fiu", "--form", "absent.json", "--yes"), Exit.FAILED, "cannot be read"),
        (("text", "--to", "bb.fiu", "--set", "text=x", "--expires", "soon", "--yes"), Exit.USAGE, "no duration"),
    ],
)
def test_what_cannot_be_begun_is_told(desk: Desk, words: tuple[str, ...], code: Exit, sentence: str) -> None:
    assert sentence in desk.fails(code, "request", "new", *words)


def test_a_party_that_is_not_there_is_a_fault_among_the_others(desk: Desk) -> None:
    code, faults = faults_of(desk, "text", "--to", "cc.none", "--yes")
    assert code == Exit.REFUSED
    assert {(each["path"], each["code"]) for each in faults} == {("to", "not-accepted"), ("text", "missing")}


def test_an_answer_is_written_in_the_case_of_what_it_answers(desk: Desk) -> None:
    sent = desk.ok("send", "text", "--to", "bb.fiu", "--text", "x")
    code, faults = faults_of(desk, "text", "--reply-to", sent["id"][:8], "--yes")
    assert (code, [each["path"] for each in faults]) == (Exit.REFUSED, ["text"])


def test_an_earlier_message_is_named_by_the_beginning_of_its_id(desk: Desk) -> None:
    first = desk.ok("request", "new", STOP, "--to", "bb.fiu", *minimal(), "--yes")
    words = (*minimal(), "--set", f"parent={first['id'][:6]}", "--yes")
    second = desk.ok("request", "new", STOP, "--to", "bb.fiu", *words)
    assert desk.ok("show", second["id"])["message"]["payload"]["parent"] == first["hash"]
    code, faults = faults_of(desk, STOP, "--to", "bb.fiu", *minimal(), "--set", "parent=ffff", "--yes")
    assert (code, [(each["path"], each["code"]) for each in faults]) == (Exit.REFUSED, [("parent", "range")])


def test_an_answer_names_what_it_answers(desk: Desk) -> None:
    code, faults = faults_of(desk, "prevention.hold-result", "--yes")
    assert (code, faults[0]["path"]) == (Exit.REFUSED, "reply_to")
    assert "to" not in {each["path"] for each in faults}


@pytest.mark.parametrize("form", ['{"summary":' * 400 + "1" + "}" * 400, "[" * 3_000, '{"a": 1, "a": 2}', '"x"'])
def test_a_form_that_is_none_is_told_in_one_sentence(desk: Desk, form: str) -> None:
    words = ("request", "new", STOP, "--to", "bb.fiu", "--form", "-", "--save")
    desk.fails(Exit.REFUSED, *words, stdin=form)
    code, faults = faults_of(desk, STOP, "--to", "bb.fiu", "--set", f"victim={'[' * 900}", "--save")
    assert (code, faults[0]["code"]) == (Exit.REFUSED, "json")


def test_a_file_that_is_named_must_be_attached(desk: Desk) -> None:
    (desk.path / "order.pdf").write_text("x")
    words = ("cooperation.subscriber", "--to", "bb.fiu", "--set", "order.attachment=order.pdf", "--yes")
    assert "not-attached" in {each["code"] for each in faults_of(desk, *words)[1]}
    attached = faults_of(desk, *words, "--attach", str(desk.path / "order.pdf"))[1]
    assert "not-attached" not in {each["code"] for each in attached}


# --- kinds ------------------------------------------------------------------------------------------------------------


def test_the_kinds_say_what_they_are_for_and_who_accepts_them(desk: Desk) -> None:
    found = desk.ok("request", "kinds", "--chapter", "prevention")
    stop = next(each for each in found["kinds"] if each["kind"] == STOP)
    assert (stop["may_send"], stop["accepted_by"], stop["role"]) == (True, ["bb.fiu"], "request")
    assert [each["stage"] for each in stop["due"]] == ["acknowledge", "decide", "act", "prevention"]
    assert all(each["kind"].startswith("prevention.") for each in found["kinds"])
    said = desk.run("request", "kinds", "--chapter", "prevention", "--lang", "th").stdout
    assert STOP in said
    assert "bb.fiu" in said
    assert "\u0e2a\u0e48\u0e07\u0e44\u0e14\u0e49" in said
    assert desk.run("request", "kinds", "--chapter", "nothing").stdout == "no kinds\n"
    assert "read" not in {each["kind"] for each in desk.ok("request", "kinds")["kinds"]}


def kinds_in(desk: Desk, own: str | None, *words: str) -> str:
    """Return what `request kinds` prints for a person whose COMITY_LANG is so."""
    opening = ["--home", str(desk.path / "a"), "request", "kinds", "--passphrase-file", str(desk.path / "passphrase")]
    return CliRunner().invoke(comity, [*opening, *words], env={"COMITY_LANG": own}).stdout


def test_the_language_is_that_of_the_call_then_of_the_person_then_of_the_home(desk: Desk) -> None:
    settings = desk.path / "a" / "comity.toml"
    settings.write_text('lang = "fr"\n' + settings.read_text())
    assert "accept\u00e9 par" in kinds_in(desk, None)
    assert "aceptado por" in kinds_in(desk, "es_ES.UTF-8")
    assert "accepted by" in kinds_in(desk, "es", "--lang", "en")
    settings.write_text('lang = "xx"\n' + settings.read_text().partition("\n")[2])
    assert "lang" in desk.fails(Exit.CONFIG, "request", "kinds")


def test_bytes_that_are_no_text_are_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        if len(prompts) == 1:
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
        return "fine"

    monkeypatch.setattr("builtins.input", answer)
    assert Terminal(phrases("en")).ask("Name: ") == "fine"
    assert "no text in UTF-8" in capsys.readouterr().out
