"""The one byte string of each value, both ways."""

import re
import unicodedata
from typing import Any, Final, TypeVar

import msgspec

from comity.encoding.records import Record, Row
from comity.encoding.scan import scan
from comity.errors import LimitError, LocalError, MalformedError, RemoteError
from comity.limits import MAX_DEPTH

type_ = type  # decode_as has a parameter named type
T = TypeVar("T")

Value = None | bool | int | str | bytes | list[Any] | dict[str, Any]


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
        scan(data)
        _check_texts(value, len(data))
    except (TypeError, ValueError, OverflowError, RecursionError, RemoteError) as fault:
        raise LocalError(f"no canonical encoding: {fault}") from None
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
        raise LocalError(f"{type_(record).__name__}: {_without_values(fault)}") from None
    return data


def encode_row(row: Row) -> bytes:
    """Return the byte string of a row that holds only bytes, ints and rows of such: what has no text needs no scan.

    Raises:
        LocalError: an int is out of range (ENC-002).
    """
    try:
        return _ENCODER.encode(row)
    except (TypeError, OverflowError) as fault:
        raise LocalError(f"no canonical encoding: {fault}") from None


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
        return msgspec.convert(value, type, builtin_types=_NATIVE)
    except (ValueError, RecursionError) as fault:
        raise MalformedError(_without_values(fault)) from None


_ENCODER: Final = msgspec.msgpack.Encoder(order="sorted")
_NATIVE: Final = (bytes,)  # else base64 in a str would pass for bytes
_JSON: Final = msgspec.json.Encoder()
_ECHO: Final = re.compile(
    r"(Invalid enum value|Invalid value|unknown field(?! `[a-z_]{1,32}`)) .*?( - at `[^`]*`)?\Z", re.DOTALL
)
_MAX_PROBE_BYTES: Final = 16_384
_VALUE_DECODER: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder()
_WITHOUT_TEXT: Final[frozenset[type]] = frozenset({type(None), bool, int, bytes})
_SCALARS: Final = _WITHOUT_TEXT | {str}


_DECODERS: Final[dict[type, msgspec.msgpack.Decoder[Any]]] = {}


def _decoder(type: type[T]) -> msgspec.msgpack.Decoder[T]:
    decoder = _DECODERS.get(type)
    if decoder is None:
        decoder = _DECODERS[type] = msgspec.msgpack.Decoder(type)
    return decoder


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes, max_bytes: int) -> T:
    if len(data) > max_bytes:
        raise LimitError(f"{len(data)} bytes where {max_bytes} are allowed")
    scan(data)
    try:
        value = decoder.decode(data)
    except (ValueError, RecursionError) as fault:  # msgspec's own errors and UnicodeDecodeError are ValueErrors
        raise MalformedError(_without_values(fault)) from None
    _check_texts(value, len(data))
    if _ENCODER.encode(value) != data:
        raise MalformedError("not the canonical form")
    return value


def _without_values(fault: Exception) -> str:
    """Return the text of a fault without values of the input, which may be plaintext (CONV-008).

    The name of an unknown field stays where it looks like one of ours, so that whoever fills in a form is helped.
    """
    return _ECHO.sub(r"\1\2", str(fault))


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
            elif type(item) in _WITHOUT_TEXT:
                continue
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
