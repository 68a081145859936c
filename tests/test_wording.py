"""Wording: every field of every kind has a label and help, in every language that is there."""

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity import wording
from comity.chapters.assets import TraceAssets
from comity.chapters.evidence import Produce
from comity.chapters.parts import Account
from comity.encoding import Record, shape
from comity.errors import KindNotAcceptedError
from comity.kinds import FORMS
from comity.wording import data
from comity_node.formfaults import Sort

GAP = re.compile(r"\{[a-z]+\}")
PROTOCOL = Path(wording.__file__).parent.parent
FILES = data.names(wording.FALLBACK)


def records_in(place: shape.Shape, seen: set[type[Record]]) -> Iterator[type[Record]]:
    """Yield each record in a shape once."""
    if isinstance(place, shape.Array):
        yield from records_in(place.item, seen)
    elif isinstance(place, shape.Choice):
        for option in place.options.values():
            yield from records_in(option, seen)
    elif isinstance(place, shape.Map) and place.record not in seen:
        seen.add(place.record)
        yield place.record
        for inner in place.fields.values():
            yield from records_in(inner, seen)


def keys_of(lang: str, file: str) -> set[str]:
    return set(data.content(lang, file))


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_field_of_every_record_of_a_kind_has_a_label_and_help_in_english(kind: str) -> None:
    chapter = wording.chapter_of(kind)
    for record in records_in(shape.shape_of(FORMS[kind].record), set()):
        for name in shape.fields_of(record):
            found = wording.of_record(chapter, record, name)
            assert 0 < len(found.label) <= 60
            assert found.help.endswith((".", "?"))


@pytest.mark.parametrize("lang", wording.languages())
@pytest.mark.parametrize("kind", sorted(FORMS))
def test_no_two_fields_of_a_record_have_the_same_label(kind: str, lang: str) -> None:
    chapter = wording.chapter_of(kind)
    for record in records_in(shape.shape_of(FORMS[kind].record), set()):
        labels = [wording.of_record(chapter, record, name, lang).label for name in shape.fields_of(record)]
        assert len(set(labels)) == len(labels), (record.__name__, labels)


@pytest.mark.parametrize("file", [file for file in FILES if file != "faults"])
def test_a_label_is_a_few_words_and_nothing_is_worded_twice(file: str) -> None:
    entries = data.content(wording.FALLBACK, file)
    for entry in entries.values():
        assert set(entry) == {"label", "help"}
        assert entry["label"] == entry["label"].strip()
        assert not entry["label"].endswith(".")
        assert "  " not in entry["help"]


def test_the_record_decides_before_the_name_of_the_field_and_the_chapter_before_what_is_shared() -> None:
    assert wording.of_record("cooperation", Produce, "holder").label == "Holder of the records"
    assert wording.of_record("cooperation", Account, "holder").label == "Holder"
    assert wording.of_record("cooperation", TraceAssets, "amount").label == "Amount to be traced"
    assert wording.field("cooperation.trace-assets", "hops.3.account.holder").label == "Holder"
    assert wording.field("cooperation.trace-assets", "hops.account.holder").label == "Holder"


@pytest.mark.parametrize("path", ["", "no", "hops.0.no", "amount.value.no", "0"])
def test_a_field_that_is_not_there_has_no_wording(path: str) -> None:
    with pytest.raises(LookupError):
        wording.field("cooperation.trace-assets", path)
    with pytest.raises(KindNotAcceptedError):
        wording.field("cooperation.none", "amount")


@pytest.mark.parametrize("lang", ["en", "en-GB", "tlh", "", "e", "..", "en/../en"])
def test_a_language_that_is_not_there_is_told_in_english(lang: str) -> None:
    assert wording.field("cooperation.trace-assets", "amount", lang).label == "Amount to be traced"
    assert wording.fault_text("fault.missing", {}, lang) == "it is missing"
    assert wording.rule_text("COOP-003", "", lang).startswith("evidence for a court")
    assert wording.rule_text("NONE-001", "as the code says", lang) == "as the code says"


def test_every_sort_of_fault_is_worded() -> None:
    assert {f"fault.{sort}" for sort in Sort} == {key for key in keys_of("en", "faults") if key.startswith("fault.")}


def test_every_rule_of_a_payload_is_worded_for_people() -> None:
    told = re.compile(r'"[^"\n]+ \(([A-Z]{2,9}-[0-9]{3})\)"')
    sources = [*(PROTOCOL / "chapters").glob("*.py"), *(PROTOCOL / "handling").glob("*.py")]
    clauses = {clause for path in sources for clause in told.findall(path.read_text(encoding="utf-8"))}
    assert clauses == {key.removeprefix("rule.") for key in keys_of("en", "faults") if key.startswith("rule.")}


def test_a_parameter_is_put_in_once_and_as_it_is() -> None:
    said = wording.fault_text("wanted.text", {"least": "{most}", "most": "9"})
    assert said == "a text of {most} to 9 characters"
    with pytest.raises(LookupError):
        wording.fault_text("wanted.text", {"least": "1"})


def test_no_file_words_one_key_twice() -> None:
    pairs: list[str] = []

    def noted(found: list[tuple[str, object]]) -> dict[str, object]:
        pairs.extend(key for key, _ in found if key not in ("label", "help"))
        return dict(found)

    for lang in wording.languages():
        for file in data.names(lang):
            pairs.clear()
            json.loads(data.text_of(lang, file), object_pairs_hook=noted)
            assert len(pairs) == len(set(pairs)) > 0


@pytest.mark.parametrize("lang", wording.languages())
def test_a_language_words_everything_that_english_does(lang: str) -> None:
    for file in FILES:
        assert keys_of(lang, file) == keys_of(wording.FALLBACK, file), file
        for key, text in data.content(lang, file).items():
            english = data.content(wording.FALLBACK, file)[key]
            if file == "faults":
                assert sorted(GAP.findall(text)) == sorted(GAP.findall(english)), key
            else:
                assert text["label"].strip(), key
                assert text["help"].strip(), key
                assert set(text) == {"label", "help"}, key


@pytest.mark.parametrize("lang", wording.languages())
def test_a_language_words_in_the_order_of_english_in_composed_letters_that_everybody_sees(lang: str) -> None:
    for file in data.names(lang):
        text = data.text_of(lang, file)
        assert unicodedata.is_normalized("NFC", text), file
        assert {unicodedata.category(letter) for letter in text.replace("\n", "")}.isdisjoint(
            {"Cc", "Cf", "Zl", "Zp"}
        ), file
        assert list(data.content(lang, file)) == list(data.content(wording.FALLBACK, file)), file
        assert all(len(entry["label"]) <= 60 for entry in data.content(lang, file).values() if file != "faults"), file
