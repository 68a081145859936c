"""spec/vectors/cooperation.json: payloads of the kinds of chapter III."""

import base64
import json
from pathlib import Path

from comity.encoding import encode
from comity_node.forms import payload_from
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import annotated
from tools.making.parts import without

EXAMPLES = Path(__file__).resolve().parents[2] / "spec" / "examples"
DAY_US = 86_400 * 1_000_000
SHORT_KINDS = (
    "expertise", "extradition-support", "freeze", "identify-victims", "interview", "joint-operation", "locate",
    "preserve", "produce", "search", "serve-document", "subscriber", "trace-assets", "transfer-proceedings",
)  # fmt: skip
EMPTY = (
    "authorising_authority", "costs", "formalities", "fraud_type", "order", "parent", "until", "urgency_reason",
    "wanted_by",
)  # fmt: skip
LISTS = ("earlier_requests", "entities", "further_types", "persons")
#: What each kind asks for and the example alone could leave out.
ITS_OWN = (
    "addressee_entity", "agreement", "arrest_deadline", "certification", "custodian", "format", "hearing",
    "last_known", "maximum", "presence", "rights", "travel",
)  # fmt: skip


def payload(short: str) -> Case:
    """Return the payload of the example of a kind."""
    kind = f"cooperation.{short}"
    return payload_from(kind, json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8")))


PAYLOADS = {short: payload(short) for short in SHORT_KINDS}
SERVED = PAYLOADS["serve-document"]


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="21-cooperation.md",
        format="`payload` is the canonical encoding of a payload of `kind`.",
        verify="Decode `payload` and read it as `kind` says. A valid one is taken, an invalid one refused with `code`.",
        valid=[*examples(), *smallest(), *edges()],
        invalid=[*bad_bases(), *bad_measures(), *bad_data(), *bad_people(), *bad_forms()],
        shared={},
    )


def good(clause: str, name: str, short: str, **changes: object) -> Case:
    data = encode(PAYLOADS[short] | changes)
    return case(name, clause, kind=f"cooperation.{short}", payload=data.hex())


def bad(clause: str, name: str, short: str, **changes: object) -> Case:
    data = encode(PAYLOADS[short] | changes)
    return fault(name, clause, 25, kind=f"cooperation.{short}", payload=data.hex())


def examples() -> list[Case]:
    return [good("KIND-001", f"the example of {short}", short) for short in SHORT_KINDS]


def smallest() -> list[Case]:
    """Return each kind with what it can leave out left out."""
    found = []
    for short, full in PAYLOADS.items():
        changes: Case = dict.fromkeys((*EMPTY, *(name for name in ITS_OWN if name in full)))
        changes |= {name: [] for name in LISTS} | {"assistance_level": "police-intelligence"}
        if short == "extradition-support":
            changes |= {"detention": "at-large"}
        if short == "produce":
            changes |= {"accounts": []}
        found.append(good("KIND-001", f"the least of {short}", short, **changes))
    return found


def edges() -> list[Case]:
    preserve, trace = PAYLOADS["preserve"], PAYLOADS["trace-assets"]
    start = preserve["measure_from"]
    sixty = {"measure_until": start + 60 * DAY_US, "review": start + 1}
    return [
        good("COOP-001", "a service without facts", "serve-document", summary=None),
        good("COOP-002", "a service without an offence", "serve-document", offences=[]),
        good("COOP-002", "a question of law without an offence", "expertise", offences=[]),
        good("COOP-003", "police without an order", "produce", assistance_level="police-intelligence", order=None),
        good("COOP-004", "reviewed when it ends", "freeze", review=PAYLOADS["freeze"]["measure_until"]),
        good("COOP-005", "60 days", "preserve", **sixty),
        good("COOP-006", "the system alone", "preserve", custodian=None),
        good("COOP-007", "a telephone at no time", "subscriber", identifiers=[phone() | {"period": None}]),
        good("COOP-008", "papers of a company at no time", "produce", period=None, records_classes=["corporate"]),
        good("COOP-010", "from a wallet alone", "trace-assets", accounts=[], entities=[], persons=[]),
        good("COOP-012", "a witness without rights", "interview", rights=None),
        good("COOP-013", "found and reported", "locate", on_finding="report", warrant=None),
        good("COOP-016", "brought home", "extradition-support", form="repatriation", warrant=None),
        good("COOP-018", "served on a company", "serve-document", addressee_person=None, addressee_entity=company()),
        good("COOP-019", "366 days", "search", measure_until=PAYLOADS["search"]["measure_from"] + 366 * DAY_US),
        good("PREV-012", "no hop known", "trace-assets", hops=[], amount=trace["amount"] | {"value": "0"}),
    ]


def phone() -> Case:
    found: Case = PAYLOADS["subscriber"]["identifiers"][1]
    return found


def company() -> Case:
    found: Case = SERVED["entities"][0]
    return found


def bad_bases() -> list[Case]:
    alone = {"assistance_level": "judicial-evidence"}
    order = PAYLOADS["produce"]["order"]
    text = base64.b64encode(PAYLOADS["freeze"]["parent"]).decode()
    found = [
        bad("COOP-001", f"{short} without facts", short, summary=None)
        for short in SHORT_KINDS
        if short != "serve-document"
    ]
    found += [
        bad("COOP-002", f"{short} without an offence", short, offences=[])
        for short in SHORT_KINDS
        if short not in ("serve-document", "expertise")
    ]
    return [
        *found,
        bad("COOP-003", "evidence without an order", "produce", order=None),
        bad("COOP-003", "evidence that nobody authorised", "expertise", **alone, authorising_authority=None),
        bad("KIND-002", "an order on no day", "produce", order=order | {"issued": "2026-11-00"}),
        bad("KIND-002", "an order on a day in words", "produce", order=order | {"issued": "21 November 2026"}),
        bad("KIND-002", "nine offences", "produce", offences=PAYLOADS["produce"]["offences"] * 9),
        bad("KIND-002", "a parent in base64", "freeze", parent=text),
        bad("KIND-002", "a level in two words", "locate", assistance_level="police only"),
    ]  # fmt: skip


def bad_measures() -> list[Case]:
    found = []
    for short in ("freeze", "preserve", "search"):
        begins, ends = PAYLOADS[short]["measure_from"], PAYLOADS[short]["measure_until"]
        late = begins + 366 * DAY_US + 1
        found += [
            bad("COOP-004", f"{short}, reviewed after its end", short, review=ends + 1),
            bad("COOP-004", f"{short}, reviewed when it begins", short, review=begins),
            bad("COOP-019", f"{short}, a microsecond more than 366 days", short, measure_until=late),
        ]
    begins = PAYLOADS["preserve"]["measure_from"]
    less = {"measure_until": begins + 60 * DAY_US - 1, "review": begins + 1}
    nowhere = {"custodian": None, "system_location": None}
    return [
        *found,
        bad("COOP-005", "a microsecond less than 60 days", "preserve", **less),
        bad("COOP-006", "nobody knows where", "preserve", **nowhere),
        bad("KIND-002", "freezing of nothing", "freeze", assets=[]),
    ]


def bad_data() -> list[Case]:
    address = PAYLOADS["subscriber"]["identifiers"][0]
    nobody: Case = {"accounts": [], "entities": [], "identifiers": [], "persons": []}
    nothing: Case = {"accounts": [], "entities": [], "persons": [], "wallets": []}
    hop = PAYLOADS["trace-assets"]["hops"][0]
    return [
        bad("COOP-007", "an address at no time", "subscriber", identifiers=[address | {"period": None}]),
        *(
            bad("COOP-008", f"{running} at any time", "produce", period=None, records_classes=[running])
            for running in ("content", "traffic", "transactions")
        ),
        bad("COOP-009", "records of nobody", "produce", **nobody),
        bad("COOP-010", "assets from nowhere", "trace-assets", **nothing),
        bad("PREV-012", "a hop to nowhere", "trace-assets", hops=[hop | {"account": None}]),
        bad("COOP-014", "victims of nothing", "identify-victims", accounts=[], identifiers=[], wallets=[]),
        bad("COOP-015", "a search nowhere", "search", places=[{"address": None, "device": None, "occupier": None}]),
        bad("KIND-002", "subscriber data of no category", "subscriber", categories=[]),
    ]


def bad_people() -> list[Case]:
    both = {"addressee_entity": company()}
    return [
        bad("COOP-012", "a suspect without rights", "interview", capacity="suspect", rights=None),
        bad("COOP-013", "an arrest without a warrant", "locate", on_finding="arrest", warrant=None),
        bad("COOP-016", "an extradition without a warrant", "extradition-support", warrant=None),
        bad("COOP-017", "a provisional arrest without an end", "extradition-support", arrest_deadline=None),
        bad("COOP-018", "served on nobody", "serve-document", addressee_person=None),
        bad("COOP-018", "served on two", "serve-document", **both),
        bad("KIND-002", "no question", "interview", questions=[]),
        bad("KIND-002", "a language in words", "interview", language="French, please"),
    ]


def bad_forms() -> list[Case]:
    full = PAYLOADS["transfer-proceedings"]
    lacking = [
        fault(f"{name} is missing", "KIND-001", 25, kind="cooperation.transfer-proceedings",
              payload=encode(without(full, name)).hex())
        for name in ("aim", "order", "victims")
    ]  # fmt: skip
    return [*lacking, bad("KIND-001", "a field more", "transfer-proceedings", urgency=1)]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: the fields that a service of documents has of its own."""
    own = ("addressee_entity", "documents", "hearing", "mode", "proof")
    part = {name: SERVED[name] for name in own}
    return annotated(encode(part), {"": "of the map of 29, these five", "hearing": "2027-02-11T08:30:00Z"})
