"""Signatures of officers inside a message: who wrote it and who approved it (spec page approval).

What is signed is the content of a message and not its body, because a message is approved before it leaves. Who may
sign as what stands in `authority`.
"""

from typing import Annotated, Final, Literal

from comity.encoding import Bytes32, Meta, Micros, Record, encode
from comity.keys import PublicKey, SigningKey
from comity.labels import APPROVAL_SIGNATURE

MAX_APPROVALS: Final = 8
MAX_APPROVAL_AGE_S: Final = 604_800  # a week: how long before a message leaves an officer may have signed
#: Fields of a body that are known when the message leaves and not before; an approval does not cover them.
KNOWN_LATE: Final = frozenset(
    {
        "after",
        "approvals",
        "created",
        "expires",
        "from_key",
        "prev",
        "seq",
        "suite",
        "treaty_version",
        "v",
    }
)

ApprovalRole = Literal["author", "approver"]


class Approval(Record, frozen=True):
    """The signature of one officer, whose key the bundle of the sender lists. `time` is in micros."""

    key: Bytes32
    role: ApprovalRole
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    time: Micros

    def verify(self, content: bytes, key: PublicKey) -> None:
        """Return when this is the signature of the key over the content of a message, 32 bytes (APPR-001).

        Raises:
            AuthenticationError: it is not.
        """
        key.verify(APPROVAL_SIGNATURE, statement(content, self.role, self.time), self.signature)


Approvals = Annotated[tuple[Approval, ...], Meta(max_length=MAX_APPROVALS)]


def statement(content: bytes, role: ApprovalRole, time_us: int) -> bytes:
    """Return the bytes that an officer signs, before the label is added (APPR-001)."""
    return encode({"content": content, "role": role, "time": time_us})


def approve(content: bytes, role: ApprovalRole, time_us: int, key: SigningKey) -> Approval:
    """Return the signature of an officer as author or approver of a content, 32 bytes; the key is of algorithm 1."""
    signature = key.sign(APPROVAL_SIGNATURE, statement(content, role, time_us))
    return Approval(key=key.public.id, role=role, signature=signature, time=time_us)
