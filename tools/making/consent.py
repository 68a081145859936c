"""The content of aa.police that the cases of spec/vectors/handling.json are about, and what is said of it."""

import hashlib
from typing import Any

from comity.encoding import encode
from tools.making.cases import Case
from tools.making.message import body, handling, signed
from tools.making.parties import DAY_US, NOW_US, B, seed

C, D = "qm.prosecutor", "xa.gendarmerie"


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
