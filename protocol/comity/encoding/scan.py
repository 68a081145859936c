"""One pass over the bytes before anything is built from them (ENC-001, ENC-008, ENC-011, ENC-013, ENC-014)."""

from typing import Final

from comity.errors import LimitError, MalformedError
from comity.limits import MAX_DEPTH

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


def scan(data: bytes) -> None:
    """Refuse what the decoder would let pass or pay too much for: types, keys, depth, items, length.

    Runs several times for each message: one loop, tables, and no calls on the usual way. Reading past the end raises
    IndexError; jumping past it is seen at the end.
    """
    steps = _STEP
    outer: list[tuple[int, bool]] = []  # what is left in the containers around this one
    room = 8_191 + len(data) // 8  # weight that may come after the first value
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
                    room -= 3 * size + 2 if kind == _MAP else size + 1
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
