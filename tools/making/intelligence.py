"""spec/vectors/intelligence.json: payloads of chapter II, and indicators of every kind."""

from typing import Any

from comity.encoding import encode
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import annotated
from tools.making.parties import DAY_US, NOW_US, seed
from tools.making.parts import ACCOUNT, AMOUNT, CONTACT, PAYMENT_REFERENCE, without

QUERY, REPLY, TOLD = "intelligence.query", "intelligence.reply", "intelligence.spontaneous"
SIGHTING, CORRECTION = "intelligence.sighting", "intelligence.correction"
RETRACTION, USE = "intelligence.retraction", "intelligence.use-report"
DIGEST = "ab" * 32
EVM = "0x" + "ab" * 20
PERSON: Case = {
    "address": None,
    "born": "1980-02",
    "identities": [{"country": "XA", "number": "P-1", "type": "passport"}],
    "name": "A. Example",
    "nationality": "XA",
    "other_names": ["Example, A."],
    "role": "suspect",
}
ENTITY: Case = {
    "address": "1 Sample Street",
    "country": "XA",
    "lei": "EXAMPLE0000000000087",
    "name": "Example Ltd",
    "register": "Register of Xa, 77",
    "role": "suspect",
}
BARE: Case = {"bank": None, "holder": None}
SUBJECTS: list[Case] = [
    BARE | {"kind": "account", "bank_code": None, "country": "XA", "number": "123456", "account_scheme": "other"},
    BARE | {"kind": "account", "bank_code": "000000000", "country": "ZZ", "number": "123456", "account_scheme": "aba"},
    BARE | {"kind": "account", "bank_code": None, "country": None, "number": "0" * 18, "account_scheme": "clabe"},
    {"kind": "address", "address": "1 Sample Street, Sampleton", "country": "AA"},
    {"kind": "app", "name": "Sample Trade", "package": "example.trade", "system": "android"},
    {"kind": "bic", "bank": None, "bic": "EXAMXAXX"},
    {"kind": "card", "first6": "400000", "issuer": None, "last4": "0002", "length": 16, "token": seed("card"),
     "token_key": "aa-bb-2026"},
    {"kind": "crypto-transaction", "asset": "BTC", "chain": "bitcoin", "executed": NOW_US, "quantity": "0.00000001",
     "txid": DIGEST},
    {"kind": "crypto-transaction", "asset": None, "chain": "ethereum", "executed": None, "quantity": None,
     "txid": "0x" + DIGEST},
    {"kind": "device", "identifier": "02:00:00:00:00:01", "identifier_type": "mac", "model": None, "vendor": None},
    {"kind": "domain", "domain": "login.xn--bcher-kva.example"},
    {"kind": "domain", "domain": "_sip.example.org"},
    {"kind": "email", "display_name": "Your bank", "email": "Help.Desk@bank.example"},
    {"kind": "entity", "entity": ENTITY},
    {"kind": "file-hash", "algorithm": "sha256", "digest": DIGEST, "file_name": "invoice.pdf", "size": 4_096},
    {"kind": "iban", "bank": "Example Bank", "bic": "EXAMXAXX", "holder": "A. Example", "iban": "XA35000000000001"},
    {"kind": "iccid", "iccid": "8999900000000000006"},
    {"kind": "imei", "imei": "000000000000018"},
    {"kind": "imsi", "imsi": "999990000000001"},
    {"kind": "ip", "ip": "192.0.2.7", "port": 51_123, "time": NOW_US},
    {"kind": "ip", "ip": "2001:db8::7", "port": None, "time": None},
    {"kind": "lei", "lei": ENTITY["lei"], "name": "Example Ltd"},
    {"kind": "meid", "meid": "A0000000000001"},
    {"kind": "payment", "amount": AMOUNT, "beneficiary": ACCOUNT, "executed": NOW_US, "originator": None,
     "payment_reference": PAYMENT_REFERENCE, "rail": "instant"},
    {"kind": "person", "person": PERSON},
    {"kind": "phone", "line_type": "mobile", "phone": "+99955501", "region": "XA", "spoofed": True},
    {"kind": "sender-id", "country": "XA", "sender_id": "MyBank"},
    {"kind": "social-account", "display_name": "A", "handle": "a.example", "platform": "telegram", "user_id": None},
    {"kind": "url", "url": "https://user@login.bank.example:8443/a?b=%2F#c"},
    {"kind": "url", "url": "http://[2001:db8::7]/"},
    {"kind": "vehicle", "country": "XA", "make": None, "plate": "XA123", "vin": None},
    {"kind": "wallet", "chain": "ethereum", "service": None, "wallet": EVM},
    {"kind": "wallet", "chain": "bitcoin", "service": "Sample Exchange",
     "wallet": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
    {"kind": "wallet", "chain": "bitcoin", "service": None,
     "wallet": "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
    {"kind": "wallet", "chain": "another-chain", "service": None, "wallet": "any_form-of:address"},
]  # fmt: skip
IBAN, PHONE = SUBJECTS[15], next(each for each in SUBJECTS if each["kind"] == "phone")
GRADE: Case = {
    "credibility": "2",
    "information_code": "2",
    "reliability": "F",
    "scheme": "europol-4x4",
    "source_code": "X",
}


def indicator(subject: Case, **other: Any) -> Case:
    plain = dict.fromkeys(("confidence", "context", "first_seen", "grade", "last_seen", "pap", "valid_until"))
    return plain | {"role": "suspect", "subject": subject} | other


FULL = indicator(
    IBAN,
    confidence=80,
    context="The account that the invoice named.",
    first_seen=NOW_US - DAY_US,
    grade=GRADE,
    last_seen=NOW_US,
    pap="AMBER",
    valid_until=NOW_US + 90 * DAY_US,
)
ASKED: Case = {
    "contact": CONTACT,
    "fraud_type": "FR-BEC",
    "further_types": [],
    "indicators": [FULL, indicator(PHONE)],
    "legal_basis": "Agreement of the alliance, Article 4.",
    "link": "The victim paid to the account after a call from the number.",
    "offence": "Fraud, section 1 of the Criminal Code of Aa.",
    "parent": None,
    "purpose": "investigation",
    "summary": "An invoice with a changed account number.",
    "until": None,
    "urgency_reason": None,
    "use_restriction": None,
    "wanted": "Holder of the account, and other reports that name it.",
    "wanted_by": None,
}
ANSWER: Case = {
    "caveats": None,
    "contact": None,
    "final": True,
    "findings": [
        {"indicator": 0, "note": None, "result": "known"},
        {"indicator": 1, "note": None, "result": "not-known"},
    ],
    "indicators": [indicator({"kind": "person", "person": PERSON})],
    "local_reference": "FIU-78",
    "note": "One earlier report.",
    "result": "partial",
    "source": None,
}
TELL: Case = {
    "caveats": "Not for use in court.",
    "contact": CONTACT,
    "expected_feedback": "Whether the account has been closed.",
    "fraud_type": "FR-BEC",
    "further_types": ["EN-MULE"],
    "indicators": [FULL],
    "legal_basis": "UNTOC Article 18(4)",
    "local_reference": "AA-9",
    "relevance": "The account is held in your country.",
    "source": seed("another message"),
    "summary": "The account received money of four victims.",
}
SEEN: Case = {
    "action": "blocked",
    "count": 3,
    "country": "XA",
    "false_positive": False,
    "first_seen": NOW_US - DAY_US,
    "last_seen": NOW_US,
    "note": None,
    "subject": PHONE,
    "target": seed("another message"),
}
WRONG: Case = {
    "explanation": "Two digits of the account were exchanged.",
    "indicators": [FULL],
    "source": None,
    "target": seed("another message"),
    "withdrawn": [PHONE],
}
BACK: Case = {"explanation": "The source has withdrawn it.", "source": None, "target": seed("another message")}
USED: Case = {
    "final": True,
    "period": {"since": NOW_US - DAY_US, "until": NOW_US},
    "proceedings": "Case 7 of 2026",
    "purpose": "investigation",
    "recipients": ["qm.prosecutor, by consent of 1 January 2026"],
    "outcome": "The account was frozen.",
    "target": seed("another message"),
    "use": "The bank was asked for the holder.",
}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="20-intelligence.md",
        format="`payload` is the canonical encoding of a payload of `kind`; `recipients` counts the parties in `to`.",
        verify="Decode `payload`, read it as `kind` says, and judge it for so many recipients. A valid one is taken, "
        "an invalid one refused with `code`.",
        valid=valid(),
        invalid=[*bad_subjects(), *bad_indicators(), *bad_payloads()],
        shared={},
    )


def named(payload: Case, kind: str, recipients: int = 1) -> Case:
    return {"kind": kind, "recipients": recipients, "payload": encode(payload).hex()}


def valid() -> list[Case]:
    nothing = ANSWER | {"findings": [], "indicators": [], "result": "not-known", "note": None}
    harmless = SEEN | {"count": 0, "false_positive": True, "target": None}
    victim = TELL | {"indicators": [indicator(PHONE, role="victim")]}
    forms: list[tuple[str, str, Case]] = [
        ("a query", QUERY, ASKED),
        ("a reply", REPLY, ANSWER),
        ("a reply that nothing is known", REPLY, nothing),
        ("spontaneous information", TOLD, TELL),
        ("spontaneous information of a victim to one party", TOLD, victim),
        ("a sighting", SIGHTING, SEEN),
        ("a sighting that clears", SIGHTING, harmless),
        ("a correction", CORRECTION, WRONG),
        ("a retraction", RETRACTION, BACK),
        ("a report on use", USE, USED),
    ]
    found = [case(name, "KIND-001", **named(payload, kind)) for name, kind, payload in forms]
    found.append(case("spontaneous information to two parties", "INTEL-005", **named(TELL, TOLD, 2)))
    for number, subject in enumerate(SUBJECTS):
        told = TELL | {"indicators": [indicator(subject)]}
        found.append(case(f"subject {number}: {subject['kind']}", "INTEL-001", **named(told, TOLD)))
    return found + [
        case(f"grade {scheme} {source}{information}", "INTEL-030", "INTEL-031", **named(graded(*row), TOLD))
        for row in GRADES
        for scheme, source, information, _, _ in [row]
    ]


GRADES = [
    ("admiralty", "C", "4", "C", "4"),
    ("europol-4x4", "C", "4", "D", "4"),
    ("uk-5x5x5", "E", "4", "F", "6"),
    ("uk-3x5x2", "1", "A", "B", "2"),
]


def graded(scheme: str, source: str, information: str, reliability: str, credibility: str) -> Case:
    grade = {
        "credibility": credibility,
        "information_code": information,
        "reliability": reliability,
        "scheme": scheme,
        "source_code": source,
    }
    return TELL | {"indicators": [indicator(IBAN, grade=grade)]}


def bad(clause: str, name: str, payload: Case, kind: str = TOLD, recipients: int = 1) -> Case:
    return fault(name, clause, 25, **named(payload, kind, recipients))


WRONG_VALUES: list[tuple[str, str, str, list[Any]]] = [
    ("INTEL-010", "iban", "iban", ["XA36000000000001", "XA3500000000000l", "xa35000000000001", "XA35 0000 0000 0001"]),
    ("INTEL-011", "lei", "lei", ["EXAMPLE0000000000086", "EXAMPLE000000000005", "example0000000000087"]),
    ("INTEL-012", "bic", "bic", ["EXAM1AXX", "EXAMXAXXA"]),
    ("INTEL-013", "phone", "phone", ["99955501", "+0995550100", "+999 555 01", "+999555"]),
    ("INTEL-014", "imei", "imei", ["000000000000019", "00000000000001", "00000000000000000"]),
    ("INTEL-014", "iccid", "iccid", ["8999900000000000008", "7999900000000000001"]),
    ("INTEL-015", "imsi", "imsi", ["9999900000001", "99999000000000a"]),
    ("INTEL-016", "meid", "meid", ["a0000000000001", "00000000000001", "A00000000000012"]),
    ("INTEL-017", "domain", "domain", ["Example.org", "example", "example.org.", "-a.example", "bücher.example",
                                       "xn--abc-.example", "xn--99999999.example", "a..example", "192.0.2.7"]),
    ("INTEL-018", "ip", "ip", ["192.0.2.07", "192.0.2", "2001:DB8::7", "2001:db8:0::7", "::ffff:192.0.2.7",
                             "fe80::1%e"]),
    ("INTEL-019", "url", "url", ["https://bank.example", "HTTPS://bank.example/", "https://Bank.example/",
                                 "https://bank.example:443/", "https://bank.example/%zz", "https://bank.example/ü",
                                 "hxxps://bank[.]example/", "/path", "https://bank.example:65536/"]),
    ("INTEL-020", "email", "email", ["bank.example", "a b@bank.example", "@bank.example",
                                     ".a@bank.example", '"a"@bank.example', "a\u202eb@bank.example"]),
    ("INTEL-018", "url", "url", ["https://192.0.2.07/", "https://[2001:db8:0::7]/"]),
    ("INTEL-017", "email", "email", ["a@Bank.example", "a@bank"]),
    ("INTEL-021", "file-hash", "digest", ["AB" * 32, "ab" * 31, "zz" * 32, "ab" * 20]),
    ("INTEL-022", "device", "identifier", ["02-00-00-00-00-01", "0200.0000.0001", "02:00:00:00:00:0G"]),
    ("INTEL-023", "payment", "payment_reference", ["0C7F8B1E-0000-4000-8000-000000000001"]),
    ("INTEL-024", "account", "number", ["123 456"]),
    ("INTEL-025", "wallet", "wallet", [EVM.upper(), EVM.replace("ab", "aB"), EVM[:-1], "ab" * 20]),
    ("INTEL-026", "crypto-transaction", "txid", ["AB" * 32, "0x" + DIGEST, DIGEST[:-1]]),
    ("INTEL-027", "card", "first6", ["4000000000000002", "40000"]),
    ("INTEL-027", "card", "token_key", [None]),
    ("INTEL-028", "social-account", "handle", [None, "@a.example", "a example"]),
    ("INTEL-028", "vehicle", "plate", [None, "XA 123", "XA-123", "xa123"]),
    ("INTEL-028", "sender-id", "sender_id", [" MyBank", "MyBankIsMyBank"]),
]  # fmt: skip


def bad_subjects() -> list[Case]:
    found = []
    for clause, kind, field, values in WRONG_VALUES:
        good = next(subject for subject in SUBJECTS if subject["kind"] == kind)
        for value in values:
            told = TELL | {"indicators": [indicator(good | {field: value})]}
            found.append(bad(clause, f"{kind}: {field} is {value!r}", told))
    aba, clabe = SUBJECTS[1] | {"bank_code": "000000001"}, SUBJECTS[2] | {"number": "000000000000000001"}
    bitcoin = SUBJECTS[-3] | {"wallet": "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"}
    legacy = SUBJECTS[-3] | {"wallet": "1NEDqZPvTWRaoho48qXuLLsrYomMXPABfX"}
    mixed = SUBJECTS[-3] | {"wallet": "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj1"}
    for clause, name, subject in (
        ("INTEL-024", "a routing number with a wrong digit", aba),
        ("INTEL-024", "a clabe with a wrong digit", clabe),
        ("INTEL-025", "a witness address with a wrong letter", bitcoin),
        ("INTEL-025", "a base58 address with a wrong letter", legacy),
        ("INTEL-025", "a taproot address with a wrong letter", mixed),
        ("INTEL-001", "a kind that is not known", {"kind": "aura", "aura": "blue"}),
        ("INTEL-001", "a subject without kind", without(PHONE, "kind")),
        ("INTEL-001", "the fields of another kind", PHONE | {"kind": "iban"}),
    ):
        found.append(bad(clause, name, TELL | {"indicators": [indicator(subject)]}))
    return found


def bad_indicators() -> list[Case]:
    def told(subject: Case = IBAN, **other: Any) -> Case:
        return TELL | {"indicators": [indicator(subject, **other)]}

    return [
        bad("INTEL-003", "last seen before first", told(first_seen=NOW_US, last_seen=NOW_US - 1)),
        bad("INTEL-004", "a person of another role", told({"kind": "person", "person": PERSON}, role="witness")),
        bad("INTEL-004", "an entity of another role", told({"kind": "entity", "entity": ENTITY}, role="witness")),
        bad("INTEL-005", "a victim told to two", told(PHONE, role="victim"), recipients=2),
        bad("INTEL-030", "a scheme that is not known", told(grade=GRADE | {"scheme": "stars"})),
        bad("INTEL-030", "a code that the scheme has not", told(grade=GRADE | {"source_code": "F"})),
        bad("INTEL-031", "another reliability", told(grade=GRADE | {"reliability": "A"})),
        bad("INTEL-031", "another credibility", told(grade=GRADE | {"credibility": "1"})),
        bad("INTEL-001", "a confidence of 101", told(confidence=101)),
        bad("INTEL-011", "an entity with a wrong LEI", told({"kind": "entity", "entity": ENTITY | {"lei": "0" * 20}})),
    ]


def bad_payloads() -> list[Case]:
    twice = [ANSWER["findings"][0]] * 2
    return [
        bad("KIND-001", "a query about nothing", ASKED | {"indicators": []}, QUERY),
        bad("INTEL-041", "nothing known, and told", ANSWER | {"result": "not-known"}, REPLY),
        bad("INTEL-042", "a finding twice", ANSWER | {"findings": twice}, REPLY),
        bad("INTEL-042", "findings out of order", ANSWER | {"findings": ANSWER["findings"][::-1]}, REPLY),
        bad("INTEL-043", "a partial reply of nothing", ANSWER | {"findings": [], "indicators": []}, REPLY),
        bad("INTEL-044", "met never", SEEN | {"count": 0}, SIGHTING),
        bad("INTEL-003", "a sighting that ends before it begins", SEEN | {"last_seen": NOW_US - 2 * DAY_US}, SIGHTING),
        bad("INTEL-010", "a withdrawn subject with a wrong digit",
            WRONG | {"withdrawn": [IBAN | {"iban": "XA36000000000001"}]}, CORRECTION),
        bad("KIND-001", "a retraction of nothing", without(BACK, "target"), RETRACTION),
    ]  # fmt: skip


def example(vectors: Vectors) -> list[str]:
    """Return the example block of the page: an indicator with everything."""
    return annotated(encode(FULL))
