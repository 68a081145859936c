"""spec/vectors/encoding.json: each type at each boundary, each rule broken once."""

from typing import Any

from comity.encoding import encode
from tools.making.cases import Case, Old, Vectors, case, fault, pieces
from tools.making.dump import annotated

BOUND = 1_048_576
SAMPLE = {
    "amount": {"currency": "EUR", "value": "1250.00"},
    "id": bytes(range(16)),
    "n": [0, -1, 300, None],
    "ok": True,
}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="02-encoding.md",
        format="`data` is the byte string, in hexadecimal or as a list of [hexadecimal, times]; `bound` is the"
        " greatest length that its place allows. `value` says what it stands for: null, true, false, or a map"
        " with one key, int (decimal, in a str), str, bin (hexadecimal), array (of values) or map (array of"
        " pairs of key and value); `times` beside str, bin or array repeats the content.",
        verify="A valid `data` decodes to `value`, and `value` encodes to `data`. An invalid `data` is refused with"
        " `code`, before any of its contents are handed out.",
        valid=valid(),
        invalid=[*bad_types(), *bad_lengths(), *bad_texts(), *bad_maps(), *bad_sizes()],
        shared={},
    )


def plain(value: Any) -> Any:
    """Return value as the file writes it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, str):
        return {"str": value}
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, list):
        return {"array": [plain(inner) for inner in value]}
    return {"map": [[plain(key), plain(inner)] for key, inner in value.items()]}


def good(name: str, value: Any, *clauses: str) -> Case:
    return case(name, *(clauses or ("ENC-001",)), bound=BOUND, data=encode(value).hex(), value=plain(value))


def valid() -> list[Case]:
    singles = [good(name, value) for name, value in (("nil", None), ("false", False), ("true", True))]
    ints = [good(f"int {number}", number, "ENC-002", "ENC-003", "ENC-004") for number in boundary_ints()]
    texts = [good(f"str of {size} bytes", "a" * size, "ENC-003") for size in (0, 31, 32, 255, 256)]
    bins = [good(f"bin of {size} bytes", bytes(size), "ENC-003") for size in (0, 255, 256)]
    arrays = [good(f"array of {size}", [None] * size, "ENC-003") for size in (0, 15, 16)]
    maps = [
        good(f"map of {size}", {chr(97 + n): n for n in range(size)}, "ENC-003", "ENC-008", "ENC-009")
        for size in (0, 15, 16)
    ]
    return [
        *singles,
        *ints,
        *texts,
        *bins,
        *long_ones(),
        *arrays,
        *maps,
        *deep_ones(),
        *texts_of_the_world(),
        *crowded_ones(),
        good("a record", SAMPLE),
    ]


def boundary_ints() -> list[int]:
    edges = [0, 127, 128, 2**8 - 1, 2**8, 2**16 - 1, 2**16, 2**32 - 1, 2**32, 2**53 - 1, 2**64 - 1]
    return [*edges, -1, -32, -33, -(2**7), -(2**7) - 1, -(2**15), -(2**15) - 1, -(2**31), -(2**31) - 1, -(2**63)]


def long_ones() -> list[Case]:
    found = []
    for size, head in ((65_535, "daffff"), (65_536, "db00010000")):
        data = pieces((bytes.fromhex(head), 1), (b"a", size))
        found.append(case(f"str of {size} bytes", "ENC-003", bound=BOUND, data=data, value={"str": "a", "times": size}))
    for size, head in ((65_535, "c5ffff"), (65_536, "c600010000")):
        data = pieces((bytes.fromhex(head), 1), (b"\x00", size))
        found.append(
            case(f"bin of {size} bytes", "ENC-003", bound=BOUND, data=data, value={"bin": "00", "times": size})
        )
    return found


def nested(depth: int, inner: Any) -> Any:
    for _ in range(depth):
        inner = [inner]
    return inner


def deep_ones() -> list[Case]:
    return [
        good("depth 16: arrays, nil inside", nested(16, None), "ENC-011"),
        good("depth 16: arrays, the innermost empty", nested(15, []), "ENC-011"),
        good("depth 16: a map inside arrays", nested(15, {"a": 1}), "ENC-011"),
    ]


def texts_of_the_world() -> list[Case]:
    return [
        good("str with a composed letter", "Müller", "ENC-005", "ENC-006"),
        good("str with four bytes for a letter", "\U0001f3db", "ENC-005"),
        good("str of the highest code point", "\U0010ffff", "ENC-005"),
        good("keys: a prefix before the longer key", {"a": 1, "aa": 2, "b": 3}, "ENC-009"),
        good("keys: order of UTF-8 and not of UTF-16", {"\ufb20": 1, "\U00010000": 2}, "ENC-009"),
        good("keys: the empty one first", {"": 1, "a": 2}, "ENC-009"),
    ]


def most_elements(weight: int, size: int) -> int:
    """Return how many elements of this weight and size an array of 256 or more may have (ENC-013)."""
    count = 256
    while 2 + (count + 1) * weight <= 8_192 + (3 + (count + 1) * size) // 8:
        count += 1
    return count


# an element, its weight, and its bytes
CROWDS: dict[str, tuple[Any, int, bytes]] = {
    "nil": (None, 1, b"\xc0"),
    "empty arrays": ([], 2, b"\x90"),
    "empty maps": ({}, 3, b"\x80"),
    "maps of one entry": ({"a": None}, 6, b"\x81\xa1a\xc0"),
}


def crowd(data: bytes, count: int) -> list[list[object]]:
    """Return an array of so many elements."""
    return pieces((b"\xdc" + count.to_bytes(2, "big"), 1), (data, count))


def crowded_ones() -> list[Case]:
    found = [case("as long as its place allows", "ENC-012", bound=4, data="a3616263", value={"str": "abc"})]
    for name, (element, weight, data) in CROWDS.items():
        most = most_elements(weight, len(data))
        value = {"array": [plain(element)], "times": most}
        found.append(
            case(f"as many {name} as the weight allows", "ENC-013", bound=BOUND, data=crowd(data, most), value=value)
        )
    return found


def too_crowded_ones() -> list[Case]:
    return [
        bad("ENC-013", f"{name}, one too many", crowd(data, most_elements(weight, len(data)) + 1), code=4)
        for name, (_, weight, data) in CROWDS.items()
    ]


def bad(clause: str, name: str, data: str | list[list[object]], code: int = 1, bound: int = BOUND) -> Case:
    return fault(f"{clause}: {name}", clause, code, bound=bound, data=data)


def bad_types() -> list[Case]:
    types = {
        "float 32": "ca3f800000",
        "float 64": "cb3ff0000000000000",
        "fixext 1": "d40100",
        "fixext 16": "d8ff" + "00" * 16,
        "ext 8": "c7010200",
        "timestamp": "d6ff00000000",
        "the byte c1, which is never used": "c1",
        "float in an array": "91ca00000000",
        "float as a value of a map": "81a161cb0000000000000000",
    }
    return [bad("ENC-001", name, data) for name, data in types.items()]


def bad_lengths() -> list[Case]:
    long_forms = {
        "127 in u8": "cc7f",
        "255 in u16": "cd00ff",
        "65535 in u32": "ce0000ffff",
        "2^32-1 in u64": "cf00000000ffffffff",
        "-32 in 8 bits": "d0e0",
        "-128 in 16 bits": "d1ff80",
        "-2^15 in 32 bits": "d2ffff8000",
        "-2^31 in 64 bits": "d3ffffffff80000000",
        "str of 31 with u8": "d91f" + "61" * 31,
        "str of 0 with u8": "d900",
        "str of 255 with u16": "da00ff" + "61" * 255,
        "str of 1 with u32": "db0000000161",
        "bin of 1 with u16": "c5000100",
        "bin of 1 with u32": "c60000000100",
        "array of 0 with u16": "dc0000",
        "array of 15 with u16": "dc000f" + "c0" * 15,
        "array of 1 with u32": "dd00000001c0",
        "map of 0 with u16": "de0000",
        "map of 1 with u16": "de0001a161c0",
        "map of 1 with u32": "df00000001a161c0",
        "a key with u8": "81d90161c0",
    }
    unsigned = {
        "0 in 8 signed bits": "d000",
        "128 in 16 signed bits": "d10080",
        "2^31 in 64 signed bits": "d30000000080000000",
    }
    return [
        *(bad("ENC-003", name, data) for name, data in long_forms.items()),
        *(bad("ENC-004", name, data) for name, data in unsigned.items()),
    ]


def bad_texts() -> list[Case]:
    utf8 = {
        "a byte ff": "a1ff",
        "a surrogate": "a3eda080",
        "U+0000 in two bytes": "a2c080",
        "a letter cut short": "a2e282",
        "above U+10FFFF": "a4f4908080",
        "a key": "81a1ff01",
    }
    decomposed = {"e and an accent": "a365cc81", "a key": "81a365cc8101", "the Angstrom sign": "a3e284ab"}
    return [
        *(bad("ENC-005", name, data) for name, data in utf8.items()),
        *(bad("ENC-006", name, data) for name, data in decomposed.items()),
        bad("ENC-007", "a str of U+0000", "a100"),
        bad("ENC-007", "U+0000 in a key", "81a26100c0"),
    ]


def bad_maps() -> list[Case]:
    keys = {"an int": "810102", "a bin": "81c4016101", "nil": "81c001", "an array": "819001"}
    order = {
        "b before a": "82a16201a16102",
        "the longer key before its prefix": "82a2616101a16102",
        "short keys first": "82a16201a2616102",
        "order of UTF-16": "82a4f090808001a3efaca002",
        "in an inner map": "9182a16201a16102",
    }
    twice = {"with equal values": "82a16101a16101", "with different values": "82a16101a16102"}
    return [
        bad(clause, name, data)
        for clause, cases in (("ENC-008", keys), ("ENC-009", order), ("ENC-010", twice))
        for name, data in cases.items()
    ]


def bad_sizes() -> list[Case]:
    return [
        bad("ENC-011", "arrays of depth 17", "91" * 16 + "90"),
        bad("ENC-011", "maps of depth 17", "81a161" * 17 + "c0"),
        bad("ENC-012", "one byte more than its place allows", "a3616263", code=4, bound=3),
        bad("ENC-012", "longer than its place allows, and not canonical either", "d90361626300", code=4, bound=3),
        *too_crowded_ones(),
        bad("ENC-013", "a count that the bytes cannot hold", "ddffffffff", code=4),
        bad("ENC-013", "a count of entries that the bytes cannot hold", "dfffffffff", code=4),
        bad("ENC-014", "a second value", "c0c0"),
        bad("ENC-014", "a byte after a map", "8000"),
        bad("ENC-020", "no byte at all", ""),
        bad("ENC-020", "a str cut short", "a261"),
        bad("ENC-020", "a length cut short", "c501"),
        bad("ENC-020", "an array cut short", "92c0"),
        bad("ENC-020", "a map cut short", "81a161"),
        bad("ENC-020", "a bin longer than all memory", "c6ffffffff"),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    return annotated(encode(SAMPLE))
