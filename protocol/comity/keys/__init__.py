"""Keys and what is done with them: the only door to PyNaCl and `cryptography` (spec page keys).

Layout, from the ground: `algorithms` (numbers and sizes), `derivation` (SHA-256, HKDF), `public` (PublicKey, verify),
then one file for each use: `signing`, `agreement` (X25519), `encapsulation` (ML-KEM-768), `wrapping` (HPKE),
`sealing` (ChaCha20-Poly1305, XChaCha20-Poly1305), `passphrase` (Argon2id).

Keys are made from seeds that the caller draws. No secret shows in a repr or an error text.
"""

from comity.keys.agreement import LinkKey
from comity.keys.algorithms import (
    ENCAPSULATED_BYTES,
    KEM_CIPHERTEXT_BYTES,
    KEM_PUBLIC_BYTES,
    SIGNATURE_BYTES,
    TAG_BYTES,
    WRAP_OVERHEAD_BYTES,
    X25519_BYTES,
    Algorithm,
)
from comity.keys.derivation import hkdf, sha256
from comity.keys.encapsulation import KemKey, encapsulate
from comity.keys.passphrase import argon2id
from comity.keys.public import PublicKey
from comity.keys.sealing import Cipher, open_sealed, seal, xchacha_open, xchacha_seal
from comity.keys.signing import SigningKey
from comity.keys.wrapping import EnvelopeKey, wrap

__all__ = [
    "ENCAPSULATED_BYTES",
    "KEM_CIPHERTEXT_BYTES",
    "KEM_PUBLIC_BYTES",
    "SIGNATURE_BYTES",
    "TAG_BYTES",
    "WRAP_OVERHEAD_BYTES",
    "X25519_BYTES",
    "Algorithm",
    "Cipher",
    "EnvelopeKey",
    "KemKey",
    "LinkKey",
    "PublicKey",
    "SigningKey",
    "argon2id",
    "encapsulate",
    "hkdf",
    "open_sealed",
    "seal",
    "sha256",
    "wrap",
    "xchacha_open",
    "xchacha_seal",
]
