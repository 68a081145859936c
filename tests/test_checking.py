"""Every fault of a form at once: found exactly where the payload is refused, told so that it can be mended."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import wording
from comity.errors import PayloadError
from comity.kinds import payload_of
from comity_node.checking import MAX_FAULTS, Checker
from comity_node.formfaults import BEYOND_FORM, FormFault, Sort
from comity_node.forms import FormError, payload_from
from tests.support.forms import Form, form_of_example, kinds_with_example, maps_of, replaced

KINDS = kinds_with_example()
FORMS = {kind: form_of_example(kind) for kind in KINDS}
PRESERVE, TRACE = "cooperation.preserve", "cooperation.trace-assets"


class Lists:
    """A vocabulary of two groups."""

    def codes(self, group: str) -> tuple[str, ...]:
        return {"currency": ("EUR", "USD"), "use": ("evidence", "intelligence")}.get(group, ())


def faults_of(kind: str, form: Form, now: int | None = None) -> list[FormFault]:
    checker = Checker(Lists(), now)
    checker.read(kind, form)
    return checker.faults


def only(kind: str, path: str, value: Any, now: int | None = None) -> FormFault:
    """Return the one fault that another value at a path makes."""
    (fault,) = faults_of(kind, replaced(FORMS[kind], path, value), now)
    assert fault.path == path
    return fault


def lists_of(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists_of(item)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["a" * 65, "suspect", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def changed(form: Form, data: st.DataObject) -> Form:
    """Return the form with some fields replaced, removed or added, and some lists cut."""
    form = copy.deepcopy(form)
    for _ in range(data.draw(st.integers(1, 3))):
        part = data.draw(st.sampled_from(list(maps_of(form))))
        name = data.draw(st.sampled_from([*sorted(part), "more"]))
        if data.draw(st.booleans()) or name not in part:
            part[name] = data.draw(json_values)
        else:
            del part[name]
            part.update(data.draw(st.sampled_from([{}, {name: None}])))
    for cut in data.draw(st.lists(st.sampled_from([*lists_of(form), []]), max_size=1)):
        del cut[0:]
    return form


@pytest.mark.clause("KIND-001", "KIND-002")
@given(st.sampled_from(KINDS), st.data())
def test_a_form_has_a_fault_exactly_where_its_payload_is_refused(kind: str, data: st.DataObject) -> None:
    form = changed(FORMS[kind], data)
    checker = Checker(None, None)
    payload = checker.read(kind, form)
    if any(fault.sort not in BEYOND_FORM for fault in checker.faults):
        with pytest.raises(PayloadError):
            payload_of(kind, payload)
    else:
        assert payload_of(kind, payload)


@given(st.sampled_from(KINDS), st.data())
def test_every_fault_is_told_in_words_that_do_not_repeat_the_value(kind: str, data: st.DataObject) -> None:
    secret = "secretword" + data.draw(st.sampled_from(["", "\u202e", "\0", "\u0430"]))
    form = copy.deepcopy(FORMS[kind])
    part = data.draw(st.sampled_from(list(maps_of(form))))
    part[data.draw(st.sampled_from(sorted(part)))] = secret
    for fault in faults_of(kind, form):
        assert "secretword" not in fault.told(kind)
        assert "{" not in fault.told(kind).replace("\\u{", "")
        assert json.dumps(fault.view(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_has_no_fault(kind: str) -> None:
    checker = Checker(None, None)
    checker.read(kind, FORMS[kind])
    assert checker.faults == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_form_names_every_field_with_its_label(kind: str) -> None:
    faults = faults_of(kind, {})
    assert [fault.path for fault in faults] == sorted(FORMS[kind])
    assert {fault.sort for fault in faults} == {Sort.MISSING}


def test_all_faults_are_found_at_once_each_with_its_place_and_sort() -> None:
    form = form_of_example(PRESERVE)
    form["contcat"] = form.pop("contact")
    form["authority"]["reference"] = "NH-\u0410B-2"
    form["measure_until"] = "2027-02-22T00:00:00"
    form["persons"][0]["name"] = "A\u202eb"
    form["identifiers"][0]["subject"]["port"] = 0
    form["parent"] = "abc"
    form["summary"] = None
    form["use"] = "evidenze"
    form["do_not_notify"] = "yes"
    form["offences"] = []
    assert {fault.path: fault.sort for fault in faults_of(PRESERVE, form)} == {
        "authority.reference": Sort.MIXED_SCRIPT,
        "contact": Sort.MISSING,
        "contcat": Sort.UNKNOWN_FIELD,
        "do_not_notify": Sort.TYPE,
        "identifiers.0.subject.port": Sort.RANGE,
        "measure_until": Sort.TIME_WITHOUT_ZONE,
        "offences": Sort.ITEMS,
        "parent": Sort.TYPE,
        "persons.0.name": Sort.HIDDEN,
        "summary": Sort.MISSING,
        "use": Sort.TERM,
    }


def test_all_broken_rules_are_found_at_once_also_those_of_records_inside() -> None:
    form = form_of_example(PRESERVE) | {"order": None, "custodian": None, "system_location": None}
    form["identifiers"][0]["period"] = None
    form["measure_until"] = form["measure_from"]
    faults = faults_of(PRESERVE, form)
    assert {(fault.path, fault.params["clause"]) for fault in faults} == {
        ("identifiers.0", "COOP-007"),
        ("", "COOP-003"),
        ("", "COOP-004"),
        ("", "COOP-005"),
        ("", "COOP-006"),
    }


def test_a_rule_is_asked_where_other_fields_are_wrong_as_far_as_it_can_be_told() -> None:
    form = form_of_example(PRESERVE) | {"nature": 7, "order": None, "custodian": None, "system_location": None}
    del form["aim"]
    told = [fault.params.get("clause", fault.path) for fault in faults_of(PRESERVE, form)]
    assert told == ["aim", "nature", "COOP-003", "COOP-006"]
    unsure = form | {"review": "soon"}
    told = [fault.params.get("clause", fault.path) for fault in faults_of(PRESERVE, unsure)]
    assert told == ["aim", "nature", "review", "COOP-003"]


@given(st.sampled_from(KINDS), st.data())
def test_a_field_in_doubt_breaks_no_rule_that_holds(kind: str, data: st.DataObject) -> None:
    form = copy.deepcopy(FORMS[kind])
    for part in list(maps_of(form)):
        filled = sorted(name for name in part if part[name] is not None)  # what is nothing may have to stay so
        for name in data.draw(st.sets(st.sampled_from(filled), max_size=1)):
            part[name] = [{}] if name == "kind" or isinstance(part[name], dict) else {"no": "such thing"}
    assert [fault.told(kind) for fault in faults_of(kind, form) if fault.sort is Sort.RULE] == []


@pytest.mark.parametrize(
    ("path", "value", "sort", "right"),
    [
        ("amount.currency", "EUX", Sort.CURRENCY, "one of EUR, USD"),
        ("amount.currency", "eur", Sort.PATTERN, "three capital letters"),
        ("amount.value", "48,250.00", Sort.PATTERN, "48250.00"),
        ("amount.value", 48250, Sort.TYPE, "48250.00"),
        ("period.since", "2026-11-20", Sort.TIME_WITHOUT_ZONE, "2026-11-23T14:05:00Z"),
        ("period.since", "2026-02-30T00:00:00Z", Sort.TIME, "2026-11-23T14:05:00Z"),
        ("period.since", "yesterday", Sort.TYPE, "2026-11-23T14:05:00Z"),
        ("period.since", -1, Sort.RANGE, "2026-11-23T14:05:00Z"),
        ("nature", "n" * 201, Sort.LENGTH, "1 to 200 characters"),
        ("nature", "", Sort.LENGTH, "1 to 200 characters"),
        ("contact.phone", "123", Sort.PATTERN, "+99955501234"),
        ("contact", "Duty desk", Sort.TYPE, "email, name, phone"),
        ("parent", "5a" * 31, Sort.RANGE, "64 hexadecimal digits, or null"),
        ("persons", None, Sort.MISSING, "a list of 0 to 32 entries"),
        ("persons.0", 7, Sort.TYPE, "an object with the fields address"),
        ("confidentiality.fact_and_substance", 1, Sort.TYPE, "true or false"),
        ("nature", "a\ud800", Sort.CHARACTER, "without these characters"),
        ("summary", "a\0", Sort.CHARACTER, "without these characters"),
    ],
)
def test_a_fault_says_what_would_be_right(path: str, value: Any, sort: Sort, right: str) -> None:
    fault = only(TRACE, path, value)
    assert fault.sort is sort
    assert right in fault.right(TRACE)
    assert fault.label(TRACE)


def test_a_field_that_is_misspelt_is_told_with_the_one_that_was_meant() -> None:
    form = form_of_example(TRACE)
    form["amuont"] = form.pop("amount")
    unknown = next(fault for fault in faults_of(TRACE, form) if fault.sort is Sort.UNKNOWN_FIELD)
    assert (unknown.path, unknown.right(TRACE)) == ("amuont", "one of the fields amount")


def test_a_subject_of_no_kind_or_an_unknown_one_is_told_with_the_kinds_there_are() -> None:
    form = replaced(FORMS[PRESERVE], "identifiers.0.subject.kind", "ibann")
    (fault,) = faults_of(PRESERVE, form)
    assert (fault.path, fault.sort) == ("identifiers.0.subject.kind", Sort.CHOICE)
    assert "iban" in fault.right(PRESERVE)
    assert only(PRESERVE, "identifiers.0.subject.kind", []).sort is Sort.TYPE
    del form["identifiers"][0]["subject"]["kind"]
    (fault,) = faults_of(PRESERVE, form)
    assert (fault.path, fault.sort) == ("identifiers.0.subject.kind", Sort.MISSING)


@pytest.mark.parametrize(
    ("subject", "right"),
    [
        ({"kind": "iban", "bank": None, "bic": None, "holder": None, "iban": "DE89370400440532013001"}, "an IBAN is"),
        ({"kind": "lei", "lei": "0000EXAMPLENORWIND75", "name": None}, "an LEI is"),
        ({"kind": "imei", "imei": "490154203237519"}, "an IMEI is"),
        (
            {"kind": "wallet", "chain": "bitcoin", "service": None, "wallet": "1BoatSLRHtKNngkdXEeobR76b53LETtpyX"},
            "address",
        ),
    ],
)
def test_a_check_digit_that_does_not_hold_is_told_as_such(subject: Form, right: str) -> None:
    (fault,) = faults_of(PRESERVE, replaced(FORMS[PRESERVE], "identifiers.0.subject", subject))
    assert (fault.path, fault.sort) == ("identifiers.0.subject", Sort.CHECK_DIGIT)
    assert right in fault.right(PRESERVE)


def test_a_deadline_in_the_past_is_told_where_the_time_is_known() -> None:
    now = 1_790_000_000_000_000
    form = form_of_example(TRACE) | {"wanted_by": "2026-01-01T00:00:00Z"}
    assert [(fault.path, fault.sort) for fault in faults_of(TRACE, form, now)] == [("wanted_by", Sort.PAST)]
    assert faults_of(TRACE, form) == []
    assert faults_of(TRACE, form | {"wanted_by": now + 1}, now) == []


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\n", "\x1b", "\u00ad", "\ue000"]
)
def test_what_nobody_sees_is_refused_in_one_line_and_shown_escaped(character: str) -> None:
    fault = only(TRACE, "accounts.0.number", f"QM72{character}HARB")
    assert fault.sort is Sort.HIDDEN
    assert character not in fault.told(TRACE) + fault.value
    assert only(TRACE, "persons.0.name", f"A.{character}Example").sort is Sort.HIDDEN


def test_long_texts_may_have_lines_and_names_may_have_the_joiners_of_their_script() -> None:
    assert faults_of(TRACE, replaced(FORMS[TRACE], "summary", "One.\nTwo\u202e.")) == []
    assert faults_of(TRACE, replaced(FORMS[TRACE], "persons.0.name", "\u0645\u06cc\u200c\u062e")) == []
    assert only(TRACE, "accounts.0.number", "QM\u200c72").sort is Sort.HIDDEN


@pytest.mark.parametrize("text", ["12 \u0413\u0441 318/26", "\u6848\u4ef6 A-7", "\u0397-2026 AB", "\u0645-77", "Å-1"])
def test_a_number_in_another_script_is_no_fault_while_no_word_mixes_scripts(text: str) -> None:
    assert faults_of(TRACE, replaced(FORMS[TRACE], "authority.reference", text)) == []


def test_a_form_with_very_many_faults_says_how_many_more_there_are() -> None:
    form = form_of_example(TRACE) | {f"x{number}": 1 for number in range(5_000)}
    with pytest.raises(FormError, match=r"in 5000 places") as caught:
        payload_from(TRACE, form)
    assert len(caught.value.faults) == MAX_FAULTS
    assert f"and {5_000 - MAX_FAULTS} more" in str(caught.value)


@pytest.mark.clause("CONV-008")
def test_an_error_lists_every_fault_and_no_value() -> None:
    form = form_of_example(TRACE) | {"nature": "secretword" * 30, "use": 17}
    form["persons"][0]["role"] = "secretword secretword"
    with pytest.raises(FormError) as caught:
        payload_from(TRACE, form)
    assert [path in str(caught.value) for path in ("nature", "use", "persons.0.role")] == [True] * 3
    assert "secretword" not in str(caught.value)
    assert [fault.value[:10] for fault in caught.value.faults] == ["secretword", "secretword", "17"]


@pytest.mark.parametrize("lang", wording.languages())
def test_the_help_of_a_field_stands_within_a_sentence_without_the_stop_at_its_end(lang: str) -> None:
    fault = only(TRACE, "contact.phone", "12")
    told = wording.field(TRACE, "contact.phone", lang).help
    assert fault.wanted == "help"
    assert told.startswith(fault.right(TRACE, lang))
    assert fault.right(TRACE, lang)[-1] not in ".。"
