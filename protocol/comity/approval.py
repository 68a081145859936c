"""Signatures of officers inside a message: who wrote it and who approved it (spec page approval)."""

from typing import Annotated, Final, Literal

from comity.encoding import Bytes32, Meta, Micros, Record

MAX_APPROVALS: Final = 8

ApprovalRole = Literal["author", "approver"]


class Approval(Record, frozen=True):
    """The signature of one officer, whose key the bundle of the sender lists. `time` is in micros."""

    key: Bytes32
    role: ApprovalRole
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)]
    time: Micros


Approvals = Annotated[tuple[Approval, ...], Meta(max_length=MAX_APPROVALS)]
