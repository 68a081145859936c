"""The strict profile of Ed25519 against crafted keys and signatures, of the classes of "Taming the many EdDSAs".

The cases are built here, with arithmetic written from RFC 8032, and each is first shown to satisfy an equation that
lenient verifiers use. So a refusal says something about our profile and not about a slip in the case.
"""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from comity.errors import AuthenticationError, MalformedError
from comity.keys import Algorithm, PublicKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
IDENTITY: Point = (0, 1)
MESSAGE = b"whatever is asked"


def add(a: Point, b: Point) -> Point:
    twist = D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + twist, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - twist, -1, P)
    return x % P, y % P


def multiply(scalar: int, point: Point) -> Point:
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


def with_y(y: int, sign: int) -> Point:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - square) % P == 0
    return (P - x if x & 1 != sign else x), y


def octets(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


BASE = with_y(4 * pow(5, -1, P) % P, 0)
# y of the points of order 8 solves D y^4 + 2 y^2 = 1: found by multiplying some point by L until the order is right
ORDER_8 = next(
    torsion
    for y in range(3, 100)
    if pow((y * y - 1) * pow(D * y * y + 1, -1, P) % P, (P - 1) // 2, P) == 1
    for torsion in [multiply(L, with_y(y, 0))]
    if multiply(4, torsion) != IDENTITY
)
SMALL = [multiply(n, ORDER_8) for n in range(8)]
SECRET, NONCE = 0xA5A5_1234_5678 * 8 + 3, 0x1357_9BDF_0246 * 8 + 5
KEY = octets(multiply(SECRET, BASE))


def challenge(r: bytes, key: bytes, message: bytes = MESSAGE) -> int:
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def holds(key: Point, r: Point, s: int, h: int, cofactor: int) -> bool:
    """Return whether the equation holds that multiplies both sides by the cofactor, 8, or 1 for the strict one."""
    return multiply(cofactor * s, BASE) == multiply(cofactor, add(r, multiply(h, key)))


def signature(r: bytes, s: int) -> bytes:
    return r + s.to_bytes(32, "little")


def refuse(data: bytes, key: bytes = KEY) -> None:
    with pytest.raises(AuthenticationError):
        PublicKey(Algorithm.ED25519, key).verify_raw(MESSAGE, data)


def test_the_arithmetic_of_this_test_signs_what_the_library_verifies() -> None:
    r = octets(multiply(NONCE, BASE))
    s = (NONCE + challenge(r, KEY) * SECRET) % L
    assert holds(multiply(SECRET, BASE), multiply(NONCE, BASE), s, challenge(r, KEY), 1)
    PublicKey(Algorithm.ED25519, KEY).verify_raw(MESSAGE, signature(r, s))
    assert len(set(SMALL)) == 8
    assert multiply(8, ORDER_8) == IDENTITY


@pytest.mark.clause("KEY-006")
@pytest.mark.parametrize("times", [1, 2, 15])
def test_s_above_the_group_order_is_refused(times: int) -> None:
    r = octets(multiply(NONCE, BASE))
    s = (NONCE + challenge(r, KEY) * SECRET) % L + times * L
    assert s < 2**256
    assert holds(multiply(SECRET, BASE), multiply(NONCE, BASE), s, challenge(r, KEY), 1)
    refuse(signature(r, s))


@pytest.mark.clause("KEY-007")
@pytest.mark.parametrize("number", range(8))
def test_a_key_of_small_order_is_refused(number: int) -> None:
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.ED25519, octets(SMALL[number]))


@pytest.mark.clause("KEY-007")
@pytest.mark.parametrize("number", range(1, 8))
def test_a_key_with_a_part_of_small_order_is_refused(number: int) -> None:
    mixed = add(multiply(SECRET, BASE), SMALL[number])
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.ED25519, octets(mixed))


@pytest.mark.clause("KEY-007")
@pytest.mark.parametrize(
    "data",
    [
        (P + 1).to_bytes(32, "little"),  # the identity, y not reduced
        P.to_bytes(32, "little"),  # order 4, y not reduced
        (2**255 + 1).to_bytes(32, "little"),  # the identity with the sign of a zero x
        (2**255 + P - 1).to_bytes(32, "little"),  # order 2 with the sign of a zero x
        (P + 3).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),  # on no point
        bytes([255]) * 32,
    ],
    ids=bytes.hex,
)
def test_a_key_that_is_no_canonical_point_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.ED25519, data)


@pytest.mark.clause("KEY-008")
@pytest.mark.parametrize(
    "encoding",
    [octets(IDENTITY), (P + 1).to_bytes(32, "little"), (2**255 + 1).to_bytes(32, "little")],
    ids=bytes.hex,
)
def test_an_r_that_is_the_identity_is_refused_in_every_spelling(encoding: bytes) -> None:
    for hashed in {encoding, octets(IDENTITY)}:  # some verifiers hash what they read, some what they understood
        s = challenge(hashed, KEY) * SECRET % L
        assert holds(multiply(SECRET, BASE), IDENTITY, s, challenge(hashed, KEY), 1)
        refuse(signature(encoding, s))


@pytest.mark.clause("KEY-008", "KEY-009")
@pytest.mark.parametrize("number", range(1, 8))
def test_an_r_of_small_order_is_refused(number: int) -> None:
    r = octets(SMALL[number])
    s = challenge(r, KEY) * SECRET % L
    assert holds(multiply(SECRET, BASE), SMALL[number], s, challenge(r, KEY), 8)
    refuse(signature(r, s))


@pytest.mark.clause("KEY-009")
@pytest.mark.parametrize("number", range(1, 8))
def test_what_only_the_equation_with_the_cofactor_accepts_is_refused(number: int) -> None:
    point = add(multiply(NONCE, BASE), SMALL[number])
    r = octets(point)
    s = (NONCE + challenge(r, KEY) * SECRET) % L
    assert holds(multiply(SECRET, BASE), point, s, challenge(r, KEY), 8)
    assert not holds(multiply(SECRET, BASE), point, s, challenge(r, KEY), 1)
    refuse(signature(r, s))


@pytest.mark.clause("KEY-007")
def test_the_key_under_which_a_lenient_library_verifies_every_message_cannot_be_made() -> None:
    identity = octets(IDENTITY)
    for message in (b"", MESSAGE, b"x" * 1_000):
        Ed25519PublicKey.from_public_bytes(identity).verify(signature(identity, 0), message)
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.ED25519, identity)
