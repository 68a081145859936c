"""Canonical MessagePack: one byte string for each value, and nothing else is read."""

import datetime
import decimal
import enum
import tracemalloc
import unicodedata
import uuid
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.encoding import (
    Bytes16,
    Kind,
    Micros,
    Party,
    Record,
    Row,
    Seconds,
    Text,
    Uint,
    Value,
    check,
    convert,
    decode,
    decode_as,
    encode,
    encode_record,
    encode_row,
    field,
)
from comity.errors import LimitError, LocalError, MalformedError

ROOM = 1 << 21  # bytes, more than any value of these tests has


class Pair(Row):
    name: Text
    number: Uint


class Sample(Record):
    id: Bytes16
    at: Micros
    span: Seconds
    note: Text | None
    pairs: tuple[Pair, ...]
    extra: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.span > self.at:
            raise ValueError("span is longer than at")


SAMPLE = Sample(id=bytes(16), at=5, span=4, note=None, pairs=(Pair("a", 1), Pair("b", 2)), extra={"x": [b""]})
FIELDS = {"at": 5, "extra": {"x": [b""]}, "id": bytes(16), "note": None, "pairs": [["a", 1], ["b", 2]], "span": 4}


def by_the_table(value: Value) -> bytes:
    """Return the encoding as the table of the page says it, written without the library."""
    if value is None or value is True or value is False:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return int_by_the_table(value)
    if isinstance(value, bytes):
        return head_by_the_table(len(value), {1: 0xC4, 2: 0xC5, 4: 0xC6}) + value
    if isinstance(value, str):
        text = value.encode()
        short = {0: 0xA0} if len(text) < 32 else {}
        return head_by_the_table(len(text), {**short, 1: 0xD9, 2: 0xDA, 4: 0xDB}) + text
    if isinstance(value, dict):
        entries = sorted((key.encode(), by_the_table(key) + by_the_table(item)) for key, item in value.items())
        short = {0: 0x80} if len(value) < 16 else {}
        return head_by_the_table(len(value), {**short, 2: 0xDE, 4: 0xDF}) + b"".join(entry for _, entry in entries)
    short = {0: 0x90} if len(value) < 16 else {}
    return head_by_the_table(len(value), {**short, 2: 0xDC, 4: 0xDD}) + b"".join(map(by_the_table, value))


def int_by_the_table(value: int) -> bytes:
    if -32 <= value < 128:
        return bytes([value & 255])
    signed = value < 0
    for number, width in enumerate((1, 2, 4, 8)):
        try:
            return bytes([(0xD0 if signed else 0xCC) + number]) + value.to_bytes(width, "big", signed=signed)
        except OverflowError:
            continue
    raise AssertionError(value)


def head_by_the_table(size: int, heads: dict[int, int]) -> bytes:
    for width, head in heads.items():
        if width == 0:
            return bytes([head + size])
        if size < 256**width:
            return bytes([head]) + size.to_bytes(width, "big")
    raise AssertionError(size)


texts = st.text(max_size=40).filter(lambda text: "\0" not in text).map(lambda text: unicodedata.normalize("NFC", text))
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.binary(max_size=300) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(texts, inner, max_size=20), max_leaves=60
)


def refused(data: bytes) -> bool:
    """Return whether data is refused with one of the two errors; any other error fails the test."""
    try:
        decode(data, ROOM)
    except (MalformedError, LimitError):
        return True
    return False


# What one value looks like


@pytest.mark.clause("ENC-001", "ENC-002", "ENC-003", "ENC-004")
@pytest.mark.parametrize(
    ("value", "hexadecimal"),
    [
        (None, "c0"),
        (False, "c2"),
        (True, "c3"),
        (0, "00"),
        (127, "7f"),
        (128, "cc80"),
        (255, "ccff"),
        (256, "cd0100"),
        (65_535, "cdffff"),
        (65_536, "ce00010000"),
        (2**32 - 1, "ceffffffff"),
        (2**32, "cf0000000100000000"),
        (2**64 - 1, "cfffffffffffffffff"),
        (-1, "ff"),
        (-32, "e0"),
        (-33, "d0df"),
        (-128, "d080"),
        (-129, "d1ff7f"),
        (-(2**15), "d18000"),
        (-(2**15) - 1, "d2ffff7fff"),
        (-(2**31), "d280000000"),
        (-(2**31) - 1, "d3ffffffff7fffffff"),
        (-(2**63), "d38000000000000000"),
        ("", "a0"),
        ("é", "a2c3a9"),
        (b"", "c400"),
        (b"\x01", "c40101"),
        ([], "90"),
        ({}, "80"),
        ({"b": 1, "a": [None]}, "82a16191c0a16201"),
        ({"\U00010000": 1, "\uffff": 2, "z": 3, "é": 4, "zz": 5}, "85a17a03a27a7a05a2c3a904a3efbfbf02a4f090808001"),
    ],
)
def test_the_table_of_the_page_holds(value: Value, hexadecimal: str) -> None:
    data = bytes.fromhex(hexadecimal)
    assert encode(value) == data
    assert decode(data, ROOM) == value


@pytest.mark.clause("ENC-003")
@pytest.mark.parametrize("size", [15, 16, 31, 32, 255, 256, 65_535, 65_536])
def test_lengths_take_their_shortest_form(size: int) -> None:
    padding = bytes(24 * size)  # many items need many bytes
    for value in ("a" * size, b"a" * size, [[0] * size, padding], [{f"{n:06}": 1 for n in range(size)}, padding]):
        data = encode(value)
        assert data == by_the_table(value)
        assert decode(data, len(data)) == value


@pytest.mark.clause("ENC-003", "ENC-009")
@given(values)
def test_every_value_goes_round_in_its_one_form(value: Value) -> None:
    data = encode(value)
    assert data == by_the_table(value)
    assert decode(data, len(data)) == value


def test_tuples_are_arrays() -> None:
    assert encode((1, ("a",))) == encode([1, ["a"]])


# What is refused


@pytest.mark.parametrize(
    ("hexadecimal", "why"),
    [
        pytest.param("", "nothing", marks=pytest.mark.clause("ENC-001")),
        pytest.param("c1", "the type byte that is never used", marks=pytest.mark.clause("ENC-001")),
        pytest.param("ca3f800000", "float 32", marks=pytest.mark.clause("ENC-001")),
        pytest.param("cb3ff0000000000000", "float 64", marks=pytest.mark.clause("ENC-001")),
        pytest.param("d40100", "fixext 1", marks=pytest.mark.clause("ENC-001")),
        pytest.param("d6ff00000000", "timestamp", marks=pytest.mark.clause("ENC-001")),
        pytest.param("c70001", "ext 8", marks=pytest.mark.clause("ENC-001")),
        pytest.param("91c90000000001", "ext 32 inside", marks=pytest.mark.clause("ENC-001")),
        pytest.param("cc7f", "127 in two bytes", marks=pytest.mark.clause("ENC-003")),
        pytest.param("cd00ff", "255 in three bytes", marks=pytest.mark.clause("ENC-003")),
        pytest.param("d0e0", "-32 in two bytes", marks=pytest.mark.clause("ENC-003")),
        pytest.param("d100c8", "200 in a signed form", marks=pytest.mark.clause("ENC-004")),
        pytest.param("d07f", "127 in a signed form", marks=pytest.mark.clause("ENC-004")),
        pytest.param("d90161", "short str with a long head", marks=pytest.mark.clause("ENC-003")),
        pytest.param("c5000100", "short bin with a long head", marks=pytest.mark.clause("ENC-003")),
        pytest.param("dc000100", "short array with a long head", marks=pytest.mark.clause("ENC-003")),
        pytest.param("de0001a16100", "short map with a long head", marks=pytest.mark.clause("ENC-003")),
        pytest.param("81d9016100", "short key with a long head", marks=pytest.mark.clause("ENC-003")),
        pytest.param("a1ff", "no UTF-8", marks=pytest.mark.clause("ENC-005")),
        pytest.param("a2c080", "U+0000 in two bytes", marks=pytest.mark.clause("ENC-005")),
        pytest.param("a3eda080", "a lone surrogate", marks=pytest.mark.clause("ENC-005")),
        pytest.param("a365cc81", "e and a combining acute", marks=pytest.mark.clause("ENC-006")),
        pytest.param("a3e284ab", "the sign for Angstrom", marks=pytest.mark.clause("ENC-006")),
        pytest.param("81a365cc8100", "a key that is not NFC", marks=pytest.mark.clause("ENC-006")),
        pytest.param("a3610062", "U+0000", marks=pytest.mark.clause("ENC-007")),
        pytest.param("81a10000", "U+0000 in a key", marks=pytest.mark.clause("ENC-007")),
        pytest.param("810102", "an int as key", marks=pytest.mark.clause("ENC-008")),
        pytest.param("81c4016100", "a bin as key", marks=pytest.mark.clause("ENC-008")),
        pytest.param("81c000", "nil as key", marks=pytest.mark.clause("ENC-008")),
        pytest.param("819000", "an array as key", marks=pytest.mark.clause("ENC-008")),
        pytest.param("82a16200a16100", "b before a", marks=pytest.mark.clause("ENC-009")),
        pytest.param("82a2616100a16100", "aa before a", marks=pytest.mark.clause("ENC-009")),
        pytest.param("82a4f090808000a3efbfbf00", "order of UTF-16", marks=pytest.mark.clause("ENC-009")),
        pytest.param("82a16100a16100", "a key twice", marks=pytest.mark.clause("ENC-010")),
        pytest.param("0000", "a second value", marks=pytest.mark.clause("ENC-014")),
        pytest.param("90c0", "a byte too many", marks=pytest.mark.clause("ENC-014")),
        pytest.param("9100c0", "a byte too many after an array", marks=pytest.mark.clause("ENC-014")),
        pytest.param("cd01", "half an int", marks=pytest.mark.clause("ENC-015")),
        pytest.param("da01", "half a length", marks=pytest.mark.clause("ENC-015")),
        pytest.param("dc00", "half a count", marks=pytest.mark.clause("ENC-015")),
        pytest.param("a261", "half a str", marks=pytest.mark.clause("ENC-015")),
        pytest.param("81d9", "half a key", marks=pytest.mark.clause("ENC-015")),
        pytest.param("81a161", "no value", marks=pytest.mark.clause("ENC-015")),
        pytest.param("c6ffffffff00", "4 GiB announced", marks=pytest.mark.clause("ENC-015")),
    ],
)
def test_other_bytes_are_malformed(hexadecimal: str, why: str) -> None:
    with pytest.raises(MalformedError):
        decode(bytes.fromhex(hexadecimal), ROOM)


@pytest.mark.clause("ENC-006", "ENC-007")
@pytest.mark.parametrize("bad", ["e\u0301", "\0"])
@pytest.mark.parametrize("size", [10, 40_000])
def test_texts_are_checked_wherever_they_stand(bad: str, size: int) -> None:
    filler = "é" * size
    for value in ([filler, {"k": [bad]}], {bad: filler}, [{"k": filler}, bad], (filler, Pair(bad, 1))):
        with pytest.raises(LocalError):
            encode(value)
    for value in ([filler, {"k": [bad]}], {bad: filler}, [{"k": filler}, bad]):
        with pytest.raises(MalformedError):
            decode(by_the_table(value), ROOM)


def test_an_escape_for_u_0000_is_ordinary_text() -> None:
    text = "a\\u0000\x01\x7f"
    assert decode(encode([text]), ROOM) == [text]


@pytest.mark.clause("ENC-011")
@pytest.mark.parametrize("innermost", [b"\x90", b"\x80", b"\x91\xc0", b"\x81\xa1a\xc0"])
@pytest.mark.parametrize("level", [b"\x91", b"\x81\xa1a"])
def test_sixteen_levels_are_read_and_seventeen_are_not(level: bytes, innermost: bytes) -> None:
    assert encode(decode(level * 15 + innermost, ROOM)) == level * 15 + innermost
    with pytest.raises(MalformedError):
        decode(level * 16 + innermost, ROOM)


@pytest.mark.clause("ENC-012")
def test_a_byte_over_the_bound_is_refused_before_it_is_looked_at() -> None:
    assert decode(b"\xa3abc", 4) == "abc"
    for data in (b"\xa3abc", b"\xc1\xc1\xc1\xc1"):
        with pytest.raises(LimitError):
            decode(data, 3)


@pytest.mark.clause("ENC-013")
def test_items_are_counted_against_the_size() -> None:
    # n items in all: the array, n - 2 nils and a bin that makes up the size
    def packed(items: int, size: int) -> bytes:
        filler = size - 3 - (items - 2) - 3
        head = b"\xdc" + (items - 1).to_bytes(2, "big")
        return head + b"\xc0" * (items - 2) + b"\xc5" + filler.to_bytes(2, "big") + bytes(filler)

    for size in (16_000, 16_007):  # allowed: 8,192 + 2,000; the array counts two
        assert len(packed(10_191, size)) == size
        decode(packed(10_191, size), ROOM)
        with pytest.raises(LimitError):
            decode(packed(10_192, size), ROOM)


@pytest.mark.clause("ENC-013")
def test_maps_and_their_entries_count_more_than_plain_values() -> None:
    def packed(entries: int) -> bytes:
        body = b"".join(b"\xa4%04d\xc0" % n for n in range(entries))
        return b"\xde" + entries.to_bytes(2, "big") + body

    assert len(packed(3_639)) == 21_837  # allowed: 8,192 + 2,729, found: 3 + 3 * 3,639
    decode(packed(3_639), ROOM)
    with pytest.raises(LimitError):
        decode(packed(3_640), ROOM)


# Every entrance: a value or one of two errors


@pytest.mark.clause("ENC-015")
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_are_the_encoding_of_their_value(data: bytes) -> None:
    if not refused(data):
        assert encode(decode(data, ROOM)) == data


@pytest.mark.clause("ENC-015")
@given(values, st.data())
def test_an_altered_encoding_is_refused_or_stands_for_another_value(value: Value, data: st.DataObject) -> None:
    good = encode(value)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = good[:at] + bytes([good[at] ^ data.draw(st.integers(1, 255))]) + good[at + 1 :]
    assert refused(good[:at])
    if not refused(bad):
        assert encode(decode(bad, ROOM)) == bad
        assert decode(bad, ROOM) != value


EVERYTHING = encode(
    {
        "array": [0, 127, 128, 70_000, 2**40, -1, -200, -70_000, -(2**40), None, True, False],
        "bin": [b"", bytes(40), bytes(300)],
        "map": {"a": {"b": {}}, "k" * 40: "v" * 40},
        "text": ["é", "d" * 300, "\U0001f4dc"],
    }
)


def test_every_truncation_is_refused() -> None:
    for length in range(len(EVERYTHING)):
        with pytest.raises(MalformedError):
            decode(EVERYTHING[:length], ROOM)


def test_every_flipped_bit_is_refused_or_changes_the_value() -> None:
    value = decode(EVERYTHING, ROOM)
    for at in range(len(EVERYTHING)):
        for bit in range(8):
            bad = EVERYTHING[:at] + bytes([EVERYTHING[at] ^ (1 << bit)]) + EVERYTHING[at + 1 :]
            assert refused(bad) or (encode(decode(bad, ROOM)) == bad and decode(bad, ROOM) != value)


MIB = 1 << 20


@pytest.mark.clause("ENC-013")
@pytest.mark.parametrize(
    "bomb",
    [
        b"\x80" * MIB,
        b"\xdd" + (MIB).to_bytes(4, "big") + b"\x80" * MIB,
        b"\xdc\xff\xff" * (MIB // 3),
        b"\x81\xa1a" * (MIB // 3),
        b"\xdd\x00\x05\x00\x00" + b"\x81\xa1a\x00" * (MIB // 4),
        b"\x91" * MIB,
        b"\xdd\xff\xff\xff\xff" + b"\xc0" * MIB,
        b"\xdf\xff\xff\xff\xff" + b"\xa0" * MIB,
        b"\xdb\xff\xff\xff\xff" + b"a" * MIB,
        b"\xc6\xff\xff\xff\xff" + b"a" * MIB,
    ],
    ids=lambda bomb: bomb[:8].hex(),
)
def test_a_bomb_takes_less_than_ten_times_its_size(bomb: bytes) -> None:
    tracemalloc.start()
    assert refused(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(bomb) + 65_536


def test_a_long_text_of_control_characters_takes_less_than_ten_times_its_size() -> None:
    for size in (10_000, MIB):
        data = encode("\x01" * size)
        tracemalloc.start()
        decode(data, ROOM)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10 * len(data) + 65_536


def chained_maps() -> bytes:
    """Maps of one entry inside one another, each with a key of its own: a weight of 5 in every 41 bytes."""
    levels = (b"\x81\xd9\x26" + b"%038x" % number for number in range(14 * 2_800))
    chains = [b"".join(next(levels) for _ in range(14)) + b"\xc0" for _ in range(2_800)]
    return b"\xdc" + len(chains).to_bytes(2, "big") + b"".join(chains)


def wide_map() -> bytes:
    """One map of many entries: a weight of 3 in every 24 bytes."""
    return b"\xde" + (60_000).to_bytes(2, "big") + b"".join(b"\xb6%022d\xc0" % number for number in range(60_000))


@pytest.mark.clause("ENC-013")
@pytest.mark.parametrize("make", [chained_maps, wide_map])
def test_the_densest_values_that_are_allowed_take_less_than_ten_times_their_size(make: Callable[[], bytes]) -> None:
    data = make()
    tracemalloc.start()
    decode(data, ROOM)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * len(data) + 65_536


# What cannot be encoded


class Colour(enum.StrEnum):
    RED = "red"


class Number(int):
    pass


endless: list[object] = []
endless.append(endless)


@pytest.mark.clause("ENC-001")
@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        {1, 2},
        bytearray(b"a"),
        memoryview(b"a"),
        object(),
        Colour.RED,
        Number(1),
        decimal.Decimal(1),
        uuid.UUID(int=1),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        {"a": 1.5},
        pytest.param({1: 2}, marks=pytest.mark.clause("ENC-008")),
        pytest.param({b"a": 2}, marks=pytest.mark.clause("ENC-008")),
        pytest.param({Colour.RED: 2}, marks=pytest.mark.clause("ENC-008")),
        pytest.param(2**64, marks=pytest.mark.clause("ENC-002")),
        pytest.param(-(2**63) - 1, marks=pytest.mark.clause("ENC-002")),
        pytest.param("\ud800", marks=pytest.mark.clause("ENC-005")),
        pytest.param("e\u0301", marks=pytest.mark.clause("ENC-006")),
        pytest.param(["a\0b"], marks=pytest.mark.clause("ENC-007")),
        pytest.param([[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]], marks=pytest.mark.clause("ENC-011")),
        pytest.param(endless, marks=pytest.mark.clause("ENC-011")),
        pytest.param([None] * 9_600, marks=pytest.mark.clause("ENC-013")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_without_an_encoding_is_a_local_error(value: object) -> None:
    with pytest.raises(LocalError):
        encode(value)


# Records


@pytest.mark.clause("CONV-004", "CONV-005", "ENC-017", "ENC-018")
def test_a_record_is_the_map_of_its_fields_and_a_row_the_array() -> None:
    assert encode(SAMPLE) == by_the_table(FIELDS)
    assert decode_as(Sample, encode(SAMPLE), ROOM) == SAMPLE
    assert decode_as(Pair, b"\x92\xa1a\x01", ROOM) == Pair("a", 1)
    assert encode([SAMPLE, Pair("a", 1)]) == by_the_table([FIELDS, ["a", 1]])


@pytest.mark.clause("CONV-004", "CONV-006")
@pytest.mark.parametrize(
    "change",
    [
        {"unknown": 1},
        {"at": True},
        {"at": "5"},
        {"at": -1},
        {"at": 2**53},
        {"span": 6},
        {"id": bytes(15)},
        {"id": "a" * 16},
        {"note": ""},
        {"note": b"a"},
        {"note": "n" * 2_001},
        {"pairs": {}},
        {"pairs": [["a", 1, 2]]},
        {"pairs": [["a"]]},
        {"pairs": [{"name": "a", "number": 1}]},
        {"extra": None},
    ],
    ids=str,
)
def test_a_field_too_many_or_out_of_its_bounds_is_malformed(change: dict[str, Value]) -> None:
    with pytest.raises(MalformedError):
        decode_as(Sample, by_the_table({**FIELDS, **change}), ROOM)


@pytest.mark.clause("CONV-004", "CONV-006")
@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_missing_field_is_malformed_even_if_it_has_a_default(name: str) -> None:
    fields = {key: value for key, value in FIELDS.items() if key != name}
    with pytest.raises(MalformedError):
        decode_as(Sample, by_the_table(fields), ROOM)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_one_of_two_errors(data: bytes) -> None:
    try:
        record = decode_as(Pair, data, ROOM)
    except (MalformedError, LimitError):
        return
    assert encode(record) == data


def test_check_returns_a_good_record_and_refuses_what_a_peer_would() -> None:
    assert check(SAMPLE) is SAMPLE
    bad: list[Record | Row] = [Pair("", 1), Pair("a", -1), Pair("a", True), Pair("a\0", 1)]
    for record in bad:
        with pytest.raises(LocalError):
            check(record)


def test_encode_record_gives_the_bytes_of_what_check_accepts() -> None:
    assert encode_record(SAMPLE) == encode(SAMPLE)
    for record in (Pair("", 1), Pair("a", True), Pair("e\u0301", 1)):
        with pytest.raises(LocalError):
            encode_record(record)


class Marked(Record):
    colour: Literal["red", "blue"]
    number: Literal[1, 2] = 1


@pytest.mark.clause("CONV-008")
@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"colour": "a secret", "number": 1}, "$.colour"),
        ({"colour": "a secret - at `$.x`", "number": 1}, "$.colour"),
        ({"colour": "red", "number": 777}, "$.number"),
        ({"colour": "red", "number": "a secret"}, "$.number"),
        ({"colour": "red", "number": 1, "a secret": 2}, "unknown field"),
        ({"colour": "red", "number": 1, "size": 2}, "unknown field `size`"),
    ],
)
def test_an_error_names_the_field_and_not_its_value(fields: dict[str, Value], named: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: decode_as(Marked, encode(fields), ROOM),
        lambda: convert(Marked, fields),
    ]
    for call in calls:
        with pytest.raises(MalformedError) as caught:
            call()
        assert named in str(caught.value)
        assert "secret" not in str(caught.value)
        assert "777" not in str(caught.value)
        assert caught.value.__suppress_context__


class Numbers(Row):
    data: bytes
    inner: tuple[tuple[int, bytes], ...]


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(-(2**63), 2**64 - 1), st.binary(max_size=20))))
def test_encode_row_gives_what_encode_gives(data: bytes, inner: list[tuple[int, bytes]]) -> None:
    row = Numbers(data, tuple(inner))
    assert encode_row(row) == by_the_table([data, [list(pair) for pair in inner]])


@pytest.mark.clause("ENC-002")
def test_encode_row_refuses_an_int_out_of_range() -> None:
    with pytest.raises(LocalError):
        encode_row(Numbers(b"", ((2**64, b""),)))


class Names(Row):
    party: Party
    kind: Kind


@pytest.mark.clause("CONV-002")
@pytest.mark.parametrize("party", ["aa.police", "bb.fiu", "xa.g", "zz.0-0", "aa." + "a" * 32])
def test_party_identifiers(party: str) -> None:
    check(Names(party, "note"))


@pytest.mark.clause("CONV-002")
@pytest.mark.parametrize(
    "party",
    [
        *("", "aa", "aa.", "a.police", "aaa.police", "AA.police", "aa.Police", "aa.-a", "aa.a-", "aa." + "a" * 33),
        *("aa.police\n", "\naa.police", "aa.pölice", "aa.police.unit"),
    ],
)
def test_other_strings_are_no_party_identifiers(party: str) -> None:
    with pytest.raises(LocalError):
        check(Names(party, "note"))
    with pytest.raises(MalformedError):
        decode_as(Names, encode([party, "note"]), ROOM)


@pytest.mark.clause("CONV-003")
@pytest.mark.parametrize("kind", ["note", "cooperation.preserve", "prevention.stop-payment", "a-.b-", "a" * 31])
def test_kinds(kind: str) -> None:
    check(Names("aa.police", kind))


@pytest.mark.clause("CONV-003")
@pytest.mark.parametrize("kind", ["", ".a", "a.", "a.b.c", "A", "a_b", "1a", "-a", "a" * 32, "note\n", "a.*"])
def test_other_strings_are_no_kinds(kind: str) -> None:
    with pytest.raises(LocalError):
        check(Names("aa.police", kind))


class Loose(Record):
    anything: object


@pytest.mark.clause("ENC-001")
@pytest.mark.parametrize("value", [1.5, datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), {1: 2}, [b"a", {2: 3}]])
def test_a_loose_field_does_not_open_the_door(value: object) -> None:
    with pytest.raises(LocalError):
        encode(Loose(anything=value))
