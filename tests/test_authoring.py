"""Writing messages: answers, questions, and the laws that hold whatever a person types."""

import copy
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from comity.kinds import FORMS, payload_of
from comity_node.authoring import paths
from comity_node.authoring.answers import AnswerError, read
from comity_node.authoring.dialogue import Dialogue, LeaveError
from comity_node.authoring.fields import spot
from comity_node.authoring.judging import broken_rules, faults_of, faults_of_answer, record_at
from comity_node.authoring.paths import completed, dotted, leaves
from comity_node.authoring.preview import entries, entry_lines
from comity_node.authoring.questions import Course, Question
from comity_node.authoring.setting import listed, set_all
from comity_node.authoring.templates import KEPT, kept_of, resolved
from comity_node.formfaults import Sort
from comity_node.forms import FormError, payload_from
from tests.support.forms import form_of_example, kinds_with_example, payload_of_example
from tests.support.persons import MINIMAL_STOP, NOW_US, Scripted, answered_from, desk_for

STOP = "prevention.stop-payment"
KINDS = kinds_with_example()


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
    found, person = dialogue(["further_types", "EN-MULE", "FR-APP", "", ""], MINIMAL_STOP)
    found.fill()
    assert found.form["further_types"] == ["EN-MULE", "FR-APP"]
    assert any("no more" in prompt for prompt in person.prompts)


def test_one_field_can_be_asked_for_again() -> None:
    found, _ = dialogue(["7 EUR"], MINIMAL_STOP)
    found.edit(("amount",))
    assert found.form == MINIMAL_STOP | {"amount": {"currency": "EUR", "value": "7"}}
    found, _ = dialogue(["<"], MINIMAL_STOP)
    found.edit(("amount",))
    assert found.form == MINIMAL_STOP
    found, _ = dialogue(
        ["", "", "", "-", ""], MINIMAL_STOP | {"beneficiary": {**MINIMAL_STOP["beneficiary"], "bic": "EXAMXAXX"}}
    )
    found.edit(("beneficiary",))
    assert "bic" not in found.form["beneficiary"]


def test_check_digits_are_told_before_the_rest_of_a_part_is_asked_for() -> None:
    wrong, right = "GB82WEST12345698765433", "GB82WEST12345698765432"
    found, person = dialogue(["iban", wrong, right, "mule"], kind="intelligence.query")
    with pytest.raises(EOFError):
        found.fill()
    assert any("check digits" in line for line in person.told)
    assert found.form["indicators"] == [{"subject": {"kind": "iban", "iban": right}, "role": "mule"}]


def test_a_rule_that_compares_times_lets_any_of_them_be_changed() -> None:
    late = MINIMAL_STOP | {"review": "2026-11-30T10:00:00Z"}
    found, person = dialogue(["measure_until", "2026-12-01 10:00 Z", ""], late)
    found.fill()
    assert found.form["measure_until"] == "2026-12-01T10:00:00Z"
    assert broken_rules(found.form, desk_for(STOP)) == []
    assert not any(prompt.startswith("Legal") for prompt in person.prompts)


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


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["now", "iban", "EUR", "XA"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=6) | st.sampled_from(["amount", "currency", "value", "subject", "kind", "indicators", "recall",
                                               "sent", "victim", "intermediaries", "bank", "beneficiary", "order"]),
        inner, max_size=4),
    max_leaves=12)  # fmt: skip


@given(form=st.dictionaries(st.sampled_from(["amount", "beneficiary", "indicators", "recall", "executed", "subject",
                                             "order", "contact", "text", "x.y"]), ANYTHING, max_size=5),
       kind=st.sampled_from([STOP, "intelligence.query", "intelligence.sighting", "cooperation.subscriber", "text"]),
       lang=st.sampled_from(["en", "ar"]))  # fmt: skip
def test_no_form_breaks_the_faults_the_preview_or_a_template(form: dict[str, Any], kind: str, lang: str) -> None:
    desk = desk_for(kind, lang)
    told = listed(form, desk)
    shown = [line for entry in entries(form, desk) for line in entry_lines(entry, desk.phrases)]
    kept, dropped = kept_of(kind, form)
    resolved(kind, form, NOW_US)
    assert kept.keys() <= KEPT
    assert not any(unicodedata.category(c) == "Cc" or c == "\u202e" for line in shown for c in line)
    assert all(each.what and each.right for each in told)
    assert not {path for path in dropped if path in kept}
