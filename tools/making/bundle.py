"""spec/vectors/bundle.json: bundles of both parties, a rotation, and one broken rule each."""

import hashlib
from collections.abc import Sequence
from typing import Any

from comity.encoding import encode
from comity.keys import SigningKey
from comity.labels import BUNDLE_SIGNATURE, TREATY_SIGNATURE
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated, line, short
from tools.making.parties import (
    DAY_US,
    EPOCH_US,
    A,
    B,
    bundle_body,
    bundle_keys,
    bundle_signers,
    first_bundle,
    first_treaty,
    party,
    signed_bundle,
    signed_document,
    signer,
)

LATER_US = EPOCH_US + 60 * DAY_US


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="13-bundle.md",
        format="`treaty` is the signed treaty version whose root keys count. `data` is a signed bundle, `previous`"
        " the signed bundle of serial one less that is held, or null. `hash` is that of the bundle.",
        verify="Read `data` and verify it with the root keys of its party and, where there is one, against"
        " `previous`. Valid: it passes. Invalid: it is refused with `code`.",
        valid=valid(),
        invalid=[*bad_signatures(), *bad_bodies(), *bad_places()],
        shared={"treaty": first_treaty().data.hex()},
    )


def good(name: str, body: Case, keys: Sequence[SigningKey], *clauses: str, previous: bytes | None = None) -> Case:
    return case(
        name,
        *clauses,
        data=signed_bundle(body, keys).hex(),
        previous=previous and previous.hex(),
        hash=hashlib.sha256(encode(body)).hexdigest(),
    )


def rotated(**changes: Any) -> Case:
    """Return serial 2 of aa.police: new keys beside the old ones."""
    since, until = LATER_US, LATER_US + 90 * DAY_US
    old = bundle_keys(party(A).uses(), EPOCH_US, EPOCH_US + 90 * DAY_US)
    new = bundle_keys(party(A, 1).uses(), since, until)
    ids = {key.data: key.id for _, key in (*party(A).uses(), *party(A, 1).uses())}
    keys = sorted([*old, *new], key=lambda key: ids[key["key"]])
    return bundle_body(A, serial=2, prev=first_bundle(A).hash, keys=keys, **{"from": since, "until": until}) | changes


def rotated_signers() -> list[SigningKey]:
    return [*bundle_signers(A), party(A, 1).signing, party(A, 1).log]


def valid() -> list[Case]:
    held = first_bundle(A).data
    revoked = [{"at": LATER_US, "key": key_id} for key_id in sorted(key.id for _, key in party(A).uses())]
    return [
        good(
            "serial 1 of aa.police",
            bundle_body(A),
            bundle_signers(A),
            "BUNDLE-001",
            "BUNDLE-002",
            "BUNDLE-003",
            "BUNDLE-007",
        ),
        good("serial 1 of bb.fiu", bundle_body(B), bundle_signers(B), "BUNDLE-001"),
        good("signed by all root keys", bundle_body(A), [*bundle_signers(A), party(A).roots[2]], "BUNDLE-001"),
        good("valid for 90 days exactly", bundle_body(A), bundle_signers(A), "BUNDLE-005"),
        good("serial 2 with new keys beside the old", rotated(), rotated_signers(), "BUNDLE-004", previous=held),
        good(
            "serial 2 that revokes the old keys",
            rotated(revoked=revoked),
            rotated_signers(),
            "BUNDLE-004",
            previous=held,
        ),
        good(
            "a reservation, no endpoint",
            bundle_body(B, reservations=["prevention.*", "text"], endpoints=[]),
            bundle_signers(B),
        ),
    ]


def bad(
    name: str, clause: str, code: int, body: Case | bytes, keys: Sequence[SigningKey], previous: bytes | None = None
) -> Case:
    return fault(name, clause, code, data=signed_bundle(body, keys).hex(), previous=previous and previous.hex())


def without_key(keys: Sequence[SigningKey], left_out: SigningKey) -> list[SigningKey]:
    return [key for key in keys if key.public.id != left_out.public.id]


def bad_signatures() -> list[Case]:
    body, all_of = bundle_body(A), bundle_signers(A)
    data = encode(body)
    rows = sorted([key.public.id, key.sign(BUNDLE_SIGNATURE, data)] for key in all_of)
    wrong = [*rows[:-1], [rows[-1][0], flipped(rows[-1][1], 0)]]

    def raw(name: str, clause: str, code: int, document: bytes) -> Case:
        return fault(name, clause, code, data=document.hex(), previous=None)

    return [
        bad("one root key of two", "BUNDLE-001", 40, body, all_of[1:]),
        bad("no root key", "BUNDLE-001", 40, body, all_of[2:]),
        bad("the root key of another member", "BUNDLE-003", 6, body, [*all_of, *party(B).roots]),
        bad(
            "the signing key has not signed",
            "BUNDLE-002",
            43,
            body,
            without_key(all_of, party(A).signing),
        ),
        bad("the log key has not signed", "BUNDLE-002", 43, body, without_key(all_of, party(A).log)),
        bad("a stranger has signed too", "BUNDLE-003", 6, body, [*all_of, signer("a stranger")]),
        raw("one signature is altered", "BUNDLE-003", 6, encode([data, wrong])),
        raw("signed with the label of treaties", "BUNDLE-003", 6, signed_document(data, TREATY_SIGNATURE, all_of)),
        raw("signatures not in order", "BUNDLE-017", 1, encode([data, rows[::-1]])),
        raw("a signature twice", "BUNDLE-017", 1, encode([data, [rows[0], *rows]])),
        raw("no signature", "CONV-001", 1, encode([data, []])),
    ]


def bad_bodies() -> list[Case]:
    keys = bundle_body(A)["keys"]
    until = EPOCH_US + 90 * DAY_US

    def of_use(which: str, **changes: Any) -> list[Case]:
        return [key | changes if key["use"] == which else key for key in keys]

    def without(use: str) -> list[Case]:
        """Return four keys, none of this use."""
        uses = [pair for pair in party(A).uses() if pair[0] != use]
        more = [pair for pair in party(A, 1).uses() if pair[0] == ("link" if use != "link" else "envelope")]
        return bundle_keys([*uses, *more], EPOCH_US, until)

    twice = sorted([*keys, keys[0]], key=lambda key: key["key"] != keys[0]["key"])
    revoked = [{"at": EPOCH_US, "key": bytes([2]) * 32}, {"at": EPOCH_US, "key": bytes([1]) * 32}]
    bodies: dict[str, tuple[str, int, Case]] = {
        "valid for a microsecond more than 90 days": ("BUNDLE-005", 45, bundle_body(A, until=until + 1)),
        "from is until": ("BUNDLE-006", 45, bundle_body(A, until=EPOCH_US)),
        "a key whose from is until": ("BUNDLE-006", 45, bundle_body(A, keys=of_use("link", until=EPOCH_US))),
        "no link key": ("BUNDLE-007", 46, bundle_body(A, keys=without("link"))),
        "no envelope key": ("BUNDLE-007", 46, bundle_body(A, keys=without("envelope"))),
        "a key twice": ("BUNDLE-017", 1, bundle_body(A, keys=twice)),
        "keys not in order": ("BUNDLE-017", 1, bundle_body(A, keys=keys[::-1])),
        "reservations not in order": ("BUNDLE-017", 1, bundle_body(A, reservations=["text", "prevention.*"])),
        "revocations not in order": ("BUNDLE-017", 1, bundle_body(A, revoked=revoked)),
        "serial 1 with a predecessor": ("BUNDLE-017", 1, bundle_body(A, prev=bytes(32))),
        "three keys": ("CONV-001", 1, bundle_body(A, keys=keys[:3])),
        "a log key of algorithm 3": ("CONV-001", 1, bundle_body(A, keys=of_use("log", alg=3))),
        "a link key for signing": ("CONV-001", 1, bundle_body(A, keys=of_use("link", use="signing"))),
        "a link key of low order": ("KEY-010", 1, bundle_body(A, keys=of_use("link", key=bytes(32)))),
        "an algorithm that is not known": ("CONV-001", 1, bundle_body(A, keys=of_use("log", alg=5))),
        "port 0": ("CONV-001", 1, bundle_body(A, endpoints=[{"host": "node.example", "port": 0}])),
        "serial 0": ("CONV-001", 1, bundle_body(A, serial=0)),
        "another use": ("CONV-001", 1, bundle_body(A, keys=of_use("log", use="root"))),
        "another type": ("CONV-001", 1, bundle_body(A, type="treaty")),
    }
    return [bad(name, clause, code, body, bundle_signers(A)) for name, (clause, code, body) in bodies.items()]


def bad_places() -> list[Case]:
    held = first_bundle(A).data
    keys = rotated_signers()
    return [
        bad("serial 2 with another predecessor", "BUNDLE-004", 41, rotated(prev=bytes(32)), keys, held),
        bad("serial 3 after serial 1", "BUNDLE-004", 41, rotated(serial=3), keys, held),
        bad(
            "serial 1 after serial 1", "BUNDLE-004", 41, bundle_body(A, reservations=["text"]), bundle_signers(A), held
        ),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: the body of serial 1 of bb.fiu with its first key in full."""
    whole = first_bundle(B)
    lines = annotated(whole.body_bytes, {"from": "2026-01-01T00:00:00Z", "until": "90 days later"})
    first = next(number for number, text in enumerate(lines) if "; keys:" in text)
    end = next(number for number, text in enumerate(lines) if "; party:" in text)
    return [
        f"body of serial 1, {len(whole.body_bytes)} bytes:",
        *lines[: first + 7],
        line("    ..", "three more keys likewise"),
        *lines[end:],
        "",
        f"signed bundle: 92 c5 {len(whole.body_bytes):04x} (body) {0x90 + len(whole.signatures):02x}",
        *(
            line(f"  92 c4 20 {short(each.key_id, 8)} c4 40 {short(each.signature, 8)}", "key id, signature")
            for each in whole.signatures
        ),
    ]
