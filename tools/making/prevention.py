"""spec/vectors/prevention.json: payloads of the kinds of chapter IV."""

import json
from pathlib import Path
from typing import Any

from comity.encoding import encode
from comity_node.forms import payload_from
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import annotated
from tools.making.parts import without

EXAMPLES = Path(__file__).resolve().parents[2] / "spec" / "examples"
STOP_KIND, WALLET_KIND, RESULT_KIND = "prevention.stop-payment", "prevention.wallet-hold", "prevention.hold-result"
BLOCK_KIND, UNBLOCK_KIND, TAKEDOWN_KIND = "prevention.block", "prevention.unblock", "prevention.takedown"
FLAG_KIND, WARNING_KIND = "prevention.mule-flag", "prevention.victim-warning"
ALERT_KIND, FEEDBACK_KIND = "prevention.alert", "prevention.feedback"
SMALLEST = {"asset": "ETH", "value": "0." + "0" * 17 + "1"}
YEAR_US = 366 * 86_400 * 1_000_000


def payload(kind: str) -> Case:
    """Return the payload of the example of the kind."""
    return payload_from(kind, json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8")))


STOP, WALLET, RESULT = payload(STOP_KIND), payload(WALLET_KIND), payload(RESULT_KIND)
HELD, GONE = RESULT["outcomes"]
REFUSED = HELD | {"status": "refused", "reason": "No such account."}
PARTIALLY = HELD | {"status": "partially-held"}
ACCOUNT = STOP["beneficiary"]
BLOCK, UNBLOCK, TAKEDOWN = payload(BLOCK_KIND), payload(UNBLOCK_KIND), payload(TAKEDOWN_KIND)
ALERT, FEEDBACK, FLAG = payload(ALERT_KIND), payload(FEEDBACK_KIND), payload(FLAG_KIND)
PHONE, RANGE, _ = BLOCK["subjects"]
AD = TAKEDOWN["subjects"][-1]
DEED = FEEDBACK["deeds"][0]


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="22-prevention.md",
        format="`payload` is the canonical encoding of a payload of `kind`.",
        verify="Decode `payload` and read it as `kind` says. A valid one is taken, an invalid one refused with `code`.",
        valid=[*examples(), *stops(), *results(), *blocks(), *words()],
        invalid=[*bad_stops(), *bad_measures(), *bad_wallets(), *bad_results(), *bad_blocks(), *bad_words()],
        shared={},
    )


def good(clause: str, name: str, kind: str, value: Case) -> Case:
    return case(name, clause, kind=kind, payload=encode(value).hex())


def bad(clause: str, name: str, kind: str, value: Any) -> Case:
    return fault(name, clause, 25, kind=kind, payload=encode(value).hex())


def examples() -> list[Case]:
    kinds = sorted(path.stem for path in EXAMPLES.glob("prevention.*.json"))
    return [good("KIND-001", f"the example of {kind}", kind, payload(kind)) for kind in kinds]


# --- requests that stop money ----------------------------------------------------------------------------------------


def stops() -> list[Case]:
    empty = ("fraud_type", "further_credit", "parent", "police_report", "rail", "recall", "remedy", "until")
    least = STOP | dict.fromkeys((*empty, "originator", "urgency_reason", "victim", "wanted_by"))
    least |= {"further_types": [], "intermediaries": []}
    money = ("0", "0.5", "999999999999999.9999")
    return [
        good("PREV-004", "a payment found by its reference alone", STOP_KIND, least),
        good("PREV-004", "a payment found by its originator", STOP_KIND, STOP | {"payment_reference": None}),
        good("PREV-002", "reviewed when it ends", STOP_KIND, STOP | {"review": STOP["measure_until"]}),
        good("PREV-003", "366 days", STOP_KIND, STOP | {"measure_until": STOP["measure_from"] + YEAR_US}),
        *(
            good("ENC-019", f"an amount of {value}", STOP_KIND, STOP | {"amount": {"currency": "EUR", "value": value}})
            for value in money
        ),
        good("PREV-005", "no amount of an asset", WALLET_KIND, WALLET | {"amounts": []}),
        good("PREV-021", "18 decimals", WALLET_KIND, WALLET | {"amounts": [SMALLEST]}),
    ]  # fmt: skip


def bad_stops() -> list[Case]:
    money = ("", "-1", "01", "1.", ".5", "1.00000", "1,00", "1e3", "1000000000000000", " 1", "1\n")
    changes: dict[str, Case] = {
        "nine banks between": {"intermediaries": [ACCOUNT] * 9},
        "a rail of two words": {"rail": "by cheque"},
        "a bic of 9": {"originator": ACCOUNT | {"bic": "EXAMXAXX1"}},
        "a country of 3": {"originator": ACCOUNT | {"country": "XAA"}},
        "a phone without +": {"contact": STOP["contact"] | {"phone": "99955501"}},
        "a reason of 5": {"recall": STOP["recall"] | {"reason": "FRAUD"}},
        "a summary of 4,001": {"summary": "a" * 4_001},
        "an account with more": {"beneficiary": ACCOUNT | {"iban": None}},
        "a parent of 31 bytes": {"parent": bytes(31)},
    }
    found = [
        bad("ENC-019", f"an amount of {value!r}", STOP_KIND, STOP | {"amount": {"currency": "EUR", "value": value}})
        for value in money
    ]
    euro = {"currency": "eur", "value": "1"}
    found.append(bad("ENC-019", "a currency in small letters", STOP_KIND, STOP | {"amount": euro}))
    found.append(bad("ENC-017", "executed as text", STOP_KIND, STOP | {"executed": "2026-11-20T09:41:07Z"}))
    nameless = STOP | {"originator": None, "payment_reference": None}
    found.append(bad("PREV-004", "neither originator nor reference", STOP_KIND, nameless))
    names = ("amount", "recall", "victim")
    found += [bad("KIND-001", f"{name} is missing", STOP_KIND, without(STOP, name)) for name in names]
    return found + [bad("KIND-002", name, STOP_KIND, STOP | change) for name, change in changes.items()]


def bad_measures() -> list[Case]:
    since, until = STOP["measure_from"], STOP["measure_until"]
    return [
        bad("PREV-001", "no end", STOP_KIND, STOP | {"measure_until": None}),
        bad("PREV-001", "no review", STOP_KIND, STOP | {"review": None}),
        bad("PREV-002", "reviewed when it begins", STOP_KIND, STOP | {"review": since}),
        bad("PREV-002", "reviewed after its end", STOP_KIND, STOP | {"review": until + 1}),
        bad("PREV-002", "an end before the beginning", STOP_KIND, STOP | {"measure_until": since - 1}),
        bad("PREV-003", "a microsecond more than 366 days", STOP_KIND, STOP | {"measure_until": since + YEAR_US + 1}),
    ]


def bad_wallets() -> list[Case]:
    ether, tether = {"asset": "ETH", "value": "1"}, {"asset": "USDT", "value": "1"}
    values = ("1" * 31, "0." + "0" * 19, "1.", "1e18")
    found = [
        bad("PREV-021", f"an asset of {value}", WALLET_KIND, WALLET | {"amounts": [ether | {"value": value}]})
        for value in values
    ]
    return [
        *found,
        bad("PREV-005", "assets that do not ascend", WALLET_KIND, WALLET | {"amounts": [tether, ether]}),
        bad("PREV-005", "an asset twice", WALLET_KIND, WALLET | {"amounts": [ether, ether]}),
        bad("KIND-002", "no wallet", WALLET_KIND, WALLET | {"wallets": []}),
    ]


# --- results ---------------------------------------------------------------------------------------------------------


def results() -> list[Case]:
    nothing = RESULT | {"hold_until": None, "review": None, "to_extend": None, "outcomes": [REFUSED]}
    lost = GONE | {"hops": [], "trail": "unknown"}
    return [
        good("PREV-014", "not final", RESULT_KIND, RESULT | {"final": False, "outcomes": [PARTIALLY]}),
        good("PREV-016", "all held", RESULT_KIND, RESULT | {"result": "executed", "outcomes": [HELD]}),
        good("PREV-017", "refused", RESULT_KIND, nothing | {"result": "not-executable"}),
        good("PREV-011", "gone, nobody knows where", RESULT_KIND, RESULT | {"outcomes": [HELD, lost]}),
        good("PREV-018", "nothing found", RESULT_KIND, nothing | {"result": "executed-nil", "outcomes": []}),
    ]


def bad_results() -> list[Case]:
    first, second = GONE["hops"]
    asset = {"asset": "ETH", "value": "1"}
    changes: list[tuple[str, str, Case]] = [
        ("PREV-007", "refused without a reason", {"outcomes": [HELD, REFUSED | {"reason": None}]}),
        ("PREV-008", "held without an end", {"hold_until": None}),
        ("PREV-008", "held without a review", {"review": None}),
        ("PREV-009", "reviewed after the end", {"review": RESULT["hold_until"] + 1}),
        ("PREV-010", "gone without a trail", {"outcomes": [HELD, GONE | {"trail": None}]}),
        ("PREV-010", "held with a trail", {"outcomes": [HELD | {"trail": "unknown"}]}),
        ("PREV-011", "a known trail without hops", {"outcomes": [HELD, GONE | {"hops": []}]}),
        ("PREV-011", "an unknown trail with hops", {"outcomes": [HELD, GONE | {"trail": "unknown"}]}),
        ("PREV-012", "neither money nor asset", {"outcomes": [HELD | {"amount": None}]}),
        ("PREV-012", "money and asset", {"outcomes": [HELD | {"asset": asset}]}),
        ("PREV-012", "a hop to nowhere", {"outcomes": [HELD, GONE | {"hops": [first | {"account": None}]}]}),
        ("PREV-013", "hops against time", {"outcomes": [HELD, GONE | {"hops": [second, first]}]}),
        ("PREV-014", "not final and executed", {"final": False, "result": "executed", "outcomes": [HELD]}),
        ("PREV-015", "final and partially held", {"outcomes": [HELD, PARTIALLY]}),
        ("PREV-016", "executed and gone", {"result": "executed"}),
        ("PREV-016", "executed and nothing", {"result": "executed", "outcomes": []}),
        ("PREV-017", "nothing done and held", {"result": "executed-nil"}),
        ("PREV-018", "no outcome and no note", {"result": "not-executable", "outcomes": [], "note": None}),
        ("PREV-020", "partial and nothing held", {"outcomes": [GONE]}),
        ("KIND-002", "33 outcomes", {"outcomes": [HELD] * 33}),
        ("KIND-002", "a status of two words", {"outcomes": [HELD | {"status": "is frozen"}]}),
    ]
    return [bad(clause, name, RESULT_KIND, RESULT | change) for clause, name, change in changes]


# --- blocks and words ------------------------------------------------------------------------------------------------


def blocks() -> list[Case]:
    spoofed = BLOCK | {"effect": "spoofed-only", "subjects": [PHONE | {"spoofed": True}]}
    seen = AD | {"advertisement": None}
    numbers = RANGE | {"first": "+9995550000", "last": "+9995559999"}
    return [
        good("PREV-022", "an advertisement by its url", TAKEDOWN_KIND, TAKEDOWN | {"subjects": [seen]}),
        good("PREV-023", "10,000 numbers", BLOCK_KIND, BLOCK | {"subjects": [numbers]}),
        good("PREV-024", "a spoofed number", BLOCK_KIND, spoofed),
        good("PREV-025", "all of a message", UNBLOCK_KIND, UNBLOCK | {"subjects": []}),
        good("PREV-025", "a subject of an unknown message", UNBLOCK_KIND, UNBLOCK | {"target": None}),
    ]  # fmt: skip


def bad_blocks() -> list[Case]:
    ranges = {"one number": ("+9995550000", "+9995550000"), "10,001 numbers": ("+9995550000", "+9995560000"),
              "two lengths": ("+9995559", "+99955510"), "backwards": ("+9995550001", "+9995550000")}  # fmt: skip
    found = [
        bad("PREV-023", name, BLOCK_KIND, BLOCK | {"subjects": [RANGE | {"first": first, "last": last}]})
        for name, (first, last) in ranges.items()
    ]
    lost, spoofed = AD | {"advertisement": None, "url": None}, PHONE | {"spoofed": True}
    return [
        *found,
        bad("PREV-022", "an advertisement nowhere", TAKEDOWN_KIND, TAKEDOWN | {"subjects": [lost]}),
        bad("PREV-024", "a spoofed number, stopped wholly", BLOCK_KIND, BLOCK | {"subjects": [spoofed]}),
        bad("PREV-025", "nothing to lift", UNBLOCK_KIND, UNBLOCK | {"subjects": [], "target": None}),
        bad("KIND-002", "an advertisement that is to be blocked", BLOCK_KIND, BLOCK | {"subjects": [AD]}),
        bad("KIND-002", "a takedown without evidence", TAKEDOWN_KIND, TAKEDOWN | {"evidence": []}),
        bad("KIND-002", "a flag without a right of review", FLAG_KIND, FLAG | {"right_of_review": None}),
    ]  # fmt: skip


def words() -> list[Case]:
    least = ALERT | {"channels": [], "contact": None, "indicators": [], "replaces": None, "tactics": []}
    return [
        good("PREV-027", "an alert without indicators", ALERT_KIND, least),
        good("PREV-030", "nothing was done", FEEDBACK_KIND, FEEDBACK | {"deeds": [], "period": None}),
        good("PREV-032", "all of it was wrong", FEEDBACK_KIND, FEEDBACK | {"deeds": [DEED | {"false_positives": 52}]}),
    ]


def bad_words() -> list[Case]:
    indicator = ALERT["indicators"][0]
    changes: list[tuple[str, str, Case]] = [
        ("PREV-026", "an audience that does not ascend", {"audience": ["police", "banks"]}),
        ("PREV-026", "a channel twice", {"channels": ["sms", "sms"]}),
        ("PREV-027", "an alert about a victim", {"indicators": [indicator | {"role": "victim"}]}),
        ("PREV-028", "an alert that must not be acted on", {"indicators": [indicator | {"pap": "RED"}]}),
        ("KIND-002", "an alert that asks for nothing", {"actions": []}),
    ]
    deeds: list[tuple[str, str, Case]] = [
        ("PREV-030", "feedback that says nothing", {"deeds": [], "note": None}),
        ("PREV-031", "a deed twice", {"deeds": [DEED, DEED]}),
        ("PREV-032", "more wrong than done", {"deeds": [DEED | {"false_positives": 53}]}),
        ("PREV-032", "more lifted than done", {"deeds": [DEED | {"lifted": 53}]}),
    ]
    warning = payload(WARNING_KIND) | {"language": "Portuguese language"}
    return [
        *(bad(clause, name, ALERT_KIND, ALERT | change) for clause, name, change in changes),
        *(bad(clause, name, FEEDBACK_KIND, FEEDBACK | change) for clause, name, change in deeds),
        bad("KIND-002", "a language in words", WARNING_KIND, warning),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    return annotated(encode(STOP), {"executed": "2026-11-20T09:41:07Z", "recall.sent": "2026-11-20T10:05:00Z"})
