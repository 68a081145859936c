"""Public keys: their checks, their ids, and the signatures that they verify."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point, crypto_scalarmult, crypto_sign_open
from nacl.exceptions import CryptoError

from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.keys.algorithms import (
    ED25519_PUBLIC_BYTES,
    ED25519_SIGNATURE_BYTES,
    KEM_PUBLIC_BYTES,
    PUBLIC_BYTES,
    SIGNATURE_BYTES,
    Algorithm,
)
from comity.keys.derivation import sha256
from comity.labels import KEY_ID, labelled

_KEPT = 1_024  # keys whose checks are remembered, at most 2 KiB each
_ANY_SCALAR: Final = bytes(31) + b"\x40"  # a fixed private key; low order shows with every one


@dataclass(frozen=True, slots=True, repr=False)
class PublicKey:
    """A public key that has passed the checks of its algorithm (KEY-007, KEY-010, KEY-011, KEY-014).

    Attributes:
        algorithm: says what the key is for.
        data: 32, 1,984, 32 or 1,216 bytes for algorithms 1 to 4.
        id: 32 bytes (KEY-002).

    Raises:
        MalformedError: no such algorithm, a wrong length, or bytes that are no usable key.
    """

    algorithm: Algorithm
    data: bytes
    id: bytes = field(init=False, compare=False)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "algorithm", Algorithm(self.algorithm))
        except ValueError:
            raise MalformedError(f"algorithm {self.algorithm} is not known") from None
        object.__setattr__(self, "id", _checked_id(self.algorithm, self.data))

    @classmethod
    def derived(cls, algorithm: Algorithm, data: bytes) -> "PublicKey":
        """Return the public half of a private key that we hold ourselves: nothing is left to check."""
        key = object.__new__(cls)
        object.__setattr__(key, "algorithm", algorithm)
        object.__setattr__(key, "data", data)
        object.__setattr__(key, "id", _id(algorithm, data))
        return key

    def verify(self, label: bytes, data: bytes, signature: bytes) -> None:
        """Return when the signature with this label over data is good (KEY-003 to KEY-009).

        Raises:
            AuthenticationError: it is not.
            LocalError: this is no signing key.
        """
        if self.algorithm not in SIGNATURE_BYTES:
            raise LocalError(f"a key of {self.algorithm.name} verifies nothing")
        if len(signature) != SIGNATURE_BYTES[self.algorithm]:
            raise AuthenticationError("signature of a wrong length")
        signed = labelled(label, data)
        _verify_ed25519(self.data[:ED25519_PUBLIC_BYTES], signed, signature[:ED25519_SIGNATURE_BYTES])
        if self.algorithm is Algorithm.ED25519_MLDSA65:
            ml_dsa_key = self.data[ED25519_PUBLIC_BYTES:]
            _verify_mldsa65(ml_dsa_key, label, signed, signature[ED25519_SIGNATURE_BYTES:])

    def verify_raw(self, data: bytes, signature: bytes) -> None:
        """Return when the Ed25519 signature over data alone, without a label, is good: signed notes need this.

        Raises:
            AuthenticationError: it is not.
            LocalError: this is no key of algorithm 1.
        """
        if self.algorithm is not Algorithm.ED25519:
            raise LocalError(f"a key of {self.algorithm.name} verifies no bare Ed25519 signature")
        if len(signature) != ED25519_SIGNATURE_BYTES:
            raise AuthenticationError("signature of a wrong length")
        _verify_ed25519(self.data, data, signature)

    def __repr__(self) -> str:
        return f"PublicKey({self.algorithm.name}, id={self.id.hex()})"


def _verify_ed25519(key: bytes, data: bytes, signature: bytes) -> None:
    # libsodium applies the strict profile: KEY-006 to KEY-009
    try:
        crypto_sign_open(signature + data, key)
    except CryptoError:
        raise AuthenticationError("the Ed25519 signature does not verify") from None


def _verify_mldsa65(key: bytes, context: bytes, data: bytes, signature: bytes) -> None:
    try:
        MLDSA65PublicKey.from_public_bytes(key).verify(signature, data, context)
    except InvalidSignature:
        raise AuthenticationError("the ML-DSA-65 signature does not verify") from None
    except ValueError as fault:
        raise LocalError(f"ML-DSA-65: {fault}") from fault


def _id(algorithm: Algorithm, data: bytes) -> bytes:
    return sha256(labelled(KEY_ID, bytes([algorithm]) + data))


@lru_cache(_KEPT)
def _checked_id(algorithm: Algorithm, data: bytes) -> bytes:
    if len(data) != PUBLIC_BYTES[algorithm]:
        raise MalformedError(f"a public key of {algorithm.name} has {PUBLIC_BYTES[algorithm]} bytes, not {len(data)}")
    if algorithm in SIGNATURE_BYTES:
        _check_ed25519(data[:ED25519_PUBLIC_BYTES])
    elif algorithm is Algorithm.X25519:
        _check_x25519(data)
    else:
        _check_ml_kem(data[:KEM_PUBLIC_BYTES])
        _check_x25519(data[KEM_PUBLIC_BYTES:])
    return _id(algorithm, data)


def _check_ed25519(data: bytes) -> None:
    if not crypto_core_ed25519_is_valid_point(data):
        raise MalformedError("not the canonical encoding of an Ed25519 point of prime order")


def _check_x25519(data: bytes) -> None:
    try:
        crypto_scalarmult(_ANY_SCALAR, data)
    except CryptoError:
        raise MalformedError("X25519 public key of low order") from None


def _check_ml_kem(data: bytes) -> None:
    try:
        MLKEM768PublicKey.from_public_bytes(data)
    except ValueError:
        raise MalformedError("ML-KEM-768 public key with a coefficient out of range") from None
