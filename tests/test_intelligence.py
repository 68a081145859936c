"""Intelligence: questions, answers, what nobody asked for, and what was wrong with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import comity
from comity.chapters.form import Role, Service
from comity.chapters.grading import Grade
from comity.chapters.indicators import SUBJECTS, Indicator
from comity.chapters.intelligence import FORMS, Finding, Reply
from comity.chapters.subjects import Subject
from comity.encoding import Record, encode
from comity.errors import PayloadError
from comity.kinds import payload_of, refuse_other_answer, refuse_victims_to_many
from comity.limits import MAX_BODY_BYTES
from comity_node.forms import FormError, payload_from, read_form
from tools.making.intelligence import (
    ANSWER,
    ASKED,
    BACK,
    IBAN,
    PHONE,
    REPLY,
    SEEN,
    TELL,
    TOLD,
    USED,
    WRONG,
    indicator,
)

EXAMPLES = Path(__file__).parent.parent / "spec" / "examples"
WORDING = Path(comity.__file__).parent / "wording" / "en" / "intelligence.json"
PAYLOADS: dict[str, dict[str, Any]] = {
    "intelligence.correction": WRONG,
    "intelligence.query": ASKED,
    "intelligence.reply": ANSWER,
    "intelligence.retraction": BACK,
    "intelligence.sighting": SEEN,
    "intelligence.spontaneous": TELL,
    "intelligence.use-report": USED,
}


def example_of(kind: str) -> dict[str, Any]:
    """Return the payload that the example of the kind states."""
    return payload_from(kind, read_form((EXAMPLES / f"{kind}.json").read_bytes()))


def records() -> Iterator[type[Record]]:
    """Yield every record that this chapter defines."""
    yield from get_args(Subject)
    yield from (Indicator, Grade, Finding)
    yield from (form.record for form in FORMS.values())


def nothing_left_out(value: Any) -> bool:
    """Return whether no field of the value is None and no array of it is empty."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is not None and value != [] and all(nothing_left_out(item) for item in inner)


def test_a_query_asks_under_the_deadlines_for_information_and_only_the_reply_answers_it() -> None:
    assert {kind for kind, form in FORMS.items() if form.role is Role.REQUEST} == {"intelligence.query"}
    assert FORMS["intelligence.query"].service is Service.INFORMATION
    assert {kind for kind, form in FORMS.items() if form.role is Role.EVENT} == {"intelligence.reply"}


@pytest.mark.clause("KIND-001")
@pytest.mark.parametrize("kind", sorted(FORMS))
def test_the_example_of_a_kind_fills_every_field_and_fits_into_a_body(kind: str) -> None:
    payload = example_of(kind)
    assert nothing_left_out(payload)
    assert len(encode(payload_of(kind, payload))) < MAX_BODY_BYTES


def test_the_example_of_spontaneous_information_tells_every_kind_of_indicator() -> None:
    told = {each["subject"]["kind"] for each in example_of("intelligence.spontaneous")["indicators"]}
    assert told == set(SUBJECTS)


@pytest.mark.parametrize("record", list(records()), ids=lambda record: str(record.__name__))
def test_every_field_is_worded_for_an_officer_with_an_example(record: type[Record]) -> None:
    wording = json.loads(WORDING.read_text(encoding="utf-8"))
    shared = {"parent", "until", "urgency_reason", "wanted_by"}  # of every request
    name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in record.__name__).strip("-")
    for field in msgspec.structs.fields(record):
        if field.name not in shared:
            words = wording.get(f"{name}.{field.name}") or wording[field.name]
            assert words["label"]
            assert "Example: " in words["help"]


@pytest.mark.clause("INTEL-001", "KIND-002")
@pytest.mark.parametrize("kind", ["intelligence.query", "intelligence.reply", "intelligence.spontaneous"])
def test_a_message_with_one_bad_indicator_is_refused_and_the_indicator_named(kind: str) -> None:
    bad = indicator(IBAN | {"iban": "XA36000000000001"})
    with pytest.raises(PayloadError, match=r"INTEL-010.*indicators\[") as caught:
        payload_of(kind, PAYLOADS[kind] | {"indicators": [indicator(PHONE), bad]})
    assert "XA36" not in str(caught.value)


@pytest.mark.clause("INTEL-005")
@pytest.mark.parametrize("recipients", [1, 2, 64])
def test_an_indicator_of_a_victim_goes_to_one_party_only(recipients: int) -> None:
    told = payload_of(TOLD, TELL | {"indicators": [indicator(PHONE), indicator(IBAN, role="victim")]})
    refuse_victims_to_many(payload_of(TOLD, TELL), recipients)
    refuse_victims_to_many(payload_of("text", {"text": "victim"}), recipients)
    if recipients == 1:
        refuse_victims_to_many(told, recipients)
    else:
        with pytest.raises(PayloadError, match="INTEL-005"):
            refuse_victims_to_many(told, recipients)


@pytest.mark.clause("INTEL-040", "KIND-010")
@pytest.mark.parametrize("answered", [None, "text", "intelligence.reply", "intelligence.spontaneous"])
def test_a_reply_answers_a_query_and_nothing_else(answered: str | None) -> None:
    refuse_other_answer(REPLY, "intelligence.query")
    with pytest.raises(PayloadError):
        refuse_other_answer(REPLY, answered)


@pytest.mark.clause("INTEL-041", "INTEL-043")
@pytest.mark.parametrize("result", ["known", "not-known", "partial", "cannot-say"])
def test_a_negative_reply_is_a_reply(result: str) -> None:
    empty = ANSWER | {"findings": [], "indicators": [], "result": result}
    if result == "partial":
        with pytest.raises(PayloadError, match="INTEL-043"):
            payload_of(REPLY, empty)
    else:
        read = payload_of(REPLY, empty)
        assert isinstance(read, Reply)
        assert read.result == result
    if result == "not-known":
        with pytest.raises(PayloadError, match="INTEL-041"):
            payload_of(REPLY, empty | {"indicators": [indicator(PHONE)]})


@pytest.mark.clause("INTEL-042")
def test_findings_stand_in_order_each_once() -> None:
    finding = {"indicator": 3, "note": None, "result": "known"}
    for others in ([finding], [finding | {"indicator": 4}]):
        with pytest.raises(PayloadError, match="INTEL-042"):
            payload_of(REPLY, ANSWER | {"findings": [*others, finding]})


@pytest.mark.clause("INTEL-044")
def test_what_was_met_was_met_at_least_once_unless_it_is_harmless() -> None:
    with pytest.raises(PayloadError, match="INTEL-044"):
        payload_of("intelligence.sighting", SEEN | {"count": 0})
    assert payload_of("intelligence.sighting", SEEN | {"count": 0, "false_positive": True})


def test_a_form_states_bytes_in_hexadecimal_and_a_subject_by_its_kind() -> None:
    payload = payload_from("intelligence.retraction", {"explanation": "Wrong.", "source": None, "target": "5A" * 32})
    assert payload["target"] == b"\x5a" * 32
    for target in ("5a" * 31, "xy" * 32, "5a" * 31 + "5", None):
        with pytest.raises(FormError, match="target"):
            payload_from("intelligence.retraction", {"explanation": "Wrong.", "source": None, "target": target})
    time = "2026-01-02T00:00:00Z"
    ip = {"kind": "ip", "ip": "192.0.2.7", "port": None, "time": time}
    sighting = payload_from("intelligence.sighting", SEEN | {"subject": ip})
    assert sighting["subject"]["time"] == 1_767_312_000_000_000
    named_by_a_time = {"kind": "sender-id", "country": None, "sender_id": "12:00"}
    assert payload_from("intelligence.sighting", SEEN | {"subject": named_by_a_time})["subject"] == named_by_a_time
