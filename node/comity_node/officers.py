"""Officers of one's own party: their keys, each under a passphrase of its own, and the papers that introduce them.

`officers/NAME.key` is the private key of an officer, `officers/NAME.officer` the paper that goes into the next bundle.
A key may lie elsewhere, for example on a medium that the officer carries; its paper is then added from there.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from comity.approval import Approval, ApprovalRole, approve
from comity.bundle import Officer
from comity.encoding import Bytes32, Party, Record, encode
from comity.errors import RemoteError
from comity.keys import Algorithm, PublicKey, SigningKey
from comity_node.bounds import MAX_PAPER_BYTES
from comity_node.config import Config
from comity_node.errors import NotFoundError
from comity_node.faults import DocumentError, UsageError
from comity_node.files import read_public, write_public
from comity_node.keyfile import KeyFileError, Purpose, Random, agreeing, open_keys, save
from comity_node.papers import Hex32, paper, read_paper
from comity_node.private import sync_directory

DIRECTORY: Final = "officers"
REFUSAL_LABEL: Final = b"comity-v1 refusal-of-pending"  # never leaves the node
DIRECTORY_MODE: Final = 0o700
KEY: Final = ".key"
PAPER: Final = ".officer"
NAME: Final = r"\A[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z"

Name = Annotated[str, Meta(pattern=NAME)]
RoleName = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9-]{0,47}\Z")]


class OfficerSeeds(Record, frozen=True):
    """Secret: the seed of an officer's key, and whose it is."""

    id: Name
    signing: Bytes32

    def __repr__(self) -> str:
        return "OfficerSeeds(...)"


@dataclass(frozen=True, slots=True)
class OfficerKey:
    """The private key of an officer. Its repr shows party and name only."""

    purpose: ClassVar[Purpose] = "officer"
    party: str
    id: str
    signing: SigningKey
    seeds: OfficerSeeds

    @classmethod
    def generate(cls, party: str, name: str, random: Random) -> "OfficerKey":
        return cls.from_seeds(party, OfficerSeeds(id=name, signing=random(32)))

    @classmethod
    def from_seeds(cls, party: str, seeds: OfficerSeeds) -> "OfficerKey":
        return cls(party, seeds.id, SigningKey.from_seed(Algorithm.ED25519, seeds.signing), seeds)

    @property
    def key_ids(self) -> list[bytes]:
        return [self.signing.public.id]

    def sign(self, content: bytes, role: ApprovalRole, now_us: int) -> Approval:
        """Return the officer's signature on the content of a message (APPR-001)."""
        return approve(content, role, now_us, self.signing)

    def refuse(self, message_id: bytes, reason: str) -> "Refusal":
        """Return the officer's signed word that a message is not to be sent."""
        signature = self.signing.sign(REFUSAL_LABEL, refused(message_id, reason))
        return Refusal(self.signing.public.id, reason, signature)

    def __repr__(self) -> str:
        return f"OfficerKey(party={self.party!r}, id={self.id!r})"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The signed word of an officer, to the own node only, that a message is not to be sent."""

    key: bytes
    reason: str
    signature: bytes

    def verify(self, message_id: bytes, key: PublicKey) -> None:
        """Return when it is that of the key about the message. Raises: AuthenticationError."""
        key.verify(REFUSAL_LABEL, refused(message_id, self.reason), self.signature)


def refused(message_id: bytes, reason: str) -> bytes:
    return encode({"id": message_id, "reason": reason})


class OfficerPaper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What introduces an officer: the name, the roles and the public key, for the next bundle of the party."""

    type: Literal["comity-officer"]
    v: Literal[1]
    party: Party
    id: Name
    roles: Annotated[list[RoleName], Meta(min_length=1, max_length=8)]
    key: Hex32

    def entry(self, since: int, until: int) -> Officer:
        """Return the entry of a bundle. Raises: DocumentError."""
        try:
            entry = Officer(
                alg=1,
                id=self.id,
                key=bytes.fromhex(self.key),
                roles=tuple(sorted(set(self.roles))),
                since=since,
                until=until,
            )
            _ = entry.public
        except (RemoteError, ValueError) as fault:
            raise DocumentError(f"the paper of {self.id} is wrong: {fault}", "ask for a new one") from None
        return entry

    def data(self) -> bytes:
        return paper(type=self.type, v=self.v, party=self.party, id=self.id, roles=self.roles, key=self.key)


def load_officer(path: Path, passphrase: str) -> OfficerKey:
    """Return the key of an officer.

    Raises:
        KeyFileError: no such file, others can read it, another passphrase, or no key file of an officer.
    """
    header, seeds = open_keys(path, passphrase, "officer", OfficerSeeds)
    return agreeing(path, header, OfficerKey.from_seeds(header.party, seeds))


class Cabinet:
    """The officers of one party, as they lie in a directory, for example `officers` in its home."""

    def __init__(self, path: Path, party: str) -> None:
        self.path = path
        self._party = party

    @classmethod
    def of(cls, config: Config) -> "Cabinet":
        """Return the officers of a home."""
        return cls(config.home / DIRECTORY, config.party)

    def key_path(self, name: str) -> Path:
        return self.path / f"{refuse_bad(name)}{KEY}"

    def paper_path(self, name: str) -> Path:
        return self.path / f"{refuse_bad(name)}{PAPER}"

    def make(self, name: str, roles: Sequence[str], passphrase: Callable[[], str], random: Random) -> OfficerPaper:
        """Make the key of a new officer and the paper that introduces it.

        Raises:
            UsageError: the name has another form.
            KeyFileError: the passphrase is too short, or there is such an officer.
        """
        key_path, paper_path = self.key_path(name), self.paper_path(name)
        if key_path.exists() or paper_path.exists():
            raise KeyFileError(
                f"there is an officer {name} in {self.path}", f"see: comity officer list, or remove {name}"
            )
        key = OfficerKey.generate(self._party, name, random)
        words = passphrase()
        self.path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        save(key_path, key, words, random)
        found = paper_of(key, roles)
        write_public(paper_path, found.data())
        return found

    def papers(self) -> list[OfficerPaper]:
        """Return the papers of all officers, by name. Raises: DocumentError, when one is damaged."""
        return [self.paper(path.name.removesuffix(PAPER)) for path in sorted(self.path.glob(f"*{PAPER}"))]

    def paper(self, name: str) -> OfficerPaper:
        """Return the paper of an officer. Raises: NotFoundError, DocumentError."""
        path = self.paper_path(name)
        if not path.exists():
            raise NotFoundError(f"there is no officer {name} in {self.path}", "see: comity officer list")
        found = self.own(read_officer(path))
        if found.id != name:
            raise DocumentError(f"{path} is the paper of {found.id}", f"rename it to {found.id}{PAPER}")
        return found

    def has_key(self, name: str) -> bool:
        return self.key_path(name).exists()

    def add(self, file: Path) -> OfficerPaper:
        """Take in the paper of an officer whose key lies elsewhere.

        Raises:
            DocumentError: it is none, or that of another party.
            FileError: there is an officer of this name.
        """
        found = self.own(read_officer(file))
        found.entry(0, 1)
        self.path.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        write_public(self.paper_path(found.id), found.data())
        return found

    def remove(self, name: str) -> OfficerPaper:
        """Take an officer out of the next bundle; a key that lies here goes too. Raises: NotFoundError."""
        found = self.paper(name)
        for path in (self.paper_path(name), self.key_path(name)):
            path.unlink(missing_ok=True)
        sync_directory(self.path)
        return found

    def own(self, found: OfficerPaper) -> OfficerPaper:
        if found.party != self._party:
            raise DocumentError(f"{found.id} is an officer of {found.party}, not of {self._party}", "name another file")
        return found


def refuse_bad(name: str) -> str:
    """Return the name of an officer. Raises: UsageError."""
    if re.search(NAME, name) is None:
        raise UsageError(f"{name[:40]!r} is no name of an officer", "write it like ben or desk-4")
    return name


def paper_of(key: OfficerKey, roles: Iterable[str]) -> OfficerPaper:
    return OfficerPaper("comity-officer", 1, key.party, key.id, sorted(set(roles)), key.signing.public.data.hex())


def read_officer(path: Path) -> OfficerPaper:
    """Return the paper in a file. Raises: DocumentError, FileError."""
    return read_paper(OfficerPaper, read_public(path, MAX_PAPER_BYTES), str(path))


def entries(papers: Iterable[OfficerPaper], since: int, until: int) -> tuple[Officer, ...]:
    """Return the officers as a bundle lists them. Raises: DocumentError."""
    found = (each.entry(since, until) for each in papers)
    return tuple(sorted(found, key=lambda officer: officer.public.id))
