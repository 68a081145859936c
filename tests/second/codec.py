"""Canonical MessagePack (page encoding): a strict reader, and a writer to start from."""

import unicodedata
from typing import TypeAlias

from tests.second.refusal import LIMIT, require

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"

MAX_DEPTH = 16
FIXED = {0xC0: None, 0xC2: False, 0xC3: True}
UNSIGNED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
SIGNED = {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
STR = {0xD9: 1, 0xDA: 2, 0xDB: 4}
BIN = {0xC4: 1, 0xC5: 2, 0xC6: 4}
ARRAY = {0xDC: 2, 0xDD: 4}
MAP = {0xDE: 2, 0xDF: 4}


class Reader:
    """One byte string, read once from front to back, each rule checked where it is met."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.weight_left = 8_192 + len(data) // 8

    def take(self, count: int) -> bytes:
        require(count <= len(self.data) - self.at, "the bytes end too soon")
        self.at += count
        return self.data[self.at - count : self.at]

    def length(self, width: int, smallest: int) -> int:
        """Return a length or count of `width` bytes; below `smallest` a shorter form exists (ENC-003)."""
        number = int.from_bytes(self.take(width), "big")
        require(number >= smallest, "a length is not in its shortest form")
        return number

    def count(self, width: int) -> int:
        """Return the count of an array or map, which has no form of one byte."""
        return self.length(width, 16 if width == 2 else 1 << 16)

    def value(self, depth_left: int) -> Value:
        self.weight_left -= 1
        require(self.weight_left >= 0, "too much weight", LIMIT)
        first = self.take(1)[0]
        if first < 0x80 or first >= 0xE0:
            return first if first < 0x80 else first - 0x100
        if first in FIXED:
            return FIXED[first]
        if first in UNSIGNED:
            return self.unsigned(UNSIGNED[first])
        if first in SIGNED:
            return self.signed(SIGNED[first])
        if 0xA0 <= first < 0xC0 or first in STR:
            return self.text(first)
        if first in BIN:
            return self.take(self.length(BIN[first], shortest(BIN[first], 0)))
        return self.container(first, depth_left)

    def unsigned(self, width: int) -> int:
        return self.length(width, shortest(width, 0x80))

    def signed(self, width: int) -> int:
        number = int.from_bytes(self.take(width), "big", signed=True)
        limit = -32 if width == 1 else -(1 << (4 * width - 1))
        require(number < limit, "an int is not in its shortest form")
        return number

    def text(self, first: int) -> str:
        count = first - 0xA0 if first < 0xC0 else self.length(STR[first], shortest(STR[first], 32))
        try:
            words = self.take(count).decode("utf-8", "strict")
        except UnicodeDecodeError:
            require(False, "a str is not UTF-8")
            raise
        require("\0" not in words, "a str contains U+0000")
        require(unicodedata.is_normalized("NFC", words), "a str is not in form C")
        return words

    def container(self, first: int, depth_left: int) -> Value:
        require(first < 0xA0 or first in ARRAY or first in MAP, "a type that is not allowed")
        require(depth_left > 0, "nested too deeply")
        if 0x90 <= first < 0xA0 or first in ARRAY:
            count = first - 0x90 if first < 0xA0 else self.count(ARRAY[first])
            self.weight_left -= 1
            require(count <= self.weight_left, "too much weight", LIMIT)
            return [self.value(depth_left - 1) for _ in range(count)]
        count = first - 0x80 if first < 0xA0 else self.count(MAP[first])
        self.weight_left -= 2 + count
        require(2 * count <= self.weight_left, "too much weight", LIMIT)
        return self.entries(count, depth_left)

    def entries(self, count: int, depth_left: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        last = b""
        for number in range(count):
            key = self.value(depth_left - 1)
            require(isinstance(key, str), "a map key is not a str")
            assert isinstance(key, str)
            spelled = key.encode()
            require(number == 0 or spelled > last, "map keys are not in ascending order")
            found[key], last = self.value(depth_left - 1), spelled
        return found


def shortest(width: int, least: int) -> int:
    """Return the smallest number for which a field of `width` bytes is the shortest form."""
    return {1: least, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[width] if width > 1 else least


def decode(data: bytes, bound: int) -> Value:
    """Return the value that stands in `data`, at most `bound` bytes long."""
    require(len(data) <= bound, "longer than its place allows", LIMIT)
    reader = Reader(data)
    value = reader.value(MAX_DEPTH)
    require(reader.at == len(data), "bytes after the end of the value")
    return value


def encode(value: Value) -> bytes:
    """Return the canonical bytes of `value`."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return encode_int(value)
    if isinstance(value, str):
        data = value.encode()
        return head(len(data), 32, 0xA0, {1: 0xD9, 2: 0xDA, 4: 0xDB}) + data
    if isinstance(value, bytes):
        return head(len(value), 0, 0, {1: 0xC4, 2: 0xC5, 4: 0xC6}) + value
    if isinstance(value, list):
        return head(len(value), 16, 0x90, {2: 0xDC, 4: 0xDD}) + b"".join(map(encode, value))
    parts = [encode(key) + encode(value[key]) for key in sorted(value, key=str.encode)]
    return head(len(value), 16, 0x80, {2: 0xDE, 4: 0xDF}) + b"".join(parts)


def head(count: int, short: int, base: int, wide: dict[int, int]) -> bytes:
    """Return the first byte and the length of a str, bin, array or map."""
    if count < short:
        return bytes([base + count])
    width = next(width for width in wide if count < 1 << (8 * width))
    return bytes([wide[width]]) + count.to_bytes(width, "big")


def encode_int(number: int) -> bytes:
    if -32 <= number < 128:
        return (number & 0xFF).to_bytes(1, "big")
    if number >= 0:
        first, width = next((first, width) for first, width in UNSIGNED.items() if number < 1 << (8 * width))
        return bytes([first]) + number.to_bytes(width, "big")
    first, width = next((first, width) for first, width in SIGNED.items() if -number <= 1 << (8 * width - 1))
    return bytes([first]) + number.to_bytes(width, "big", signed=True)
