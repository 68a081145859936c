"""The handshake Noise_XKhfs_25519+MLKEM768_ChaChaPoly_SHA256 (page link), with the message patterns written out."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.second.keys import labelled
from tests.second.refusal import MALFORMED, UNAUTHENTICATED, RefusedError, require

NAME = b"Noise_XKhfs_25519+MLKEM768_ChaChaPoly_SHA256"
MESSAGE_1_BYTES, MESSAGE_2_BYTES, MESSAGE_3_BYTES = 1248, 1152, 64


def encapsulate(public: bytes) -> tuple[bytes, bytes]:
    """Return a fresh shared secret and its ciphertext for an ML-KEM-768 key."""
    return MLKEM768PublicKey.from_public_bytes(public).encapsulate()


def chain(key: bytes, secret: bytes) -> tuple[bytes, bytes]:
    """Return the two outputs of the framework's HKDF."""
    temporary = hmac.digest(key, secret, "sha256")
    first = hmac.digest(temporary, b"\x01", "sha256")
    return first, hmac.digest(temporary, first + b"\x02", "sha256")


@dataclass(slots=True)
class Cipher:
    """CipherState: a key and a counter that never goes back."""

    key: bytes
    count: int = 0

    def nonce(self, count: int) -> bytes:
        return bytes(4) + count.to_bytes(8, "little")

    def encrypt(self, plaintext: bytes, extra: bytes = b"") -> bytes:
        sealed = ChaCha20Poly1305(self.key).encrypt(self.nonce(self.count), plaintext, extra)
        self.count += 1
        return sealed

    def decrypt(self, sealed: bytes, extra: bytes = b"") -> bytes:
        try:
            plaintext = ChaCha20Poly1305(self.key).decrypt(self.nonce(self.count), sealed, extra)
        except (InvalidTag, ValueError) as fault:
            raise RefusedError(UNAUTHENTICATED, "does not decrypt") from fault
        self.count += 1
        return plaintext

    def rekey(self) -> None:
        self.key = ChaCha20Poly1305(self.key).encrypt(self.nonce(2**64 - 1), bytes(32), b"")[:32]


@dataclass(slots=True)
class Symmetric:
    """SymmetricState: what both sides have said so far."""

    hash: bytes
    chaining: bytes
    cipher: Cipher | None = None

    def mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def mix_key(self, secret: bytes) -> None:
        self.chaining, key = chain(self.chaining, secret)
        self.cipher = Cipher(key)

    def encrypt(self, plaintext: bytes) -> bytes:
        assert self.cipher is not None
        sealed = self.cipher.encrypt(plaintext, self.hash)
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed: bytes) -> bytes:
        assert self.cipher is not None
        plaintext = self.cipher.decrypt(sealed, self.hash)
        self.mix_hash(sealed)
        return plaintext


def start(treaty_id: bytes, callee: bytes) -> Symmetric:
    """Return the state after Initialize() and the pre-message `<- s`."""
    first = hashlib.sha256(NAME).digest()
    state = Symmetric(first, first)
    state.mix_hash(labelled("comity-v1 link-prologue", b"\x01" + treaty_id))
    state.mix_hash(callee)
    return state


def public_of(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def exchange(private: bytes, public: bytes) -> bytes:
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as fault:
        raise RefusedError(UNAUTHENTICATED, "all-zero shared secret") from fault


@dataclass(slots=True)
class Initiator:
    """The side that dials. Call message_1, then read_message_2, then message_3, then split."""

    treaty_id: bytes
    static: bytes
    callee: bytes
    ephemeral: bytes
    kem_seed: bytes
    state: Symmetric = field(init=False)
    theirs: bytes = field(default=b"", init=False)

    def message_1(self) -> bytes:
        self.state = start(self.treaty_id, self.callee)
        own = public_of(self.ephemeral)
        self.state.mix_hash(own)
        self.state.mix_key(exchange(self.ephemeral, self.callee))
        kem = MLKEM768PrivateKey.from_seed_bytes(self.kem_seed).public_key().public_bytes_raw()
        return own + self.state.encrypt(kem) + self.state.encrypt(b"")

    def read_message_2(self, data: bytes) -> bytes:
        """Return the payload of message 2."""
        require(MESSAGE_2_BYTES <= len(data) <= MESSAGE_2_BYTES + 1024, "message 2 has a wrong size")
        self.theirs = data[:32]
        self.state.mix_hash(self.theirs)
        self.state.mix_key(exchange(self.ephemeral, self.theirs))
        ciphertext = self.state.decrypt(data[32 : 32 + 1104])
        self.state.mix_key(MLKEM768PrivateKey.from_seed_bytes(self.kem_seed).decapsulate(ciphertext))
        return self.state.decrypt(data[32 + 1104 :])

    def message_3(self, payload: bytes) -> bytes:
        sealed = self.state.encrypt(public_of(self.static))
        self.state.mix_key(exchange(self.static, self.theirs))
        return sealed + self.state.encrypt(payload)

    def split(self) -> tuple[Cipher, Cipher]:
        """Return the cipher to send with and the one to receive with."""
        first, second = chain(self.state.chaining, b"")
        return Cipher(first), Cipher(second)


@dataclass(slots=True)
class Responder:
    """The side that answers. Call read_message_1, then message_2, then read_message_3, then split."""

    treaty_id: bytes
    static: bytes
    ephemeral: bytes
    encapsulate: Callable[[bytes], tuple[bytes, bytes]] = encapsulate
    state: Symmetric = field(init=False)
    theirs: bytes = field(default=b"", init=False)
    kem: bytes = field(default=b"", init=False)
    caller: bytes = field(default=b"", init=False)

    def read_message_1(self, data: bytes) -> None:
        require(len(data) == MESSAGE_1_BYTES, "message 1 has a wrong size")
        self.state = start(self.treaty_id, public_of(self.static))
        self.theirs = data[:32]
        self.state.mix_hash(self.theirs)
        self.state.mix_key(exchange(self.static, self.theirs))
        self.kem = self.state.decrypt(data[32 : 32 + 1200])
        require(self.state.decrypt(data[32 + 1200 :]) == b"", "message 1 has a payload")

    def message_2(self, payload: bytes) -> bytes:
        own = public_of(self.ephemeral)
        self.state.mix_hash(own)
        self.state.mix_key(exchange(self.ephemeral, self.theirs))
        try:
            secret, ciphertext = self.encapsulate(self.kem)
        except ValueError as fault:
            raise RefusedError(MALFORMED, "the modulus check fails") from fault
        sealed = self.state.encrypt(ciphertext)
        self.state.mix_key(secret)
        return own + sealed + self.state.encrypt(payload)

    def read_message_3(self, data: bytes) -> bytes:
        """Return the payload of message 3; `caller` is then the static key of the initiator."""
        require(MESSAGE_3_BYTES <= len(data) <= MESSAGE_3_BYTES + 1024, "message 3 has a wrong size")
        self.caller = self.state.decrypt(data[:48])
        self.state.mix_key(exchange(self.ephemeral, self.caller))
        return self.state.decrypt(data[48:])

    def split(self) -> tuple[Cipher, Cipher]:
        """Return the cipher to send with and the one to receive with."""
        first, second = chain(self.state.chaining, b"")
        return Cipher(second), Cipher(first)
