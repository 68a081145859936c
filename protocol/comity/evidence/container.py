"""The container of an evidence file: a ZIP archive that has one form for its contents (spec page evidence).

Every byte beside the contents follows from names, sizes and check sums, so the reader computes them again and compares.
No file is opened here: the caller hands in a source, and bounded pieces are read from it.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from comity.errors import LimitError, LocalError, MalformedError

MAX_PARTS: Final = 65_534
MAX_NAME_BYTES: Final = 100
MAX_PART_BYTES: Final = 2**53 - 1
PIECE_BYTES: Final = 1_048_576
MANIFEST: Final = "manifest"
README: Final = "README.txt"

PARTY: Final = r"[a-z]{2}\.[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?"
NUMBER: Final = r"[0-9]{6}"
NAME: Final = re.compile(
    rf"README\.txt|manifest|conflicts/{NUMBER}\.(?:bundle|treaty)|attachments/[0-9a-f]{{64}}|bundles/{PARTY}/{NUMBER}\.bundle|messages/{NUMBER}\.message"
    rf"|receipts/{NUMBER}/{PARTY}\.receipt|treaty/{NUMBER}\.treaty|vocabulary/{NUMBER}\.json"
)

WIDE: Final = 0xFFFFFFFF  # a number that does not fit stands in the ZIP64 field
DATE: Final = 0x0021  # 1980-01-01, the first day that the format knows
LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
END: Final = struct.Struct("<4sHHHHIIH")
WIDE_END: Final = struct.Struct("<4sQHHIIQQQQ")
LOCATOR: Final = struct.Struct("<4sIQI")
LOCAL_SIGN, CENTRAL_SIGN, END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
WIDE_END_SIGN, LOCATOR_SIGN = b"PK\x06\x06", b"PK\x06\x07"
WIDE_TAG: Final = 1
MAX_EXTRA_BYTES: Final = 4 + 24
MAX_DIRECTORY_BYTES: Final = MAX_PARTS * (CENTRAL.size + MAX_NAME_BYTES + MAX_EXTRA_BYTES)


class Source(Protocol):
    """Bytes that can be read anywhere, for example an open file."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes there, fewer where the source ends before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A part as the container states it. `offset` is where its header begins; `crc` is CRC-32 of the content."""

    name: str
    size: int
    crc: int
    offset: int

    @property
    def start(self) -> int:
        """Where the content begins."""
        return self.offset + header_size(self.name, self.size)

    @property
    def end(self) -> int:
        """Where the content ends and the next header begins."""
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts in the order of the file. `fault` says what is wrong with the table of contents, "" for nothing."""

    entries: tuple[Entry, ...]
    fault: str = ""


def header_size(name: str, size: int) -> int:
    """Return how many bytes the header before a part of this name and size has."""
    return LOCAL.size + len(name) + (20 if size >= WIDE else 0)


def header(name: str, size: int, crc: int) -> bytes:
    """Return the bytes before the content of a part (EVID-002).

    Raises:
        LocalError: no part has such a name or size.
    """
    if NAME.fullmatch(name) is None or not 0 <= size <= MAX_PART_BYTES:
        raise LocalError(f"no part of an evidence file: {name[:MAX_NAME_BYTES]!r} of {size} bytes")
    extra = _extra([size, size]) if size >= WIDE else b""
    shown = min(size, WIDE)
    fields = LOCAL.pack(LOCAL_SIGN, _version(size), 0, 0, 0, DATE, crc, shown, shown, len(name), len(extra))
    return fields + name.encode() + extra


def tail(entries: Sequence[Entry]) -> bytes:
    """Return the bytes after the last part: the table of contents and its end (EVID-002)."""
    table = b"".join(_central(entry) for entry in entries)
    begin = entries[-1].end if entries else 0
    count = len(entries)
    wide = b""
    if begin >= WIDE:
        wide = WIDE_END.pack(WIDE_END_SIGN, 44, 45, 45, 0, 0, count, count, len(table), begin)
        wide += LOCATOR.pack(LOCATOR_SIGN, 0, begin + len(table), 1)
    return table + wide + END.pack(END_SIGN, 0, 0, count, count, len(table), min(begin, WIDE), 0)


def read_layout(source: Source) -> Layout:
    """Return where the parts are (EVID-002 to EVID-004).

    The table of contents is used where it has its form, else the headers before the parts are followed.

    Raises:
        MalformedError: neither leads through the file.
        LimitError: too many parts.
    """
    try:
        return Layout(_from_directory(source))
    except MalformedError as fault:
        entries = tuple(_followed(source))
        if not entries:
            raise
        return Layout(entries, str(fault))


def has_header(source: Source, entry: Entry) -> bool:
    """Return whether the header before the part is the one that the table of contents asks for."""
    return source.read_at(entry.offset, entry.start - entry.offset) == header(entry.name, entry.size, entry.crc)


def pieces(source: Source, entry: Entry) -> Iterator[bytes]:
    """Yield the content of a part, a mebibyte at a time; less than its size where the source ends before."""
    for offset in range(entry.start, entry.end, PIECE_BYTES):
        yield source.read_at(offset, min(PIECE_BYTES, entry.end - offset))


def content(source: Source, entry: Entry, max_bytes: int) -> bytes:
    """Return the whole content of a part.

    Raises:
        LimitError: it has more than max_bytes.
    """
    if entry.size > max_bytes:
        raise LimitError(f"{entry.size} bytes where {max_bytes} are allowed")
    return source.read_at(entry.start, entry.size)


def _version(size: int, offset: int = 0) -> int:
    return 45 if max(size, offset) >= WIDE else 10


def _extra(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<HH{len(numbers)}Q", WIDE_TAG, 8 * len(numbers), *numbers) if numbers else b""


def _central(entry: Entry) -> bytes:
    size, offset = entry.size, entry.offset
    extra = _extra(([size, size] if size >= WIDE else []) + ([offset] if offset >= WIDE else []))
    version, shown = _version(size, offset), min(size, WIDE)
    fields = (CENTRAL_SIGN, version, version, 0, 0, 0, DATE, entry.crc, shown, shown, len(entry.name), len(extra))
    return CENTRAL.pack(*fields, 0, 0, 0, 0, min(offset, WIDE)) + entry.name.encode() + extra


def _from_directory(source: Source) -> tuple[Entry, ...]:
    begin, length = _bounds(source)
    entries = tuple(_listed(source.read_at(begin, length)))
    if len({entry.name for entry in entries}) != len(entries):
        raise MalformedError("a name stands twice in the table of contents")
    if source.read_at(begin, source.size - begin) != tail(entries) or not _is_seamless(entries, begin):
        raise MalformedError("the table of contents has not its form")
    return entries


def _bounds(source: Source) -> tuple[int, int]:
    """Return where the table of contents begins, and its length."""
    at = source.size - END.size
    data = source.read_at(max(0, at), END.size)
    if at < 0 or len(data) != END.size:
        raise MalformedError("too short")
    sign, _, _, _, _, length, begin, _ = END.unpack(data)
    if sign != END_SIGN:
        raise MalformedError("the file does not end as an evidence file does")
    if begin == WIDE:
        at -= WIDE_END.size + LOCATOR.size
        wide = source.read_at(max(0, at), WIDE_END.size)
        if at < 0 or len(wide) != WIDE_END.size or wide[:4] != WIDE_END_SIGN:
            raise MalformedError("the wide end of the table of contents is missing")
        begin = WIDE_END.unpack(wide)[-1]
    if not 0 < length <= MAX_DIRECTORY_BYTES or begin + length != at:
        raise MalformedError("the table of contents does not stand before the end of the file")
    return begin, length


def _listed(table: bytes) -> Iterator[Entry]:
    """Yield the entries of a table of contents; whether it has its form is compared afterwards."""
    at, offset = 0, 0
    while at < len(table):
        if len(table) - at < CENTRAL.size:
            raise MalformedError("the table of contents is cut short")
        fields = CENTRAL.unpack_from(table, at)
        crc, size, length, extra = fields[7], fields[9], fields[10], fields[11]
        name = table[at + CENTRAL.size : at + CENTRAL.size + length]
        at += CENTRAL.size + length + extra
        if size == WIDE and extra >= 12:
            size = int.from_bytes(table[at - extra + 4 : at - extra + 12], "little")
        entry = Entry(_name(name), _part_size(size), crc, offset)
        offset = entry.end
        yield entry


def _name(data: bytes) -> str:
    """Return the name of a part. Raises MalformedError for any that no part has (EVID-003)."""
    name = data.decode("ascii", "replace")
    if NAME.fullmatch(name) is None:
        raise MalformedError("a name that no part of an evidence file has")
    return name


def _part_size(size: int) -> int:
    if size > MAX_PART_BYTES:
        raise MalformedError("a part of an impossible size")
    return size


def _is_seamless(entries: Sequence[Entry], begin: int) -> bool:
    """Return whether the parts fill the file up to the table of contents: nothing hides between or behind them."""
    return len(entries) <= MAX_PARTS and entries[-1].end == begin


def _followed(source: Source) -> Iterator[Entry]:
    """Yield the entries that the headers before the parts state, from the first on, as long as they have their form."""
    offset, names = 0, set[str]()
    while len(names) < MAX_PARTS:
        data = source.read_at(offset, LOCAL.size + MAX_NAME_BYTES + MAX_EXTRA_BYTES)
        if len(data) < LOCAL.size or data[:4] != LOCAL_SIGN:
            return
        fields = LOCAL.unpack_from(data)
        crc, size, length = fields[6], fields[8], fields[9]
        if size == WIDE:
            start = LOCAL.size + length + 4
            size = int.from_bytes(data[start : start + 8], "little")
        try:
            entry = Entry(_name(data[LOCAL.size : LOCAL.size + length]), _part_size(size), crc, offset)
        except MalformedError:
            return
        if entry.name in names or not has_header(source, entry) or entry.end > source.size:
            return
        names.add(entry.name)
        offset = entry.end
        yield entry
