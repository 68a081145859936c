"""Kinds: which payloads have the form of their kind."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.encoding import decode, encode
from comity.errors import KindNotAcceptedError, LocalError, PayloadError
from comity.kinds import KINDS, payload_of, refuse_numbered_notice, refuse_other_answer
from comity.limits import MAX_BODY_BYTES

ACCOUNT = {"bank": "Bank of B", "bic": "BBBBQMXX", "country": "QM", "holder": None, "number": "QM00123456"}
AMOUNT = {"currency": "EUR", "value": "1250.00"}
REQUEST: dict[str, Any] = {
    "amount": AMOUNT,
    "beneficiary": ACCOUNT,
    "contact": {"email": None, "name": "Duty desk", "phone": "+4312345678"},
    "executed": 1_000_000,
    "further_credit": None,
    "hold_s": 259_200,
    "intermediaries": [ACCOUNT],
    "legal_basis": "Consent of the victim",
    "originator": ACCOUNT | {"bic": None, "holder": "A. Person"},
    "payment_reference": "E2E-1",
    "police_report": "2026-1",
    "rail": "instant",
    "recall": {"reason": "FRAD", "reference": "R-1", "sent": 1_100_000},
    "summary": "False invoice.",
    "victim": {"city": "Town", "country": "QM", "name": "Person 1"},
}
OUTCOME: dict[str, Any] = {"amount": AMOUNT, "next_hop": None, "reason": None, "status": "held", "time": 1_200_000}
RESULT: dict[str, Any] = {
    "hold_expires": 9_000_000,
    "local_reference": "FIU-1",
    "note": None,
    "outcomes": [OUTCOME],
    "to_extend": "An order of a court",
}
VALID: dict[str, dict[str, Any]] = {
    "read": {"time": 1_000_000},
    "text": {"text": "Please call me."},
    "prevention.stop-payment": REQUEST,
    "prevention.stop-payment-result": RESULT,
}
ALL = sorted(VALID)


def replaced(payload: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the payload with another value at a path such as `outcomes.0.amount`."""
    changed = copy.deepcopy(payload)
    *way, last = path.split(".")
    place: Any = changed
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(last) if isinstance(place, list) else last] = value
    return changed


def maps_of(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every map inside a value, itself included."""
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from maps_of(item)


def test_a_kind_belongs_to_a_chapter_or_to_the_conversation() -> None:
    assert set(ALL) <= set(KINDS)
    assert {kind.split(".")[0] for kind in KINDS} <= {
        "case", "cooperation", "handling", "intelligence", "prevention", "read", "text"
    }  # fmt: skip


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
    assert decode(encode(record), MAX_BODY_BYTES) == VALID[kind]
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


REFUSED: dict[str, list[Any]] = {
    "amount.value": ["", "01", "1.", ".5", "1.00000", "-1", "1e3", "1,00", "1" * 16, "1\n", "\u0661", 1, 1.5, None],
    "amount.currency": ["eur", "EU", "EURO", "EU1", "EUR\n", None],
    "beneficiary.bic": ["", "SHORT", "BBBBQMXXA", "bbbbqmxx", "BBBBQMXXABCD"],
    "beneficiary.country": ["qm", "QMX", "Q", None],
    "beneficiary.number": ["", "x" * 65],
    "beneficiary.bank": ["", "x" * 201],
    "beneficiary.holder": ["", "x" * 201],
    "contact.phone": ["12345678", "+0123456789", "+123456", "+1234567890123456", "+12 345678", None],
    "contact.email": ["", "x" * 255],
    "executed": [-1, 2**53, "2026-01-01T00:00:00Z", 1.5, True],
    "hold_s": [3_599, 31_536_001, "3600"],
    "intermediaries": [None, [ACCOUNT] * 9, [None], ACCOUNT],
    "legal_basis": ["", "x" * 501, None],
    "further_credit": ["", "x" * 501],
    "payment_reference": ["", "x" * 65],
    "rail": ["", None, "two words", "x" * 49],
    "recall.reason": ["FRA", "frad", "FRADS"],
    "summary": ["", "x" * 4_001],
    "victim": [None, {}],
    "victim.city": ["", "x" * 101],
}
ACCEPTED: dict[str, list[Any]] = {
    "amount.value": ["0", "0.5", "999999999999999.9999"],
    "beneficiary.bic": [None, "BBBBQMXXABC"],
    "contact.phone": ["+1234567", "+123456789012345"],
    "contact.email": ["x" * 254],
    "executed": [0, 2**53 - 1],
    "hold_s": [3_600, 31_536_000],
    "intermediaries": [[], [ACCOUNT] * 8],
    "legal_basis": ["ä" * 500],
    "rail": ["credit-transfer", "instant", "card", "wire", "e-wallet", "crypto", "remittance"],
    "recall": [None],
    "summary": ["𝄞" * 4_000],
}


@pytest.mark.clause("KIND-002", "ENC-017", "ENC-018", "ENC-019", "CONV-001")
@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in REFUSED.items() for value in values])
def test_a_value_out_of_its_range_is_refused_and_its_field_named(path: str, value: Any) -> None:
    with pytest.raises(PayloadError) as caught:
        payload_of("prevention.stop-payment", replaced(REQUEST, path, value))
    assert path.split(".")[0] in str(caught.value)


@pytest.mark.clause("LIMIT-001", "ENC-019")
@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in ACCEPTED.items() for value in values])
def test_a_value_at_the_edge_of_its_range_is_accepted(path: str, value: Any) -> None:
    payload = replaced(REQUEST, path, value)
    assert decode(encode(payload_of("prevention.stop-payment", payload)), MAX_BODY_BYTES) == payload


@pytest.mark.clause("KIND-002")
def test_a_text_has_1_to_20_000_characters() -> None:
    assert payload_of("text", {"text": "ß" * 20_000})
    for text in ("", "ß" * 20_001, None, 1, b"x", ["x"]):
        with pytest.raises(PayloadError):
            payload_of("text", {"text": text})


@pytest.mark.clause("KIND-004")
def test_a_result_answers_a_request_to_stop_a_payment_and_nothing_else() -> None:
    refuse_other_answer("prevention.stop-payment-result", "prevention.stop-payment")
    for answered in (None, "text", "prevention.stop-payment-result"):
        with pytest.raises(PayloadError):
            refuse_other_answer("prevention.stop-payment-result", answered)
        refuse_other_answer("text", answered)


@pytest.mark.clause("KIND-005")
def test_a_refused_outcome_needs_a_reason() -> None:
    refused = OUTCOME | {"status": "refused"}
    with pytest.raises(PayloadError):
        payload_of("prevention.stop-payment-result", RESULT | {"outcomes": [OUTCOME, refused]})
    given_reason = [OUTCOME, refused | {"reason": "No legal basis"}]
    assert payload_of("prevention.stop-payment-result", RESULT | {"outcomes": given_reason})


@pytest.mark.clause("KIND-006")
def test_a_held_outcome_needs_the_end_of_the_hold() -> None:
    with pytest.raises(PayloadError):
        payload_of("prevention.stop-payment-result", RESULT | {"hold_expires": None})
    gone = RESULT | {"hold_expires": None, "outcomes": [OUTCOME | {"status": "already-gone"}]}
    assert payload_of("prevention.stop-payment-result", gone)


def test_a_result_has_1_to_32_outcomes() -> None:
    assert payload_of("prevention.stop-payment-result", RESULT | {"outcomes": [OUTCOME] * 32})
    for count in (0, 33):
        with pytest.raises(PayloadError):
            payload_of("prevention.stop-payment-result", RESULT | {"outcomes": [OUTCOME] * count})


@pytest.mark.clause("CONV-008")
def test_a_fault_does_not_repeat_what_the_payload_says() -> None:
    secret = "secretword"
    for path in ("amount.value", "contact.phone", "beneficiary.country", "executed"):
        with pytest.raises(PayloadError) as caught:
            payload_of("prevention.stop-payment", replaced(REQUEST, path, secret))
        assert secret not in str(caught.value)
    with pytest.raises(PayloadError) as caught:
        payload_of("prevention.stop-payment-result", replaced(RESULT, "outcomes.0.status", secret))
    assert secret not in str(caught.value)


def test_a_fault_stays_short_however_long_what_caused_it() -> None:
    for payload in ({"text": "x", "n" * 100_000: 1}, {"text": 1, "x": "y"}):
        with pytest.raises(PayloadError) as caught:
            payload_of("text", payload)
        assert len(str(caught.value)) < 1_000
    with pytest.raises(KindNotAcceptedError) as unknown:
        payload_of("k" * 100_000, {})
    assert len(str(unknown.value)) < 1_000


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


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
