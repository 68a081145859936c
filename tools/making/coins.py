"""Encapsulation with given coins, by kyber-py, so that what is usually random can stand in a vector file.

HPKE is written out here and not taken from the library, so the two judge each other.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from kyber_py.ml_kem import ML_KEM_768

KEM_PUBLIC_BYTES = 1_184
KEM_LABEL = bytes.fromhex("5c2e2f2f5e5c")
SUITE = b"HPKE" + bytes.fromhex("647a00010003")


def encapsulate(public: bytes, coins: bytes) -> tuple[bytes, bytes]:
    """Return shared secret and ciphertext of ML-KEM-768 for 32 bytes of coins."""
    secret, ciphertext = ML_KEM_768._encaps_internal(public, coins)
    return bytes(secret), bytes(ciphertext)


def wrap(public: bytes, info: bytes, secret: bytes, coins: bytes) -> bytes:
    """Return secret wrapped for a key of algorithm 4. coins: 32 bytes for ML-KEM-768, then an X25519 private key."""
    kem, curve = public[:KEM_PUBLIC_BYTES], public[KEM_PUBLIC_BYTES:]
    of_kem, first = encapsulate(kem, coins[:32])
    ephemeral = X25519PrivateKey.from_private_bytes(coins[32:])
    of_curve = ephemeral.exchange(X25519PublicKey.from_public_bytes(curve))
    second = ephemeral.public_key().public_bytes_raw()
    shared = hashlib.sha3_256(of_kem + of_curve + second + curve + KEM_LABEL).digest()
    key, nonce = key_and_nonce(shared, info)
    return first + second + ChaCha20Poly1305(key).encrypt(nonce, secret, b"")


def key_and_nonce(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return what KeySchedule of RFC 9180, 5.1 gives in base mode."""
    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + SUITE + label + secret, "sha256")


def expand(key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    block = length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + info + b"\x01"
    return hmac.digest(key, block, "sha256")[:length]
