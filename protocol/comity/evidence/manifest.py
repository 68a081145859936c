"""The signed list of contents of an evidence file: who exports which case, why, what is in it and what was left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from comity.encoding import (
    Bytes16,
    Bytes32,
    Meta,
    Micros,
    Party,
    Record,
    Row,
    Uint,
    decode_as,
    encode_record,
    encode_row,
)
from comity.errors import AuthenticationError, LocalError
from comity.evidence.container import MANIFEST, MAX_NAME_BYTES, MAX_PART_BYTES, MAX_PARTS
from comity.keys import PublicKey, SigningKey
from comity.labels import EVIDENCE_SIGNATURE

MAX_MANIFEST_BYTES: Final = 16_777_216
MAX_SIGNATURE_BYTES: Final = 64 + 3_309  # suite 2
MAX_LEFT_OUT: Final = 65_534

What = Literal["attachment", "message"]
Reason = Literal["handling", "not-held", "omitted"]


class Part(Row, frozen=True):
    """One part beside the list itself: its name in the container, its size in bytes, and SHA-256 of its content."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_BYTES)]
    size: Annotated[int, Meta(ge=0, le=MAX_PART_BYTES)]
    hash: Bytes32


class LeftOut(Row, frozen=True):
    """What belongs to the case and is not in the file: the hash of a message, or of the content of an attachment."""

    what: What
    hash: Bytes32
    reason: Reason


class Manifest(Record, frozen=True, rename={"sender": "from"}):
    """The body of the list. `created` is in micros; `by` is the person who exports, as the exporter says."""

    by: Annotated[str, Meta(min_length=1, max_length=200)] | None
    case: Bytes16
    created: Micros
    sender: Party
    from_key: Bytes32
    left_out: Annotated[tuple[LeftOut, ...], Meta(max_length=MAX_LEFT_OUT)]
    parts: Annotated[tuple[Part, ...], Meta(max_length=MAX_PARTS - 1)]
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)] | None
    suite: Annotated[int, Meta(ge=1, le=2)]
    treaty: Bytes32
    type: Literal["evidence"]
    v: Literal[1]
    vocabulary: Uint | None

    def __post_init__(self) -> None:
        names = {part.name for part in self.parts}
        if len(names) != len(self.parts) or MANIFEST in names:
            raise ValueError("a part is listed twice, or the list lists itself (EVID-005)")


class SignedRow(Row, frozen=True):
    """The list and its signature as they stand in the part `manifest`."""

    body: Annotated[bytes, Meta(min_length=1, max_length=MAX_MANIFEST_BYTES)]
    signature: Annotated[bytes, Meta(min_length=1, max_length=MAX_SIGNATURE_BYTES)]


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A list whose form is right; verify() says whether its signature is."""

    body_bytes: bytes
    signature: bytes
    manifest: Manifest

    def verify(self, key: PublicKey) -> None:
        """Return when the signature is that of the key, which fits the suite (EVID-006).

        Raises:
            AuthenticationError: another key, another algorithm, or the signature does not verify.
        """
        if key.id != self.manifest.from_key or int(key.algorithm) != self.manifest.suite:
            raise AuthenticationError("the signing key does not fit the list of contents")
        key.verify(EVIDENCE_SIGNATURE, self.body_bytes, self.signature)


def sign(manifest: Manifest, key: SigningKey) -> bytes:
    """Return the content of the part `manifest`.

    Raises:
        LocalError: a field is not valid, the list is too long, or the key is not the one that it names.
    """
    if manifest.from_key != key.public.id or manifest.suite != int(key.public.algorithm):
        raise LocalError("the list of contents names another signing key or suite")
    body = encode_record(manifest)
    if len(body) > MAX_MANIFEST_BYTES:
        raise LocalError(f"the list of contents has {len(body)} bytes, at most {MAX_MANIFEST_BYTES} are allowed")
    return encode_row(SignedRow(body, key.sign(EVIDENCE_SIGNATURE, body)))


def read(data: bytes) -> SignedManifest:
    """Return the signed list that data stands for; nothing is verified yet.

    Raises:
        LimitError: too long, or too many items for its length.
        MalformedError: any other fault of form.
    """
    row = decode_as(SignedRow, data, MAX_MANIFEST_BYTES + MAX_SIGNATURE_BYTES + 16)
    return SignedManifest(row.body, row.signature, decode_as(Manifest, row.body, MAX_MANIFEST_BYTES))


def left_out(items: Iterable[LeftOut]) -> tuple[LeftOut, ...]:
    """Return the items in their order, each once; where one was left out for two reasons, the first counts."""
    first: dict[tuple[str, bytes], LeftOut] = {}
    for item in items:
        first.setdefault((item.what, item.hash), item)
    return tuple(first[key] for key in sorted(first))
