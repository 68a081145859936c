"""The signed body: who asks whom for what, under which treaty, and until when (spec page message)."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from comity.approval import KNOWN_LATE, Approvals
from comity.attachment import Attachment, refuse_discord
from comity.documents import Ordinal, refuse_disorder
from comity.encoding import (
    Bytes16,
    Bytes32,
    Kind,
    Meta,
    Micros,
    Party,
    Record,
    Row,
    Uint,
    decode_as,
    encode,
    encode_record,
    encode_row,
)
from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.handling import Handling
from comity.keys import PublicKey, SigningKey, sha256
from comity.labels import MESSAGE_SIGNATURE
from comity.limits import MAX_ATTACHMENTS, MAX_BODY_BYTES, MAX_RECIPIENTS

MAX_SIGNATURE_BYTES: Final = 64 + 3_309  # suite 2
MAX_SIGNED_BYTES: Final = MAX_BODY_BYTES + MAX_SIGNATURE_BYTES + 16

Language = Annotated[
    str, Meta(min_length=2, max_length=35, pattern=r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z")
]  # MSG-013
Recipients = Annotated[tuple[Party, ...], Meta(min_length=1, max_length=MAX_RECIPIENTS)]
Attachments = Annotated[tuple[Attachment, ...], Meta(max_length=MAX_ATTACHMENTS)]  # ATTACH-001


class Body(Record, frozen=True, kw_only=True, rename={"sender": "from"}):
    """What is signed. Times are micros; `urgency` is 0 (flash) to 3 (routine); `after` as spec page case says."""

    after: Bytes32 | None = None
    approvals: Approvals = ()
    attachments: Attachments
    case: Bytes16
    created: Micros
    exercise: bool = False
    expires: Micros
    sender: Party
    from_key: Bytes32
    handling: Handling
    id: Bytes16
    in_reply_to: Bytes32 | None
    kind: Kind
    lang: Language
    payload: dict[str, Any]
    prev: Bytes32 | None
    seq: Uint
    suite: Annotated[int, Meta(ge=1, le=2)]
    to: Recipients
    treaty: Bytes32
    treaty_version: Ordinal
    urgency: Annotated[int, Meta(ge=0, le=3)]
    v: Literal[1]

    def __post_init__(self) -> None:
        if self.expires <= self.created:
            raise ValueError("the message expires before it is created (MSG-006)")
        if self.sender in self.to:
            raise ValueError("the sender is among the recipients (MSG-007)")
        if (self.seq == 0) is not (self.prev is None):
            raise ValueError("prev is nil in the first message of a case and only there (MSG-009)")
        refuse_disorder("recipients", self.to)
        refuse_disorder("approvals", [approval.key for approval in self.approvals])
        refuse_discord(self.attachments)


# how a body spells its fields, and how they travel
_FIELDS: Final = tuple(zip(Body.__struct_fields__, Body.__struct_encode_fields__, strict=True))


class SignedRow(Row, frozen=True):
    """A signed message as it travels."""

    body: Annotated[bytes, Meta(min_length=1, max_length=MAX_BODY_BYTES)]
    signature: Annotated[bytes, Meta(max_length=MAX_SIGNATURE_BYTES)]


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A signed message whose form is right; verify() says whether its signature is.

    Attributes:
        data: the whole as it travels inside an envelope.
        body_bytes: what is signed.
        hash: SHA-256 of `body_bytes`, 32 bytes; names the content.
    """

    data: bytes
    body_bytes: bytes
    signature: bytes
    body: Body
    hash: bytes

    def verify(self, key: PublicKey) -> None:
        """Return when the signature is that of the key, which fits the suite (MSG-002, MSG-003).

        Raises:
            AuthenticationError: another key, another algorithm, or the signature does not verify.
        """
        if key.id != self.body.from_key or int(key.algorithm) != self.body.suite:
            raise AuthenticationError("the signing key does not fit the message")
        key.verify(MESSAGE_SIGNATURE, self.body_bytes, self.signature)


def message_hash(body_bytes: bytes) -> bytes:
    """Return the hash of a message, 32 bytes."""
    return sha256(body_bytes)


def content_of(body: Body) -> bytes:
    """Return what an officer approves of a body: SHA-256 of its fields but for those that are known late (APPR-001)."""
    fields = {name: getattr(body, field) for field, name in _FIELDS if name not in KNOWN_LATE}
    return sha256(encode(fields))


def sign(body: Body, key: SigningKey) -> SignedMessage:
    """Return the body signed by the key (MSG-001, MSG-012).

    Raises:
        LocalError: a field is not valid, the body is too long, or the key is not the one that it names.
    """
    if body.from_key != key.public.id or body.suite != int(key.public.algorithm):
        raise LocalError("the body names another signing key or suite")
    body_bytes = encode_record(body)
    if len(body_bytes) > MAX_BODY_BYTES:
        raise LocalError(f"the message has {len(body_bytes)} bytes, at most {MAX_BODY_BYTES} are allowed")
    signature = key.sign(MESSAGE_SIGNATURE, body_bytes)
    data = encode_row(SignedRow(body_bytes, signature))
    return SignedMessage(data, body_bytes, signature, body, sha256(body_bytes))


def read(data: bytes) -> SignedMessage:
    """Return the signed message that data stands for; nothing is verified yet.

    Raises:
        LimitError: too long, or too many items for its length.
        MalformedError: any other fault of form.
    """
    row = decode_as(SignedRow, data, MAX_SIGNED_BYTES)
    body = decode_as(Body, row.body, MAX_BODY_BYTES)
    if not row.signature:
        raise MalformedError("no signature")
    return SignedMessage(data, row.body, row.signature, body, sha256(row.body))
