"""SymmetricState (Noise revision 34, section 5.2): the transcript hash, the chaining key and the cipher."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final

from comity.noise.cipherstate import CipherState

_HASHES: Final[dict[str, Callable[..., Any]]] = {
    "SHA256": hashlib.sha256,
    "BLAKE2s": hashlib.blake2s,
    "BLAKE2b": hashlib.blake2b,
}
_KEY_BYTES: Final = 32


class SymmetricState:
    """What both sides of a handshake compute alike.

    Attributes:
        h: hash of everything that was said so far.
    """

    __slots__ = ("_chaining_key", "_cipher", "_digest", "_hash", "h")

    def __init__(self, protocol_name: str, hash_name: str) -> None:
        """Begin with the protocol's name (InitializeSymmetric)."""
        self._hash = _HASHES[hash_name]
        self._digest = hash_name.lower()
        name, hash_bytes = protocol_name.encode("ascii"), self._hash().digest_size
        self.h: bytes = name.ljust(hash_bytes, b"\x00") if len(name) <= hash_bytes else self._hash(name).digest()
        self._chaining_key = self.h
        self._cipher: CipherState | None = None

    @property
    def has_key(self) -> bool:
        """Return whether what is sent now is encrypted."""
        return self._cipher is not None

    def mix_key(self, material: bytes) -> None:
        self._chaining_key, key = self._hkdf(material, 2)
        self._cipher = CipherState(key[:_KEY_BYTES])

    def mix_hash(self, data: bytes) -> None:
        self.h = self._hash(self.h + data).digest()

    def mix_key_and_hash(self, material: bytes) -> None:
        self._chaining_key, extra, key = self._hkdf(material, 3)
        self.mix_hash(extra)
        self._cipher = CipherState(key[:_KEY_BYTES])

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        """Return plaintext encrypted when there is a key, 16 bytes longer; else as it is."""
        ciphertext = plaintext if self._cipher is None else self._cipher.encrypt(self.h, plaintext)
        self.mix_hash(ciphertext)
        return ciphertext

    def decrypt_and_hash(self, ciphertext: bytes) -> bytes:
        """Return what encrypt_and_hash() of the other side was given.

        Raises:
            AuthenticationError: altered, or another transcript or key.
        """
        plaintext = ciphertext if self._cipher is None else self._cipher.decrypt(self.h, ciphertext)
        self.mix_hash(ciphertext)
        return plaintext

    def split(self) -> tuple[CipherState, CipherState]:
        """Return the two directions: from the initiator, from the responder."""
        first, second = self._hkdf(b"", 2)
        return CipherState(first[:_KEY_BYTES]), CipherState(second[:_KEY_BYTES])

    def _hkdf(self, material: bytes, outputs: int) -> list[bytes]:
        secret = hmac.digest(self._chaining_key, material, self._digest)
        blocks = [b""]
        for number in range(1, outputs + 1):
            blocks.append(hmac.digest(secret, blocks[-1] + bytes([number]), self._digest))
        return blocks[1:]

    def __repr__(self) -> str:
        return f"SymmetricState(h={self.h.hex()})"
