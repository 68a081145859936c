"""HPKE base mode, single shot: KEM 0x647a (MLKEM768-X25519), HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180)."""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from comity.errors import AuthenticationError, LocalError
from comity.keys.algorithms import KEM_PUBLIC_BYTES, KEM_SEED_BYTES, Algorithm
from comity.keys.public import PublicKey

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_SEED_BYTES: Final = 32


class EnvelopeKey:
    """A private MLKEM768-X25519 key, which opens what others wrapped for us.

    Attributes:
        public: the public key.
    """

    __slots__ = ("_private", "public")

    public: PublicKey

    def __init__(self, seed: bytes) -> None:
        """Take the seed; see from_seed()."""
        if len(seed) != _SEED_BYTES:
            raise LocalError(f"an MLKEM768-X25519 seed has {_SEED_BYTES} bytes")
        expanded = hashlib.shake_256(seed).digest(96)
        kem = MLKEM768PrivateKey.from_seed_bytes(expanded[:KEM_SEED_BYTES])
        curve = X25519PrivateKey.from_private_bytes(expanded[KEM_SEED_BYTES:])
        self._private = MLKEM768X25519PrivateKey(kem, curve)
        data = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        self.public = PublicKey.derived(Algorithm.MLKEM768_X25519, data)

    @classmethod
    def from_seed(cls, seed: bytes) -> "EnvelopeKey":
        """Return the key that the 32 bytes stand for.

        Raises:
            LocalError: not 32 bytes.
        """
        return cls(seed)

    def unwrap(self, info: bytes, wrapped: bytes) -> bytes:
        """Return the secret that wrap() was given.

        Raises:
            AuthenticationError: wrapped for another key, with another info, or altered.
        """
        try:
            return _SUITE.decrypt(wrapped, self._private, info)
        except (InvalidTag, ValueError):
            raise AuthenticationError("the wrapped secret does not open") from None

    def __repr__(self) -> str:
        return f"EnvelopeKey({self.public!r})"


def wrap(public: PublicKey, info: bytes, secret: bytes) -> bytes:
    """Return secret sealed for the holder of public: encapsulated key (1,120 bytes), ciphertext, tag (16 bytes).

    The coins are drawn inside `cryptography`. info is not sent; unwrap() needs the same bytes.

    Raises:
        LocalError: public is no key of algorithm 4.
    """
    if public.algorithm is not Algorithm.MLKEM768_X25519:
        raise LocalError(f"nothing can be wrapped for a key of {public.algorithm.name}")
    kem = MLKEM768PublicKey.from_public_bytes(public.data[:KEM_PUBLIC_BYTES])
    curve = X25519PublicKey.from_public_bytes(public.data[KEM_PUBLIC_BYTES:])
    return _SUITE.encrypt(secret, MLKEM768X25519PublicKey(kem, curve), info)
