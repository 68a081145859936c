"""Canonical MessagePack: one byte string for each value, and the only door to msgspec (spec page encoding).

Two ways in: decode() for a free value, decode_as() for a record. Both bound the size, scan the structure in one loop
that builds nothing, decode, encode again and compare the bytes.

Layout, from the ground: `scan`, `records` (Record, Row and types of fields), `canonical` (encode, decode, check),
`shape` (what form the values of a record have), `marks` (what types say of values beyond their form).
"""

from msgspec import Meta, field

from comity.encoding import shape
from comity.encoding.canonical import Value, check, convert, decode, decode_as, encode, encode_record, encode_row
from comity.encoding.marks import marked, marks_of
from comity.encoding.records import (
    Bytes16,
    Bytes32,
    Bytes64,
    Code,
    Kind,
    Micros,
    Name,
    Party,
    Record,
    Row,
    Seconds,
    Text,
    Uint,
    tag_of,
)

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
    "marked",
    "marks_of",
    "shape",
    "tag_of",
]
