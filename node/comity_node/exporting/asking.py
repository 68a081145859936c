"""What commands ask of a node for an export; `operations` has the table of all operations."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from comity.chapters.parts import TERM
from comity.errors import LocalError
from comity.evidence import LeftOut, Part
from comity.evidence.manifest import Reason, What
from comity_node.attaching import Digits, sealed_view
from comity_node.exporting.dossier import Held
from comity_node.faults import RefusedError, text_of
from comity_node.node import Node

View = dict[str, Any]
Case = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]


class CaseParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which case: the beginning of its id, or of the id of one of its messages."""

    case: str


class PageParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Messages of the case after the position `start`, to be disclosed for a purpose (a term of that group)."""

    case: Case
    start: Annotated[int, Meta(ge=0)] = 0
    purpose: Annotated[str, Meta(pattern=TERM)] = "prosecution"


class SignParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The list of contents before it is signed; hashes are hexadecimal."""

    case: Case
    by: str | None = None
    reason: str | None = None
    parts: list[tuple[str, int, Digits]]
    left_out: list[tuple[What, Digits, Reason]]


async def export_open(node: Node, params: CaseParams) -> View:
    """Return the case, the treaty, and every document that is needed to verify it."""
    case = node.dossier.find(params.case)
    documents = [[name, data.hex()] for name, data in node.dossier.documents(case)]
    return {"case": case.hex(), "treaty": node.treaty_id.hex(), "party": node.party, "documents": documents}


async def export_page(node: Node, params: PageParams) -> View:
    """Return some messages of the case with receipts and attachments. File keys are among it: keep it private."""
    page = await node.dossier.page(bytes.fromhex(params.case), params.start, params.purpose)
    return {"messages": [held_view(held) for held in page.held], "next": page.next}


async def export_sign(node: Node, params: SignParams) -> View:
    """Return the signed list of contents."""
    parts = [Part(name, size, bytes.fromhex(digest)) for name, size, digest in params.parts]
    away = [LeftOut(what, bytes.fromhex(digest), reason) for what, digest, reason in params.left_out]
    try:
        data = node.dossier.sign(bytes.fromhex(params.case), params.by, params.reason, parts, away)
    except (LocalError, ValueError) as fault:
        raise RefusedError(text_of(fault), "shorten the reason or the name, or export a smaller case") from None
    return {"data": data.hex()}


def held_view(held: Held) -> View:
    hidden = held.forbidden or held.signed is None
    return {
        "id": held.id.hex(),
        "hash": held.hash.hex(),
        "left_out": None if not hidden else "handling" if held.forbidden else "not-held",
        "data": None if held.signed is None or hidden else held.signed.data.hex(),
        "receipts": {} if hidden else {party: data.hex() for party, data in held.receipts.items()},
        "files": [
            {"hash": each.attachment.hash.hex(), "file": None if hidden else sealed_view(each.attachment),
             "held": each.is_held and not hidden}
            for each in held.files
        ],
    }  # fmt: skip
