"""ML-KEM-768 (FIPS 203), the post-quantum half of the handshake."""

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey

from comity.errors import LocalError, MalformedError
from comity.keys.algorithms import KEM_CIPHERTEXT_BYTES, KEM_SEED_BYTES


class KemKey:
    """A private ML-KEM-768 key, made for a single handshake.

    Attributes:
        public: the encapsulation key, 1,184 bytes.
    """

    __slots__ = ("_private", "public")

    public: bytes

    def __init__(self, seed: bytes) -> None:
        """Take the seed; see from_seed()."""
        if len(seed) != KEM_SEED_BYTES:
            raise LocalError(f"an ML-KEM-768 seed has {KEM_SEED_BYTES} bytes")
        self._private = MLKEM768PrivateKey.from_seed_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw()

    @classmethod
    def from_seed(cls, seed: bytes) -> "KemKey":
        """Return the key that the 64 bytes d || z stand for.

        Raises:
            LocalError: not 64 bytes.
        """
        return cls(seed)

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """Return the shared secret, 32 bytes; for a forged ciphertext, 32 bytes that nobody else knows.

        Raises:
            MalformedError: the ciphertext does not have 1,088 bytes.
        """
        if len(ciphertext) != KEM_CIPHERTEXT_BYTES:
            raise MalformedError(f"an ML-KEM-768 ciphertext has {KEM_CIPHERTEXT_BYTES} bytes")
        return self._private.decapsulate(ciphertext)

    def __repr__(self) -> str:
        return "KemKey(...)"


def encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """Return a fresh shared secret (32 bytes) and the ciphertext that carries it (1,088 bytes).

    The coins are drawn inside `cryptography`.

    Raises:
        MalformedError: public is not a valid ML-KEM-768 key of 1,184 bytes (KEY-011).
    """
    try:
        return MLKEM768PublicKey.from_public_bytes(public).encapsulate()
    except ValueError:
        raise MalformedError("not an ML-KEM-768 public key") from None
