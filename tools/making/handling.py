"""spec/vectors/handling.json: two markings made one, what a marking forbids, payloads, and content passed on."""

from typing import Any

from comity.encoding import encode
from comity.handling import Action, Audience, Deed, Handling, obstacles, stricter
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.consent import C, D, digest, grant, of_kind, original, scope
from tools.making.dump import annotated
from tools.making.forward import bad_forwards, forwards
from tools.making.message import handling
from tools.making.parties import (
    DAY_US,
    NOW_US,
    A,
    B,
    first_bundle,
    first_treaty,
    seed,
)

MARKINGS: dict[str, Case] = {
    "clear": handling(tlp="CLEAR", pap="CLEAR"),
    "green for prevention": handling(tlp="GREEN", purposes=["prevention"]),
    "amber with H1": handling(codes=["H1"], pap="AMBER"),
    "strict with H2": handling(codes=["H2"], tlp="AMBER+STRICT", purposes=["intelligence", "prevention"]),
    "red until tomorrow": handling(tlp="RED", pap="RED", retain_until=NOW_US + DAY_US),
    "for its own case": handling(codes=["H0", "H3"], purposes=["none"]),
    "for investigations": handling(purposes=["investigation"], retain_until=NOW_US),
}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="24-handling.md",
        format="combine: `both` is the stricter of `first` and `second`. deed: `rules` stand against the `action` for"
        " `purpose`, seen by `audience` (0 those who have it, 1 the holder's organisation, 2 those whom it serves,"
        " 3 members, 4 anybody; null what the action implies) and put into a case whose `exercise` this is"
        " (null: none), at `time`, under `marking` on content of an exercise where `drill` is true."
        " payload: the canonical encoding of a payload of `kind`. forward: `body` is that of a `handling.forward`;"
        " the recipient holds `documents`.",
        verify="combine and deed: compute it. payload: read it as its kind says. forward: check it as HAND-017 to"
        " HAND-021 say. A valid one is taken, an invalid one refused with `code`.",
        valid=[*combined(), *deeds(), *payloads(), *forwards()],
        invalid=[*bad_payloads(), *bad_forwards()],
        shared={
            "documents": [
                ["treaty", first_treaty().data.hex()],
                *(["bundle", first_bundle(p).data.hex()] for p in (A, B)),
            ]
        },
    )


def made(marking: Case) -> Handling:
    tuples = {name: tuple(marking[name]) for name in ("codes", "purposes")}
    return Handling(**(marking | tuples))


def written(marking: Handling) -> Case:
    return {name: list(value) if isinstance(value := getattr(marking, name), tuple) else value for name in handling()}


def combined() -> list[Case]:
    return [
        case(
            f"{one} and {other}",
            "HAND-002",
            form="combine",
            first=MARKINGS[one],
            second=MARKINGS[other],
            both=written(stricter(made(MARKINGS[one]), made(MARKINGS[other]))),
        )
        for one in MARKINGS
        for other in MARKINGS
        if one <= other
    ]


def deed(name: str, marking: str, clause: str, drill: bool = False, **changes: Any) -> Case:
    asked: Case = {"purpose": None, "audience": None, "exercise": None, "time": NOW_US} | changes
    audience = None if asked["audience"] is None else Audience(asked["audience"])
    said = Deed(Action(asked["action"]), asked["time"], asked["purpose"], audience, asked["exercise"])
    found = [each.rule.value for each in obstacles(made(MARKINGS[marking]), said, drill)]
    return case(name, clause, form="deed", marking=MARKINGS[marking], drill=drill, **asked, rules=found)


def deeds() -> list[Case]:
    named: Case = {"purpose": "prevention"}
    found = [
        deed(f"{action.value}, {marking}", marking, "HAND-003", action=action.value, **named)
        for marking in MARKINGS
        for action in Action
    ]
    return [
        *found,
        deed("clear content for anybody", "clear", "HAND-003", action="export", audience=4),
        deed("green content for anybody", "green for prevention", "HAND-003", action="export", audience=4, **named),
        deed("a purpose that is no crime matter", "clear", "HAND-004", action="use", purpose="supervision"),
        deed("no purpose where one is needed", "strict with H2", "HAND-008", action="use"),
        deed("a purpose that is not listed", "strict with H2", "HAND-008", action="use", purpose="prosecution"),
        deed("a day after its end", "red until tomorrow", "HAND-029", action="use", time=NOW_US + DAY_US),
        deed("a moment before its end", "red until tomorrow", "HAND-029", action="use", time=NOW_US + DAY_US - 1),
        deed("an exercise into a live case", "clear", "HAND-028", True, action="forward", exercise=False, **named),
        deed("a live case into an exercise", "clear", "HAND-028", action="attach", exercise=True, **named),
        deed("an exercise into an exercise", "clear", "HAND-028", True, action="forward", exercise=True, **named),
    ]


# --- payloads --------------------------------------------------------------------------------------------------------


def payloads() -> list[Case]:
    kinds = [f"handling.{each}" for each in ("consent-request", "consent", "change", "destruction", "forward")]
    refusal = grant(digest(original()), C, grant=False, reason="It would warn the suspect.")
    named = [(kind, of_kind(kind)) for kind in kinds]
    found = [case(kind, "KIND-001", form="payload", kind=kind, payload=encode(fields).hex()) for kind, fields in named]
    attach = scope(digest(original()), action="attach", case=seed("another case", 16)) | {"reason": "Same account."}
    return [
        *found,
        case("a refusal", "HAND-012", form="payload", kind="handling.consent", payload=encode(refusal).hex()),
        case("to attach", "HAND-011", form="payload", kind="handling.consent-request", payload=encode(attach).hex()),
    ]


def bad_payloads() -> list[Case]:
    request, consent, change = (of_kind(f"handling.{each}") for each in ("consent-request", "consent", "change"))
    gone, onward = of_kind("handling.destruction"), of_kind("handling.forward")
    refusal = consent | {"grant": False, "conditions": None, "expires": None}
    mixed = handling(purposes=["none", "prevention"])
    named: list[tuple[str, str, str, Case]] = [
        ("none beside another purpose", "HAND-001", "change", change | {"handling": mixed}),
        ("a marking without codes", "KIND-001", "change", change | {"handling": {"tlp": "RED"}}),
        ("to forward to nobody", "HAND-011", "consent-request", request | {"recipients": []}),
        ("to attach to no case", "HAND-011", "consent-request", request | {"action": "attach"}),
        ("a case where none is attached to", "HAND-011", "consent", consent | {"case": bytes(16)}),
        ("recipients not in order", "KIND-002", "consent", consent | {"recipients": [D, C]}),
        ("a refusal without a reason", "HAND-012", "consent", refusal),
        ("a refusal with an end", "HAND-012", "consent", refusal | {"reason": "No.", "expires": NOW_US}),
        ("a consent with a reason against it", "HAND-012", "consent", consent | {"reason": "No."}),
        ("nothing destroyed", "KIND-002", "destruction", gone | {"messages": []}),
        ("the same destroyed twice", "KIND-002", "destruction", gone | {"messages": gone["messages"] * 2}),
        ("nothing forwarded", "KIND-002", "forward", onward | {"signed": b""}),
        ("seventeen consents", "KIND-002", "forward", onward | {"consents": onward["consents"] * 17}),
    ]
    return [
        fault(name, clause, 25, form="payload", kind=f"handling.{kind}", payload=encode(fields).hex())
        for name, clause, kind, fields in named
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    payload = of_kind("handling.forward")
    meanings = {
        "signed": "the signed message of aa.police to bb.fiu",
        "consents.0": "signed handling.consent of aa.police to bb.fiu",
    }
    return [
        "bb.fiu passes on what aa.police has marked AMBER and H2, to qm.prosecutor:",
        *annotated(encode(payload), meanings),
        "",
        "the payload of the consent in it:",
        *annotated(encode(grant(digest(original()), C)), {"message": "hash of the message in signed"}),
    ]
