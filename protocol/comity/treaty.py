"""One version of the treaty: its body, its form and its signatures (spec page treaty).

What makes a version follow from the one before stands in `amendment`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from comity import deadlines, documents
from comity.deadlines import Deadlines
from comity.documents import Label, Ordinal, Signature, SignedRow, refuse_disorder
from comity.encoding import Bytes32, Meta, Micros, Party, Record, decode_as, encode_record
from comity.errors import LocalError
from comity.keys import Algorithm, PublicKey, SigningKey
from comity.labels import TREATY_SIGNATURE
from comity.limits import MAX_FRAME_BYTES, MAX_LIFETIME_S, MAX_MEMBERS, MAX_SKEW_S, MAX_TREATY_BYTES
from comity.patterns import KindPatterns
from comity.vocabulary import Pin

SIGNATURE_LABEL: Final = Label(TREATY_SIGNATURE)

Quorum = Annotated[int, Meta(ge=1, le=MAX_MEMBERS)]  # number of members
Title = Annotated[str, Meta(min_length=1, max_length=200)]
Status = Literal["active", "suspended", "withdrawn"]


class RootKey(Record, frozen=True):
    """A public key that speaks for a member in matters of the treaty and of its bundle."""

    alg: Literal[1, 2]
    key: bytes

    @property
    def public(self) -> PublicKey:
        """The key, ready to verify. Raises MalformedError where the bytes are no key of the algorithm."""
        return PublicKey(Algorithm(self.alg), self.key)


class Member(Record, frozen=True):
    """A party as the treaty lists it."""

    accept: KindPatterns
    id: Party
    name: Title
    root_keys: Annotated[tuple[RootKey, ...], Meta(min_length=1, max_length=16)]
    send: KindPatterns
    status: Status
    threshold: Annotated[int, Meta(ge=1, le=16)]

    def __post_init__(self) -> None:
        refuse_disorder(f"kinds that {self.id} may accept", self.accept)
        refuse_disorder(f"kinds that {self.id} may send", self.send)
        refuse_disorder(f"root keys of {self.id}", [key.public.id for key in self.root_keys])
        if self.threshold > len(self.root_keys):
            raise ValueError(f"the threshold of {self.id} exceeds the number of its root keys")

    @property
    def public_keys(self) -> dict[bytes, PublicKey]:
        """The root keys by key id."""
        return {public.id: public for public in (key.public for key in self.root_keys)}


class Rules(Record, frozen=True):
    """How many active members must sign which change."""

    admit: Quorum
    amend: Quorum
    expel: Quorum
    suspend: Quorum


class TreatyLimits(Record, frozen=True):
    """Longest life of a message and tolerated difference of clocks, both in seconds."""

    lifetime_s: Annotated[int, Meta(ge=60, le=MAX_LIFETIME_S)]
    skew_s: Annotated[int, Meta(ge=0, le=MAX_SKEW_S)]


class Treaty(Record, frozen=True, kw_only=True):
    """The body of a version. Times are micros; `prev` and `treaty` are None in version 1 and only there."""

    coercive: KindPatterns = ()
    deadlines: Deadlines = deadlines.USUAL
    effective: Micros
    expires: Micros
    issued: Micros
    limits: TreatyLimits
    members: Annotated[tuple[Member, ...], Meta(min_length=1, max_length=MAX_MEMBERS)]
    prev: Bytes32 | None
    rules: Rules
    suites: Annotated[tuple[Literal[1, 2], ...], Meta(min_length=1, max_length=2)]
    text: Bytes32
    title: Title
    treaty: Bytes32 | None
    type: Literal["treaty"] = "treaty"
    v: Literal[1] = 1
    version: Ordinal
    vocabulary: Pin

    def __post_init__(self) -> None:
        refuse_disorder("coercive kinds", self.coercive)
        refuse_disorder("members", [member.id for member in self.members])
        refuse_disorder("suites", self.suites)
        first = self.version == 1
        if (self.prev is None) is not first or (self.treaty is None) is not first:
            raise ValueError("prev and treaty are nil in version 1 and only there")

    def member(self, party: str) -> Member | None:
        """Return the member with this id, None where there is none."""
        return next((member for member in self.members if member.id == party), None)

    def active(self) -> Iterator[Member]:
        """Return the members whose status is active."""
        return (member for member in self.members if member.status == "active")


class SignedTreatyRow(SignedRow, frozen=True):
    """A signed version as it travels."""

    body: Annotated[bytes, Meta(min_length=1, max_length=MAX_TREATY_BYTES)]
    signatures: Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=1_024)]


@dataclass(frozen=True, slots=True)
class SignedTreaty:
    """A version whose form is right. Whether it may be believed is for `amendment` to say."""

    data: bytes
    body_bytes: bytes
    treaty: Treaty
    signatures: tuple[Signature, ...]
    hash: bytes


def body_bytes(treaty: Treaty) -> bytes:
    """Return the bytes that are signed.

    Raises:
        LocalError: a field is out of its bounds, or the body is longer than 524,288 bytes.
    """
    body = encode_record(treaty)
    if len(body) > MAX_TREATY_BYTES:
        raise LocalError(f"the treaty has {len(body)} bytes, at most {MAX_TREATY_BYTES} are allowed")
    return body


def read(data: bytes) -> SignedTreaty:
    """Return the signed version that data stands for; nothing is verified yet (TREATY-017).

    Raises:
        LimitError: too long, or too many items for its length.
        MalformedError: any other fault of form.
    """
    row = decode_as(SignedTreatyRow, data, MAX_FRAME_BYTES)
    treaty = decode_as(Treaty, row.body, MAX_TREATY_BYTES)
    return SignedTreaty(data, row.body, treaty, row.signatures, hashlib.sha256(row.body).digest())


def sign(body: bytes, key: SigningKey) -> Signature:
    """Return the signature of a body by a root key."""
    return SIGNATURE_LABEL.sign(body, key)


def assemble(body: Treaty | bytes, signatures: Iterable[Signature]) -> bytes:
    """Return the signed version as it travels, whatever the order of the signatures.

    Raises:
        LocalError: the body or the list of signatures is not valid.
    """
    body = body_bytes(body) if isinstance(body, Treaty) else body
    data = documents.assembled(SignedTreatyRow, body, signatures)
    if len(data) > MAX_FRAME_BYTES:
        raise LocalError(f"the signed version has {len(data)} bytes, at most {MAX_FRAME_BYTES} are allowed")
    return data


def merge(first: SignedTreaty, second: SignedTreaty) -> SignedTreaty:
    """Return the version with the signatures of both; where both have one of a key, that of the first.

    Raises:
        LocalError: the two are signatures of different bodies.
    """
    if first.body_bytes != second.body_bytes:
        raise LocalError("signatures of two different versions cannot be merged")
    return read(assemble(first.body_bytes, documents.joined(first.signatures, second.signatures)))
