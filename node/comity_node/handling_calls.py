"""What people and programs ask of a node about the handling of content; `operations` has all operations."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity.encoding import check
from comity.errors import LocalError
from comity.handling import Action, Handling
from comity_node.consents import Asked
from comity_node.contents import payload_of_forward
from comity_node.errors import NotFoundError
from comity_node.faults import UsageError, text_of
from comity_node.marked import words
from comity_node.markings import USUAL, Permission
from comity_node.node import Node
from comity_node.records import StoredMessage
from comity_node.retention import GROUNDS
from comity_node.views import View, jsonable, marking_view, moment, sent_view, summary_view

ACTIONS: Final = {
    Action.ACT: "act so that it is noticed",
    Action.ATTACH: "put into another case",
    Action.DISCLOSE: "disclose in court",
    Action.EXPORT: "export, within this party",
    Action.FORWARD: "forward to another party",
    Action.LOOK_UP: "look up with third parties",
}
Party = Annotated[str, Meta(min_length=1, max_length=64)]
Parties = Annotated[list[Party], Meta(max_length=64)]
Purpose = Annotated[str, Meta(min_length=1, max_length=48)]
CaseDigits = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Time = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class GivenMarking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody says of a marking; what is not said stays as it is."""

    tlp: str | None = None
    pap: str | None = None
    codes: list[str] | None = None
    purposes: list[str] | None = None
    retain_until: Time | None = None

    def over(self, base: Handling | None) -> Handling | None:
        """Return the marking that is the base but for what is said, None where nothing is said.

        Raises:
            UsageError: a value is not allowed.
        """
        said = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        if not said:
            return None
        said |= {name: tuple(sorted(set(said[name]))) for name in ("codes", "purposes") if name in said}
        try:
            return check(msgspec.structs.replace(base or USUAL, **said))
        except (ValueError, LocalError) as fault:
            raise UsageError(f"no such marking: {text_of(fault)}", "see --tlp, --pap, --code, --purpose") from None


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters of one operation."""


class OfMessage(Params, frozen=True, kw_only=True):
    id: str


class ForwardParams(OfMessage, frozen=True, kw_only=True):
    to: Annotated[list[Party], Meta(min_length=1, max_length=64)]
    purpose: Purpose
    note: str | None = None
    marking: GivenMarking = GivenMarking()
    case: CaseDigits | None = None
    urgency: Annotated[int, Meta(ge=0, le=3)] = 3
    lifetime_s: Annotated[int, Meta(ge=1, le=7_776_000)] = 604_800


class ChangeParams(OfMessage, frozen=True, kw_only=True):
    marking: GivenMarking
    forever: bool = False
    reason: str | None = None


class AskParams(OfMessage, frozen=True, kw_only=True):
    purpose: Purpose
    reason: str
    action: Action = Action.FORWARD
    to: Parties = []
    case: CaseDigits | None = None
    urgency: Annotated[int, Meta(ge=0, le=3)] = 3


class GrantParams(OfMessage, frozen=True, kw_only=True):
    conditions: str | None = None
    expires: Time | None = None


class DenyParams(OfMessage, frozen=True, kw_only=True):
    reason: str


class ListParams(Params, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 50


class CaseParams(Params, frozen=True, kw_only=True):
    case: str


class HoldParams(CaseParams, frozen=True, kw_only=True):
    reason: Annotated[str, Meta(min_length=1, max_length=2_000)]


class DestroyParams(OfMessage, frozen=True, kw_only=True):
    ground: str


async def forward(node: Node, params: ForwardParams) -> View:
    """Pass content on to other parties, as its originator signed it."""
    message = node.find(params.id)
    sent = await node.markings.forward(
        message,
        params.to,
        params.purpose,
        note=params.note,
        handling=params.marking.over(node.markings.marking(message)),
        case=None if params.case is None else bytes.fromhex(params.case),
        urgency=params.urgency,
        lifetime_s=params.lifetime_s,
    )
    return {**sent_view(sent), "to": sorted(set(params.to)), "kind": "handling.forward"}


async def change(node: Node, params: ChangeParams) -> View:
    """Give an own message another marking; everybody who has it is told."""
    message = node.find(params.id)
    base = node.markings.marking(message)
    wanted = params.marking.over(base) or base
    if params.forever:
        wanted = msgspec.structs.replace(wanted, retain_until=None)
    sent = await node.markings.change(message, wanted, params.reason)
    told = list(node.find(sent.id.hex()).body.to)
    return {**sent_view(sent), "to": told, "kind": "handling.change", "words": words(wanted)}


async def ask(node: Node, params: AskParams) -> View:
    """Ask the originator of content for consent."""
    message = node.find(params.id)
    case = None if params.case is None else bytes.fromhex(params.case)
    sent = await node.consents.request(
        message, params.action, params.to, params.purpose, params.reason, case=case, urgency=params.urgency
    )
    return {**sent_view(sent), "to": list(node.find(sent.id.hex()).body.to), "kind": "handling.consent-request"}


async def grant(node: Node, params: GrantParams) -> View:
    """Give consent to what a request asks for."""
    request = node.find(params.id)
    sent = await node.consents.answer(request, True, conditions=params.conditions, expires_us=params.expires)
    return {**sent_view(sent), "to": [request.sender], "kind": "handling.consent", "grant": True}


async def deny(node: Node, params: DenyParams) -> View:
    """Refuse what a request asks for, or take back the consent that was given to it."""
    request = node.find(params.id)
    sent = await node.consents.answer(request, False, reason=params.reason)
    return {**sent_view(sent), "to": [request.sender], "kind": "handling.consent", "grant": False}


async def consents(node: Node, params: ListParams) -> View:
    """Return requests for consent, of this party and of others, each with its answer."""
    return {"consents": [asked_view(each) for each in node.consents.list(params.limit)]}


async def retention_list(node: Node, params: ListParams) -> View:
    """Return what will have to be destroyed and when, what was, and which cases are on hold."""
    retention = node.retention
    terms = [
        {**summary_view(each.message), **moment("due", each.due_us), "held": each.held}
        for each in retention.terms(params.limit)
    ]
    gone = [
        {
            "hash": row.hash.hex(),
            "case": row.case_id.hex(),
            "originator": row.originator,
            "ground": row.ground,
            "files": row.files,
            "told": row.told == 1,
            **moment("decided", row.decided_us),
            **moment("done", row.done_us),
        }
        for row in retention.destroyed(params.limit)
    ]
    holds = [
        {"case": each.case.hex(), "reason": each.reason, **moment("since", each.since_us)} for each in retention.holds()
    ]
    return {"due": terms, "destroyed": gone, "holds": holds}


async def hold(node: Node, params: HoldParams) -> View:
    """Keep what belongs to a case beyond its end."""
    case = node.retention.case_of(params.case)
    await node.retention.hold(case, params.reason)
    return {"case": case.hex(), "held": True}


async def release(node: Node, params: CaseParams) -> View:
    """End every hold of a case."""
    case = node.retention.case_of(params.case)
    await node.retention.release(case)
    return {"case": case.hex(), "held": False}


async def destroy(node: Node, params: DestroyParams) -> View:
    """Destroy the content of a message now."""
    if params.ground not in GROUNDS:
        raise UsageError(f"{params.ground[:40]!r} is no ground", f"use one of: {', '.join(GROUNDS)}")
    message = node.find(params.id)
    await node.retention.destroy(message, params.ground)
    return summary_view(node.find(params.id))


# --- views -----------------------------------------------------------------------------------------------------------


def asked_view(asked: Asked) -> View:
    message, request, answer = asked.message, asked.request, asked.answer
    return {
        "id": message.id.hex(),
        "direction": message.direction,
        "exercise": message.body.exercise,
        "from": message.sender,
        "to": list(message.body.to),
        "action": request.action,
        "message": request.message.hex(),
        "recipients": list(request.recipients),
        "purpose": request.purpose,
        "reason": request.reason,
        **moment("created", message.body.created),
        "state": asked.state,
        "conditions": None if answer is None else answer.conditions,
        "refused_because": None if answer is None else answer.reason,
        **moment("expires", None if answer is None else answer.expires),
    }


def handling_view(node: Node, message: StoredMessage) -> View:
    """Return the marking that holds now, whose content it is, and what may be done with it."""
    marking = node.markings.marking(message)
    try:
        originator = node.markings.content(message).originator
        permissions = node.markings.permissions(message) if originator != node.party else []
    except NotFoundError:
        originator, permissions = None, []
    shown = [permission_view(each) for each in permissions]
    return {**marking_view(marking), "words": words(marking), "originator": originator, "permissions": shown}


def permission_view(each: Permission) -> View:
    said = {"action": each.action.value, "words": ACTIONS[each.action]}
    return said | {"allowed": each.allowed, "why": each.why, "lift": each.lift}


def forwarded_view(node: Node, message: StoredMessage) -> View | None:
    """Return what the message passes on of another party, None where it passes nothing on (HAND-034)."""
    payload = payload_of_forward(message)
    if payload is None:
        return None
    content = node.markings.content(message)
    body = content.original.body
    return {
        "by": message.sender,
        "purpose": payload.purpose,
        "note": payload.note,
        "from": body.sender,
        "id": body.id.hex(),
        "hash": content.original.hash.hex(),
        "kind": body.kind,
        "lang": body.lang,
        **moment("created", body.created),
        "payload": jsonable(body.payload),
        "consents": len(payload.consents),
    }


CALLS: Final[dict[str, tuple[type[msgspec.Struct], Callable[[Node, Any], Awaitable[View]]]]] = {
    "forward": (ForwardParams, forward),
    "handling-change": (ChangeParams, change),
    "consent-request": (AskParams, ask),
    "consent-grant": (GrantParams, grant),
    "consent-refuse": (DenyParams, deny),
    "consent-list": (ListParams, consents),
    "retention-list": (ListParams, retention_list),
    "retention-hold": (HoldParams, hold),
    "retention-release": (CaseParams, release),
    "retention-destroy": (DestroyParams, destroy),
}
