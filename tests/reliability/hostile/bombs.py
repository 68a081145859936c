"""Rows 16 to 18: inputs that are small on the wire and large once they are read."""

import random
from collections.abc import Callable
from functools import partial

from tests.reliability.hostile import claims, expansion
from tests.reliability.hostile.doors import Door, doors
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.shares import halves
from tests.reliability.hostile.weighing import Ledger, weigh
from tests.reliability.row import Outcome, Row, Tier

BASE_SEED = 16


def filled(head: bytes, item: bytes) -> Callable[[int], bytes]:
    """Return a container of so many equal items as fit."""

    def make(size: int) -> bytes:
        count = max(0, size - 5) // len(item)
        return head + count.to_bytes(4, "big") + item * count

    return make


def distinct(item: bytes) -> Callable[[int], bytes]:
    """Return a map of short keys, all different, each with the item."""

    def make(size: int) -> bytes:
        count = max(0, size - 5) // (5 + len(item))
        keys = (b"\xa4" + f"{n:04x}"[-4:].encode() for n in range(count))
        return b"\xdf" + count.to_bytes(4, "big") + b"".join(key + item for key in keys)

    return make


def repeated(unit: bytes, end: bytes = b"\xc0") -> Callable[[int], bytes]:
    return lambda size: unit * (max(0, size - len(end)) // len(unit)) + end


def text_of(unit: str) -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        data = ("a" + unit * (max(0, size - 6) // len(unit.encode()))).encode()
        return b"\xdb" + len(data).to_bytes(4, "big") + data

    return make


SHAPES: dict[str, Callable[[int], bytes]] = {
    "array of nil": filled(b"\xdd", b"\xc0"),
    "array of small ints": filled(b"\xdd", b"\x01"),
    "array of long ints": filled(b"\xdd", b"\xcf" + b"\xff" * 8),
    "array of empty arrays": filled(b"\xdd", b"\x90"),
    "array of empty maps": filled(b"\xdd", b"\x80"),
    "array of empty texts": filled(b"\xdd", b"\xa0"),
    "array of empty byte strings": filled(b"\xdd", b"\xc4\x00"),
    "array of short texts": filled(b"\xdd", b"\xa2ab"),
    "array of arrays of one": filled(b"\xdd", b"\x91\xc0"),
    "array of maps of one": filled(b"\xdd", b"\x81\xa1a\xc0"),
    "array of arrays of 15": filled(b"\xdd", b"\x9f" + b"\xc0" * 15),
    "map of equal keys": filled(b"\xdf", b"\xa1a\xc0"),
    "map of nil": distinct(b"\xc0"),
    "map of empty maps": distinct(b"\x80"),
    "nested arrays": repeated(b"\x91"),
    "nested long arrays": repeated(b"\xdd\x00\x00\x00\x01"),
    "nested maps": repeated(b"\x81\xa1a"),
    "nested wide arrays": repeated(b"\x9f" + b"\xc0" * 14),
    "reserved bytes": repeated(b"\xc1"),
    "floats": filled(b"\xdd", b"\xcb" + bytes(8)),
    "extensions": filled(b"\xdd", b"\xd4\x00\x00"),
    "zero bytes": lambda size: bytes(size),
    "text of NUL": lambda size: b"\xdb" + max(0, size - 5).to_bytes(4, "big") + bytes(max(0, size - 5)),
    "text of marks": text_of("\u0327"),
    "text to compose": text_of("\u0653"),
    "text of marks in disorder": text_of("\u0301\u0327"),
    "text of no UTF-8": lambda size: b"\xdb" + max(0, size - 5).to_bytes(4, "big") + b"\xff" * max(0, size - 5),
    "frames without content": repeated(b"\x80\x00\x00\x00", b""),
    "frames of credit": repeated(b"\x08\x00\x00\x04\x00\x00\x00\x00", b""),
}
UNFIT = (
    b"\xc0",
    b"\x80",
    b"\x90",
    b"\xa0",
    b"\xdd\xff\xff\xff\xff",
    b"\xc6\x7f\xff\xff\xff",
    b"\xdf\x00\x01\x00\x00",
    b"\xcb",
)


def bombs(tier: Tier, bug: str | None) -> Outcome:
    """Weigh every shape at every door, small and filled to the brim, and inputs that are random or nearly good."""
    total = Ledger()
    for part in halves(partial(_bombs, tier, bug), tier):
        total.add(part)
    return Outcome(total.trials, tuple(total.violations), f"base seed {BASE_SEED}", total.figures())


def _bombs(tier: Tier, bug: str | None, share: int, shares: int) -> Ledger:
    ledger = Ledger()
    with planted(bug):
        entrances = doors()
        if tier >= Tier.CI:
            for number, (door, name) in enumerate((d, s) for d in entrances for s in SHAPES):
                if number % shares == share:
                    weigh(ledger, door, f"{name}, to the brim", SHAPES[name](door.max_bytes))
        else:
            for name in SHAPES:
                weigh(ledger, entrances[0], f"{name}, to the brim", SHAPES[name](65_536))
        for number in range(share, tier.trials(100_000, at_least=3_000), shares):
            rng = random.Random(BASE_SEED * 1_000_003 + number)
            door = entrances[number % len(entrances)]
            what, data = _small(rng, door)
            weigh(ledger, door, f"input {number}, {what}", data)
    return ledger


def _small(rng: random.Random, door: Door) -> tuple[str, bytes]:
    """Return an input of up to 4,096 bytes: random, a shape, or the good one with some harm done to it."""
    way = rng.randrange(8)
    if way == 0:
        return "random", rng.randbytes(rng.randrange(4_096))
    if way == 1:
        name = rng.choice(sorted(SHAPES))
        return name, SHAPES[name](rng.randrange(4_096))
    return "mutated", mutated(rng, door.good, rng.randrange(1, 5))


def mutated(rng: random.Random, good: bytes, times: int) -> bytes:
    data = bytearray(good)
    for _ in range(times):
        at = rng.randrange(len(data) + 1)
        way = rng.randrange(6)
        if way == 0 and at < len(data):
            data[at] = rng.randrange(256)
        elif way == 1:
            data[at:at] = rng.choice(UNFIT)
        elif way == 2:
            del data[at : at + rng.randrange(1, 9)]
        elif way == 3:
            end = at + rng.randrange(1, 64)
            data[at:at] = data[at:end]
        elif way == 4 and at < len(data):
            data[at : at + 1] = rng.choice(UNFIT)
        elif at < len(data):
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


ROWS = (
    Row(
        16,
        "decode bombs: counts, empty containers, nesting, text that must be normalised; random and mutated inputs",
        "every decoder of the library and the control socket, in process",
        "only the documented errors come out; at most 5 ms and 20 ms a MiB of CPU; at most 1 MiB and 10 times the"
        " input of memory",
        bombs,
        {"no weight": "the structure is not scanned before it is decoded, so that items and depth have no limit"},
        measured=True,
    ),
    *claims.ROWS,
    *expansion.ROWS,
)
