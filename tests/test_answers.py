"""One answer as a person types it: what it states, what is wrong with it, and where it goes in a form."""

from typing import Any

import pytest

from comity_node.authoring import paths
from comity_node.authoring.answers import AnswerError, moment, options, read
from comity_node.authoring.fields import spot
from comity_node.authoring.judging import broken_rules, faults_of_answer
from comity_node.authoring.paths import completed, leaves, path_of
from comity_node.formfaults import Sort
from comity_node.forms import payload_from
from tests.support.forms import form_of_example, kinds_with_example
from tests.support.persons import MINIMAL_STOP, NOW_US, desk_for

STOP = "prevention.stop-payment"
KINDS = kinds_with_example()
HOUR = 3_600_000_000


def value_of(kind: str, path: str, text: str, lang: str = "en") -> Any:
    found = spot(kind, form_of_example(kind), path_of(path) or ())
    assert found is not None
    return read(found.place, found.name, text, desk_for(kind, lang, ("statement.pdf", "order.pdf")))


def refused(kind: str, path: str, text: str) -> str:
    with pytest.raises(AnswerError) as fault:
        value_of(kind, path, text)
    return fault.value.key


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("48250.00 EUR", {"currency": "EUR", "value": "48250.00"}),
        ("eur 48250.00", {"currency": "EUR", "value": "48250.00"}),
        ("  5   JPY ", {"currency": "JPY", "value": "5"}),
    ],
)
def test_an_amount_is_typed_with_its_currency(text: str, value: dict[str, str]) -> None:
    assert value_of(STOP, "amount", text) == value


@pytest.mark.parametrize("text", ["48250.00", "EUR", "48,250.00 EUR", "48250 EUR now", "-5 EUR", "five EUR", ""])
def test_what_is_no_amount_is_asked_again(text: str) -> None:
    assert refused(STOP, "amount", text) == "fault.amount"


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("now", NOW_US),
        ("now-2h", NOW_US - 2 * HOUR),
        ("now + 3d", NOW_US + 72 * HOUR),
        ("+90m", NOW_US + 90 * 60_000_000),
        ("2026-11-24 14:05 +01:00", 1_795_525_500_000_000),
        ("2026-11-24 14:05 +0100", 1_795_525_500_000_000),
        ("2026-11-24T13:05:00Z", 1_795_525_500_000_000),
        ("2026-11-24 13:05 UTC", 1_795_525_500_000_000),
        ("2026-11-24 13:05:07.25 z", 1_795_525_507_250_000),
    ],
)
def test_a_time_is_typed_with_its_zone_or_counted_from_now(text: str, micros: int) -> None:
    assert moment(text, NOW_US) == micros
    assert payload_from(STOP, form_of_example(STOP) | {"executed": value_of(STOP, "executed", text)})["executed"] == (
        micros
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2026-11-24 14:05", "fault.zone"),
        ("2026-11-24", "fault.zone"),
        ("24.11.2026 14:05 +01:00", "fault.time"),
        ("yesterday", "fault.time"),
        ("2026-02-30 14:05 Z", "fault.no-such-time"),
        ("2026-11-24 25:05 Z", "fault.no-such-time"),
        ("2026-11-24 14:05 +99:00", "fault.no-such-time"),
        ("now-999999w", "fault.no-such-time"),
        ("1795525500000000", "fault.time"),
        ("", "fault.time"),
    ],
)
def test_a_time_that_could_be_meant_in_two_ways_is_never_guessed(text: str, key: str) -> None:
    assert refused(STOP, "executed", text) == key


@pytest.mark.parametrize("text", ["2", "credit-transfer", "CREDIT-T", "credit transfer", "Credit t"])
def test_a_term_is_chosen_by_number_code_or_label(text: str) -> None:
    assert value_of(STOP, "rail", text) == "credit-transfer"


def test_a_label_may_be_typed_in_the_language_of_the_one_who_types() -> None:
    place = spot(STOP, {}, ("rail",))
    assert place is not None
    for lang in ("ar", "fr", "ru", "th", "zh"):
        label = {each.code: each.label for each in options(place.place, desk_for(STOP, lang))}["credit-transfer"]
        assert value_of(STOP, "rail", label, lang) == "credit-transfer"


def test_a_term_that_fits_none_or_several_is_asked_again() -> None:
    assert refused(STOP, "rail", "teleport") == "fault.no-such-term"
    assert refused(STOP, "rail", "c") == "fault.several-terms"
    assert refused(STOP, "rail", "99") == "fault.no-such-term"
    assert refused(STOP, "rail", "") == "fault.no-such-term"
    assert value_of(STOP, "beneficiary.country", "xa") == "XA"


def test_a_code_that_is_a_number_goes_before_its_place_in_the_list() -> None:
    path = "indicators.0.grade.credibility"
    assert value_of("intelligence.query", path, "4") == "4"


def test_yes_and_no_are_understood_in_the_language_and_in_english() -> None:
    assert value_of("cooperation.interview", "sworn", "Yes") is True
    assert value_of("cooperation.interview", "sworn", "oui", "fr") is True
    assert value_of("cooperation.interview", "sworn", "no", "fr") is False
    assert refused("cooperation.interview", "sworn", "perhaps") == "fault.yes-or-no"


def test_a_duration_is_typed_with_its_unit() -> None:
    seconds = spot("case.grant-extension", {}, ("seconds",))
    assert seconds is not None
    desk = desk_for("case.grant-extension")
    assert read(seconds.place, "seconds", "3d", desk) == 259_200
    assert read(seconds.place, "seconds", "90", desk) == 90
    with pytest.raises(AnswerError, match=r"fault\.duration"):
        read(seconds.place, "seconds", "soon", desk)


def test_a_file_of_the_message_is_chosen_by_number_or_name() -> None:
    assert value_of("cooperation.interview", "order.attachment", "2") == "order.pdf"
    assert value_of("cooperation.interview", "order.attachment", "state") == "statement.pdf"


def test_hexadecimal_digits_may_be_grouped() -> None:
    assert value_of(STOP, "parent", "A6B1 c07a") == "a6b1c07a"
    assert refused(STOP, "parent", "a6b") == "fault.hex"


# --- faults at once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "sort"),
    [
        ("amount", {"currency": "EUX", "value": "1.00"}, Sort.CURRENCY),
        ("amount", {"currency": "EUR", "value": "1.00000"}, Sort.PATTERN),
        ("beneficiary.country", "BX", Sort.COUNTRY),
        ("contact.phone", "0123", Sort.PATTERN),
        ("beneficiary.number", "1" * 65, Sort.LENGTH),
        ("beneficiary.number", "XA72\u202e", Sort.HIDDEN),
        ("beneficiary.number", "X\u0410", Sort.MIXED_SCRIPT),
        ("wanted_by", "2020-01-01T00:00:00Z", Sort.PAST),
        ("summary", "a\0b", Sort.CHARACTER),
    ],
)
def test_each_answer_is_judged_alone_and_at_once(path: str, value: Any, sort: Sort) -> None:
    form: dict[str, Any] = {}
    paths.put(form, path_of(path) or (), value)
    found = faults_of_answer(form, path_of(path) or (), desk_for(STOP))
    assert [fault.sort for fault in found] == [sort]


def test_a_check_digit_is_told_when_the_number_is_typed() -> None:
    form = form_of_example("intelligence.sighting")
    form["subject"] = {"kind": "iban", "iban": "GB82WEST12345698765433"}
    (fault,) = faults_of_answer(form, ("subject", "iban"), desk_for("intelligence.sighting"))
    assert fault.params["clause"].startswith("INTEL-")
    form["subject"]["iban"] = "GB82WEST12345698765432"
    assert faults_of_answer(form, ("subject", "iban"), desk_for("intelligence.sighting")) == []


def test_a_rule_names_the_fields_that_would_satisfy_it() -> None:
    form = {name: value for name, value in MINIMAL_STOP.items() if name != "payment_reference"}
    (broken,) = broken_rules(form, desk_for(STOP))
    assert (broken.path, broken.fields) == ((), ("originator", "payment_reference"))


def test_a_period_that_ends_before_it_begins_is_told_with_its_end() -> None:
    form = {"period": {"since": "2026-11-18T10:00:00Z", "until": "2026-11-18T09:00:00Z"}}
    (fault,) = faults_of_answer(form, ("period", "until"), desk_for("cooperation.trace-assets"))
    assert fault.sort is Sort.RULE


# --- places in a form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", ".", "a..b", "A", "a.01", "a.-1", "a b", "9" * 9, ".".join("a" * 17), "\u0663"])
def test_what_is_no_path_is_none(text: str) -> None:
    assert path_of(text) is None


@pytest.mark.parametrize("kind", KINDS)
def test_every_value_of_an_example_can_be_taken_out_and_put_back(kind: str) -> None:
    form = form_of_example(kind)
    built: dict[str, Any] = {}
    for path, value in leaves(form):
        paths.put(built, path, value)
    assert completed(kind, built) == completed(kind, form)


def test_a_value_cannot_be_put_where_something_else_is() -> None:
    form: dict[str, Any] = {"summary": "x", "persons": []}
    for path in (("summary", "text"), ("persons", 1), ("persons", "name")):
        with pytest.raises(LookupError):
            paths.put(form, path, 1)
    assert form == {"summary": "x", "persons": []}


def test_what_is_taken_away_leaves_no_gap() -> None:
    form: dict[str, Any] = {"a": [1, 2, 3], "b": {"c": 1}}
    paths.remove(form, ("a", 0))
    paths.remove(form, ("b", "c"))
    paths.remove(form, ("d", "e"))
    assert form == {"a": [2, 3], "b": {}}
