"""Writing messages: answers, questions, and the laws that hold whatever a person types."""

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from comity.kinds import FORMS, payload_of
from comity_node.authoring import paths
from comity_node.authoring.answers import AnswerError, moment, options, read
from comity_node.authoring.dialogue import Dialogue, LeaveError
from comity_node.authoring.fields import spot
from comity_node.authoring.judging import broken_rules, faults_of, faults_of_answer, record_at
from comity_node.authoring.paths import completed, dotted, leaves, path_of
from comity_node.authoring.questions import Course, Question
from comity_node.authoring.setting import set_all
from comity_node.formfaults import Sort
from comity_node.forms import FormError, payload_from
from tests.support.forms import form_of_example, kinds_with_example, payload_of_example
from tests.support.persons import NOW_US, Scripted, answered_from, desk_for

STOP = "prevention.stop-payment"
KINDS = kinds_with_example()
HOUR = 3_600_000_000
MINIMAL = {
    "amount": {"currency": "EUR", "value": "48250.00"},
    "beneficiary": {"bank": "Example Bank", "country": "XA", "number": "XA72EXAM00009876543210"},
    "contact": {"name": "Duty officer", "phone": "+99955501234"},
    "executed": "2026-11-18T09:00:00Z",
    "legal_basis": "Police Act of Aa, section 12",
    "measure_from": "2026-11-18T10:00:00Z",
    "measure_until": "2026-11-21T10:00:00Z",
    "payment_reference": "RF18539007547034",
    "review": "2026-11-20T10:00:00Z",
    "summary": "The victim was told to move the money to a safe account.",
}


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
    form = {name: value for name, value in MINIMAL.items() if name != "payment_reference"}
    (broken,) = broken_rules(form, desk_for(STOP))
    assert (broken.path, broken.fields) == ((), ("originator", "payment_reference"))


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


# --- every kind -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_can_be_given_by_set(kind: str) -> None:
    wanted = form_of_example(kind)
    values = [f"{dotted(path)}={str(value).lower() if isinstance(value, bool) else value}"
              for path, value in leaves(wanted) if value is not None]  # fmt: skip
    form: dict[str, Any] = {}
    names = tuple(str(value) for path, value in leaves(wanted) if path[-1] in ("attachment", "agreement"))
    assert set_all(form, values, desk_for(kind, files=names)) == []
    assert payload_from(kind, completed(kind, form)) == payload_of_example(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_the_questions_reach_every_field_of_an_example_and_none_twice(kind: str) -> None:
    wanted = form_of_example(kind)
    course = Course({}, desk_for(kind))
    asked = list(answered_from(course, wanted))
    assert len(set(asked)) == len(asked)
    assert payload_from(kind, completed(kind, course.form)) == payload_of_example(kind)


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_only_what_a_kind_needs_is_asked_first(kind: str) -> None:
    course = Course({}, desk_for(kind))
    for step in course.needed():
        assert isinstance(step, Question)
        around = record_at(course.form, step.path[:-1], desk_for(kind))
        needs_nothing = around is not None and all(paths.may_lack(each) for each in around.fields.values())
        assert needs_nothing or not paths.may_lack(step.spot.place)


# --- a dialogue -------------------------------------------------------------------------------------------------------


def dialogue(lines: list[str], form: dict[str, Any] | None = None, kind: str = STOP) -> tuple[Dialogue, Scripted]:
    person = Scripted(lines)
    return Dialogue(copy.deepcopy(form or {}), desk_for(kind), person, lambda kept: None, {}), person


def test_an_answer_can_be_taken_back() -> None:
    lines = ["first words", "<", "<", "other words"]
    found, person = dialogue(lines, kind="text")
    found.fill()
    assert found.form == {"text": "first words"}
    found, person = dialogue(["5 EUR", "<", "6 EUR", "<", "", "now-1h"])
    with pytest.raises(EOFError):
        found.fill()
    assert found.form["amount"] == {"currency": "EUR", "value": "6"}
    assert "[6 EUR]" in person.prompts[4]


def test_what_is_asked_can_be_explained() -> None:
    found, person = dialogue(["?", "!"])
    with pytest.raises(LeaveError):
        found.fill()
    assert any("48250.00" in line for line in person.told)


def test_a_long_text_goes_on_after_a_backslash() -> None:
    found, _ = dialogue(["one \\", "two"], kind="text")
    found.fill()
    assert found.form == {"text": "one \ntwo"}


def test_a_sign_with_a_meaning_can_be_written_as_itself() -> None:
    found, _ = dialogue(["\\?"], kind="text")
    found.fill()
    assert found.form == {"text": "?"}


def test_everything_is_kept_after_each_answer() -> None:
    kept: list[dict[str, Any]] = []
    person = Scripted(["5 EUR", "now-1h", "Example Bank"])
    with pytest.raises(EOFError):
        Dialogue({}, desk_for(STOP), person, lambda form: kept.append(copy.deepcopy(form)), {}).fill()
    assert [sorted(form) for form in kept] == [
        ["amount"],
        ["amount", "executed"],
        ["amount", "beneficiary", "executed"],
    ]


def test_a_list_ends_with_an_empty_answer() -> None:
    found, person = dialogue(["further_types", "EN-MULE", "FR-APP", "", ""], MINIMAL)
    found.fill()
    assert found.form["further_types"] == ["EN-MULE", "FR-APP"]
    assert any("no more" in prompt for prompt in person.prompts)


def test_one_field_can_be_asked_for_again() -> None:
    found, _ = dialogue(["7 EUR"], MINIMAL)
    found.edit(("amount",))
    assert found.form == MINIMAL | {"amount": {"currency": "EUR", "value": "7"}}
    found, _ = dialogue(["<"], MINIMAL)
    found.edit(("amount",))
    assert found.form == MINIMAL
    found, _ = dialogue(["", "", "", "-", ""], MINIMAL | {"beneficiary": {**MINIMAL["beneficiary"], "bic": "EXAMXAXX"}})  # type: ignore[dict-item]
    found.edit(("beneficiary",))
    assert "bic" not in found.form["beneficiary"]


# --- laws -------------------------------------------------------------------------------------------------------------

TYPED = st.text(max_size=30) | st.sampled_from(
    ["", "?", "<", "!", "-", "\\", "\\?", "1", "2", "3", "yes", "no", "now", "now-2h", "+3d", "5 EUR", "1.5 BTC", "XA",
     "2026-11-24 14:05 +01:00", "2026-11-24 14:05", "+99955501234", "a@b.example", "GB82WEST12345698765432", "iban",
     "Example Bank", "x" * 300, "\u202e", "\ud800", "Ex\u0430mple", "0" * 64, "[]", "{}", "null", "9" * 20, "text\\"]
)  # fmt: skip


@given(data=st.data())
def test_an_answer_is_a_fault_or_a_value_that_its_kind_takes(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    form = form_of_example(kind)
    path, _ = data.draw(st.sampled_from([pair for pair in leaves(form) if pair[1] is not None]))
    found = spot(kind, form, path)
    assert found is not None
    desk = desk_for(kind)
    try:
        value = read(found.place, found.name, data.draw(TYPED), desk)
    except AnswerError:
        return
    paths.put(form, path, value)
    if not faults_of_answer(form, path, desk) and not faults_of(form, desk):
        payload_of(kind, payload_from(kind, completed(kind, form)))


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(FORMS)), lines=st.lists(TYPED, max_size=60), lang=st.sampled_from(["en", "ar", "th"])
)
def test_no_lines_break_a_dialogue_and_none_make_a_payload_that_is_refused(
    kind: str, lines: list[str], lang: str
) -> None:
    assume(kind != "read")
    desk, person = desk_for(kind, lang), Scripted(lines)
    found = Dialogue({}, desk, person, lambda form: None, {})
    try:
        found.fill()
    except (LeaveError, EOFError):
        wrong = {fault.sort for fault in faults_of(found.form, desk)}
        assert wrong <= {Sort.MISSING, Sort.ITEMS, Sort.RULE}
        return
    if not faults_of(found.form, desk):
        payload_of(kind, payload_from(kind, completed(kind, found.form)))


@given(values=st.lists(st.text(max_size=20) | st.tuples(
    st.sampled_from(["amount", "amount.value", "beneficiary.number", "intermediaries.0.bank", "intermediaries",
                     "executed", "further_types.0", "nothing", "victim", "recall.sent", "contact", ""]),
    TYPED).map("=".join), max_size=6))  # fmt: skip
def test_no_values_break_set_and_each_is_put_or_told(values: list[str]) -> None:
    form: dict[str, Any] = {}
    set_all(form, values, desk_for(STOP))
    with suppress(FormError):
        payload_from(STOP, completed(STOP, form))
