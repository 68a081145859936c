"""Ed25519 of RFC 8032 with the strict profile of the page keys, in plain integers; only for public data."""

import hashlib
from functools import lru_cache
from typing import TypeAlias

Point: TypeAlias = tuple[int, int, int, int]  # x/z, y/z, z, xy/z

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
ZERO: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    """Return a + b on the curve (the law is complete)."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    left, right = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    cross, scale = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = right - left, scale - cross, scale + cross, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    """Return scalar * point."""
    total = ZERO
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def same(a: Point, b: Point) -> bool:
    """Return whether two points are one."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 == (a[1] * b[2] - b[1] * a[2]) % P


def decompress(data: bytes) -> Point | None:
    """Return the point of 32 bytes, or None where they are not its canonical encoding."""
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress(bytes.fromhex("58" + "66" * 31)) or ZERO


@lru_cache(256)
def is_good_key(key: bytes) -> bool:
    """Return whether `key` is the canonical encoding of a point of prime order (KEY-007)."""
    point = decompress(key)
    return point is not None and not same(point, ZERO) and same(times(ORDER, point), ZERO)


def verifies(key: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether `signature` of `data` verifies strictly under `key` (KEY-006 to KEY-009)."""
    if len(signature) != 64 or not is_good_key(key):
        return False
    public, r = decompress(key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if public is None or r is None or s >= ORDER or same(times(8, r), ZERO):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + data).digest(), "little") % ORDER
    return same(times(s, BASE), add(r, times(k, public)))
