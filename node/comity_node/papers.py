"""Small public files that parties hand each other while a treaty is made: member requests and signatures, in JSON."""

import json
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from comity.documents import Signature
from comity.encoding import Party
from comity.errors import RemoteError
from comity.keys import Algorithm, PublicKey
from comity.treaty import Member, RootKey
from comity_node.bounds import MAX_PAPER_BYTES as MAX_PAPER_BYTES
from comity_node.faults import DocumentError
from comity_node.keyfile import RootKey as PrivateRootKey

Hex = Annotated[str, Meta(pattern=r"\A([0-9a-f]{2}){1,8192}\Z")]
Hex32 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
T = TypeVar("T")


class PaperKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: Literal[1, 2]
    key: Hex

    def root_key(self) -> RootKey:
        return RootKey(alg=self.alg, key=bytes.fromhex(self.key))


class MemberPaper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request of a party to be listed: its name, its root keys, and how many of them make its signature."""

    type: Literal["comity-member"]
    v: Literal[1]
    id: Party
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    root_keys: Annotated[list[PaperKey], Meta(min_length=1, max_length=16)]
    threshold: Annotated[int, Meta(ge=1, le=16)]

    def member(self, send: tuple[str, ...], accept: tuple[str, ...]) -> Member:
        """Return the member with the kinds that it may send and accept. Raises: DocumentError."""
        try:
            keys = tuple(sorted((key.root_key() for key in self.root_keys), key=lambda key: key.public.id))
            return Member(
                accept=accept,
                id=self.id,
                name=self.name,
                root_keys=keys,
                send=send,
                status="active",
                threshold=self.threshold,
            )
        except (RemoteError, ValueError) as fault:
            raise DocumentError(f"the member request of {self.id} is wrong: {fault}", "ask for a new one") from None


class SignaturePaper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signature of a treaty version by one root key; `hash` is that of the body that was signed."""

    type: Literal["comity-treaty-signature"]
    v: Literal[1]
    party: Party
    hash: Hex32
    key_id: Hex32
    signature: Hex

    def row(self) -> Signature:
        return Signature(bytes.fromhex(self.key_id), bytes.fromhex(self.signature))


def member_paper(root: PrivateRootKey, name: str) -> bytes:
    """Return the request of a party with one root key."""
    public: PublicKey = root.signing.public
    return paper(
        type="comity-member",
        v=1,
        id=root.party,
        name=name,
        root_keys=[{"alg": int(Algorithm(public.algorithm)), "key": public.data.hex()}],
        threshold=1,
    )


def signature_paper(party: str, treaty_hash: bytes, signature: Signature) -> bytes:
    """Return the file that carries one signature to the one who collects them."""
    return paper(
        type="comity-treaty-signature",
        v=1,
        party=party,
        hash=treaty_hash.hex(),
        key_id=signature.key_id.hex(),
        signature=signature.signature.hex(),
    )


def paper(**fields: Any) -> bytes:
    return json.dumps(fields, indent=1).encode() + b"\n"


def read_paper(kind: type[T], data: bytes, name: str) -> T:
    """Return the paper that the bytes state. Raises: DocumentError."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as fault:
        reason = str(fault).splitlines()[0][:200]
        raise DocumentError(f"{name} is not a file of this sort: {reason}", "ask for the file again") from None
