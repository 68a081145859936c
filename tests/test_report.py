"""The report beside an evidence file: complete, in every language, escaped, and printed in every script."""

import hashlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import UndefinedError

from comity import vocabulary
from comity.evidence import verify
from comity.evidence.wording import LANGUAGES
from comity.vocabulary import published
from comity.wording import field
from comity_node.report import printing
from comity_node.report.model import Report, direction_of, rows_of, vocabulary_of
from comity_node.report.page import html, template
from comity_node.report.printing import UnprintableError, pdf
from comity_node.report.words import words
from tests.support.evidence import Held
from tools.making import evidence as making
from tools.making import message
from tools.making.parties import treaty_id
from tools.making.prevention import STOP, STOP_KIND

HOSTILE = "<script>alert(1)</script><img src=https://xa.example/x>\u202e{{7*7}}"


def report_of(data: bytes, language: str = "en", name: str = "case.zip") -> Report:
    held = Held(data)
    sha256 = hashlib.sha256(data).hexdigest()
    return Report(held, verify(held, treaty_id()), name, sha256, language, vocabulary.newest())


def page_of(data: bytes | None = None, language: str = "en", name: str = "case.zip") -> str:
    return "".join(html(report_of(making.evidence() if data is None else data, language, name)))


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses += [name for name, _ in attributes if name in ("src", "href", "action") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase_with_the_same_values(language: str) -> None:
    english, own = words("en"), words(language)
    assert own.keys() == english.keys()
    for name, phrase in own.items():
        assert re.findall(r"{(\w+)}", phrase) == [] or set(re.findall(r"{(\w+)}", phrase)) == set(
            re.findall(r"{(\w+)}", english[name])
        ), name
        assert phrase == phrase.strip() != "", name
    assert language == "en" or sum(own[name] == english[name] for name in own) <= 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_what_is_in_the_file_and_how_to_check_it(language: str) -> None:
    page = page_of(language=language)
    text = parsed(page).text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    for said in ("Example body bb.fiu", "Please call back.", "We hold it.", "statement.txt", "A. Example", "TLP:AMBER",
                 hashlib.sha256(making.evidence()).hexdigest(), treaty_id().hex(), "2026-01-02T00:10:00Z",
                 f"comity-verify case.zip --treaty-id ID --lang {language}"):  # fmt: skip
        assert said in text, said
    assert words(language)["conclusion.proven"] in text


def test_everything_of_others_is_escaped_and_no_address_is_left_in_the_page() -> None:
    first = making.request(payload={"text": HOSTILE})
    parts = [each for each in making.replaced(making.FIRST, message.signed(first)) if "receipts" not in each[0]]
    page = page_of(making.evidence(parts, reason=HOSTILE, by=HOSTILE), name=HOSTILE)
    tags = parsed(page)
    assert "script" not in tags.names
    assert "img" not in tags.names
    assert tags.addresses == []
    assert "\u202e" not in tags.text.replace(HOSTILE, "")
    assert "{{7*7}}" in tags.text
    assert "\\u{202e}" in tags.text
    assert "default-src 'none'" in page


def test_an_exercise_and_what_is_not_proven_are_shown_as_such() -> None:
    first = making.request(exercise=True)
    page = page_of(making.evidence(making.replaced(making.FIRST, message.signed(first))))
    assert words("en")["exercise.notice"] in page
    assert words("en")["conclusion.not-proven"] in page
    assert words("en")["exercise.notice"] not in page_of()


def test_a_message_that_cannot_be_read_and_what_was_left_out_are_named() -> None:
    omitted = [["attachment", hashlib.sha256(making.CONTENT).digest(), "omitted"]]
    parts = making.replaced(making.contents()[-1][0], None)
    text = parsed(page_of(making.evidence(parts, left_out=omitted))).text
    assert "the exporter chose to leave it out" in text
    assert "(not in the file)" in text


def test_the_lines_of_a_form_are_nested_and_name_times_and_terms() -> None:
    form: dict[str, Any] = {
        "amount": {"currency": "EUR", "value": "1.00"}, "executed": 1_767_225_600_000_000, "hops": [{"bank": "B"}],
        "nothing": None, "rail": "instant", "raw": b"\x01", "seconds": 3_600,
    }  # fmt: skip
    terms = {"rail": "Instant payment (instant)"}
    rows = [(row.depth, row.label, row.text) for row in rows_of(form, "", 0, terms, str.upper)]
    assert rows == [
        (0, "AMOUNT", ""), (1, "AMOUNT.CURRENCY", "EUR"), (1, "AMOUNT.VALUE", "1.00"),
        (0, "EXECUTED", "2026-01-01T00:00:00Z"), (0, "HOPS", ""), (1, "1.", ""), (2, "HOPS.0.BANK", "B"),
        (0, "RAIL", "Instant payment (instant)"), (0, "RAW", "01"), (0, "SECONDS", "3600"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_and_terms_are_told_in_the_language_of_the_reader(language: str) -> None:
    first = making.request(kind=STOP_KIND, payload=STOP)
    parts = [each for each in making.replaced(making.FIRST, message.signed(first)) if "receipts" not in each[0]]
    (shown, _) = report_of(making.evidence(parts), language).messages()
    assert shown.rows is not None
    rows = {row.label: row.text for row in shown.rows}
    assert field(STOP_KIND, "amount", language).label in rows
    rail = vocabulary.newest().label("rail", STOP["rail"], language)
    assert f"{rail} ({STOP['rail']})" in rows.values()
    assert vocabulary.newest().label("kind", STOP_KIND, language) in shown.kind


def test_codes_are_told_by_the_vocabulary_of_the_file() -> None:
    data = published.bytes_of("1.json")
    with_own = making.evidence([*making.contents(), ("vocabulary/000001.json", data)], vocabulary=1)
    for whole in (with_own, making.evidence()):
        held = Held(whole)
        assert vocabulary_of(held, verify(held, treaty_id())).hash == vocabulary.newest().hash


def test_the_direction_of_a_text_is_that_of_its_first_letter() -> None:
    assert [direction_of(text) for text in ("", "12 a", "12 \u062a a", "שלום")] == ["ltr", "ltr", "rtl", "rtl"]


def test_a_phrase_that_is_missing_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        template().render(report=report_of(making.evidence()), words={})


# --- PDF -------------------------------------------------------------------------------------------------------------

SAMPLES = {"ar": "تقرير", "zh": "证据文件", "ru": "Отчёт", "th": "รายงาน", "fr": "preuve"}


@pytest.fixture(scope="module")
def _prints() -> None:
    """Skip where this machine cannot make a PDF; with COMITY_REQUIRE_ALL=1 that is a failure."""
    try:
        for text in SAMPLES.values():
            pdf(f'<html><body style=\'font-family: "DejaVu Sans", Amiri, Loma, "WenQuanYi Micro Hei"\'>{text}')
    except UnprintableError as fault:
        if os.environ.get("COMITY_REQUIRE_ALL") == "1":
            pytest.fail(f"no PDF here: {fault}")
        pytest.skip(f"no PDF here: {fault}")


@pytest.mark.slow
@pytest.mark.usefixtures("_prints")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_printed_in_every_language(language: str) -> None:
    data = pdf(page_of(language=language))
    assert data.startswith(b"%PDF-")
    assert len(data) > 5_000


@pytest.mark.usefixtures("_prints")
def test_text_that_no_font_has_gives_no_pdf_and_a_reason() -> None:
    with pytest.raises(UnprintableError, match=r"no font on this machine has 1 of the characters: U\+0378"):
        pdf("<html><body style='font-family: \"DejaVu Sans\"'>\u0378")


@pytest.mark.usefixtures("_prints")
def test_printing_opens_no_address_and_no_file() -> None:
    page = "<html><body><img src='file:///etc/passwd'><link rel=stylesheet href='http://127.0.0.1:9/x'>text"
    assert b"passwd" not in pdf(page)


def test_a_page_that_is_too_long_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "MAX_PAGE_CHARS", 10)
    with pytest.raises(UnprintableError, match="11 characters"):
        pdf("x" * 11)


def test_a_machine_without_the_library_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UnprintableError) as caught:
        pdf("<html>")
    assert "WeasyPrint or Pango is missing" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_node_starts_without_the_libraries_of_the_report() -> None:
    code = "import sys, comity_node.node, comity_node.cli; print('weasyprint' in sys.modules, 'jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
