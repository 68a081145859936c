"""What people and programs ask of a node about approvals; `operations` has the table of all operations."""

from typing import Annotated

import msgspec
from msgspec import Meta

from comity.approval import Approval, ApprovalRole
from comity.authority import Signatory, signatories
from comity.encoding import decode_as, encode_record
from comity.errors import RemoteError
from comity.limits import MAX_BODY_BYTES
from comity.message import Body
from comity_node.faults import UsageError, text_of
from comity_node.node import Node
from comity_node.officers import Refusal
from comity_node.records import Pending
from comity_node.views import View, jsonable, moment, sent_view

Digits = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
SignatureDigits = Annotated[str, Meta(pattern=r"\A[0-9a-f]{128}\Z")]


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters of one operation."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The finished signature of an officer; the private key stays where the officer has it. Bytes are hexadecimal."""

    key: Digits
    role: ApprovalRole
    signature: SignatureDigits
    time: Annotated[int, Meta(ge=0, le=2**53 - 1)]

    def approval(self) -> Approval:
        key, signature = bytes.fromhex(self.key), bytes.fromhex(self.signature)
        return Approval(key=key, role=self.role, signature=signature, time=self.time)


class ProposeParams(Params, frozen=True, kw_only=True):
    body: str
    approval: Signed


class PendingParams(Params, frozen=True, kw_only=True):
    id: str


class PendingListParams(Params, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 50
    ended: bool = False


class GiveParams(PendingParams, frozen=True, kw_only=True):
    approval: Signed


class RefuseParams(PendingParams, frozen=True, kw_only=True):
    key: Digits
    reason: str
    signature: SignatureDigits


class WithdrawParams(PendingParams, frozen=True, kw_only=True):
    reason: str = ""


async def propose(node: Node, params: ProposeParams) -> View:
    """Keep what `compose` gave, signed by its author, until another officer approves it."""
    return pending_view(await node.propose(body_in(params.body), params.approval.approval()))


async def approval_list(node: Node, params: PendingListParams) -> View:
    """Return what waits for approval, and with `ended` also what did so in vain, newest first."""
    found = node.approvals.newest(params.limit) if params.ended else node.approvals.waiting()[: params.limit]
    return {"pending": [pending_view(each) for each in found]}


async def approval_show(node: Node, params: PendingParams) -> View:
    """Return one with all that an officer signs, as bytes too: what is shown can be made from what is signed."""
    found = node.approvals.find(params.id)
    return {**pending_view(found), "body": body_hex(found.body), "message": content_view(found.body)}


async def approval_give(node: Node, params: GiveParams) -> View:
    found = node.approvals.find(params.id)
    sent = await node.approve(found.id, params.approval.approval())
    return {**sent_view(sent), "to": list(found.body.to), "kind": found.body.kind}


async def approval_refuse(node: Node, params: RefuseParams) -> View:
    refusal = Refusal(bytes.fromhex(params.key), params.reason, bytes.fromhex(params.signature))
    return pending_view(await node.approvals.refuse(node.approvals.find(params.id).id, refusal))


async def approval_withdraw(node: Node, params: WithdrawParams) -> View:
    return pending_view(await node.approvals.withdraw(node.approvals.find(params.id).id, params.reason))


def body_in(text: str) -> Body:
    """Return the body that the hexadecimal text states. Raises: UsageError."""
    try:
        return decode_as(Body, bytes.fromhex(text), MAX_BODY_BYTES)
    except (ValueError, RemoteError) as fault:
        raise UsageError(f"no body of a message: {text_of(fault)}", "give what compose returned") from None


def body_hex(body: Body) -> str:
    return encode_record(body).hex()


def pending_view(pending: Pending) -> View:
    body = pending.body
    return {
        "id": pending.id.hex(),
        "case": body.case.hex(),
        "to": list(body.to),
        "kind": body.kind,
        "urgency": body.urgency,
        "exercise": body.exercise,
        "files": len(body.attachments),
        "author": pending.author,
        "state": pending.fate.name.lower(),
        **moment("created", pending.created_us),
        **moment("expires", pending.expires_us),
        **moment("ended", pending.ended_us),
        "by": pending.by,
        "reason": pending.reason,
    }


def content_view(body: Body) -> View:
    """Return all that an officer answers for with a signature (APPR-001)."""
    handling = body.handling
    return {
        "id": body.id.hex(),
        "case": body.case.hex(),
        "from": body.sender,
        "to": list(body.to),
        "kind": body.kind,
        "urgency": body.urgency,
        "exercise": body.exercise,
        "tlp": handling.tlp,
        "pap": handling.pap,
        "codes": list(handling.codes),
        "purposes": list(handling.purposes),
        **moment("retain_until", handling.retain_until),
        "lang": body.lang,
        "in_reply_to": body.in_reply_to.hex() if body.in_reply_to else None,
        "treaty": body.treaty.hex(),
        "payload": jsonable(body.payload),
        "attachments": [
            {"name": each.name, "media": each.media, "size": each.size, "hash": each.hash.hex()}
            for each in body.attachments
        ],
    }


def approval_views(node: Node, body: Body) -> list[View]:
    """Return who signed a message, as what and when, and whether the signature verifies."""
    if node.directory is None:
        return []
    return [approval_view(each) for each in signatories(body, node.directory)]


def approval_view(signatory: Signatory) -> View:
    officer, approval = signatory.officer, signatory.approval
    return {
        "officer": officer.id if officer else None,
        "role": approval.role,
        "roles": list(officer.roles) if officer else [],
        **moment("time", approval.time),
        "key": approval.key.hex(),
        "verified": signatory.verifies,
    }
