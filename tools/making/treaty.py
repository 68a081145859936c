"""spec/vectors/treaty.json: version 1, successors of every class, and one broken rule each."""

import hashlib
from collections.abc import Sequence
from typing import Any

from comity.encoding import encode
from comity.keys import SigningKey
from comity.labels import BUNDLE_SIGNATURE
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated, line, short
from tools.making.parties import (
    DAY_US,
    EPOCH_US,
    A,
    B,
    first_keys,
    first_treaty,
    member,
    party,
    root_keys,
    signed_document,
    signed_treaty,
    signer,
    treaty_body,
    treaty_id,
)

Q = "qm.prosecutor"
FRESH = "aa.police root fresh"


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="12-treaty.md",
        format="`data` is a signed version. `previous` is the signed version before it, null for version 1; `treaty`"
        " the treaty id, null for version 1. `hash` is that of the version.",
        verify="Read `data` and verify it as version 1, or as the successor of `previous` in `treaty`. Valid: it"
        " passes. Invalid: it is refused with `code`.",
        valid=[
            first("version 1", treaty_body(), first_keys(), "TREATY-001", "TREATY-007"),
            *more_firsts(),
            *successors(),
        ],
        invalid=[*bad_firsts(), *bad_bodies(), *bad_successors()],
        shared={},
    )


def first(name: str, body: Case, keys: Sequence[SigningKey], *clauses: str) -> Case:
    """Return a valid version 1."""
    return case(name, *clauses, data=signed_treaty(body, keys).hex(), previous=None, treaty=None, hash=digest(body))


def digest(body: Case) -> str:
    return hashlib.sha256(encode(body)).hexdigest()


def all_keys() -> list[SigningKey]:
    return [*party(A).roots, *party(B).roots]


def more_firsts() -> list[Case]:
    suspended = treaty_body(member(A), member(B), member(Q, status="suspended"))
    alone = treaty_body(member(A), rules=rules(admit=1, amend=1))
    patterns = treaty_body(member(A, accept=["*", "prevention.*", "text"]), member(B, send=[]))
    return [
        first("version 1, signed by all root keys", treaty_body(), all_keys(), "TREATY-001"),
        first(
            "version 1 with a suspended member, which signs too",
            suspended,
            [*first_keys(), *party(Q).roots],
            "TREATY-001",
        ),
        first("version 1 of a single member", alone, party(A).roots[:2], "TREATY-008"),
        first("version 1 with patterns", patterns, first_keys(), "TREATY-007"),
        first("version 1 in force when issued", treaty_body(issued=EPOCH_US), first_keys(), "TREATY-010"),
    ]


# --- successors ------------------------------------------------------------------------------------------------------


def next_body(**changes: Any) -> Case:
    """Return the body of version 2, with the members of version 1 if none are named."""
    return treaty_body() | {"version": 2, "prev": first_treaty().hash, "treaty": treaty_id()} | changes


def rotated() -> Case:
    """Return aa.police with its third root key replaced by a fresh one."""
    return member(A, root_keys=root_keys([*party(A).roots[:2], signer(FRESH)]))


def good(name: str, body: Case, keys: Sequence[SigningKey], *clauses: str) -> Case:
    return case(
        name,
        *clauses,
        data=signed_treaty(body, keys).hex(),
        previous=first_treaty().data.hex(),
        treaty=treaty_id().hex(),
        hash=digest(body),
    )


def successors() -> list[Case]:
    both, q = first_keys(), party(Q).roots
    joined = next_body(members=[member(A), member(B), member(Q)])
    replaced = [*party(A).roots[:2], signer(FRESH), *party(B).roots]
    alone = next_body(members=[member(A), member(B, status="suspended")], rules=rules(admit=1, amend=1))
    return [
        good("amended: the title", next_body(title="Another title"), both, "TREATY-002", "TREATY-003", "TREATY-004"),
        good("nothing changed", next_body(), both, "TREATY-003"),
        good("admitted: qm.prosecutor, whose new key signs", joined, [*both, *q], "TREATY-003", "TREATY-006"),
        good("suspended: bb.fiu, with rules that fit one active member", alone, both, "TREATY-003"),
        good("a root key replaced", next_body(members=[rotated(), member(B)]), replaced, "TREATY-006"),
        trio_case(
            "suspended: qm.prosecutor, by one of the others",
            party(B).roots,
            members=[member(A), member(B), suspended_q()],
        ),
        trio_case(
            "withdrawn: qm.prosecutor, by one of the others",
            party(B).roots,
            members=[member(A), member(B), withdrawn_q()],
        ),
        trio_case("gone: qm.prosecutor, by one of the others", party(A).roots, members=[member(A), member(B)]),
    ]


def rules(**changes: int) -> Case:
    return {"admit": 2, "amend": 2, "expel": 1, "suspend": 1} | changes


def suspended_q() -> Case:
    return member(Q, status="suspended")


def withdrawn_q() -> Case:
    return member(Q, status="withdrawn")


def trio() -> Case:
    """Return a version 1 of three active members."""
    return treaty_body(member(A), member(B), member(Q))


def trio_data() -> bytes:
    return signed_treaty(trio(), [*first_keys(), *party(Q).roots])


def follows(body: Case, **changes: Any) -> Case:
    """Return the body of the version after a version 1."""
    own = hashlib.sha256(encode(body)).digest()
    return body | {"version": 2, "prev": own, "treaty": own} | changes


def trio_case(name: str, keys: Sequence[SigningKey], **changes: Any) -> Case:
    body = follows(trio(), **changes)
    return case(
        name,
        "TREATY-003",
        "TREATY-005",
        data=signed_treaty(body, keys).hex(),
        previous=trio_data().hex(),
        treaty=body["treaty"].hex(),
        hash=digest(body),
    )


# --- what is refused -------------------------------------------------------------------------------------------------


def bad_first(name: str, clause: str, code: int, body: Case | bytes, keys: Sequence[SigningKey] | None = None) -> Case:
    data = signed_treaty(body, first_keys() if keys is None else keys)
    return fault(name, clause, code, data=data.hex(), previous=None, treaty=None)


def bad_firsts() -> list[Case]:
    body = encode(treaty_body())
    label = signed_document(body, BUNDLE_SIGNATURE, first_keys())
    rows = sorted([key.public.id, key.sign(b"comity-v1 treaty", body)] for key in first_keys())
    wrong = [[rows[0][0], flipped(rows[0][1], 0)], *rows[1:]]
    foreign = [*first_keys(), signer("a stranger")]

    def raw(name: str, clause: str, code: int, value: Any) -> Case:
        return fault(name, clause, code, data=encode(value).hex(), previous=None, treaty=None)

    return [
        bad_first("bb.fiu has not signed", "TREATY-001", 40, treaty_body(), party(A).roots),
        bad_first(
            "aa.police has signed with one key of two",
            "TREATY-001",
            40,
            treaty_body(),
            [party(A).roots[0], *party(B).roots],
        ),
        bad_first(
            "a suspended member has not signed",
            "TREATY-001",
            40,
            treaty_body(member(A), member(B), member(Q, status="suspended")),
        ),
        bad_first("a stranger has signed too", "TREATY-007", 6, treaty_body(), foreign),
        raw("one signature is altered", "TREATY-007", 6, [body, wrong]),
        fault("signed with the label of bundles", "TREATY-007", 6, data=label.hex(), previous=None, treaty=None),
        raw("signatures not in order", "TREATY-018", 1, [body, rows[::-1]]),
        raw("a signature twice", "TREATY-018", 1, [body, [rows[0], rows[0], *rows[1:]]]),
        raw("no signature", "CONV-001", 1, [body, []]),
        raw("three elements", "CONV-005", 1, [body, rows, None]),
    ]


def bad_bodies() -> list[Case]:
    low = [{"alg": 1, "key": (1).to_bytes(32, "little")}]
    shared = member(B, root_keys=root_keys([*party(B).roots, party(A).roots[0]]))
    bodies: dict[str, tuple[str, int, Case]] = {
        "issued after it is effective": ("TREATY-010", 45, treaty_body(issued=EPOCH_US + 1)),
        "effective when it expires": ("TREATY-010", 45, treaty_body(expires=EPOCH_US)),
        "effective after it expires": ("TREATY-010", 45, treaty_body(expires=EPOCH_US - 1)),
        "a root key of two members": ("TREATY-009", 46, treaty_body(member(A), shared)),
        "amend asks for three of two": ("TREATY-008", 46, treaty_body(rules=rules(amend=3))),
        "suspend asks for two of two": ("TREATY-008", 46, treaty_body(rules=rules(suspend=2))),
        "expel asks for two of two": ("TREATY-008", 46, treaty_body(rules=rules(expel=2))),
        "no active member": (
            "TREATY-008",
            46,
            treaty_body(member(A, status="suspended"), member(B, status="withdrawn")),
        ),
        "members not in order": ("TREATY-018", 1, treaty_body(member(B), member(A))),
        "a member twice": ("TREATY-018", 1, treaty_body(member(A), member(A), member(B))),
        "root keys not in order": (
            "TREATY-018",
            1,
            treaty_body(member(A, root_keys=member(A)["root_keys"][::-1]), member(B)),
        ),
        "patterns not in order": ("TREATY-018", 1, treaty_body(member(A, send=["text", "prevention.*"]), member(B))),
        "a pattern twice": ("TREATY-018", 1, treaty_body(member(A, accept=["*", "*"]), member(B))),
        "suites not in order": ("TREATY-018", 1, treaty_body(suites=[2, 1])),
        "a pattern for a part of a kind": ("CONV-001", 1, treaty_body(member(A, send=["prevention.stop*"]), member(B))),
        "a threshold of four with three keys": ("CONV-001", 1, treaty_body(member(A, threshold=4), member(B))),
        "a threshold of zero": ("CONV-001", 1, treaty_body(member(A, threshold=0), member(B))),
        "suite 3": ("CONV-001", 1, treaty_body(suites=[1, 3])),
        "a root key of algorithm 3": (
            "CONV-001",
            1,
            treaty_body(member(A), member(B, root_keys=[{"alg": 3, "key": bytes(32)}])),
        ),
        "a root key of small order": ("KEY-007", 1, treaty_body(member(A), member(B, root_keys=low))),
        "a skew of 601 s": ("LIMIT-002", 1, treaty_body(limits={"lifetime_s": 60, "skew_s": 601})),
        "a lifetime of 59 s": ("CONV-001", 1, treaty_body(limits={"lifetime_s": 59, "skew_s": 0})),
        "version 1 with a predecessor": ("TREATY-018", 1, treaty_body(prev=bytes(32))),
        "version 1 with a treaty id": ("TREATY-018", 1, treaty_body(treaty=bytes(32))),
        "version 0": ("CONV-001", 1, treaty_body(version=0)),
        "version 2 as the first": ("TREATY-002", 41, treaty_body(version=2, prev=bytes(32), treaty=bytes(32))),
        "another type": ("CONV-001", 1, treaty_body(type="bundle")),
    }
    return [bad_first(name, clause, code, body) for name, (clause, code, body) in bodies.items()]


def bad_next(
    name: str, clause: str, code: int, body: Case, keys: Sequence[SigningKey], previous: bytes | None = None
) -> Case:
    held = previous or first_treaty().data
    return fault(
        name, clause, code, data=signed_treaty(body, keys).hex(), previous=held.hex(), treaty=treaty_id().hex()
    )


def of_trio(name: str, clause: str, changes: Case, keys: Sequence[SigningKey]) -> Case:
    """Return a successor of the treaty of three that too few have signed."""
    body = follows(trio(), **changes)
    return fault(
        name, clause, 40, data=signed_treaty(body, keys).hex(), previous=trio_data().hex(), treaty=body["treaty"].hex()
    )


OTHER: Case = {"hash": bytes(32), "version": 1}


def bad_successors() -> list[Case]:
    both, q = first_keys(), party(Q).roots
    with_q = [member(A), member(B), member(Q)]
    titled = next_body(title="Another title")
    gone = treaty_body(member(A), member(B), withdrawn_q())
    back = follows(gone, members=with_q)
    returned = fault(
        "a withdrawn member comes back",
        "TREATY-016",
        46,
        data=signed_treaty(back, [*both, *q]).hex(),
        previous=signed_treaty(gone, [*both, *q]).hex(),
        treaty=back["treaty"].hex(),
    )
    return [
        bad_next("version 3 after version 1", "TREATY-002", 41, titled | {"version": 3}, both),
        bad_next("another vocabulary of one version", "TREATY-019", 46, next_body(vocabulary=OTHER), both),
        bad_next("another predecessor", "TREATY-002", 41, titled | {"prev": bytes(32)}, both),
        bad_next("another treaty id", "TREATY-002", 41, titled | {"treaty": bytes(32)}, both),
        bad_next("amended by one of two", "TREATY-003", 40, titled, party(A).roots),
        bad_next("admitted by one of two", "TREATY-003", 40, next_body(members=with_q), [*party(A).roots, *q]),
        bad_next(
            "the admitted member counts not under the old keys",
            "TREATY-003",
            40,
            next_body(members=with_q),
            [*party(B).roots, *q],
        ),
        of_trio("too few under the new rules", "TREATY-004", {"rules": rules(amend=3)}, both),
        of_trio("suspended by itself alone", "TREATY-005", {"members": [member(A), member(B), suspended_q()]}, q),
        of_trio("withdrawn by itself alone", "TREATY-005", {"members": [member(A), member(B), withdrawn_q()]}, q),
        of_trio("gone by itself alone", "TREATY-005", {"members": [member(A), member(B)]}, q),
        bad_next("the new key has not signed", "TREATY-006", 43, next_body(members=[rotated(), member(B)]), both),
        bad_next("the admitted member has not signed", "TREATY-006", 43, next_body(members=with_q), both),
        bad_next("a stranger has signed version 2 too", "TREATY-007", 6, titled, [*both, signer("a stranger")]),
        bad_next("times out of order", "TREATY-010", 45, titled | {"issued": EPOCH_US + 366 * DAY_US}, both),
        returned,
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: the body of version 1, one member in full, and the signatures."""
    whole = first_treaty()
    meanings = {"effective": "2026-01-01T00:00:00Z", "expires": "a year later", "issued": "a day earlier"}
    lines = annotated(whole.body_bytes, meanings)
    start = next(number for number, text in enumerate(lines) if 'id: "bb.fiu"' in text) - 2
    end = next(number for number, text in enumerate(lines) if "; prev:" in text)
    return [
        f"body of version 1, {len(whole.body_bytes)} bytes:",
        *lines[:start],
        line("    ..", "the second member, bb.fiu, likewise"),
        *lines[end:],
        "",
        f"treaty id: {whole.hash.hex()}",
        f"signed version: 92 c5 {len(whole.body_bytes):04x} (body) {0x90 + len(whole.signatures):02x}",
        *(
            line(f"  92 c4 20 {short(each.key_id, 8)} c4 40 {short(each.signature, 8)}", "key id, signature")
            for each in whole.signatures
        ),
    ]
