"""Hashes and keys made from other keys."""

import hashlib
import hmac

from comity.errors import LocalError

_HASH_BYTES = 32


def sha256(data: bytes) -> bytes:
    """Return the 32 bytes of SHA-256."""
    return hashlib.sha256(data).digest()


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Return `length` bytes of HKDF-SHA256, extract then expand (RFC 5869). An empty salt stands for 32 zero bytes.

    Raises:
        LocalError: length is not 1 to 8,160 bytes.
    """
    if not 0 < length <= 255 * _HASH_BYTES:
        raise LocalError(f"HKDF gives 1 to 8,160 bytes, not {length}")
    pseudorandom_key = hmac.digest(salt, secret, "sha256")
    output = block = hmac.digest(pseudorandom_key, info + b"\x01", "sha256")
    for number in range(2, -(-length // _HASH_BYTES) + 1):
        block = hmac.digest(pseudorandom_key, block + info + bytes([number]), "sha256")
        output += block
    return output[:length]
