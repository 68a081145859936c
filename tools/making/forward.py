"""The cases of spec/vectors/handling.json in which content is passed on."""

from typing import Any

from comity.encoding import encode
from tools.making.cases import Case, case, fault, flipped
from tools.making.consent import C, D, answering, digest, grant, of_kind, original
from tools.making.message import body, handling, signed
from tools.making.parties import NOW_US, A, B, party, seed

FILE: Case = {
    "hash": bytes(32),
    "key": bytes(32),
    "media": "text/plain",
    "name": "a",
    "sealed": bytes(32),
    "size": 1,
}


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
        ("green content with its file", "HAND-020", passed_on(of_green(attachments=[FILE]), attachments=[FILE])),
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
        ("another file", "HAND-020", passed_on(onward, attachments=[FILE])),
        ("one inside another", "HAND-021", passed_on(onward | {"signed": nested})),
        (
            "content with an altered signature",
            "HAND-017",
            passed_on(onward | {"signed": flipped(onward["signed"], -1)}),
        ),
        ("content of an exercise", "HAND-028", passed_on(none | {"signed": drill}, A)),
    ]
    named += bad_evidence(onward, about, fakes)
    named += bad_content()
    unreadable = passed_on(onward | {"signed": b"\xc0"})
    found = [fault(name, clause, 33, form="forward", body=data) for name, clause, data in named]
    return [*found, fault("content that is no message", "HAND-017", 25, form="forward", body=unreadable)]


def bad_evidence(onward: Case, about: bytes, fakes: bytes) -> list[tuple[str, str, str]]:
    """Return cases in which a consent covers the step, and what is wrong stands beside it."""
    elsewhere = answering("handling.consent", grant(about, C), case=seed("another case", 16))
    of_another = answering("handling.consent", grant(bytes(32), C))
    to_stranger = answering("handling.consent", grant(about, D), C)

    def covered_and(wrong: bytes) -> str:
        return passed_on(onward | {"consents": [*onward["consents"], wrong]})

    return [
        ("a consent of the wrong party beside one that covers", "HAND-017", covered_and(fakes)),
        ("a consent about another message beside one that covers", "HAND-017", covered_and(of_another)),
        ("a consent in another case beside one that covers", "HAND-035", covered_and(elsewhere)),
        ("with a consent, but it never reached him", "HAND-018", passed_on(onward | {"consents": [to_stranger]}, C, D)),
    ]


def of_green(**changes: Any) -> Case:
    """Return the payload that passes on a message of aa.police that its marking lets every member have."""
    own = signed(body(handling=handling(tlp="GREEN"), **changes))
    return of_kind("handling.forward") | {"consents": [], "signed": own}


def bad_content() -> list[tuple[str, str, str]]:
    """Return cases with such content, so that only what is wrong stands against them."""
    return [
        (
            "a file of another size",
            "HAND-020",
            passed_on(of_green(attachments=[FILE]), attachments=[FILE | {"size": 2}]),
        ),
        ("green content inside another", "HAND-021", passed_on(of_green(kind="handling.forward", payload=of_green()))),
        ("a notice", "HAND-021", passed_on(of_green(kind="read", payload={"time": NOW_US}, in_reply_to=bytes(32)))),
        ("green content of another treaty", "HAND-017", passed_on(of_green(treaty=bytes(32)))),
    ]
