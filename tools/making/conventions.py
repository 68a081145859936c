"""spec/vectors/conventions.json: identifiers, labelled strings, exact records."""

from comity.encoding import encode
from comity.labels import KEY_ID, labelled
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import line

LONGEST = "aa." + "a" * 32
LONGEST_KIND = "a" * 31 + "." + "b" * 31
HELLO = {"agent": "example 1.0", "versions": [1], "window": 327_680}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="00-conventions.md",
        format="`form` says what `text` or `data` is: party, kind, a hello (page link), a bundle-request (page"
        " frames), or labelled, where `bytes` is labelled(`label`, `data`).",
        verify="Read `text` (as a str in canonical encoding) or `data` in its form. A valid one is taken; an invalid"
        " one is refused with `code`.",
        valid=valid(),
        invalid=[*bad_names(), *bad_records()],
        shared={},
    )


def valid() -> list[Case]:
    names = [case(f"party {text}", "CONV-002", form="party", text=text) for text in ("aa.police", "bb.f", LONGEST)]
    kinds = [
        case(f"kind {text}", "CONV-003", form="kind", text=text)
        for text in ("text", "prevention.stop-payment", LONGEST_KIND)
    ]
    for number, data in enumerate((b"\x01\x02", b"", bytes(256))):
        together = labelled(KEY_ID, data).hex()
        names.append(
            case(
                f"labelled {number}", "KEY-001", form="labelled", label=KEY_ID.decode(), data=data.hex(), bytes=together
            )
        )
    hello = case("hello", "CONV-004", form="hello", data=encode(HELLO).hex())
    request = case("bundle request", "CONV-005", form="bundle-request", data=encode(["aa.police", 1]).hex())
    return [*names, *kinds, hello, request]


def bad_names() -> list[Case]:
    parties = (
        "",
        "aa",
        "aa.",
        "AA.police",
        "aa.Police",
        "aaa.police",
        "a.police",
        "aa.-police",
        "aa.police-",
        "aa.police.x",
        "aa.police\n",
        " aa.police",
        "aa.pol ice",
        "aa.poliçe",
        LONGEST + "a",
    )
    kinds = ("", "Text", "1text", "text.", ".text", "a.b.c", "text\n", "text.1", "a" * 32, "a." + "b" * 32)
    return [
        fault(f"{form} {text!r}", clause, 1, form=form, text=text)
        for form, clause, texts in (("party", "CONV-002", parties), ("kind", "CONV-003", kinds))
        for text in texts
    ]


def bad_records() -> list[Case]:
    fewer = {name: value for name, value in HELLO.items() if name != "window"}
    changed = {
        "a field is missing": fewer,
        "a field too many": HELLO | {"zone": None},
        "another field in place of one": fewer | {"windows": 327_680},
        "an array where a map is due": list(HELLO.values()),
    }
    maps = [
        fault(f"hello: {name}", "CONV-004", 1, form="hello", data=encode(value).hex())
        for name, value in changed.items()
    ]
    rows = {
        "one element": ["aa.police"],
        "three elements": ["aa.police", 1, None],
        "none": [],
        "a map": {"party": "aa.police", "serial": 1},
    }
    arrays = [
        fault(f"bundle request: {name}", "CONV-005", 1, form="bundle-request", data=encode(value).hex())
        for name, value in rows.items()
    ]
    return [*maps, *arrays]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    return [
        line(KEY_ID.hex(), f"the label, {len(KEY_ID)} bytes of ASCII"),
        line("00", "zero"),
        line("00000002", "u32: the length of what follows"),
        line("0102", "x"),
    ]
