"""Requests and statements of chapter IV: what each kind needs, and what it refuses."""

from typing import Any

import pytest

from comity.chapters.form import Role, Service
from comity.chapters.measure import MAX_MEASURE_US, CoerciveRequest, MeasureRequest
from comity.chapters.prevention import FORMS
from comity.chapters.request import Request
from comity.encoding import decode, encode
from comity.errors import PayloadError
from comity.kinds import payload_of
from comity.limits import MAX_BODY_BYTES
from comity_node.forms import payload_from
from tests.support.forms import payload_of_example, replaced

KINDS = sorted(FORMS)
STOP, WALLET = "prevention.stop-payment", "prevention.wallet-hold"
DAY_US = 86_400 * 1_000_000


def refused(kind: str, path: str, value: Any, clause: str = "") -> None:
    with pytest.raises(PayloadError, match=clause):
        payload_of(kind, replaced(payload_of_example(kind), path, value))


def taken(kind: str, path: str, value: Any) -> None:
    payload = replaced(payload_of_example(kind), path, value)
    assert decode(encode(payload_of(kind, payload)), MAX_BODY_BYTES) == payload


def of_record(base: type[Request]) -> list[str]:
    return [kind for kind in KINDS if issubclass(FORMS[kind].record, base)]


def test_the_kinds_of_this_chapter_are_ten() -> None:
    names = "alert block feedback hold-result mule-flag stop-payment takedown unblock victim-warning wallet-hold"
    assert [f"prevention.{name}" for name in names.split()] == KINDS


def test_every_request_is_one_of_prevention_and_no_other_message_is_a_measure_or_coercive() -> None:
    for form in FORMS.values():
        asks = form.role is Role.REQUEST
        assert asks == issubclass(form.record, Request) == (form.service is Service.PREVENTION)
        assert form.measure == issubclass(form.record, MeasureRequest)
        assert form.coercive == issubclass(form.record, CoerciveRequest)


# --- what all of them share ------------------------------------------------------------------------------------------


@pytest.mark.clause("PREV-001")
@pytest.mark.parametrize("kind", of_record(MeasureRequest))
@pytest.mark.parametrize("field", ["measure_from", "measure_until", "review", "summary"])
def test_a_measure_without_an_end_a_review_or_facts_is_refused(kind: str, field: str) -> None:
    refused(kind, field, None, field)


@pytest.mark.clause("PREV-002")
@pytest.mark.parametrize("kind", of_record(MeasureRequest))
def test_a_measure_is_reviewed_after_it_begins_and_not_after_it_ends(kind: str) -> None:
    payload = payload_of_example(kind)
    refused(kind, "review", payload["measure_from"], "PREV-002")
    refused(kind, "review", payload["measure_until"] + 1, "PREV-002")
    refused(kind, "measure_until", payload["measure_from"], "PREV-002")
    taken(kind, "review", payload["measure_from"] + 1)
    taken(kind, "review", payload["measure_until"])


@pytest.mark.clause("PREV-003")
@pytest.mark.parametrize("kind", of_record(MeasureRequest))
def test_a_measure_lasts_366_days_at_most(kind: str) -> None:
    since = payload_of_example(kind)["measure_from"]
    assert MAX_MEASURE_US == 366 * DAY_US
    taken(kind, "measure_until", since + 366 * DAY_US)
    refused(kind, "measure_until", since + 366 * DAY_US + 1, "PREV-003")


def test_all_rules_that_are_broken_are_told_at_once() -> None:
    payload = payload_of_example(STOP) | {"originator": None, "payment_reference": None, "review": 1}
    with pytest.raises(PayloadError, match=r"PREV-002.*PREV-004"):
        payload_of(STOP, payload)


# --- stop-payment ----------------------------------------------------------------------------------------------------

ACCOUNT = {"bank": "Bank of B", "bic": "BBBBQMXX", "country": "QM", "holder": None, "number": "QM00123456"}
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
    "intermediaries": [None, [ACCOUNT] * 9, [None], ACCOUNT],
    "legal_basis": ["", "x" * 501, None],
    "further_credit": ["", "x" * 501],
    "further_types": [None, ["FR-BNK"] * 9, ["two words"]],
    "parent": ["", b"x" * 31, "ab" * 32],
    "payment_reference": ["", "x" * 65],
    "rail": ["", "two words", "x" * 49],
    "recall.reason": ["FRA", "frad", "FRADS"],
    "remedy": [{}, "Complaints office"],
    "summary": ["", "x" * 4_001],
    "victim": [{}],
    "victim.city": ["", "x" * 101],
}
ACCEPTED: dict[str, list[Any]] = {
    "amount.value": ["0", "0.5", "999999999999999.9999"],
    "beneficiary.bic": [None, "BBBBQMXXABC"],
    "contact.phone": ["+1234567", "+123456789012345"],
    "contact.email": ["x" * 254],
    "executed": [0, 2**53 - 1],
    "intermediaries": [[], [ACCOUNT] * 8],
    "legal_basis": ["ä" * 500],
    "rail": [None, "credit-transfer", "instant", "card", "wire", "e-wallet", "crypto", "remittance"],
    "recall": [None],
    "summary": ["𝄞" * 4_000],
    "victim": [None],
    "victim.city": [None],
}


@pytest.mark.clause("KIND-002", "ENC-017", "ENC-019", "CONV-001")
@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in REFUSED.items() for value in values])
def test_a_value_out_of_its_range_is_refused_and_its_field_named(path: str, value: Any) -> None:
    refused(STOP, path, value, path.split(".")[0])


@pytest.mark.clause("LIMIT-001", "ENC-019")
@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in ACCEPTED.items() for value in values])
def test_a_value_at_the_edge_of_its_range_is_accepted(path: str, value: Any) -> None:
    taken(STOP, path, value)


@pytest.mark.clause("PREV-004")
def test_a_payment_is_found_by_its_originator_or_by_its_reference() -> None:
    payload = payload_of_example(STOP)
    assert payload_of(STOP, payload | {"originator": None})
    assert payload_of(STOP, payload | {"payment_reference": None})
    with pytest.raises(PayloadError, match="PREV-004"):
        payload_of(STOP, payload | {"originator": None, "payment_reference": None})


def test_a_stop_payment_says_no_more_than_is_needed_to_act() -> None:
    needed = {
        "amount", "beneficiary", "contact", "executed", "legal_basis", "measure_from", "measure_until",
        "payment_reference", "review", "summary",
    }  # fmt: skip
    payload = payload_of_example(STOP)
    for name in payload.keys() - needed:
        payload[name] = [] if isinstance(payload[name], list) else None
    assert payload_of(STOP, payload)
    for name in needed:
        with pytest.raises(PayloadError):
            payload_of(STOP, payload | {name: None})


def characters_of(value: Any) -> int:
    """Return how many characters a person types for a value, with one more to go on."""
    if isinstance(value, dict | list):
        return sum(map(characters_of, value.values() if isinstance(value, dict) else value))
    return 0 if value is None else len(str(value)) + 1


def test_a_minimal_stop_payment_is_typed_in_under_three_minutes_at_150_characters_a_minute() -> None:
    form: dict[str, Any] = {
        "amount": {"currency": "EUR", "value": "48250.00"},
        "beneficiary": {"bank": "Example Bank", "bic": None, "country": "XA", "holder": None, "number": "XA7200009876"},
        "contact": {"email": None, "name": "Duty officer", "phone": "+99955501234"},
        "executed": "2026-11-20T09:41:00Z",
        "legal_basis": "Consent of the account holder",
        "measure_from": "2026-11-20T10:15:00Z",
        "measure_until": "2026-11-23T12:00:00Z",
        "payment_reference": "5f0c6a3e-9d1b-4c57-8a42-b7e6f1d20934",
        "review": "2026-11-22T12:00:00Z",
        "summary": "A false bank officer had the victim move his savings; the bank has not answered the recall.",
    }
    example = payload_of_example(STOP)
    empty: dict[str, Any] = {name: [] if isinstance(value, list) else None for name, value in example.items()}
    assert payload_from(STOP, empty | form)
    assert characters_of(form) < 3 * 150


@pytest.mark.clause("CONV-008")
def test_a_fault_does_not_repeat_what_the_payload_says() -> None:
    secret = "secretword"
    for path in ("amount.value", "contact.phone", "beneficiary.country", "executed", "rail"):
        with pytest.raises(PayloadError) as caught:
            payload_of(STOP, replaced(payload_of_example(STOP), path, f"{secret} {secret}"))
        assert secret not in str(caught.value)


# --- wallet-hold -----------------------------------------------------------------------------------------------------


@pytest.mark.clause("PREV-005")
def test_a_wallet_hold_names_each_asset_once_in_ascending_order() -> None:
    ether, tether = {"asset": "ETH", "value": "1"}, {"asset": "USDT", "value": "2"}
    taken(WALLET, "amounts", [ether, tether])
    taken(WALLET, "amounts", [])
    for amounts in ([tether, ether], [ether, ether]):
        refused(WALLET, "amounts", amounts, "PREV-005")


@pytest.mark.clause("PREV-021")
def test_the_value_of_an_asset_has_up_to_30_digits_and_18_decimals() -> None:
    for value in ("0", "0.000000000000000001", "9" * 30 + "." + "9" * 18):
        taken(WALLET, "amounts.0.value", value)
    for value in ("", "01", "1.", ".5", "-1", "1e3", "1,0", "9" * 31, "0." + "0" * 19, "1\n", "\u0661"):
        refused(WALLET, "amounts.0.value", value, "amounts")


def test_a_wallet_hold_names_a_wallet() -> None:
    (wallet,) = payload_of_example(WALLET)["wallets"]
    taken(WALLET, "wallets", [wallet] * 16)
    for wallets in ([], [wallet] * 17, None):
        refused(WALLET, "wallets", wallets, "wallets")
    for address in ("", "with space", "line\n", "x" * 129, "адрес"):
        refused(WALLET, "wallets.0.address", address, "wallets")


# --- any input -------------------------------------------------------------------------------------------------------
