"""HPKE base mode with KEM 0x647a, HKDF-SHA256 and ChaCha20-Poly1305 (page keys), written out from its definition."""

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.second.refusal import UNAUTHENTICATED, RefusedError, require

SUITE = b"HPKE" + (0x647A).to_bytes(2, "big") + (0x0001).to_bytes(2, "big") + (0x0003).to_bytes(2, "big")
KEM_LABEL = rb"\.//^" + b"\\"
ENCAPSULATED_BYTES = 1120


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), secret, "sha256")


def expand(key: bytes, info: bytes, length: int) -> bytes:
    found, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        found += block
    return found[:length]


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Return `length` bytes of HKDF-SHA256 (RFC 5869)."""
    return expand(extract(salt, secret), info, length)


def schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return key and base nonce of RFC 9180, 5.1, in base mode."""

    def labelled_extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + SUITE + label + secret)

    def labelled_expand(key: bytes, label: bytes, context: bytes, length: int) -> bytes:
        return expand(key, length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + context, length)

    context = b"\0" + labelled_extract(b"", b"psk_id_hash", b"") + labelled_extract(b"", b"info_hash", info)
    secret = labelled_extract(shared, b"secret", b"")
    return labelled_expand(secret, b"key", context, 32), labelled_expand(secret, b"base_nonce", context, 12)


def combine(of_mlkem: bytes, of_x25519: bytes, ciphertext: bytes, public: bytes) -> bytes:
    return hashlib.sha3_256(of_mlkem + of_x25519 + ciphertext + public + KEM_LABEL).digest()


def private_parts(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Return the two private keys that 32 bytes of seed expand to."""
    stream = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(stream[:64]), X25519PrivateKey.from_private_bytes(stream[64:])


def public_key(seed: bytes) -> bytes:
    """Return the 1,216 bytes of the public key."""
    mlkem, x25519 = private_parts(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def wrap(public: bytes, info: bytes, secret: bytes, x25519_seed: bytes) -> bytes:
    """Return `secret` sealed for `public`; `x25519_seed` is fresh for each call."""
    mlkem, x25519 = MLKEM768PublicKey.from_public_bytes(public[:1184]), public[1184:]
    of_mlkem, first = mlkem.encapsulate()
    ephemeral = X25519PrivateKey.from_private_bytes(x25519_seed)
    second = ephemeral.public_key().public_bytes_raw()
    of_x25519 = ephemeral.exchange(X25519PublicKey.from_public_bytes(x25519))
    key, nonce = schedule(combine(of_mlkem, of_x25519, second, x25519), info)
    return first + second + ChaCha20Poly1305(key).encrypt(nonce, secret, b"")


def unwrap(seed: bytes, info: bytes, wrapped: bytes) -> bytes:
    """Return the secret that was sealed for the key of `seed`."""
    require(len(wrapped) > ENCAPSULATED_BYTES, "too short", UNAUTHENTICATED)
    mlkem, x25519 = private_parts(seed)
    first, second, sealed = wrapped[:1088], wrapped[1088:ENCAPSULATED_BYTES], wrapped[ENCAPSULATED_BYTES:]
    try:
        of_x25519 = x25519.exchange(X25519PublicKey.from_public_bytes(second))
        own = x25519.public_key().public_bytes_raw()
        key, nonce = schedule(combine(mlkem.decapsulate(first), of_x25519, second, own), info)
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, b"")
    except (InvalidTag, ValueError) as fault:
        raise RefusedError(UNAUTHENTICATED, "the epoch key does not unwrap") from fault
