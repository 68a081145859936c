"""The vocabulary: what a file is, what the published versions say, and which payloads fit them."""

import copy
import json
import unicodedata
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import vocabulary
from comity.case import Event, MeasureState, Side, State
from comity.case.clock import MEETS
from comity.chapters.grading import SCHEMES
from comity.deadlines import Deadlines
from comity.encoding import Meta, Record, decode, encode, marked
from comity.errors import LimitError, MalformedError, PayloadError, RemoteError
from comity.handling import Action
from comity.kinds import FORMS, payload_of
from comity.vocabulary import (
    MAX_FILE_BYTES,
    Pin,
    TermFault,
    Vocabulary,
    groups_of,
    published,
    refuse_lost_terms,
    refuse_unknown_terms,
    term_faults,
)
from comity.vocabulary.form import UNFIT
from tests.support.forms import kinds_with_example, payload_of_example, replaced
from tests.support.vectors import vectors

LANGUAGES = ("ar", "en", "es", "fr", "pt", "ru", "th", "zh")
NEWEST = vocabulary.newest()
STOP = "prevention.stop-payment"
GROUP = "money-outcome"  # of the small vocabulary of the vectors
SMALL: dict[str, Any] = json.loads(vectors("vocabulary")["shared"])


def read(value: Any) -> Vocabulary:
    return vocabulary.read(json.dumps(value).encode())


def second() -> dict[str, Any]:
    """Return the content of a version 2 that keeps all of SMALL."""
    return copy.deepcopy(SMALL) | {"version": 2}


# --- what is published ---


@pytest.mark.clause("VOCAB-004", "VOCAB-014")
def test_each_published_version_has_its_hash_and_eight_languages() -> None:
    assert list(vocabulary.hashes()) == list(range(1, NEWEST.version + 1))
    for version, content_hash in vocabulary.hashes().items():
        found = vocabulary.edition(version)
        assert (found.version, found.hash) == (version, content_hash)
        assert sorted(found.content.languages) == list(LANGUAGES)


@pytest.mark.clause("VOCAB-013")
def test_each_published_version_keeps_the_terms_of_the_one_before() -> None:
    for version in range(2, NEWEST.version + 1):
        refuse_lost_terms(vocabulary.edition(version - 1), vocabulary.edition(version))


@pytest.mark.clause("VOCAB-009")
def test_a_pin_finds_the_version_only_with_its_hash() -> None:
    assert vocabulary.pinned(NEWEST.pin) is NEWEST
    assert vocabulary.pinned(Pin(hash=bytes(32), version=NEWEST.version)) is None
    assert vocabulary.pinned(Pin(hash=NEWEST.hash, version=NEWEST.version + 1)) is None
    with pytest.raises(LookupError):
        vocabulary.edition(NEWEST.version + 1)


@pytest.mark.clause("VOCAB-014")
def test_a_package_whose_data_were_altered_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    text = published.bytes_of(f"{NEWEST.version}.json").replace(b"Flash", b"Flush")
    monkeypatch.setattr(published, "bytes_of", lambda name: text)
    with pytest.raises(MalformedError, match="not the one that was published"):
        published.edition.__wrapped__(NEWEST.version)


def test_no_text_is_empty_hidden_or_out_of_normal_form() -> None:
    for group, terms in NEWEST.terms.items():
        for code, term in terms.items():
            for text in (*term.label.values(), *term.definition.values()):
                assert unicodedata.is_normalized("NFC", text), (group, code)
                assert not UNFIT.search(text), (group, code)
                assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in text)


def test_labels_of_one_group_differ_in_every_language() -> None:
    for group, terms in NEWEST.terms.items():
        for language in LANGUAGES:
            labels = [term.label[language] for term in terms.values()]
            twice = sorted({label for label in labels if labels.count(label) > 1})
            assert not twice, (group, language, twice)


@pytest.mark.clause("VOCAB-015")
def test_fiscal_matters_alone_and_bank_secrecy_are_no_grounds_for_refusal() -> None:
    codes = NEWEST.codes("refusal-ground")
    assert codes == (*(f"R{number:02}" for number in range(1, 17)), "R99")
    for code in codes:
        words = f"{NEWEST.label('refusal-ground', code, 'en')} {NEWEST.definition('refusal-ground', code, 'en')}"
        assert not {"fiscal", "tax", "bank", "secrecy"} & set(words.lower().split())


def test_the_closed_lists_of_the_protocol_are_complete() -> None:
    assert NEWEST.codes("postponement-ground") == ("P1", "P2", "P3", "P4", "P5")
    assert NEWEST.codes("urgency") == ("flash", "urgent", "priority", "routine")
    assert NEWEST.codes("handling-code") == ("H0", "H1", "H2", "H3")
    assert NEWEST.codes("tlp") == ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
    assert NEWEST.codes("pap") == ("CLEAR", "GREEN", "AMBER", "RED")
    assert len([code for code in NEWEST.codes("fraud-type") if code.startswith("FR-")]) == 18
    assert len([code for code in NEWEST.codes("fraud-type") if code.startswith("EN-")]) == 4


def test_what_the_programs_name_is_what_the_vocabulary_lists() -> None:
    moved_by_nodes = ("release", "receipt", "expire", "lapse", "close")
    assert sorted(NEWEST.codes("case-state")) == sorted(State)
    assert sorted(NEWEST.codes("measure-state")) == sorted(MeasureState)
    assert sorted(NEWEST.codes("side")) == sorted(Side)
    assert sorted(NEWEST.codes("handling-action")) == sorted(Action)
    assert sorted(NEWEST.codes("grading-scheme")) == sorted(SCHEMES)
    assert sorted(NEWEST.codes("deadline-stage")) == sorted(MEETS) == sorted(Deadlines.__struct_fields__)
    assert NEWEST.codes("node-event") == moved_by_nodes
    for event in Event:
        assert event in moved_by_nodes or NEWEST.has("kind", f"case.{event}")


def test_countries_and_currencies_are_those_of_iso_and_of_users() -> None:
    for code in ("AA", "QM", "QZ", "XA", "XZ", "ZZ", "TH", "PT"):
        assert NEWEST.has("country", code)
    for code in ("EU", "UK", "QL", "aa", ""):
        assert not NEWEST.has("country", code)
    assert [NEWEST.minor_units(code) for code in ("JPY", "EUR", "KWD", "CLF", "XAU", "EUX")] == [0, 2, 3, 4, None, None]
    assert not NEWEST.has("currency", "EUX")
    assert "EUR" in NEWEST.codes("currency")
    assert NEWEST.label("country", "TH", "fr") == "TH"


# --- what a file is ---


@pytest.mark.clause("VOCAB-008")
def test_the_hash_follows_the_content_and_not_the_spelling() -> None:
    spaced = vocabulary.read(json.dumps(SMALL, indent=7).encode())
    assert spaced.hash == read(SMALL).hash
    assert spaced == read(dict(reversed(SMALL.items())))
    assert read(second()).hash != read(SMALL).hash


@pytest.mark.clause("VOCAB-002")
def test_a_file_has_so_many_bytes() -> None:
    text = json.dumps(SMALL).encode()
    assert vocabulary.read(text + b" " * (MAX_FILE_BYTES - len(text))).version == 1
    with pytest.raises(LimitError):
        vocabulary.read(text + b" " * (MAX_FILE_BYTES - len(text) + 1))


@pytest.mark.clause("VOCAB-003")
def test_a_group_has_1_to_1_024_terms() -> None:
    value = copy.deepcopy(SMALL)
    term = value["groups"][GROUP]["terms"][0] | {"definition": {"ar": "b" * 200, "en": "a" * 200}}
    value["groups"][GROUP]["terms"] = [term | {"code": f"c{number}"} for number in range(1_024)]
    assert len(read(value).codes(GROUP)) == 1_024
    value["groups"][GROUP]["terms"].append(term)
    with pytest.raises(MalformedError):
        read(value)


@pytest.mark.clause("VOCAB-012")
def test_a_text_falls_back_to_shorter_tags_and_to_english() -> None:
    assert NEWEST.label("urgency", "flash", "fr-CA") == NEWEST.label("urgency", "flash", "fr") == "Éclair"
    assert NEWEST.label("urgency", "flash", "FR-ca") == "Éclair"
    assert NEWEST.definition("urgency", "flash", "ja") == NEWEST.definition("urgency", "flash", "en")
    assert NEWEST.group_label("urgency", "es") == "Urgencia"
    assert NEWEST.group_label("no-such-group", "es") == "no-such-group"
    assert NEWEST.definition("urgency", "no-such-code", "en") == ""


def test_arabic_is_written_from_right_to_left_and_the_others_are_not() -> None:
    assert [NEWEST.direction(tag) for tag in ("ar", "ar-EG", "th", "zh-Hant", "xx")] == ["rtl", "rtl", *["ltr"] * 3]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_vocabulary_or_a_remote_error(data: bytes) -> None:
    with pytest.raises(RemoteError):
        vocabulary.read(data)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any) -> list[Any]:
    """Return every map and array in a value, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, dict | list) and value else []
    return found + [place for each in inner for place in places(each)]


@given(st.data())
def test_any_value_in_any_place_gives_a_vocabulary_or_a_remote_error(data: st.DataObject) -> None:
    value = copy.deepcopy(SMALL)
    place = data.draw(st.sampled_from(places(value)))
    key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
    place[key] = data.draw(json_like)
    try:
        found = read(value)
    except RemoteError:
        return
    assert decode(encode(found.content), MAX_FILE_BYTES) == value


# --- which payloads fit ---


@pytest.mark.clause("VOCAB-010")
def test_all_faults_of_a_payload_are_found_at_once_each_with_its_place() -> None:
    request = payload_of_example(STOP)
    account = request["beneficiary"]
    wrong = replaced(request, "intermediaries", [account, account | {"country": "EU"}])
    wrong = replaced(replaced(wrong, "rail", "zeppelin"), "amount.currency", "EUX")
    record = payload_of(STOP, wrong)
    assert [(fault.path, fault.group, fault.value) for fault in term_faults(record, NEWEST)] == [
        ("amount.currency", "currency", "EUX"),
        ("intermediaries.1.country", "country", "EU"),
        ("rail", "rail", "zeppelin"),
    ]
    with pytest.raises(PayloadError) as caught:
        refuse_unknown_terms(record, NEWEST)
    assert "intermediaries.1.country" in str(caught.value)


@pytest.mark.clause("CONV-008")
def test_the_refusal_does_not_repeat_what_the_payload_says() -> None:
    record = payload_of(STOP, replaced(payload_of_example(STOP), "rail", "secretword"))
    with pytest.raises(PayloadError) as caught:
        refuse_unknown_terms(record, NEWEST)
    assert "secretword" not in str(caught.value)


def test_the_refusal_stays_short_however_many_the_faults() -> None:
    request = payload_of_example(STOP)
    account = request["beneficiary"] | {"country": "EU"}
    wrong = request | {"intermediaries": [account] * 8, "beneficiary": account}
    with pytest.raises(PayloadError) as caught:
        refuse_unknown_terms(payload_of(STOP, wrong), NEWEST)
    assert "and 1 more" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", kinds_with_example())
def test_every_example_uses_terms_that_are_there(kind: str) -> None:
    assert term_faults(payload_of(kind, payload_of_example(kind)), NEWEST) == []


@pytest.mark.parametrize("kind", kinds_with_example())
def test_a_wrong_term_at_any_place_of_an_example_is_found_there(kind: str) -> None:
    payload = payload_of_example(kind)
    for path, group, _ in marked(payload_of(kind, payload), "group"):
        wrong = {"country": "EU", "currency": "EUX"}.get(group, "Z9")
        try:
            record = payload_of(kind, replaced(payload, path, wrong))
        except PayloadError:  # a rule over several fields was broken as well
            continue
        assert term_faults(record, NEWEST) == [TermFault(path, group, wrong)]


Colour = Annotated[str, Meta(pattern=r"\A[a-z]+\Z", extra={"group": "colour"})]


class Leaf(Record, frozen=True):
    """A part with a mark."""

    colour: Colour | None
    size: int


class Other(Record, frozen=True, tag="other"):
    """One of two parts that may stand in one place."""

    colour: Colour


class Plain(Record, frozen=True, tag="plain"):
    """The other of the two."""

    words: str


class Tree(Record, frozen=True, rename={"first": "from"}):
    """A record with marks at every sort of place, itself inside itself."""

    colours: tuple[Colour, ...]
    either: Other | Plain
    first: Colour
    inner: "Tree | None"
    leaves: tuple[Leaf, ...]
    plain: str


def test_marked_values_are_found_in_arrays_unions_optional_and_nested_records() -> None:
    leaves = (Leaf(colour="red", size=1), Leaf(colour=None, size=2))
    inner = Tree(colours=(), either=Plain(words="blue"), first="green", inner=None, leaves=leaves, plain="pink")
    tree = Tree(colours=("a", "b"), either=Other(colour="c"), first="d", inner=inner, leaves=(), plain="pink")
    assert list(marked(tree, "group")) == [
        ("colours.0", "colour", "a"),
        ("colours.1", "colour", "b"),
        ("either.colour", "colour", "c"),
        ("from", "colour", "d"),
        ("inner.from", "colour", "green"),
        ("inner.leaves.0.colour", "colour", "red"),
    ]
    assert groups_of(Tree) == {"colour"}
    assert groups_of(Plain) == frozenset()
    assert [fault.path for fault in term_faults(inner, NEWEST)] == ["from", "leaves.0.colour"]
    assert term_faults(inner, NEWEST)[0] == TermFault("from", "colour", "green")


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_takes_its_terms_from_groups_that_exist(kind: str) -> None:
    for group in groups_of(FORMS[kind].record):
        assert NEWEST.codes(group), group
