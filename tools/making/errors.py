"""spec/vectors/errors.json: the table of codes, and places where a code must not stand."""

from comity.encoding import encode
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import line, short
from tools.making.parties import seed

LINK = {0, 1, 2, 3, 4, 5, 7, 8, 9, 27}
ERROR = {1, 3, 4, 6, 9, 16, 17, 18, 34}
REFUSAL = {17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33}
DONE = {0, 3, 4, 6}
NAMES = {
    0: "done",
    1: "malformed",
    2: "out-of-turn",
    3: "unsupported",
    4: "limit",
    5: "timeout",
    6: "unauthenticated",
    7: "superseded",
    8: "stopping",
    9: "internal",
    16: "wrong-treaty",
    17: "wrong-recipient",
    18: "wrong-sender",
    19: "key-not-valid",
    20: "expired",
    21: "from-future",
    22: "lifetime",
    23: "kind-not-allowed",
    24: "kind-not-accepted",
    25: "payload",
    26: "id-reused",
    27: "not-active",
    28: "wrong-suite",
    29: "quota",
    30: "illegal-event",
    31: "approval-missing",
    32: "approval-not-valid",
    33: "marking",
    34: "early-event",
    40: "threshold",
    41: "not-the-successor",
    42: "rollback",
    43: "possession",
    44: "equivocation",
    45: "validity",
    46: "roster",
}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="15-errors.md",
        format="Valid: a row of the table; `places` are link (close record), error (frame ERROR), refusal (receipt),"
        " done (frame DONE)."
        " Invalid: a code and a `place` in which it does not travel; `code` is that code, and `read_as` what a"
        " receiver takes it for, where the page says so.",
        verify="An implementation can send a code in each of its places, and in no other place. A receiver of a"
        " close record takes a code that may not stand there for `read_as`.",
        valid=[
            case(f"{code} {name}", "ERR-001", code=code, word=name, places=places(code)) for code, name in NAMES.items()
        ],
        invalid=bad(),
        shared={},
    )


def places(code: int) -> list[str]:
    sets = (("link", LINK), ("error", ERROR), ("refusal", REFUSAL), ("done", DONE))
    return [place for place, codes in sets if code in codes]


def bad() -> list[Case]:
    codes = [*NAMES, 10, 47, 255, 65_535]
    links = [
        fault(f"{code} in a close record", "ERR-002" if code not in NAMES else "ERR-001", code, place="link", read_as=9)
        for code in codes
        if code not in LINK
    ]
    frames = [fault(f"{code} in a frame ERROR", "ERR-001", code, place="error") for code in codes if code not in ERROR]
    done = [fault(f"{code} in a frame DONE", "ERR-001", code, place="done") for code in codes if code not in DONE]
    return [*links, *frames, *done]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    about, absent = encode([16, seed("a message", 16)]), encode([3, None])
    return [
        line("03 0004", "close record: limit"),
        line(f"0b {len(about):06x} {short(about, 10)}", "ERROR: wrong-treaty, with the id of a message"),
        line(f"0b {len(absent):06x} {absent.hex()}", "ERROR: the version or bundle is not held"),
    ]
