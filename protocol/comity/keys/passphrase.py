"""Keys from passphrases."""

from typing import Final

from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13
from nacl.exceptions import CryptoError

from comity.errors import LocalError

SALT_BYTES: Final = 16
MAX_PASSES: Final = 16
MIN_MEMORY_BYTES: Final = 8_192
MAX_MEMORY_BYTES: Final = 1 << 30
_LENGTHS: Final = range(16, 65)


def argon2id(passphrase: bytes, salt: bytes, passes: int, memory_bytes: int, length: int) -> bytes:
    """Return `length` bytes (16 to 64) of Argon2id, version 1.3, one lane (RFC 9106).

    salt has 16 bytes, passes is 1 to 16, memory_bytes 8 KiB to 1 GiB: a forged file cannot take more than that.

    Raises:
        LocalError: an argument out of its range.
        MemoryError: the machine does not have the memory.
    """
    if len(salt) != SALT_BYTES or length not in _LENGTHS:
        raise LocalError("Argon2id takes a salt of 16 bytes and gives 16 to 64 bytes")
    if not (1 <= passes <= MAX_PASSES and MIN_MEMORY_BYTES <= memory_bytes <= MAX_MEMORY_BYTES):
        raise LocalError("Argon2id takes 1 to 16 passes and 8 KiB to 1 GiB")
    try:
        return crypto_pwhash_alg(length, passphrase, salt, passes, memory_bytes, crypto_pwhash_ALG_ARGON2ID13)
    except CryptoError as fault:
        raise MemoryError("not enough memory for Argon2id") from fault
