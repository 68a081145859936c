"""Key ids, labelled strings and signatures (page keys)."""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from tests.second import edwards
from tests.second.refusal import UNAUTHENTICATED, require

ED25519, HYBRID, LINK, ENVELOPE = 1, 2, 3, 4
SIZES = {ED25519: 32, HYBRID: 32 + 1952, LINK: 32, ENVELOPE: 1184 + 32}


def labelled(label: str, data: bytes) -> bytes:
    """Return label, zero, length and data (KEY-001)."""
    return label.encode("ascii") + b"\0" + len(data).to_bytes(4, "big") + data


def key_id(algorithm: int, key: bytes) -> bytes:
    """Return the 32 bytes that name a public key (KEY-002, KEY-014)."""
    require(SIZES.get(algorithm) == len(key), "unknown algorithm or wrong size of key")
    return hashlib.sha256(labelled("comity-v1 key-id", bytes([algorithm]) + key)).digest()


def check_public(algorithm: int, key: bytes) -> None:
    """Return when the bytes are a usable key of the algorithm (KEY-007, KEY-010, KEY-011, KEY-014, KEY-015)."""
    require(SIZES.get(algorithm) == len(key), "unknown algorithm or wrong size of key")
    if algorithm in (ED25519, HYBRID):
        require(edwards.is_good_key(key[:32]), "no point of prime order")
        return
    require(not has_low_order(key[-32:]), "an X25519 key of low order")
    if algorithm == ENVELOPE:
        coefficients = int.from_bytes(key[:1152], "little")
        good = all(coefficients >> 12 * place & 0xFFF < 3329 for place in range(768))
        require(good, "a coefficient that is not below 3,329")


def has_low_order(key: bytes) -> bool:
    """Return whether an X25519 key gives zero with every private key."""
    try:
        X25519PrivateKey.from_private_bytes(bytes(31) + b"\x40").exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError:
        return True
    return False


def verify(algorithm: int, key: bytes, label: str, data: bytes, signature: bytes) -> None:
    """Return when the signature verifies (KEY-003 to KEY-009)."""
    require(algorithm in (ED25519, HYBRID), "no algorithm of signatures", UNAUTHENTICATED)
    require(len(key) == SIZES[algorithm], "wrong size of key", UNAUTHENTICATED)
    signed = labelled(label, data)
    require(edwards.verifies(key[:32], signed, signature[:64]), "Ed25519", UNAUTHENTICATED)
    if algorithm == ED25519:
        require(len(signature) == 64, "wrong size of signature", UNAUTHENTICATED)
        return
    require(len(signature) == 64 + 3309, "wrong size of signature", UNAUTHENTICATED)
    try:
        MLDSA65PublicKey.from_public_bytes(key[32:]).verify(signature[64:], signed, label.encode())
    except (InvalidSignature, ValueError):
        require(False, "ML-DSA-65", UNAUTHENTICATED)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key of algorithm 1 (32 bytes of seed) or 2 (64 bytes: Ed25519, then ML-DSA-65)."""

    algorithm: int
    seed: bytes

    def public(self) -> bytes:
        public = Ed25519PrivateKey.from_private_bytes(self.seed[:32]).public_key().public_bytes_raw()
        if self.algorithm == ED25519:
            return public
        return public + MLDSA65PrivateKey.from_seed_bytes(self.seed[32:]).public_key().public_bytes_raw()

    def id(self) -> bytes:
        return key_id(self.algorithm, self.public())

    def sign(self, label: str, data: bytes) -> bytes:
        signed = labelled(label, data)
        first = Ed25519PrivateKey.from_private_bytes(self.seed[:32]).sign(signed)
        if self.algorithm == ED25519:
            return first
        return first + MLDSA65PrivateKey.from_seed_bytes(self.seed[32:]).sign(signed, label.encode())
