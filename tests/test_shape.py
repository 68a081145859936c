"""Shapes: what form the values of a record have, for whoever does not know its type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import pytest

from comity.chapters.indicators import Indicator
from comity.chapters.parts import Country
from comity.chapters.subjects import IbanSubject
from comity.encoding import Bytes32, Meta, Micros, Record, Seconds, shape
from comity.kinds import FORMS

NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Inner(Record, frozen=True):
    """A part."""

    time: Micros


class Outer(Record, frozen=True):
    """One field of each shape, out of order."""

    b: Annotated[tuple[Inner, ...], Meta(min_length=1, max_length=3)]
    a: Annotated[str, Meta(min_length=1, max_length=9)] | None
    c: Country
    d: Bytes32 | None
    e: Inner | None
    f: bool
    g: Seconds


class Loose(Record, frozen=True):
    """A field whose form no table could tell."""

    field: dict[str, str]


class Either(Record, frozen=True):
    """A choice that the types of msgspec allow and no field decides."""

    field: int | str


def test_each_field_has_a_shape_in_ascending_order() -> None:
    fields = shape.fields_of(Outer)
    assert list(fields) == ["a", "b", "c", "d", "e", "f", "g"]
    assert fields["a"] == shape.Text(True, NONE, 1, 9, None)
    assert fields["b"] == shape.Array(False, NONE, shape.Map(False, NONE, Inner), 1, 3)
    assert fields["c"] == shape.Text(False, MappingProxyType({"group": "country"}), 0, None, r"\A[A-Z]{2}\Z")
    assert fields["d"] == shape.Binary(True, NONE, 32, 32)
    assert fields["e"] == shape.Map(True, NONE, Inner)
    assert fields["f"] == shape.Flag(False, NONE)
    assert fields["g"] == shape.Number(False, MappingProxyType({"unit": "s"}), 0, 2**53 - 1)
    assert shape.fields_of(Inner)["time"].marks == {"unit": "micros"}


def test_a_choice_of_records_is_told_by_the_field_that_decides_it() -> None:
    subject = shape.fields_of(Indicator)["subject"]
    assert isinstance(subject, shape.Choice)
    assert subject.tag == "kind"
    assert subject.options["iban"] == shape.Map(False, NONE, IbanSubject, ("kind", "iban"))
    assert "kind" not in subject.options["iban"].fields
    assert shape.shape_of(IbanSubject).tag == ("kind", "iban")


@pytest.mark.parametrize("record", [Loose, Either])
def test_what_has_no_shape_is_refused(record: type[Record]) -> None:
    with pytest.raises(TypeError):
        shape.fields_of(record)


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_every_kind_has_a_shape_all_the_way_down(kind: str) -> None:
    waiting: list[shape.Shape] = [shape.shape_of(FORMS[kind].record)]
    seen: set[type[Record]] = set()
    while waiting:
        place = waiting.pop()
        if isinstance(place, shape.Array):
            waiting.append(place.item)
        elif isinstance(place, shape.Choice):
            waiting += place.options.values()
        elif isinstance(place, shape.Map) and place.record not in seen:
            seen.add(place.record)
            waiting += place.fields.values()
    assert seen
