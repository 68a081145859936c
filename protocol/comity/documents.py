"""A document with detached signatures: the frame that treaty versions and bundles share.

On the wire it is an array of the body bytes and of rows (key id, signature) in ascending order of key id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from comity.encoding import Bytes32, Meta, Row, encode_record
from comity.errors import AuthenticationError, LocalError
from comity.keys import PublicKey, SigningKey

Sortable = TypeVar("Sortable", bytes, str, int, tuple[str, int])
Ordinal = Annotated[int, Meta(ge=1, le=2**53 - 1)]  # place of a document in its chain


class Signature(Row, frozen=True):
    """One signature and the id of the key that made it."""

    key_id: Bytes32
    signature: bytes


class SignedRow(Row, frozen=True):
    """The array that travels. Subclasses bound both fields."""

    body: bytes
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        refuse_disorder("signatures", [signature.key_id for signature in self.signatures])


@dataclass(frozen=True, slots=True)
class Label:
    """The label under which one sort of document is signed."""

    label: bytes

    def sign(self, body: bytes, key: SigningKey) -> Signature:
        """Return the signature of the body by the key."""
        return Signature(key.public.id, key.sign(self.label, body))

    def signers(
        self, body: bytes, signatures: Iterable[Signature], keys: Mapping[bytes, PublicKey]
    ) -> frozenset[bytes]:
        """Return the ids of the keys that signed the body; every signature counts or the document is refused.

        Raises:
            AuthenticationError: a signature of a key that is not among `keys`, or one that does not verify.
        """
        signatures = tuple(signatures)
        for signature in signatures:
            if signature.key_id not in keys:
                raise AuthenticationError(f"signed by key {signature.key_id.hex()}, which has no say here")
        for signature in signatures:
            keys[signature.key_id].verify(self.label, body, signature.signature)
        return frozenset(signature.key_id for signature in signatures)


def refuse_disorder(what: str, values: Sequence[Sortable]) -> None:
    """Return when the values ascend and none stands twice.

    Raises:
        ValueError: they do not. The decoder of records turns it into MalformedError.
    """
    if list(values) != sorted(set(values)):
        raise ValueError(f"{what} are not in strictly ascending order")


def assembled(row: type[SignedRow], body: bytes, signatures: Iterable[Signature]) -> bytes:
    """Return the document as it travels, whatever the order of the signatures.

    Raises:
        LocalError: no signature, one key twice, or a body of a length that is not allowed.
    """
    ordered = tuple(sorted(signatures, key=lambda signature: signature.key_id))
    try:
        document = row(body, ordered)
    except ValueError as fault:
        raise LocalError(str(fault)) from fault
    return encode_record(document)


def joined(first: Iterable[Signature], second: Iterable[Signature]) -> tuple[Signature, ...]:
    """Return the signatures of both, one for each key; where both have one of a key, that of the first."""
    by_key = {signature.key_id: signature for signature in (*second, *first)}
    return tuple(by_key[key_id] for key_id in sorted(by_key))
