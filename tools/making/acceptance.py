"""spec/vectors/acceptance.json: what a recipient answers, step by step."""

import hashlib
from typing import Any

from comity.encoding import encode
from comity.keys import SigningKey
from tools.making import approval, envelope, message
from tools.making.bundle import LATER_US, rotated, rotated_signers
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.coins import wrap
from tools.making.parties import (
    DAY_US,
    EPOCH_US,
    NOW_US,
    SECOND_US,
    A,
    B,
    bundle_body,
    bundle_signers,
    first_bundle,
    first_keys,
    first_treaty,
    member,
    party,
    seed,
    signed_bundle,
    signed_treaty,
    treaty_id,
)
from tools.making.treaty import next_body, rules

SKEW_US, LIFE_US = 120 * SECOND_US, 7 * DAY_US


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="09-acceptance.md",
        format="bb.fiu receives `envelope` from the link of `peer` at `now`. It holds the documents of `library`"
        " (sort and signed document) named in `documents`, its envelope key is made from `recipient_seed`."
        " `known` maps message ids that it has decided on to their hashes. `step` is that of the page.",
        verify="Make the checks of the page in their order. Valid: all hold, the message has `hash`. Invalid: step"
        " `step` fails; `answer` is error (a frame ERROR with `code`) or refusal (a receipt with `code`).",
        valid=valid(),
        invalid=[*errors(), *refusals()],
        shared={
            "recipient_seed": seed("bb.fiu envelope").hex(),
            "recipient": B,
            "library": {name: [sort, data.hex()] for name, (sort, data) in library().items()},
        },
    )


def library() -> dict[str, tuple[str, bytes]]:
    """Return the documents that bb.fiu may hold."""
    both = first_keys()
    quiet = next_body(members=[member(A, status="suspended"), member(B)], rules=rules(admit=1, amend=1))
    return {
        "treaty": ("treaty", first_treaty().data),
        "aa.police": ("bundle", first_bundle(A).data),
        "bb.fiu": ("bundle", first_bundle(B).data),
        "aa.police suspended": ("treaty", signed_treaty(quiet, both)),
        "suite 2 only": ("treaty", signed_treaty(next_body(suites=[2]), both)),
        "texts only": ("treaty", signed_treaty(next_body(members=[member(A, send=["text"]), member(B)]), both)),
        "no text accepted": (
            "treaty",
            signed_treaty(next_body(members=[member(A), member(B, accept=["prevention.*"])]), both),
        ),
        "bb.fiu reserves": ("bundle", signed_bundle(bundle_body(B, reservations=["text"]), bundle_signers(B))),
        "aa.police with officers": approval.library()["aa.police"],
        "stop-payment is coercive": approval.library()["stop-payment is coercive"],
        "aa.police rotated": (
            "bundle",
            signed_bundle(rotated(revoked=[{"at": LATER_US, "key": party(A).signing.public.id}]), rotated_signers()),
        ),
    }


USUAL = ["treaty", "aa.police", "bb.fiu"]
COERCIVE = ["treaty", "stop-payment is coercive", "aa.police with officers", "bb.fiu"]


def sealed(fields: Case, key: SigningKey | None = None) -> bytes:
    """Return the envelope of a body, whose header fits it."""
    return around(message.signed(fields, key), fields)


def around(signed: bytes, fields: Case) -> bytes:
    head = envelope.header(**{name: fields[name] for name in ("suite", "treaty", "from_key", "id")})
    return envelope.envelope(envelope.inner_of(signed), head)


def good(name: str, fields: Case, *clauses: str, now: int = NOW_US, **changes: Any) -> Case:
    digest = hashlib.sha256(encode(fields)).hexdigest()
    given = {"peer": A, "now": now, "documents": USUAL, "known": {}} | changes
    return case(name, *clauses, **given, envelope=sealed(fields).hex(), hash=digest)


def valid() -> list[Case]:
    long = message.body(expires=NOW_US + LIFE_US)
    return [
        good("the message of page message", message.body(), "ACC-001", "ACC-004"),
        good("created as late as the skew allows", message.body(), "ACC-001", now=NOW_US - SKEW_US),
        good("a microsecond before it expires", message.body(), "ACC-001", now=NOW_US + DAY_US - 1),
        good("as long a life as the treaty allows", long, "ACC-001"),
        good("two officers have approved it", approval.usual(approval.stop()), "ACC-001", documents=COERCIVE),
        good("one of two recipients", message.body(to=[B, "qm.prosecutor"]), "ACC-001"),
        good(
            "another message was decided on",
            message.body(),
            "ACC-005",
            known={seed("another", 16).hex(): bytes(32).hex()},
        ),
    ]


def bad(name: str, step: int, code: int, data: bytes, clause: str = "", **changes: Any) -> Case:
    answer = "error" if step <= 8 else "refusal"
    given = {"peer": A, "now": NOW_US, "documents": USUAL, "known": {}} | changes
    return fault(
        name,
        clause or ("ACC-002" if step <= 8 else "ACC-003"),
        code,
        step=step,
        answer=answer,
        **given,
        envelope=data.hex(),
    )


def elsewhere(**changes: Any) -> bytes:
    """Return an envelope whose header names something else, and fits it."""
    fields = envelope.header(**changes)
    return envelope.envelope(envelope.inner_of(message.signed(message.body())), fields)


def to_other_key() -> bytes:
    """Return an envelope for the key of aa.police itself."""
    fields: Case = {
        "v": 1,
        "suite": 1,
        "treaty": treaty_id(),
        "from_key": party(A).signing.public.id,
        "to_key": party(A).envelope.public.id,
        "id": seed("a message", 16),
    }
    info = b"comity-v1 epoch-key\x00\x00\x00\x00\x60" + fields["treaty"] + fields["from_key"] + fields["to_key"]
    fields["wrapped"] = wrap(party(A).envelope.public.data, info, envelope.EPOCH, envelope.COINS)
    return envelope.envelope(envelope.inner_of(message.signed(message.body())), fields)


def errors() -> list[Case]:
    usual = sealed(message.body())
    other_treaty = message.body(treaty=seed("another treaty"))
    return [
        bad("no envelope", 1, 1, b"\x90"),
        bad("another treaty", 2, 16, sealed(other_treaty)),
        bad("sealed for another party", 3, 17, to_other_key()),
        bad("a signing key of nobody", 4, 18, sealed(message.body(from_key=seed("no key")))),
        bad("a signing key of the recipient itself", 4, 18, sealed(message.body(from_key=party(B).signing.public.id))),
        bad("sent by another peer", 4, 18, usual, peer="qm.prosecutor"),
        bad("the wrapped key is altered", 5, 6, altered(usual, party_offset(usual))),
        bad("the sealed part is altered", 5, 6, flipped(usual, -1)),
        bad("the header differs from the body", 6, 1, elsewhere(id=seed("another id", 16))),
        bad("the body has not its form", 6, 1, sealed(message.body(urgency=9))),
        bad("the signature is altered", 7, 6, around(flipped(message.signed(message.body()), -1), message.body())),
        bad("from is another party", 7, 18, sealed(message.body(**{"from": "qm.prosecutor"}))),
        bad("approved by an officer who was never listed", 7, 18, sealed(approval.usual(approval.stop()))),
        bad("a treaty version that is not known", 8, 16, sealed(message.body(treaty_version=2))),
    ]


def party_offset(data: bytes) -> int:
    """Return where the wrapped key begins in an envelope."""
    return data.index(b"\xc5\x04\x90") + 3


def altered(data: bytes, position: int) -> bytes:
    return flipped(data, position)


def refusals() -> list[Case]:
    usual = sealed(message.body())
    stop = message.body(kind="prevention.stop-payment", payload={"text": "not a form"})
    flash = sealed(approval.usual(approval.stop(urgency=0)))
    known = {seed("a message", 16).hex(): bytes(32).hex()}
    return [
        bad("the id of another message", 9, 26, usual, known=known),
        bad(
            "the signing key is revoked",
            10,
            19,
            sealed(message.body(created=LATER_US, expires=LATER_US + DAY_US)),
            documents=[*USUAL, "aa.police rotated"],
            now=LATER_US,
        ),
        bad("the bundle has expired", 10, 19, usual, now=EPOCH_US + 90 * DAY_US),
        bad("the sender is suspended", 11, 27, usual, documents=[*USUAL, "aa.police suspended"]),
        bad("not among the recipients", 12, 17, sealed(message.body(to=["qm.prosecutor"]))),
        bad("a suite that the treaty does not allow", 13, 28, usual, documents=[*USUAL, "suite 2 only"]),
        bad("created later than the skew allows", 14, 21, usual, now=NOW_US - SKEW_US - 1),
        bad("expired", 15, 20, usual, now=NOW_US + DAY_US),
        bad("too long a life", 16, 22, sealed(message.body(expires=NOW_US + LIFE_US + 1))),
        bad("the sender may not send the kind", 17, 23, sealed(stop), documents=[*USUAL, "texts only"]),
        bad("the recipient may not accept the kind", 18, 24, usual, documents=[*USUAL, "no text accepted"]),
        bad("the recipient reserves the kind", 18, 24, usual, documents=["treaty", "aa.police", "bb.fiu reserves"]),
        bad("a kind that nobody knows", 18, 24, sealed(message.body(kind="prevention.unknown"))),
        bad("a payload of another form", 19, 25, sealed(stop)),
        bad("a payload of another form, not approved", 19, 25, sealed(stop), documents=COERCIVE),
        bad("two officers must approve it, and none has", 20, 31, sealed(approval.stop()), documents=COERCIVE),
        bad("a releaser has approved a flash request", 20, 32, flash, documents=COERCIVE),
        bad(
            "two faults, the earlier step counts",
            14,
            21,
            sealed(message.body(expires=NOW_US + LIFE_US + 1)),
            "ACC-001",
            now=NOW_US - SKEW_US - 1,
        ),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    rows = [f"{each['step']:>2}   {each['name']:<50} {each['answer']} {each['code']}" for each in vectors.invalid]
    return [
        "step what is wrong                                       answer and code",
        *rows,
        "     nothing                                            accepted",
    ]
