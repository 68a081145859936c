"""What officers are told in eight languages: the same sentences in each, with the same gaps, and nothing hidden."""

import re
import unicodedata
from pathlib import Path

import pytest

import comity_node
from comity.vocabulary import newest
from comity_node.authoring.dialogue import SPECIAL
from comity_node.authoring.letter import Letter
from comity_node.authoring.preview import entries, lines
from comity_node.phrases import FALLBACK, GAP, LANGUAGES, known, phrases
from tests.support.forms import form_of_example
from tests.support.persons import desk_for

STOP = "prevention.stop-payment"
ISOLATES = "\u2066\u2067\u2068\u2069"
CONTEXT = {
    "party": "aa.police",
    "name": "Police of Aa",
    "members": [{"party": "bb.fiu", "name": "FIU of Bb"}],
    "kinds": [{"kind": STOP, "coercive": True, "due": [
        {"stage": "acknowledge", "seconds": [1_800, 14_400, 86_400, 604_800], "promised": {"bb.fiu": [600] * 4}}]}],
}  # fmt: skip


def test_the_languages_are_those_of_the_vocabulary() -> None:
    assert set(LANGUAGES) == set(newest().content.languages)
    assert {lang for lang in LANGUAGES if phrases(lang).is_rtl} == {
        lang for lang in LANGUAGES if newest().direction(lang) == "rtl"
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_language_has_every_sentence_with_its_gaps(lang: str) -> None:
    ours, english = phrases(lang).texts, phrases(FALLBACK).texts
    assert list(ours) == list(english)
    for key, text in english.items():
        assert sorted(GAP.findall(ours[key])) == sorted(GAP.findall(text)), key
        assert ours[key].strip() == ours[key] != ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_hides_anything_and_isolates_are_closed(lang: str) -> None:
    for key, text in phrases(lang).texts.items():
        hidden = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")]
        assert set(hidden) <= set(ISOLATES), key
        assert text.count("\u2066") == text.count("\u2069"), key
        assert unicodedata.is_normalized("NFC", text), key


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != FALLBACK])
def test_the_sentences_are_translated(lang: str) -> None:
    same = [key for key, text in phrases(lang).texts.items() if text == phrases(FALLBACK).texts[key]]
    assert len(same) <= 8, same


def test_every_sentence_is_said_somewhere() -> None:
    sources = Path(comity_node.__file__).parent
    code = "".join(path.read_text() for place in ("authoring", "cli") for path in (sources / place).glob("*.py"))
    for key in phrases(FALLBACK).texts:
        group, _, _ = key.partition(".")
        assert re.search(rf"[\"']{re.escape(key)}[\"']", code) or f'f"{group}.{{' in code, key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_that_decide_are_not_in_doubt(lang: str) -> None:
    said = phrases(lang)
    assert not said.words("words.yes") & said.words("words.no")
    actions = [said.words(f"words.{name}") for name in ("send", "edit", "draft", "discard")]
    assert sum(map(len, actions)) == len(frozenset().union(*actions))
    assert all({letter} <= words for letter, words in zip("sedx", actions, strict=True))
    assert not SPECIAL & frozenset().union(*actions)


@pytest.mark.parametrize(
    ("tag", "lang"),
    [("fr", "fr"), ("pt-BR", "pt"), ("zh_CN.UTF-8", "zh"), ("AR", "ar"), ("de", None), ("C", None), ("", None)],
)
def test_a_tag_stands_for_its_language(tag: str, lang: str | None) -> None:
    assert known(tag) == lang


def test_a_language_that_is_not_there_is_told() -> None:
    with pytest.raises(LookupError):
        phrases("de")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_preview_is_whole_in_every_language(lang: str) -> None:
    desk = desk_for(STOP, lang)
    letter = Letter(kind=STOP, form=form_of_example(STOP), to=["bb.fiu"], urgency=0)
    shown = lines(letter, desk, CONTEXT)
    text = "\n".join(shown)
    for words in ("FIU of Bb", "XA72EXAM00009876543210", "48250.00 EUR", "2026-11-20 09:41:07 UTC", "aa.police"):
        assert words in text
    assert phrases(lang).say("span.minutes", count="10") in text
    numbers = [entry.number for entry in entries(letter.form, desk) if entry.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_is_foreign_to_the_direction_of_a_line_is_isolated() -> None:
    arabic = phrases("ar").say("preview.to", party="FIU of Bb (bb.fiu)")
    assert arabic.endswith("\u2068FIU of Bb (bb.fiu)\u2069")
    name = "\u0634\u0631\u0637\u0629"
    assert phrases("en").say("preview.to", party=name) == f"To: \u2068{name}\u2069"
    assert phrases("en").say("preview.to", party="Police") == "To: Police"


def test_a_value_of_the_other_direction_cannot_turn_its_line() -> None:
    form = form_of_example(STOP)
    form["beneficiary"]["holder"] = "\u0634\u0631\u0643\u0629 123"
    (line,) = [line for line in lines(Letter(kind=STOP, form=form), desk_for(STOP), CONTEXT) if "123" in line
               and "\u0634" in line]  # fmt: skip
    assert re.search("\u2068[^\u2068\u2069]*123\u2069", line)
    assert "[script: Arabic]" in line
