"""CipherState (Noise revision 34, section 5.1) with ChaChaPoly."""

from struct import Struct
from typing import Final

from comity.errors import LimitError, LocalError, MalformedError
from comity.keys import TAG_BYTES, Cipher
from comity.limits import MAX_RECORD_BYTES

_REKEY_NONCE: Final = 2**64 - 1  # reserved for rekey()
_nonce = Struct("<4xQ").pack
_MAX_PLAIN_BYTES: Final = MAX_RECORD_BYTES - TAG_BYTES


class CipherState:
    """One direction: a key and the number of the next message. Losing or repeating a message breaks it for good."""

    __slots__ = ("_cipher", "_n")

    def __init__(self, key: bytes, nonce: int = 0) -> None:
        """Take the key of 32 bytes, and the number of the next message."""
        self._cipher = Cipher(key)
        self._n = nonce

    @property
    def nonce(self) -> int:
        """Return the number of the next message, which is the count of those that went well."""
        return self._n

    def encrypt(self, ad: bytes, plaintext: bytes) -> bytes:
        """Return plaintext encrypted, 16 bytes longer.

        Raises:
            LocalError: more than 65,519 bytes, or no nonce is left. Nothing has changed.
        """
        n = self._n
        if len(plaintext) > _MAX_PLAIN_BYTES or n >= _REKEY_NONCE:
            raise LocalError("too long for a Noise message" if n < _REKEY_NONCE else "no nonce is left")
        sealed = self._cipher.seal(_nonce(n), ad, plaintext)
        self._n = n + 1
        return sealed

    def decrypt(self, ad: bytes, ciphertext: bytes) -> bytes:
        """Return the plaintext.

        Raises:
            AuthenticationError: altered, out of order or not for us. The nonce has not moved.
            MalformedError: more than 65,535 bytes.
            LimitError: no nonce is left.
        """
        n = self._n
        if len(ciphertext) > MAX_RECORD_BYTES:
            raise MalformedError("too long for a Noise message")
        if n >= _REKEY_NONCE:
            raise LimitError("no nonce is left")
        plaintext = self._cipher.open(_nonce(n), ad, ciphertext)
        self._n = n + 1
        return plaintext

    def rekey(self) -> None:
        """Replace the key by one from which the old key cannot be found; the nonce counts on (section 4.2)."""
        self._cipher = Cipher(self._cipher.seal(_nonce(_REKEY_NONCE), b"", bytes(32))[:32])

    def __repr__(self) -> str:
        return f"CipherState(nonce={self._n})"
