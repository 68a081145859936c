"""spec/vectors/handling.json: two markings made one, what a marking forbids, payloads, and content passed on."""

import hashlib
from typing import Any

from comity.encoding import encode
from comity.handling import Action, Audience, Deed, Handling, obstacles, stricter
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated
from tools.making.message import body, handling, signed
from tools.making.parties import (
    DAY_US,
    NOW_US,
    A,
    B,
    first_bundle,
    first_treaty,
    party,
    seed,
)

C, D = "qm.prosecutor", "xa.gendarmerie"
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


def scope(message: bytes, *recipients: str, **changes: Any) -> Case:
    """Return what a consent is about."""
    named = {"action": "forward", "case": None, "message": message, "purpose": "prosecution"}
    return named | {"recipients": list(recipients)} | changes


def grant(message: bytes, *recipients: str, **changes: Any) -> Case:
    answer = {"conditions": None, "expires": None, "grant": True, "reason": None}
    return scope(message, *recipients) | answer | changes


def original() -> Case:
    """Return the body that is passed on in the cases: aa.police to bb.fiu, not to be disseminated."""
    return body(handling=handling(codes=["H2"], tlp="AMBER"))


def digest(fields: Case) -> bytes:
    return hashlib.sha256(encode(fields)).digest()


def answering(kind: str, payload: Case, to: str = B, created: int = NOW_US, **changes: Any) -> bytes:
    """Return the signed message of aa.police with this payload."""
    named = {"kind": kind, "payload": payload, "to": [to], "created": created, "expires": NOW_US + DAY_US}
    return signed(body(id=seed(f"{kind} {to} {created}", 16), **named, **changes))


def of_kind(kind: str) -> Case:
    """Return a payload of the kind."""
    about = digest(original())
    payloads: dict[str, Case] = {
        "handling.consent-request": scope(about, C) | {"reason": "The prosecutor leads the proceedings."},
        "handling.consent": grant(about, C, conditions="Not in open court.", expires=NOW_US + DAY_US),
        "handling.change": {"handling": handling(tlp="GREEN"), "message": about, "reason": "Made public."},
        "handling.destruction": {
            "files": 1,
            "ground": "retention-ended",
            "messages": [about],
            "method": "Content overwritten, files removed.",
            "note": None,
            "time": NOW_US,
        },
        "handling.forward": {
            "changes": [],
            "consents": [answering("handling.consent", grant(about, C))],
            "note": "As agreed.",
            "purpose": "prosecution",
            "signed": signed(original()),
        },
    }
    return payloads[kind]


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


# --- content passed on -----------------------------------------------------------------------------------------------


def passed_on(payload: Case, by: str = B, to: str = C, **changes: Any) -> str:
    """Return the body of a message that passes content on, in hexadecimal."""
    usual: Case = {
        "from": by,
        "from_key": party(by).signing.public.id,
        "handling": original()["handling"],
        "id": seed("passed on", 16),
        "case": seed("an onward case", 16),
        "kind": "handling.forward",
        "payload": payload,
        "to": [to],
    }
    return encode(body(**(usual | changes))).hex()


def forwards() -> list[Case]:
    onward, about = of_kind("handling.forward"), digest(original())
    looser = answering("handling.change", {"handling": handling(tlp="GREEN"), "message": about, "reason": None})
    chain = [*onward["consents"], answering("handling.consent", grant(about, D), C, NOW_US + 1)]
    named: list[tuple[str, str, str]] = [
        ("with consent", "HAND-018", passed_on(onward)),
        ("with the consents of a chain", "HAND-018", passed_on(onward | {"consents": chain}, C, D, created=NOW_US + 2)),
        ("after a change", "HAND-015", passed_on(onward | {"consents": [], "changes": [looser]})),
        ("by its originator", "HAND-018", passed_on(onward | {"consents": []}, A)),
        ("to one who has it", "HAND-018", passed_on(onward | {"consents": []}, B, A)),
    ]
    return [case(name, clause, form="forward", body=data) for name, clause, data in named]


def bad_forwards() -> list[Case]:
    onward, about = of_kind("handling.forward"), digest(original())
    none = onward | {"consents": []}

    def by_consent(**changes: Any) -> Case:
        return onward | {"consents": [answering("handling.consent", grant(about, C) | changes)]}

    taken_back = answering("handling.consent", grant(about, C, grant=False, reason="Taken back."), created=NOW_US + 1)
    fakes = signed(
        body(
            **{"from": B, "to": [C], "from_key": party(B).signing.public.id, "id": seed("a fake", 16)},
            kind="handling.consent",
            payload=grant(about, C),
        ),
        party(B).signing,
    )
    tighter = answering("handling.change", {"handling": handling(tlp="RED"), "message": about, "reason": None})
    nested = signed(body(kind="handling.forward", payload=onward))
    drill = signed(body(exercise=True, handling=original()["handling"]))
    file = {"hash": bytes(32), "key": bytes(32), "media": "text/plain", "name": "a", "sealed": bytes(32), "size": 1}
    alone = passed_on(by_consent(), C, D)
    named: list[tuple[str, str, str]] = [
        ("without consent", "HAND-018", passed_on(none)),
        ("consent for another recipient", "HAND-018", passed_on(by_consent(recipients=[D]))),
        ("consent for another purpose", "HAND-018", passed_on(by_consent(purpose="prevention"))),
        ("consent to export", "HAND-018", passed_on(by_consent(action="export"))),
        ("consent that has ended", "HAND-013", passed_on(by_consent(expires=NOW_US))),
        (
            "consent taken back",
            "HAND-014",
            passed_on(onward | {"consents": [*onward["consents"], taken_back]}, created=NOW_US + 2),
        ),
        ("consent of the wrong party", "HAND-017", passed_on(onward | {"consents": [fakes]})),
        ("consent about another message", "HAND-017", passed_on(by_consent(message=bytes(32)))),
        (
            "consent in another case",
            "HAND-035",
            passed_on(
                onward | {"consents": [answering("handling.consent", grant(about, C), case=seed("another case", 16))]}
            ),
        ),
        ("by one whom it never reached", "HAND-018", alone),
        ("another marking, stricter", "HAND-019", passed_on(onward | {"changes": [tighter]})),
        ("marked less strictly", "HAND-019", passed_on(onward, handling=handling(tlp="AMBER"))),
        ("another file", "HAND-020", passed_on(onward, attachments=[file])),
        ("one inside another", "HAND-021", passed_on(onward | {"signed": nested})),
        (
            "content with an altered signature",
            "HAND-017",
            passed_on(onward | {"signed": flipped(onward["signed"], -1)}),
        ),
        ("content of an exercise", "HAND-028", passed_on(none | {"signed": drill}, A)),
    ]
    unreadable = passed_on(onward | {"signed": b"\xc0"})
    found = [fault(name, clause, 33, form="forward", body=data) for name, clause, data in named]
    return [*found, fault("content that is no message", "HAND-017", 25, form="forward", body=unreadable)]


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
