"""Kinds: which payloads have the form of their kind."""

import base64
import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.encoding import decode, encode
from comity.errors import KindNotAcceptedError, LocalError, PayloadError
from comity.kinds import FORMS, KINDS, payload_of, refuse_absent_files, refuse_numbered_notice, refuse_other_answer
from comity.limits import MAX_BODY_BYTES
from comity_node.forms import payload_from
from tests.support.forms import maps_of, payload_of_example

EXAMPLES = Path(__file__).resolve().parent.parent / "spec" / "examples"
ALL = sorted(FORMS)
VALID = {kind: payload_of_example(kind) for kind in ALL}  # each kind must have an example


@pytest.mark.clause("KIND-007")
@pytest.mark.parametrize("answered", [None, "read"])
def test_a_notice_answers_a_message_that_is_none_itself(answered: str | None) -> None:
    refuse_other_answer("read", "text")
    refuse_other_answer("read", "prevention.stop-payment")
    with pytest.raises(PayloadError):
        refuse_other_answer("read", answered)


@pytest.mark.clause("KIND-008")
def test_a_notice_takes_no_number_in_its_case() -> None:
    refuse_numbered_notice("read", 0)
    refuse_numbered_notice("text", 7)
    with pytest.raises(PayloadError):
        refuse_numbered_notice("read", 1)


@pytest.mark.clause("KIND-001")
@pytest.mark.parametrize("kind", ALL)
def test_a_payload_of_the_form_of_its_kind_is_read_and_stays_the_same_on_the_wire(kind: str) -> None:
    record = payload_of(kind, VALID[kind])
    assert isinstance(record, KINDS[kind])
    data = encode(record)
    assert decode(data, MAX_BODY_BYTES) == VALID[kind]
    assert len(data) < MAX_BODY_BYTES // 8
    assert payload_of(kind, copy.deepcopy(VALID[kind])) == record


@pytest.mark.clause("KIND-001", "KIND-002", "CONV-004", "CONV-006")
@pytest.mark.parametrize("kind", ALL)
def test_each_map_of_a_payload_has_exactly_its_fields(kind: str) -> None:
    payload = copy.deepcopy(VALID[kind])
    for part in list(maps_of(payload)):
        part["more"] = None
        with pytest.raises(PayloadError):
            payload_of(kind, payload)
        del part["more"]
        for name in list(part):
            kept = part.pop(name)
            with pytest.raises(PayloadError):
                payload_of(kind, payload)
            part[name] = kept
    assert payload_of(kind, payload)


@pytest.mark.clause("KIND-003")
@pytest.mark.parametrize("kind", ["", "Text", "text ", "prevention", "prevention.stop", "prevention.*", "x" * 70])
def test_a_kind_that_is_not_known_is_not_accepted(kind: str) -> None:
    with pytest.raises(KindNotAcceptedError):
        payload_of(kind, {"text": "x"})


@pytest.mark.clause("KIND-002")
def test_a_text_has_1_to_20_000_characters() -> None:
    assert payload_of("text", {"text": "ß" * 20_000})
    for text in ("", "ß" * 20_001, None, 1, b"x", ["x"]):
        with pytest.raises(PayloadError):
            payload_of("text", {"text": text})


@pytest.mark.clause("KIND-010")
def test_a_kind_that_answers_certain_kinds_answers_nothing_else() -> None:
    restricted = {kind: form.answers for kind, form in FORMS.items() if form.answers}
    assert restricted
    for kind, answers in restricted.items():
        for right in answers:
            refuse_other_answer(kind, right)
        for wrong in (None, *(KINDS.keys() - answers)):
            with pytest.raises(PayloadError):
                refuse_other_answer(kind, wrong)
            refuse_other_answer("text", wrong)


def test_a_fault_stays_short_however_long_what_caused_it() -> None:
    for payload in ({"text": "x", "n" * 100_000: 1}, {"text": 1, "x": "y"}):
        with pytest.raises(PayloadError) as caught:
            payload_of("text", payload)
        assert len(str(caught.value)) < 1_000
    with pytest.raises(KindNotAcceptedError) as unknown:
        payload_of("k" * 100_000, {})
    assert len(str(unknown.value)) < 1_000


@pytest.mark.clause("KIND-002")
def test_a_text_does_not_pass_for_bytes_whatever_it_spells() -> None:
    payload = {"explanation": "Wrong.", "source": None, "target": b"\x5a" * 32}
    assert payload_of("intelligence.retraction", payload)
    for text in (base64.b64encode(b"\x5a" * 32).decode(), "5a" * 32, "Z" * 32):
        with pytest.raises(PayloadError, match="target"):
            payload_of("intelligence.retraction", payload | {"target": text})


@pytest.mark.clause("KIND-011")
def test_a_file_that_a_payload_names_is_among_the_attachments() -> None:
    payload = payload_of_example("cooperation.serve-document")
    record = payload_of("cooperation.serve-document", payload)
    names = {each["attachment"] for each in payload["documents"]} | {payload["order"]["attachment"]}
    refuse_absent_files(record, names)
    refuse_absent_files(record, names | {"more.pdf"})
    for name in names:
        with pytest.raises(PayloadError, match="KIND-011") as caught:
            refuse_absent_files(record, names - {name})
        assert name not in str(caught.value)
    refuse_absent_files(payload_of("text", {"text": "order.pdf"}), ())


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=400)
@given(st.sampled_from(ALL), st.data())
def test_any_value_in_any_place_gives_a_payload_or_a_payload_error(kind: str, data: st.DataObject) -> None:
    payload = copy.deepcopy(VALID[kind])
    part = data.draw(st.sampled_from(list(maps_of(payload))))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(json_like)
    try:
        record = payload_of(kind, payload)
    except PayloadError:
        return
    try:
        data_bytes = encode(record)
    except LocalError:  # a text that no body can carry, such as a lone surrogate
        return
    assert decode(data_bytes, MAX_BODY_BYTES) == payload


#: Fields that another field of the same example rules out, or that its subject has no use for.
WITHOUT = {
    "cooperation.serve-document": {"addressee_entity"},
    "handling.consent": {"case", "reason"},
    "prevention.unblock": {"fraud_type", "further_types"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_complete_example(kind: str) -> None:
    form = json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
    payload_of(kind, payload_from(kind, form))
    empty = {name for name, value in form.items() if value in (None, "", [], {})}
    assert empty == WITHOUT.get(kind, set())
