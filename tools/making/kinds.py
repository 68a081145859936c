"""spec/vectors/kinds.json: payloads of every kind."""

from typing import Any

from comity.encoding import encode
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import annotated
from tools.making.parties import DAY_US, NOW_US

TEXT = {"text": "Please call back."}
ACCOUNT: Case = {
    "bank": "Example Bank",
    "bic": "EXAMXAXX",
    "country": "XA",
    "holder": "A. Example",
    "number": "XA000000000001",
}
STOP: Case = {
    "amount": {"currency": "EUR", "value": "48250.00"},
    "beneficiary": ACCOUNT,
    "contact": {"email": "duty@aa.police.example", "name": "Duty desk", "phone": "+99955501"},
    "executed": NOW_US - DAY_US // 2,
    "further_credit": None,
    "hold_s": 259_200,
    "intermediaries": [],
    "legal_basis": "Consent of the victim, on file.",
    "originator": {"bank": "Sample Bank", "bic": None, "country": "AA", "holder": None, "number": "AA000000000002"},
    "payment_reference": "0c7f8b1e-0000-4000-8000-000000000001",
    "police_report": "2026-0001",
    "rail": "instant",
    "recall": {"reason": "FRAD", "reference": "RC-1", "sent": NOW_US - DAY_US // 4},
    "summary": "Invoice with a changed account number.",
    "victim": {"city": "Sampleton", "country": "AA", "name": "Victim 1"},
}
HELD: Case = {"amount": STOP["amount"], "next_hop": None, "reason": None, "status": "held", "time": NOW_US}
RESULT: Case = {
    "hold_expires": NOW_US + 3 * DAY_US,
    "local_reference": "FIU-77",
    "note": None,
    "outcomes": [HELD],
    "to_extend": "A court order.",
}
STOP_KIND, RESULT_KIND = "prevention.stop-payment", "prevention.stop-payment-result"


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="07-kinds.md",
        format="`payload` is the canonical encoding of a payload of `kind`.",
        verify="Decode `payload` and read it as `kind` says. A valid one is taken, an invalid one refused with `code`.",
        valid=valid(),
        invalid=[*unknown(), *bad_stops(), *bad_results()],
        shared={},
    )


def valid() -> list[Case]:
    least = STOP | {"recall": None, "hold_s": 3_600, "intermediaries": [ACCOUNT] * 8, "further_credit": "To account 7"}
    money = ("0", "0.5", "999999999999999.9999")
    refused = HELD | {"status": "refused", "reason": "No such account."}
    gone = HELD | {"status": "already-gone", "next_hop": ACCOUNT}
    both = RESULT | {"hold_expires": None, "outcomes": [refused, gone], "to_extend": None}
    named: list[tuple[str, str, Case]] = [
        ("text", "text", TEXT),
        ("read", "read", {"time": NOW_US}),
        ("text of 20,000 letters", "text", {"text": "ж" * 20_000}),
        ("stop a payment", STOP_KIND, STOP),
        ("stop a payment, other options", STOP_KIND, least),
        ("held", RESULT_KIND, RESULT),
        ("refused and gone", RESULT_KIND, both),
        *(
            (f"an amount of {value}", STOP_KIND, STOP | {"amount": {"currency": "EUR", "value": value}})
            for value in money
        ),
    ]
    return [case(name, "KIND-001", kind=kind, payload=encode(payload).hex()) for name, kind, payload in named]


def bad(clause: str, name: str, kind: str, payload: Any, code: int = 25) -> Case:
    return fault(name, clause, code, kind=kind, payload=encode(payload).hex())


def unknown() -> list[Case]:
    return [
        bad("KIND-003", f"kind {kind}", kind, TEXT, 24) for kind in ("prevention.unknown", "concepts.text", "texts")
    ]


def without(record: Case, name: str) -> Case:
    return {key: value for key, value in record.items() if key != name}


def bad_stops() -> list[Case]:
    money = ("", "-1", "01", "1.", ".5", "1.00000", "1,00", "1e3", "1000000000000000", " 1", "1\n")
    found = [
        bad("KIND-002", "no text", "text", {"text": ""}),
        bad("KIND-002", "20,001 letters", "text", {"text": "a" * 20_001}),
        bad("KIND-001", "text and more", "text", TEXT | {"a": 1}),
        bad("KIND-001", "no field", "text", {}),
        bad("KIND-001", "read without a time", "read", {}),
        bad("ENC-017", "read at a negative time", "read", {"time": -1}),
    ]
    found += [
        bad("ENC-019", f"an amount of {value!r}", STOP_KIND, STOP | {"amount": {"currency": "EUR", "value": value}})
        for value in money
    ]
    found += [
        bad("ENC-019", "a currency in small letters", STOP_KIND, STOP | {"amount": {"currency": "eur", "value": "1"}}),
        bad("ENC-018", "a hold of half a second", STOP_KIND, STOP | {"hold_s": "0.5"}),
    ]
    found += [
        bad("KIND-001", f"{name} is missing", STOP_KIND, without(STOP, name)) for name in ("amount", "recall", "victim")
    ]
    changes: dict[str, Case] = {
        "a hold of 3,599 s": {"hold_s": 3_599},
        "a hold of 31,536,001 s": {"hold_s": 31_536_001},
        "nine banks between": {"intermediaries": [ACCOUNT] * 9},
        "a rail of two words": {"rail": "by cheque"},
        "a bic of 9": {"originator": ACCOUNT | {"bic": "EXAMXAXX1"}},
        "a country of 3": {"originator": ACCOUNT | {"country": "XAA"}},
        "a phone without +": {"contact": STOP["contact"] | {"phone": "99955501"}},
        "a reason of 5": {"recall": STOP["recall"] | {"reason": "FRAUD"}},
        "a summary of 4,001": {"summary": "a" * 4_001},
        "an account with more": {"beneficiary": ACCOUNT | {"iban": None}},
    }
    return found + [bad("KIND-002", name, STOP_KIND, STOP | change) for name, change in changes.items()]


def bad_results() -> list[Case]:
    return [
        bad("KIND-005", "refused without a reason", RESULT_KIND, RESULT | {"outcomes": [HELD | {"status": "refused"}]}),
        bad("KIND-006", "held without an end", RESULT_KIND, RESULT | {"hold_expires": None}),
        bad("KIND-002", "no outcome", RESULT_KIND, RESULT | {"outcomes": []}),
        bad("KIND-002", "33 outcomes", RESULT_KIND, RESULT | {"outcomes": [HELD] * 33}),
        bad("KIND-002", "another status", RESULT_KIND, RESULT | {"outcomes": [HELD | {"status": "frozen"}]}),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    meanings = {"executed": "2026-01-01T12:00:00Z", "recall.sent": "2026-01-01T18:00:00Z"}
    return annotated(encode(STOP), meanings)
