"""X25519, the Diffie-Hellman of the link (RFC 7748)."""

from nacl.bindings import crypto_scalarmult, crypto_scalarmult_base
from nacl.exceptions import CryptoError

from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.keys.algorithms import X25519_BYTES, Algorithm
from comity.keys.public import PublicKey


class LinkKey:
    """A private X25519 key: the static key of a link, or one made for a single handshake.

    Attributes:
        public: the public key.
    """

    __slots__ = ("_private", "public")

    public: PublicKey

    def __init__(self, private: bytes) -> None:
        """Take the 32 private bytes; see from_seed()."""
        if len(private) != X25519_BYTES:
            raise LocalError(f"an X25519 private key has {X25519_BYTES} bytes")
        self._private = private
        self.public = PublicKey.derived(Algorithm.X25519, crypto_scalarmult_base(private))

    @classmethod
    def from_seed(cls, seed: bytes) -> "LinkKey":
        """Return the key whose 32 private bytes these are.

        Raises:
            LocalError: not 32 bytes.
        """
        return cls(seed)

    def exchange(self, peer: bytes) -> bytes:
        """Return the 32 bytes that both sides share.

        Raises:
            MalformedError: peer is not 32 bytes.
            AuthenticationError: the shared secret would be zero whatever our key is (KEY-010).
        """
        if len(peer) != X25519_BYTES:
            raise MalformedError(f"an X25519 public key has {X25519_BYTES} bytes")
        try:
            return crypto_scalarmult(self._private, peer)
        except CryptoError:
            raise AuthenticationError("X25519 public key of low order") from None

    def __repr__(self) -> str:
        return f"LinkKey({self.public!r})"
