"""The check that addresses of Ethereum and its like carry in their capitals (EIP-55).

It is taken from Keccak-256, the sponge of SHA-3 before its padding was fixed. It guards against slips of the pen and
keeps no secret, so it needs no constant time and no other library. One address takes a third of a millisecond: enough
for what people type, too much for every address of every message, where it is no rule.
"""

from typing import Final

_LANES: Final = 25
_MASK: Final = (1 << 64) - 1
_RATE: Final = 136  # bytes taken in at a time, for a digest of 32
_ROUND_CONSTANTS: Final = (
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
)  # fmt: skip
_ROTATIONS: Final = (
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
)  # fmt: skip
# Lane i of the next state comes from this lane of the last one (steps rho and pi of FIPS 202, 3.2.2 and 3.2.3).
_SOURCES: Final = tuple((x + 3 * y) % 5 + 5 * x for y in range(5) for x in range(5))
KECCAK: Final = 0x01
SHA3: Final = 0x06


def checksummed(address: str) -> str:
    """Return an address, 0x and 40 hexadecimal digits, with the capitals of its check."""
    digits = address[2:].lower()
    nibbles = keccak_256(digits.encode("ascii")).hex()
    marked = (digit.upper() if nibble > "7" else digit for digit, nibble in zip(digits, nibbles, strict=False))
    return "0x" + "".join(marked)


def keccak_256(data: bytes, padding: int = KECCAK) -> bytes:
    """Return the digest of 32 bytes; with the padding SHA3 it is that of SHA3-256 (FIPS 202)."""
    padded = bytearray(data) + bytes([padding]) + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    state = [0] * _LANES
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            state[lane] ^= int.from_bytes(padded[start + 8 * lane : start + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    for constant in _ROUND_CONSTANTS:
        columns = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        effect = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        mixed = [lane ^ effect[place % 5] for place, lane in enumerate(state)]
        moved = [_rotated(mixed[source], _ROTATIONS[source]) for source in _SOURCES]
        state = [
            moved[row + x] ^ (~moved[row + (x + 1) % 5] & moved[row + (x + 2) % 5])
            for row in range(0, _LANES, 5)
            for x in range(5)
        ]
        state[0] ^= constant
    return state


def _rotated(lane: int, places: int) -> int:
    return ((lane << places) | (lane >> (64 - places))) & _MASK
