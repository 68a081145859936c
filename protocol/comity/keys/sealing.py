"""Encryption with a secret key. Whoever calls sees to it that no nonce is used twice under one key."""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from comity.errors import AuthenticationError, LocalError

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_XNONCE_BYTES: Final = 24


class Cipher:
    """ChaCha20-Poly1305 (RFC 8439) under one key, for many messages."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        """Take the key of 32 bytes.

        Raises:
            LocalError: a key of another length.
        """
        if len(key) != _KEY_BYTES:
            raise LocalError(f"the key has {len(key)} bytes, not {_KEY_BYTES}")
        self._aead = ChaCha20Poly1305(key)

    def seal(self, nonce: bytes, aad: bytes, data: bytes) -> bytes:
        """Return the ciphertext and its tag of 16 bytes.

        Raises:
            LocalError: the nonce does not have 12 bytes.
        """
        try:
            return self._aead.encrypt(nonce, data, aad)
        except ValueError as fault:
            raise LocalError(str(fault)) from fault

    def open(self, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            AuthenticationError: another key, nonce or aad, or altered bytes.
        """
        try:
            return self._aead.decrypt(nonce, sealed, aad)
        except (InvalidTag, ValueError):
            raise AuthenticationError("the sealed bytes do not open") from None

    def __repr__(self) -> str:
        return "Cipher(...)"


def seal(key: bytes, nonce: bytes, aad: bytes, data: bytes) -> bytes:
    """Return data under ChaCha20-Poly1305: ciphertext, then the tag of 16 bytes.

    Raises:
        LocalError: the key does not have 32 bytes, or the nonce 12.
    """
    return Cipher(key).seal(nonce, aad, data)


def open_sealed(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    """Return what seal() was given.

    Raises:
        AuthenticationError: another key, nonce or aad, or altered bytes.
        LocalError: the key does not have 32 bytes.
    """
    return Cipher(key).open(nonce, aad, sealed)


def xchacha_seal(key: bytes, nonce: bytes, aad: bytes, data: bytes) -> bytes:
    """Return data under XChaCha20-Poly1305, whose nonce may be drawn at random: ciphertext, then the tag of 16 bytes.

    Raises:
        LocalError: the key does not have 32 bytes, or the nonce 24.
    """
    if len(key) != _KEY_BYTES or len(nonce) != _XNONCE_BYTES:
        raise LocalError("XChaCha20-Poly1305 takes a key of 32 bytes and a nonce of 24")
    return crypto_aead_xchacha20poly1305_ietf_encrypt(data, aad, nonce, key)


def xchacha_open(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    """Return what xchacha_seal() was given.

    Raises:
        AuthenticationError: another key, nonce or aad, or altered bytes.
        LocalError: the key does not have 32 bytes.
    """
    if len(key) != _KEY_BYTES:
        raise LocalError("XChaCha20-Poly1305 takes a key of 32 bytes")
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except (CryptoError, ValueError, TypeError):
        raise AuthenticationError("the sealed bytes do not open") from None
