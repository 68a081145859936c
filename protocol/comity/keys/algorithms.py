"""The algorithms of the specification and the sizes of what they make (spec page keys)."""

from enum import IntEnum
from typing import Final


class Algorithm(IntEnum):
    """A number fixes everything about a key; there are no parameters (KEY-014)."""

    ED25519 = 1
    ED25519_MLDSA65 = 2
    X25519 = 3
    MLKEM768_X25519 = 4


ED25519_PUBLIC_BYTES: Final = 32
ED25519_SIGNATURE_BYTES: Final = 64
MLDSA65_PUBLIC_BYTES: Final = 1_952
MLDSA65_SIGNATURE_BYTES: Final = 3_309
X25519_BYTES: Final = 32  # private key, public key and shared secret
KEM_SEED_BYTES: Final = 64  # d || z
KEM_PUBLIC_BYTES: Final = 1_184
KEM_CIPHERTEXT_BYTES: Final = 1_088
KEM_SECRET_BYTES: Final = 32
TAG_BYTES: Final = 16

PUBLIC_BYTES: Final = {
    Algorithm.ED25519: ED25519_PUBLIC_BYTES,
    Algorithm.ED25519_MLDSA65: ED25519_PUBLIC_BYTES + MLDSA65_PUBLIC_BYTES,
    Algorithm.X25519: X25519_BYTES,
    Algorithm.MLKEM768_X25519: KEM_PUBLIC_BYTES + X25519_BYTES,
}
SIGNATURE_BYTES: Final = {
    Algorithm.ED25519: ED25519_SIGNATURE_BYTES,
    Algorithm.ED25519_MLDSA65: ED25519_SIGNATURE_BYTES + MLDSA65_SIGNATURE_BYTES,
}
ENCAPSULATED_BYTES: Final = KEM_CIPHERTEXT_BYTES + X25519_BYTES  # 1,120: MLKEM768-X25519
WRAP_OVERHEAD_BYTES: Final = ENCAPSULATED_BYTES + TAG_BYTES  # what wrap() adds to the secret
