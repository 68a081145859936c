"""The tables of fields in the pages: written from the records and their English wording."""

from typing import Annotated

import pytest

from comity.chapters.assistance import AssistanceForm, AssistanceRequest, Order
from comity.chapters.parts import Country, Person
from comity.chapters.subjects import Subject
from comity.encoding import Bytes16, Bytes32, Meta, Micros, Record, Uint, shape
from comity.kinds import FORMS
from tools import forms


class Sample(Record, frozen=True):
    """One field of each type."""

    a: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=4)] | None
    b: Bytes32
    c: Country | None
    d: Micros
    e: Uint
    f: Annotated[int, Meta(ge=3_600, le=31_536_000)]
    g: bool
    h: Annotated[str, Meta(min_length=1, max_length=2_000)]
    i: Annotated[str, Meta(pattern=r"\A(a|b)\Z")]
    j: Annotated[str, Meta(pattern=r"\A[a-z]+\Z", extra={"group": "rail"})] | None
    k: Subject | None
    m: Bytes16 | None
    n: Annotated[str, Meta(min_length=15, max_length=34)]


def test_a_type_is_written_in_the_notation_of_the_pages() -> None:
    assert {name: forms.type_of(place) for name, place in shape.fields_of(Sample).items()} == {
        "a": "array of 1 to 4 person or nil",
        "b": "bin32",
        "c": "2 capital letters (ISO 3166-1) or nil",
        "d": "micros",
        "e": "uint",
        "f": "uint, 3,600 to 31,536,000",
        "g": "bool",
        "h": "text(2000)",
        "i": r"str, `(a\|b)` as a whole",
        "j": "term of the group `rail` or nil",
        "k": "subject or nil",
        "m": "bin16 or nil",
        "n": "str of 15 to 34 characters",
    }
    assert forms.type_of(shape.fields_of(Order)["attachment"]) == "text(200), name of an attachment"


def test_a_table_has_the_fields_that_a_record_adds_to_its_base_and_names_the_base() -> None:
    assert forms.own_fields(AssistanceRequest) == ["offences", "summary"]
    lines = forms.table("assistance-request", "cooperation", AssistanceRequest).splitlines()
    assert lines[0] == "assistance-request, a map with the fields of assistance-form and these:"
    assert lines[4].startswith("| offences | array of 1 to 8 offence | ")
    assert len(lines) == 6
    assert forms.base_of(AssistanceForm) is not None
    assert forms.base_of(Order) is None


def test_the_list_has_a_row_for_every_kind() -> None:
    rows = forms.kinds_block("").splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(FORMS)
    assert "| `cooperation.freeze` | request | evidence | yes | yes |  |" in rows
    assert "| `read` | notice |  |  |  |  |" in rows


def test_a_page_is_filled_between_its_markers_and_stays_the_same_when_filled_again() -> None:
    page = "# Page\n\n<!-- form: text -->\nold\n<!-- end -->\n\n<!-- record: parts.amount -->\n<!-- end -->\nEnd.\n"
    new = forms.filled(page)
    assert "old" not in new
    assert "`text`, a map:\n\n| field | type | meaning |\n|---|---|---|\n| text | text(20000) | " in new
    assert "amount, a map:" in new
    assert new.endswith("<!-- end -->\nEnd.\n")
    assert forms.filled(new) == new


def test_all_kinds_of_a_chapter_come_with_the_parts_that_only_it_has() -> None:
    block = forms.filled("<!-- forms: case -->\n<!-- end -->\n")
    assert "`case.accept`, `case.resume`, `case.start`, a map:" in block
    assert "\nplaced-measure, a map:" in block
    assert "\ncontact, a map:" not in block


@pytest.mark.parametrize("marker", ["form: cooperation.none", "record: parts.none", "record: none", "forms: none"])
def test_a_marker_that_names_nothing_is_refused(marker: str) -> None:
    with pytest.raises(forms.UnknownError):
        forms.filled(f"<!-- {marker} -->\n<!-- end -->\n")


def test_the_pages_say_what_the_records_are() -> None:
    assert forms.main(["--check"]) == 0
