"""Private keys at rest: `node.key` holds the keys that the node works with, `root.key` the party's root key.
Those of officers stand in `officers`; their files have the same form.

A key file is the canonical map `header` bin, `sealed` bin. `sealed` is XChaCha20-Poly1305 of the seeds under
Argon2id(passphrase, salt), with the header bytes as authenticated data: whoever changes a parameter, the party or a
key id changes what the tag covers. The parameters are bounded before they are used, so that a forged file cannot
take the memory of the machine.
"""

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Protocol, TypeVar

from comity.encoding import Bytes16, Bytes32, Bytes64, Meta, Party, Record, decode_as, encode
from comity.errors import ComityError, RemoteError
from comity.keys import Algorithm, EnvelopeKey, LinkKey, SigningKey, argon2id, xchacha_open, xchacha_seal
from comity_node.bounds import MAX_KEY_FILE_BYTES
from comity_node.errors import NodeError
from comity_node.private import read_private, write_private

ARGON_SALT_BYTES: Final = 16
NONCE_BYTES: Final = 24
MIN_PASSPHRASE_CHARS: Final = 12
Random = Callable[[int], bytes]
Purpose = Literal["node", "root", "officer"]


class KeyFileError(NodeError):
    """A key file or its passphrase is not usable."""


class WrongPassphraseError(KeyFileError):
    """The passphrase does not open the file."""


class Kdf(Record, frozen=True):
    """Cost of guessing: Argon2id memory in bytes (8 MiB to 1 GiB) and passes (1 to 10)."""

    memory_bytes: Annotated[int, Meta(ge=8 << 20, le=1 << 30)] = 64 << 20
    passes: Annotated[int, Meta(ge=1, le=10)] = 3


DEFAULT_KDF: Final = Kdf()


class Header(Record, frozen=True):
    """What a key file says without its passphrase; all of it is authenticated."""

    kdf: Kdf
    keys: Annotated[list[Bytes32], Meta(max_length=8)]
    magic: Literal["comity-key-file"]
    nonce: Annotated[bytes, Meta(min_length=NONCE_BYTES, max_length=NONCE_BYTES)]
    party: Party
    purpose: Purpose
    salt: Bytes16
    v: Literal[1]


class KeyFile(Record, frozen=True):
    header: Annotated[bytes, Meta(max_length=2_048)]
    sealed: Annotated[bytes, Meta(max_length=1_024)]


class NodeSeeds(Record, frozen=True):
    """Secret: the seeds of the keys of a node."""

    envelope: Bytes32
    link: Bytes32
    log: Bytes32
    signing: Bytes32
    storage: Bytes32

    def __repr__(self) -> str:
        return "NodeSeeds(...)"


class RootSeeds(Record, frozen=True):
    """Secret: the seed of the root key."""

    root: Bytes64

    def __repr__(self) -> str:
        return "RootSeeds(...)"


class Keys(Protocol):
    """What a key file can hold: whose keys, what for, their ids ascending, and what they are made from."""

    purpose: ClassVar[Purpose]

    @property
    def party(self) -> str: ...

    @property
    def key_ids(self) -> list[bytes]: ...

    @property
    def seeds(self) -> Record: ...


@dataclass(frozen=True, slots=True, eq=False)
class KeyRing:
    """The private keys that a node works with. Its repr shows the party only.

    Attributes:
        party: whose keys these are.
        link, signing, envelope, log: one key for each use (KEY-012).
        storage: 32 bytes, the key under which the node keeps bodies on disk.
        seeds: what the keys are made from, to save them.
    """

    purpose: ClassVar[Purpose] = "node"
    party: str
    link: LinkKey
    signing: SigningKey
    envelope: EnvelopeKey
    log: SigningKey
    storage: bytes
    seeds: NodeSeeds

    @classmethod
    def generate(cls, party: str, random: Random) -> "KeyRing":
        """Return new keys; `random(n)` gives n bytes fit for keys."""
        names = ("envelope", "link", "log", "signing", "storage")
        return cls.from_seeds(party, NodeSeeds(**{name: random(32) for name in names}))

    @classmethod
    def from_seeds(cls, party: str, seeds: NodeSeeds) -> "KeyRing":
        return cls(
            party=party,
            link=LinkKey.from_seed(seeds.link),
            signing=SigningKey.from_seed(Algorithm.ED25519, seeds.signing),
            envelope=EnvelopeKey.from_seed(seeds.envelope),
            log=SigningKey.from_seed(Algorithm.ED25519, seeds.log),
            storage=seeds.storage,
            seeds=seeds,
        )

    @property
    def key_ids(self) -> list[bytes]:
        """Return the ids of the public keys, ascending."""
        return sorted(key.public.id for key in (self.link, self.signing, self.envelope, self.log))

    def __repr__(self) -> str:
        return f"KeyRing(party={self.party!r})"


@dataclass(frozen=True, slots=True)
class RootKey:
    """A party's root key, Ed25519 and ML-DSA-65: it signs treaty versions and bundles, and is meant to be offline."""

    purpose: ClassVar[Purpose] = "root"
    party: str
    signing: SigningKey
    seeds: RootSeeds

    @classmethod
    def generate(cls, party: str, random: Random) -> "RootKey":
        return cls.from_seeds(party, RootSeeds(root=random(64)))

    @classmethod
    def from_seeds(cls, party: str, seeds: RootSeeds) -> "RootKey":
        return cls(party, SigningKey.from_seed(Algorithm.ED25519_MLDSA65, seeds.root), seeds)

    @property
    def key_ids(self) -> list[bytes]:
        return [self.signing.public.id]

    def __repr__(self) -> str:
        return f"RootKey(party={self.party!r})"


def save(path: Path, keys: Keys, passphrase: str, random: Random, kdf: Kdf | None = None) -> None:
    """Write a new key file, readable by its owner only.

    Raises:
        KeyFileError: the passphrase is shorter than `MIN_PASSPHRASE_CHARS`, the file exists, or cannot be written.
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise KeyFileError(f"the passphrase has less than {MIN_PASSPHRASE_CHARS} characters", "choose a longer one")
    data = seal_keys(keys, passphrase, random, kdf or DEFAULT_KDF)
    try:
        write_private(path, data)
    except FileExistsError:
        raise KeyFileError(f"{path} exists already", "keep it, or move it away before you make new keys") from None
    except OSError as fault:
        raise KeyFileError(f"{path} cannot be written: {fault.strerror}", "check the directory and the disk") from None


def load_ring(path: Path, passphrase: str) -> KeyRing:
    """Return the keys in a `node.key`.

    Raises:
        KeyFileError: no such file, others can read it, another passphrase, or not the bytes of a node's key file.
    """
    header, seeds = open_keys(path, passphrase, "node", NodeSeeds)
    ring = KeyRing.from_seeds(header.party, seeds)
    return agreeing(path, header, ring)


def load_root(path: Path, passphrase: str) -> RootKey:
    """Return the key in a `root.key`. Raises: KeyFileError, as `load_ring`."""
    header, seeds = open_keys(path, passphrase, "root", RootSeeds)
    return agreeing(path, header, RootKey.from_seeds(header.party, seeds))


def describe(path: Path) -> Header:
    """Return what the file says without its passphrase; nothing of it is proved yet. Raises: KeyFileError."""
    return read(path)[0]


def seal_keys(keys: Keys, passphrase: str, random: Random, kdf: Kdf) -> bytes:
    """Return the bytes of a key file."""
    header = Header(
        kdf=kdf,
        keys=keys.key_ids,
        magic="comity-key-file",
        nonce=random(NONCE_BYTES),
        party=keys.party,
        purpose=keys.purpose,
        salt=random(ARGON_SALT_BYTES),
        v=1,
    )
    aad = encode(header)
    sealed = xchacha_seal(stretch(passphrase, header), header.nonce, aad, encode(keys.seeds))
    return encode(KeyFile(header=aad, sealed=sealed))


def stretch(passphrase: str, header: Header) -> bytes:
    """Return the 32-byte key that the passphrase gives with the parameters of the header."""
    words = unicodedata.normalize("NFC", passphrase).encode(errors="surrogatepass")
    return argon2id(words, header.salt, header.kdf.passes, header.kdf.memory_bytes, 32)


T = TypeVar("T", bound=Record)
K = TypeVar("K", bound=Keys)


def open_keys(path: Path, passphrase: str, purpose: Purpose, seeds: type[T]) -> tuple[Header, T]:
    header, file = read(path)
    if header.purpose != purpose:
        raise KeyFileError(f"{path} is a {header.purpose} key, not a {purpose} key", "name the other file")
    try:
        plain = xchacha_open(stretch(passphrase, header), header.nonce, file.header, file.sealed)
    except ComityError:
        raise WrongPassphraseError(
            f"the passphrase does not open {path}", "try again; a changed file says the same"
        ) from None
    except (MemoryError, OSError):
        raise KeyFileError(f"not enough memory to open {path}", "free memory and try again") from None
    try:
        return header, decode_as(seeds, plain, MAX_KEY_FILE_BYTES)
    except RemoteError:
        raise damaged(path) from None


def read(path: Path) -> tuple[Header, KeyFile]:
    """Return the two layers of the file, checked for form and bounds.

    Raises:
        KeyFileError: see `load_ring`.
    """
    try:
        file = decode_as(KeyFile, read_private(path, MAX_KEY_FILE_BYTES), MAX_KEY_FILE_BYTES)
        return decode_as(Header, file.header, MAX_KEY_FILE_BYTES), file
    except RemoteError:
        raise damaged(path) from None
    except NodeError as fault:
        raise KeyFileError(fault.cause, fault.next_step) from None


def agreeing(path: Path, header: Header, keys: K) -> K:
    """Return the keys when they are those that the header lists."""
    if keys.key_ids != list(header.keys):
        raise damaged(path)
    return keys


def damaged(path: Path) -> KeyFileError:
    return KeyFileError(f"{path} is no key file, or it is damaged", "restore it from your backup")


def fingerprint(data: bytes) -> str:
    """Return SHA-256 in hexadecimal groups that people can compare by voice."""
    digest = hashlib.sha256(data).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, 64, 4))
