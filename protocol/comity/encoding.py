"""Canonical MessagePack: one byte string for each value, and the only door to msgspec (spec page encoding).

Two ways in: decode() for a free value, decode_as() for a record. Both bound the size, scan the structure in one loop
that builds nothing, decode, encode again and compare the bytes.
"""

import unicodedata
from typing import Annotated, Any, Final, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta, field

from comity.errors import LimitError, LocalError, MalformedError, RemoteError
from comity.limits import MAX_DEPTH

__all__ = [
    "Bytes16",
    "Bytes32",
    "Bytes64",
    "Code",
    "Kind",
    "Meta",
    "Micros",
    "Name",
    "Party",
    "Record",
    "Row",
    "Seconds",
    "Text",
    "Uint",
    "Value",
    "check",
    "convert",
    "decode",
    "decode_as",
    "encode",
    "encode_record",
    "encode_row",
    "field",
]

type_ = type  # decode_as has a parameter named type
T = TypeVar("T")

Value = None | bool | int | str | bytes | list[Any] | dict[str, Any]

Bytes16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
Bytes64 = Annotated[bytes, Meta(min_length=64, max_length=64)]
Uint = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Micros = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # microseconds since 1970 UTC (ENC-017)
Seconds = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # a duration (ENC-018)
Code = Annotated[int, Meta(ge=0, le=65_535)]  # code of an error, travels as u16
Text = Annotated[str, Meta(min_length=1, max_length=2_000)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
# msgspec searches, so a pattern anchors both ends itself; `$` would admit a closing line feed.
Party = Annotated[str, Meta(pattern=r"\A[a-z]{2}\.[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")]  # CONV-002
Kind = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,30}(\.[a-z][a-z0-9-]{0,30})?\Z")]  # CONV-003


# The decorators tell type checkers what subclasses inherit. msgspec itself does not inherit kw_only.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record that travels as a map keyed by its field names (CONV-004).

    A rule that spans several fields stands in `__post_init__` and raises ValueError. The constructor checks no types:
    a record built from data of one's own goes through check() before it is used. A subclass in which a field without
    a default follows one that has a default says `kw_only=True` itself.
    """


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Row(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A record that travels as an array of its fields in the order of their declaration (CONV-005)."""


def encode(value: object) -> bytes:
    """Return the one byte string that stands for value (ENC-001 to ENC-011).

    value is nil, bool, int, str, bytes, list or tuple, dict with str keys, or a Record or Row, also inside one another.

    Raises:
        LocalError: value, or something inside it, has no canonical encoding.
    """
    if not isinstance(value, Record | Row):
        _check_types(value)
    try:
        data: bytes = _ENCODER.encode(value)
        _scan(data)
        _check_texts(value, len(data))
    except (TypeError, ValueError, OverflowError, RecursionError, RemoteError) as fault:
        raise LocalError(f"no canonical encoding: {fault}") from fault
    return data


def encode_record(record: object) -> bytes:
    """Return the byte string of a Record or Row that a peer would accept: types, bounds and rules of its fields.

    Raises:
        LocalError: a peer would refuse the record.
    """
    data = encode(record)
    try:
        _decoder(type_(record)).decode(data)
    except ValueError as fault:
        raise LocalError(f"{type_(record).__name__}: {fault}") from fault
    return data


def encode_row(row: Row) -> bytes:
    """Return the byte string of a row that holds only bytes, ints and rows of such: what has no text needs no scan.

    Raises:
        LocalError: an int is out of range (ENC-002).
    """
    try:
        return _ENCODER.encode(row)
    except (TypeError, OverflowError) as fault:
        raise LocalError(f"no canonical encoding: {fault}") from fault


def decode(data: bytes, max_bytes: int) -> Value:
    """Return the value that data stands for; arrays come out as lists.

    Raises:
        LimitError: more than max_bytes bytes, or too many items for the size (ENC-012, ENC-013).
        MalformedError: data is not exactly one value in canonical form (ENC-001 to ENC-011, ENC-014, ENC-015).
    """
    value: Value = _decode(_VALUE_DECODER, data, max_bytes)
    return value


def decode_as(type: type[T], data: bytes, max_bytes: int) -> T:
    """Return the record that data stands for.

    Raises:
        LimitError: more than max_bytes bytes, or too many items for the size (ENC-012, ENC-013).
        MalformedError: data is not exactly one record of this type in canonical form (ENC-001 to ENC-011, ENC-014,
            ENC-015, CONV-004, CONV-005, CONV-006).
    """
    return _decode(_decoder(type), data, max_bytes)


def check(record: T) -> T:
    """Return record itself when it would survive the way to the peer: types, bounds and rules of its fields.

    Raises:
        LocalError: a peer would refuse the record.
    """
    encode_record(record)
    return record


def convert(type: type[T], value: object) -> T:
    """Return the record that a decoded value stands for, for example the payload inside a decoded body.

    Raises:
        MalformedError: a field is missing, unknown or out of its bounds (CONV-004); the text names it.
    """
    try:
        return msgspec.convert(value, type)
    except (ValueError, RecursionError) as fault:
        raise MalformedError(str(fault)) from fault


_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")
_JSON: Final = msgspec.json.Encoder()
_MAX_PROBE_BYTES: Final = 16_384
_VALUE_DECODER: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder()
_SCALARS: Final = frozenset({type(None), bool, int, str, bytes})


_DECODERS: Final[dict[type, msgspec.msgpack.Decoder[Any]]] = {}


def _decoder(type: type[T]) -> msgspec.msgpack.Decoder[T]:
    decoder = _DECODERS.get(type)
    if decoder is None:
        decoder = _DECODERS[type] = msgspec.msgpack.Decoder(type)
    return decoder


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes, max_bytes: int) -> T:
    if len(data) > max_bytes:
        raise LimitError(f"{len(data)} bytes where {max_bytes} are allowed")
    _scan(data)
    try:
        value = decoder.decode(data)
    except (ValueError, RecursionError) as fault:  # msgspec's own errors and UnicodeDecodeError are ValueErrors
        raise MalformedError(str(fault)) from fault
    _check_texts(value, len(data))
    if _ENCODER.encode(value) != data:
        raise MalformedError("not the canonical form")
    return value


def _check_types(value: object) -> None:
    level, depth = [value], 0
    while level:
        below: list[object] = []
        for item in level:
            kind = type(item)
            if kind in _SCALARS or isinstance(item, Record | Row):
                continue
            if isinstance(item, dict) and kind is dict:
                if not all(type(key) is str for key in item):
                    raise LocalError("a map key is not a str")
                below += item.values()
            elif isinstance(item, list | tuple) and kind in (list, tuple):
                below += item
            else:
                raise LocalError(f"no canonical encoding for {kind.__name__}")
        level, depth = below, depth + 1
        if depth > MAX_DEPTH + 1:
            raise LocalError("nested too deep")


# What a first byte says. _STEP: the whole length of a value that has its length in this byte alone, else 0.
# _WIDTH: how many bytes of length or count follow. _CLASS: what to do with that length or count.
_SKIP, _ARRAY, _MAP, _BAD = range(4)


def _step(head: int) -> int:
    if head < 0x80 or head >= 0xE0 or head in (0xC0, 0xC2, 0xC3):
        return 1
    if 0xA0 <= head <= 0xBF:
        return 1 + (head & 31)
    return 1 + (1 << (head & 3)) if 0xCC <= head <= 0xD3 else 0


def _class(head: int) -> int:
    if 0x80 <= head <= 0x9F:
        return _MAP if head < 0x90 else _ARRAY
    if not _WIDTH[head]:
        return _BAD
    return _SKIP if head <= 0xDB else _ARRAY if head <= 0xDD else _MAP


_WIDTHS: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
_WIDTH: Final = bytes(_WIDTHS.get(head, 0) for head in range(256))
_STEP: Final = bytes(map(_step, range(256)))
_CLASS: Final = bytes(map(_class, range(256)))


def _scan(data: bytes) -> None:
    """Refuse what the decoder would let pass or pay too much for: types, keys, depth, items, length.

    Runs several times for each message: one loop, tables, and no calls on the usual way. Reading past the end raises
    IndexError; jumping past it is seen at the end.
    """
    steps = _STEP
    outer: list[tuple[int, bool]] = []  # what is left in the containers around this one
    room = 255 + len(data) // 8  # items that may come after the first one
    position, left, in_map = 0, 1, False
    try:
        while left:
            left -= 1
            if in_map:
                head = data[position]
                position = position + steps[head] if 0xA0 <= head <= 0xBF else _after_long_key(data, position)
            head = data[position]
            step = steps[head]
            if step:
                position += step
            elif head == 0xC4 or head == 0xD9:
                position += 2 + data[position + 1]
            else:
                kind, width = _CLASS[head], _WIDTH[head]
                position += 1 + width
                size = int.from_bytes(data[position - width : position]) if width else head & 15
                if kind == _SKIP:
                    position += size
                elif kind == _BAD:
                    raise MalformedError(f"type byte {head:#04x} is not allowed")
                else:
                    if len(outer) == MAX_DEPTH:
                        raise MalformedError("nested too deep")
                    room -= size << (kind == _MAP)
                    if room < 0:
                        raise LimitError("too many items for the size")
                    outer.append((left, in_map))
                    left, in_map = size, kind == _MAP
            while not left and outer:
                left, in_map = outer.pop()
    except IndexError:
        raise MalformedError("truncated") from None
    if position != len(data):
        raise MalformedError("truncated, or bytes after the end")


def _after_long_key(data: bytes, position: int) -> int:
    head = data[position]
    if not 0xD9 <= head <= 0xDB:
        raise MalformedError("a map key is not a str")
    start = position + 1 + _WIDTH[head]
    return start + int.from_bytes(data[position + 1 : start])


def _check_texts(value: object, size: int) -> None:
    """Refuse U+0000 and what is not in normal form C. size is that of the encoding, in bytes.

    A value whose JSON is ASCII has nothing to normalise, and U+0000 would stand there as an escape: that answers for
    most messages at once. Long values are walked, since the escapes could take six times their memory.
    """
    if size <= _MAX_PROBE_BYTES:
        probe = _JSON.encode(value)
        if probe.isascii() and b"\\u0000" not in probe:
            return
    level: list[object] = [value]
    while level:
        below: list[object] = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, dict):
                below += item
                below += item.values()
            elif isinstance(item, list | tuple):
                below += item
            elif isinstance(item, msgspec.Struct):
                below += msgspec.structs.astuple(item)
        level = below


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedError("U+0000 in a str")
    if not (text.isascii() or unicodedata.is_normalized("NFC", text)):
        raise MalformedError("a str is not in normal form C")
