"""Canonical MessagePack as people read it: one value a line, bytes on the left, what they say on the right."""

from typing import Any

from comity.encoding import Value, decode, encode

WIDTH = 100
SHOWN_BYTES = 20
COLUMN = 48


def wrapped(data: bytes, indent: str = "") -> list[str]:
    """Return data in hexadecimal, wrapped, in groups of four bytes."""
    groups = [data[at : at + 4].hex() for at in range(0, len(data), 4)]
    in_line = (WIDTH - len(indent)) // 9
    return [indent + " ".join(groups[at : at + in_line]) for at in range(0, len(groups), in_line)]


def short(data: bytes, shown: int = SHOWN_BYTES) -> str:
    """Return data in hexadecimal, cut where it is long."""
    return data.hex() if len(data) <= shown else f"{data[: shown - 2].hex()}.."


def line(left: str, right: str, depth: int = 0) -> str:
    """Return one line: bytes, then a remark."""
    text = f"{'  ' * depth}{left}"
    return f"{text:<{COLUMN}} ; {right}".rstrip() if right else text


def annotated(data: bytes, meanings: dict[str, str] | None = None, depth: int = 0) -> list[str]:
    """Return lines for a whole value; `meanings` explain some values by their path, for example `body` or `1`."""
    return lines_of(decode(data, len(data)), meanings or {}, "", depth)


def lines_of(value: Value, meanings: dict[str, str], path: str, depth: int) -> list[str]:
    data, remark = encode(value), meanings.get(path, "")
    if isinstance(value, dict):
        lines = [line(head_of(data, 15), remark or f"map of {len(value)}", depth)]
        for key, inner in value.items():
            lines += entry_lines(key, inner, meanings, f"{path}.{key}".lstrip("."), depth + 1)
        return lines
    if isinstance(value, list):
        lines = [line(head_of(data, 15), remark or f"array of {len(value)}", depth)]
        for number, inner in enumerate(value):
            lines += lines_of(inner, meanings, f"{path}.{number}".lstrip("."), depth + 1)
        return lines
    return [line(scalar(value, data), remark or said(value), depth)]


def entry_lines(key: str, value: Value, meanings: dict[str, str], path: str, depth: int) -> list[str]:
    data = encode(value)
    if isinstance(value, dict | list):
        inner = lines_of(value, meanings, path, depth)
        kind = f"{'map' if isinstance(value, dict) else 'array'} of {len(value)}"
        return [
            line(f"{encode(key).hex()} {head_of(data, 15)}", f"{key}: {meanings.get(path, kind)}", depth),
            *inner[1:],
        ]
    remark = meanings.get(path) or said(value)
    name = encode(key).hex()
    room = (COLUMN - 2 * depth - len(name) - 10) // 2
    return [line(f"{name} {scalar(value, data, room)}", f"{key}: {remark}", depth)]


def head_of(data: bytes, short_most: int) -> str:
    """Return the head of a container in hexadecimal."""
    return data[:1].hex() if data[0] < 0xA0 else data[: 3 if data[0] in (0xDC, 0xDE) else 5].hex()


def scalar(value: Value, data: bytes, room: int = 12) -> str:
    """Return a value that contains no other, its content cut to about `room` bytes."""
    content = len(value.encode()) if isinstance(value, str) else len(value) if isinstance(value, bytes) else 0
    head = len(data) - content
    if not content:
        return data.hex()
    return f"{data[:head].hex()} {short(data[head:], max(4, min(12, room)))}"


def said(value: Any) -> str:
    """Return a value in words."""
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 26 else f'"{value[:23]}..."'
    return f"{value:,}" if isinstance(value, int) and value < 10**6 else str(value)
