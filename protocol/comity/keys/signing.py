"""Private signing keys."""

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from comity.errors import LocalError
from comity.keys.algorithms import ED25519_SIGNATURE_BYTES, Algorithm
from comity.keys.public import PublicKey
from comity.labels import labelled

_ED25519_SEED_BYTES = 32
_SEED_BYTES = {Algorithm.ED25519: 32, Algorithm.ED25519_MLDSA65: 64}


class SigningKey:
    """A private key of algorithm 1 or 2. Made by from_seed().

    Attributes:
        public: the public key.
    """

    __slots__ = ("_ed25519", "_ml_dsa", "public")

    public: PublicKey
    _ed25519: bytes
    _ml_dsa: MLDSA65PrivateKey | None

    @classmethod
    def from_seed(cls, algorithm: Algorithm, seed: bytes) -> "SigningKey":
        """Return the key that the seed stands for.

        seed has 32 bytes for algorithm 1, and 64 for algorithm 2: the Ed25519 seed, then the ML-DSA-65 seed.

        Raises:
            LocalError: another algorithm, or a seed of another length.
        """
        if len(seed) != _SEED_BYTES.get(algorithm):
            raise LocalError("a signing key is made from algorithm 1 and 32 bytes, or algorithm 2 and 64 bytes")
        key = cls()
        data, key._ed25519 = crypto_sign_seed_keypair(seed[:_ED25519_SEED_BYTES])
        key._ml_dsa = None
        if algorithm == Algorithm.ED25519_MLDSA65:
            key._ml_dsa = MLDSA65PrivateKey.from_seed_bytes(seed[_ED25519_SEED_BYTES:])
            data += key._ml_dsa.public_key().public_bytes_raw()
        key.public = PublicKey.derived(Algorithm(algorithm), data)
        return key

    def sign(self, label: bytes, data: bytes) -> bytes:
        """Return the signature with this label over data: 64 bytes, or 3,373 for algorithm 2 (KEY-003, KEY-005).

        The ML-DSA-65 part is drawn anew each time (hedged, FIPS 204), so two signatures of algorithm 2 differ.
        """
        signed = labelled(label, data)
        signature = crypto_sign(signed, self._ed25519)[:ED25519_SIGNATURE_BYTES]
        return signature if self._ml_dsa is None else signature + self._ml_dsa.sign(signed, label)

    def sign_raw(self, data: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature over data alone, without a label: signed notes need this.

        Raises:
            LocalError: a key of algorithm 2.
        """
        if self._ml_dsa is not None:
            raise LocalError("only a key of algorithm 1 signs without a label")
        return crypto_sign(data, self._ed25519)[:ED25519_SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"SigningKey({self.public!r})"
