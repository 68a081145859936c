"""spec/vectors/directory.json: histories of documents, and what follows from them at a time."""

from typing import Any

from tools.making.bundle import LATER_US, rotated, rotated_signers
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.parties import (
    DAY_US,
    EPOCH_US,
    NOW_US,
    A,
    B,
    bundle_body,
    bundle_keys,
    bundle_signers,
    first_bundle,
    first_keys,
    first_treaty,
    member,
    party,
    signed_bundle,
    signed_treaty,
)
from tools.making.treaty import next_body, rules

END_US = EPOCH_US + 90 * DAY_US
Question = list[Any]


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="14-directory.md",
        format="`documents` names, in the order of their arrival at the time `now`, entries of `library`: each is of"
        " the sort treaty or bundle and a signed document. All are accepted. `answers` are lists: time,"
        " question, its arguments, and the answer: true, or the code of the refusal. Questions: speaks"
        " (party), sends (party, kind), accepts (party, kind), signs (party, key id), link (public key; the"
        " answer is the party or 27), in-force (none; the answer is the version or 45). In an invalid case"
        " `document` arrives last, at `now`, and is refused with `code`; `answers` hold after it.",
        verify="Begin with nothing, take the documents in, ask the questions. A document that is refused changes no"
        " answer, but for an equivocation.",
        valid=valid(),
        invalid=[*bad_treaties(), *bad_bundles()],
        shared={"library": {name: [sort, data.hex()] for name, (sort, data) in library().items()}},
    )


def library() -> dict[str, tuple[str, bytes]]:
    """Return every document by name."""
    both = first_keys()
    rest = next_body(title="Another title")
    away = next_body(members=[member(A), member(B, status="suspended")], rules=rules(admit=1, amend=1))
    without_old = [key for key in rotated()["keys"] if key["from"] == LATER_US]
    claim = bundle_keys(
        [(use, key if use != "envelope" else party(A).envelope.public) for use, key in party(B).uses()],
        EPOCH_US,
        END_US,
    )
    rooted = bundle_keys(
        [(use, key if use != "log" else party(A).roots[0].public) for use, key in party(B).uses()], EPOCH_US, END_US
    )
    return {
        "v1": ("treaty", first_treaty().data),
        "v2": ("treaty", signed_treaty(rest, both)),
        "v2 suspends bb.fiu": ("treaty", signed_treaty(away, both)),
        "v2 later": ("treaty", signed_treaty(next_body(effective=NOW_US + DAY_US), both)),
        "v2 short": ("treaty", signed_treaty(next_body(expires=NOW_US + DAY_US), both)),
        "v2 by one": ("treaty", signed_treaty(rest | {"title": "By one"}, party(A).roots)),
        "v3": ("treaty", signed_treaty(rest | {"version": 3, "prev": bytes(32)}, both)),
        "another v1": ("treaty", signed_treaty(next_body(version=1, prev=None, treaty=None, title="Another"), both)),
        "a1": ("bundle", first_bundle(A).data),
        "b1": ("bundle", first_bundle(B).data),
        "b1 again": ("bundle", signed_bundle(bundle_body(B, endpoints=[]), bundle_signers(B))),
        "b1 unsigned": ("bundle", signed_bundle(bundle_body(B, endpoints=[]), bundle_signers(B)[1:])),
        "b1 reserved": ("bundle", signed_bundle(bundle_body(B, reservations=["prevention.*"]), bundle_signers(B))),
        "a2": ("bundle", signed_bundle(rotated(), rotated_signers())),
        "a2 new keys only": (
            "bundle",
            signed_bundle(rotated(keys=without_old), [*bundle_signers(A)[:2], party(A, 1).signing, party(A, 1).log]),
        ),
        "a2 revokes": (
            "bundle",
            signed_bundle(
                rotated(revoked=[{"at": LATER_US + 1, "key": party(A).signing.public.id}]), rotated_signers()
            ),
        ),
        "a3": ("bundle", signed_bundle(rotated(serial=3, prev=bytes(32)), rotated_signers())),
        "b1 of another treaty": ("bundle", signed_bundle(bundle_body(B, treaty=bytes(32)), bundle_signers(B))),
        "qm1": ("bundle", signed_bundle(bundle_body("qm.prosecutor"), bundle_signers("qm.prosecutor"))),
        "b1 with a key of aa.police": ("bundle", signed_bundle(bundle_body(B, keys=claim), bundle_signers(B))),
        "b1 with a root key": (
            "bundle",
            signed_bundle(bundle_body(B, keys=rooted), [*bundle_signers(B)[:2], party(A).roots[0]]),
        ),
    }


def speaks(now: int, name: str, answer: bool | int = True) -> Question:
    return [now, "speaks", name, answer]


def signs(now: int, name: str, generation: int, answer: bool | int = True) -> Question:
    return [now, "signs", name, party(name, generation).signing.public.id.hex(), answer]


def link(now: int, name: str, generation: int, answer: str | int) -> Question:
    return [now, "link", party(name, generation).link.public.data.hex(), answer]


def good(name: str, documents: list[str], answers: list[Question], *clauses: str, now: int = NOW_US) -> Case:
    return case(name, *clauses, now=now, documents=documents, answers=answers)


def valid() -> list[Case]:
    all_three = ["v1", "a1", "b1"]
    after = LATER_US + DAY_US
    return [
        good(
            "a treaty alone",
            ["v1"],
            [speaks(NOW_US, A, 27), [NOW_US, "in-force", 1], link(NOW_US, A, 0, 27)],
            "DIR-001",
            "DIR-002",
        ),
        good(
            "both may speak",
            all_three,
            [
                speaks(NOW_US, A),
                speaks(NOW_US, B),
                speaks(NOW_US, "qm.prosecutor", 27),
                link(NOW_US, A, 0, A),
                link(NOW_US, A, 1, 27),
                signs(NOW_US, A, 0),
                [NOW_US, "sends", A, "text", True],
                [NOW_US, "sends", A, "prevention.stop-payment", True],
                [NOW_US, "sends", A, "concepts.directory", 23],
                [NOW_US, "accepts", B, "text", True],
                [NOW_US, "accepts", "qm.prosecutor", "text", 24],
            ],
            "DIR-001",
            "DIR-002",
            "DIR-003",
            "DIR-004",
        ),
        good(
            "the edges of time",
            all_three,
            [
                speaks(EPOCH_US - 1, A, 27),
                speaks(EPOCH_US, A),
                speaks(END_US - 1, A),
                speaks(END_US, A, 27),
                [EPOCH_US - 1, "in-force", 45],
                [END_US, "in-force", 1],
                [EPOCH_US + 365 * DAY_US - 1, "in-force", 1],
                [EPOCH_US + 365 * DAY_US, "in-force", 45],
            ],
            "DIR-001",
            "TREATY-014",
            "BUNDLE-012",
        ),
        good(
            "documents that come twice",
            [*all_three, "v1", "b1", "a1"],
            [speaks(NOW_US, A), speaks(NOW_US, B)],
            "TREATY-012",
            "BUNDLE-009",
        ),
        good(
            "a member is suspended",
            [*all_three, "v2 suspends bb.fiu"],
            [speaks(NOW_US, A), speaks(NOW_US, B, 27), [NOW_US, "in-force", 2]],
            "DIR-001",
        ),
        good(
            "a version that is not in force yet",
            [*all_three, "v2 later"],
            [[NOW_US, "in-force", 1], [NOW_US + DAY_US - 1, "in-force", 1], [NOW_US + DAY_US, "in-force", 2]],
            "TREATY-014",
        ),
        good(
            "the highest version has expired",
            [*all_three, "v2 short"],
            [[NOW_US + DAY_US - 1, "in-force", 2], [NOW_US + DAY_US, "in-force", 45], speaks(NOW_US + DAY_US, A, 27)],
            "TREATY-014",
        ),
        good(
            "a reservation",
            ["v1", "a1", "b1 reserved"],
            [
                [NOW_US, "accepts", B, "text", True],
                [NOW_US, "accepts", B, "prevention.stop-payment", 24],
                [NOW_US, "sends", B, "prevention.stop-payment", True],
            ],
            "DIR-004",
        ),
        good(
            "keys rotate",
            [*all_three, "a2"],
            [
                signs(after, A, 0),
                signs(after, A, 1),
                signs(END_US, A, 0, 19),
                signs(END_US, A, 1),
                link(after, A, 0, A),
                link(after, A, 1, A),
                signs(LATER_US - 1, A, 0, 19),
            ],
            "BUNDLE-012",
            now=after,
        ),
        good(
            "old keys are dropped",
            [*all_three, "a2 new keys only"],
            [signs(after, A, 0, 19), signs(after, A, 1), link(after, A, 0, 27)],
            "BUNDLE-013",
            now=after,
        ),
        good(
            "a key is revoked",
            [*all_three, "a2 revokes"],
            [signs(LATER_US, A, 0), signs(LATER_US + 1, A, 0, 19), signs(LATER_US + 1, A, 1)],
            "BUNDLE-012",
            now=after,
        ),
        good(
            "a bundle whose predecessor nobody holds",
            ["v1", "a2", "b1"],
            [speaks(after, A), signs(after, A, 1)],
            "BUNDLE-009",
            now=after,
        ),
    ]


def bad(
    name: str,
    clause: str,
    code: int,
    documents: list[str],
    document: str,
    answers: list[Question] | None = None,
    now: int = NOW_US,
) -> Case:
    still = [speaks(now, A), speaks(now, B)] if answers is None else answers
    return fault(name, clause, code, now=now, documents=documents, document=document, answers=still)


def bad_treaties() -> list[Case]:
    all_three = ["v1", "a1", "b1"]
    silent = [speaks(NOW_US, A, 27), speaks(NOW_US, B, 27), [NOW_US, "in-force", 45]]
    return [
        bad("version 3 after version 1", "TREATY-012", 41, all_three, "v3"),
        bad("version 2 before version 1", "TREATY-012", 41, [], "v2", []),
        bad("an older version that differs and is not valid", "TREATY-012", 42, [*all_three, "v2"], "another v1"),
        bad("too few have signed", "TREATY-003", 40, all_three, "v2 by one"),
        bad("a second version 2", "TREATY-013", 44, [*all_three, "v2"], "v2 later", silent),
        bad("a second version 2 that too few have signed", "TREATY-003", 40, [*all_three, "v2"], "v2 by one"),
    ]


def bad_bundles() -> list[Case]:
    both = ["v1", "a1"]
    after = LATER_US + DAY_US
    alone = [speaks(NOW_US, A), speaks(NOW_US, B, 27)]
    return [
        bad("a second serial 1", "BUNDLE-010", 44, [*both, "b1"], "b1 again", alone),
        bad("a second serial 1 that too few have signed", "BUNDLE-001", 40, [*both, "b1"], "b1 unsigned"),
        bad("serial 3 after serial 1", "BUNDLE-009", 41, [*both, "b1"], "a3"),
        bad("serial 1 after serial 2", "BUNDLE-009", 42, ["v1", "a2", "b1"], "a1", [speaks(after, A)], after),
        bad("for another treaty", "BUNDLE-016", 41, both, "b1 of another treaty", alone),
        bad("of a party that is no member", "BUNDLE-016", 46, both, "qm1", alone),
        bad("before any treaty version", "BUNDLE-001", 45, [], "a1", []),
        bad("a key that another party has claimed", "BUNDLE-008", 46, both, "b1 with a key of aa.police", alone),
        bad("a root key of the treaty", "BUNDLE-008", 46, both, "b1 with a root key", alone),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page: one history and its answers."""
    chosen = next(each for each in vectors.valid if each["name"] == "keys rotate")
    words = {LATER_US + DAY_US: "day 61", END_US: "day 90", LATER_US - 1: "before day 60"}
    lines = [
        "accepted, in this order: version 1 of the treaty, serial 1 of aa.police, serial 1 of bb.fiu,",
        "serial 2 of aa.police (from day 60, new keys beside the old ones, which end on day 90)",
        "",
    ]
    for now, question, *arguments, answer in chosen["answers"]:
        asked = " ".join(text if len(text) < 20 else f"{text[:12]}.." for text in arguments)
        said = "yes" if answer is True else answer if isinstance(answer, str) else f"no, code {answer}"
        lines.append(f"{words[now]:<14} {question:<6} {asked:<30} {said}")
    return lines
