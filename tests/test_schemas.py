"""JSON Schemas of forms: they take every example, and refuse what a node refuses."""

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.encoding import shape
from comity.kinds import FORMS
from comity.vocabulary import newest
from comity_node.checking import Checker
from comity_node.faults import Exit
from comity_node.formfaults import Sort
from comity_node.forms import FormError, payload_from
from comity_node.schemas import ecma, schema_of
from tests.support.desk import Desk
from tests.support.forms import form_of_example, kinds_with_example, maps_of, replaced

KINDS = kinds_with_example()
EXAMPLES = {kind: form_of_example(kind) for kind in KINDS}
PRESERVE, TRACE = "cooperation.preserve", "cooperation.trace-assets"
#: Left to whoever reads the form: rules over several fields, what a calendar or a reader knows.
BEYOND_SCHEMA = {Sort.CHARACTER, Sort.HIDDEN, Sort.MIXED_SCRIPT, Sort.PAST, Sort.RULE, Sort.TIME}


@cache
def judge(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema_of(kind, newest()))


def strings_in(value: Any, name: str) -> Iterator[str]:
    """Yield every string that stands under a name, at any depth."""
    if isinstance(value, dict):
        if isinstance(value.get(name), str):
            yield value[name]
        for key, inner in value.items():
            yield from strings_in(inner, name) if key != "x-labels" else ()
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner, name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_taken(kind: str) -> None:
    assert [str(fault) for fault in judge(kind).iter_errors(EXAMPLES[kind])] == []


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_a_schema_is_one_and_the_same_each_time(kind: str) -> None:
    schema = schema_of(kind, newest())
    assert jsonschema_rs.meta.is_valid(schema)
    assert json.dumps(schema) == json.dumps(schema_of(kind, newest()))
    assert set(schema["properties"]) == set(shape.fields_of(FORMS[kind].record))
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_patterns_are_of_ecma_262_and_hold_for_the_whole(kind: str) -> None:
    for pattern in strings_in(schema_of(kind, newest()), "pattern"):
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert not re.search(r"\\[AZUz]|\(\?P|\(\?[aiLmsux]", pattern)


def test_a_pattern_keeps_its_meaning() -> None:
    assert ecma(r"\A[a-z]{2}\Z") == "^[a-z]{2}$"
    assert ecma("\\A[^\\U000000ad-\\U000e0fff]\\Z") == "^[^\\u{ad}-\\u{e0fff}]$"


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        (TRACE, "amount.currency", "EUX"),
        (TRACE, "amount.currency", "EUR\n"),
        (TRACE, "amount.value", "48,250.00"),
        (TRACE, "amount.value", "48250.00\n"),
        (TRACE, "amount.value", 48250),
        (TRACE, "contact.phone", "+99955501234\n"),
        (TRACE, "contact", None),
        (TRACE, "period.since", "2026-11-20"),
        (TRACE, "period.since", "2026-11-20T09:31:07"),
        (TRACE, "period.since", -1),
        (TRACE, "nature", ""),
        (TRACE, "nature", "n" * 201),
        (TRACE, "assistance_level", "by-telephone"),
        (TRACE, "persons", [EXAMPLES[TRACE]["persons"][0]] * 33),
        (TRACE, "persons", {}),
        (TRACE, "hops.0.account.iban", "QM72"),
        (TRACE, "confidentiality.fact_and_substance", "yes"),
        (PRESERVE, "parent", "5a" * 31),
        (PRESERVE, "parent", "xy" * 32),
        (PRESERVE, "offences", []),
        (PRESERVE, "summary", None),
        (PRESERVE, "identifiers.0.subject.kind", "ibann"),
        (PRESERVE, "identifiers.0.subject.port", 65_536),
        (PRESERVE, "order.issued", "2026-02-40"),
        (PRESERVE, "order.issued", "2026-02-20\n"),
    ],
)
def test_a_fault_is_refused_by_the_schema_and_by_the_node(kind: str, path: str, value: Any) -> None:
    form = replaced(EXAMPLES[kind], path, value)
    assert not judge(kind).is_valid(form)
    with pytest.raises(FormError):
        payload_from(kind, form)


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_is_required_and_no_other_is_allowed_in_every_record(kind: str) -> None:
    form = copy.deepcopy(EXAMPLES[kind])
    for part in list(maps_of(form)):
        part["more"] = None
        assert not judge(kind).is_valid(form)
        del part["more"]
        for name in list(part):
            kept = part.pop(name)
            assert not judge(kind).is_valid(form), name
            part[name] = kept
    assert judge(kind).is_valid(form)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2**54)
    | st.text(max_size=5)
    | st.sampled_from(["a" * 65, "suspect", "ZZ"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(KINDS), st.data())
def test_schema_and_node_refuse_the_same_forms(kind: str, data: st.DataObject) -> None:
    form = copy.deepcopy(EXAMPLES[kind])
    part = data.draw(st.sampled_from(list(maps_of(form))))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(json_values)
    checker = Checker(newest(), None)
    checker.read(kind, form)
    seen = [fault for fault in checker.faults if fault.sort not in BEYOND_SCHEMA]
    assert judge(kind).is_valid(form) == (seen == [])


def test_titles_are_the_labels_and_terms_have_theirs() -> None:
    schema = schema_of(TRACE, newest())
    assert schema["properties"]["amount"]["title"] == "Amount to be traced"
    assert schema["$defs"]["account"]["properties"]["holder"]["title"] == "Holder"
    roles = schema["$defs"]["term-person-role"]
    assert set(roles["x-labels"]) == set(roles["enum"])
    assert "suspect" in roles["enum"]


def test_the_command_prints_one_schema_or_writes_them_all(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    printed = desk.run("schema", TRACE, keys=False)
    assert json.loads(printed.stdout) == schema_of(TRACE, newest())
    directory = desk.path / "schemas"
    assert desk.ok("schema", "--all", "--out", directory, keys=False)["written"] == len(FORMS)
    written = sorted(path.stem for path in directory.iterdir())
    assert written == sorted(FORMS)
    assert directory.joinpath(f"{TRACE}.json").read_text("utf-8") == printed.stdout
    for words in ((), ("--all",), (TRACE, "--all"), (TRACE, "--lang", "tlh"), ("cooperation.freez",), ("x" * 500,)):
        desk.fails(Exit.USAGE, "schema", *words, keys=False)
    assert "cooperation.freeze" in desk.fails(Exit.USAGE, "schema", "cooperation.freez", keys=False)
