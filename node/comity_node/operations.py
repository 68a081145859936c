"""What people and programs ask of a node: one async function for each request, parameters and results fit for JSON.

The control socket and the command line run the same functions: the answer does not depend on who opened the node.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity import bundle
from comity.directory import Directory
from comity.errors import ComityError, RemoteError
from comity.handling import Handling
from comity_node.approving import (
    GiveParams,
    PendingListParams,
    PendingParams,
    ProposeParams,
    RefuseParams,
    WithdrawParams,
    approval_give,
    approval_list,
    approval_refuse,
    approval_show,
    approval_views,
    approval_withdraw,
    body_hex,
    propose,
)
from comity_node.attaching import (
    AttachmentParams,
    NamedParams,
    SealedFiles,
    attachment_list,
    attachment_open,
    attachment_views,
)
from comity_node.authoring import operations as authoring
from comity_node.casework import (
    CaseActParams,
    CaseListParams,
    CaseShowParams,
    case_act,
    case_form,
    case_list,
    case_show,
)
from comity_node.errors import NotFoundError, NotReadyError
from comity_node.exporting.asking import (
    CaseParams,
    PageParams,
    SignParams,
    export_open,
    export_page,
    export_sign,
)
from comity_node.faults import DocumentError, RefusedError, UsageError, text_of
from comity_node.forms import payload_from
from comity_node.handling_calls import CALLS, GivenMarking, forwarded_view, handling_view
from comity_node.interchange.operation import ExportParams, interchange_export
from comity_node.node import Ending, Node
from comity_node.views import (
    View,
    bundle_view,
    correction_view,
    delivery_view,
    event_view,
    message_view,
    missing_view,
    sent_view,
    status_view,
    step_view,
    summary_view,
    treaty_view,
)
from comity_node.whereabouts import REMEDIES

GIVEN_UP: Final = (Ending.REFUSED, Ending.EXPIRED)
Form = dict[str, Any]
Party = Annotated[str, Meta(min_length=1, max_length=64)]

#: What the operator can do about a document that was refused (codes of spec page errors).
DOCUMENT_REMEDIES: Final = {
    1: "get the file again from the one who made it",
    4: "get the file again from the one who made it",
    40: "see who must still sign: comity treaty verify FILE",
    41: "import the versions or serials between first",
    42: "nothing: a newer one is held",
    43: "the party whose key is new must sign too: comity treaty verify FILE",
    44: "stop, and call the other parties by telephone: two different documents were signed",
    45: "check the clock of this machine, else ask for a document that is in force",
}


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters of one operation."""


class NoParams(Params, frozen=True, kw_only=True):
    pass


class Writing(Params, frozen=True, kw_only=True):
    kind: str
    form: Form
    lang: str = "en"
    marking: GivenMarking = GivenMarking()
    exercise: bool | None = None
    urgency: Annotated[int, Meta(ge=0, le=3)] = 3
    lifetime_s: Annotated[int, Meta(ge=1, le=7_776_000)] = 604_800
    attachments: SealedFiles = []

    def options(self, base: Handling | None = None) -> dict[str, Any]:
        """Return the options of `Node.send`; `base` is the marking of what is answered."""
        files = [each.attachment() for each in self.attachments]
        given = {"lang": self.lang, "urgency": self.urgency, "lifetime_s": self.lifetime_s, "attachments": files}
        return given | {"handling": self.marking.over(base), "exercise": self.exercise}


class SendParams(Writing, frozen=True, kw_only=True):
    to: Annotated[list[Party], Meta(min_length=1, max_length=64)]


class ReplyParams(Writing, frozen=True, kw_only=True):
    id: str


class CorrectParams(Params, frozen=True, kw_only=True):
    id: str
    kind: str
    form: Form
    lang: str | None = None
    urgency: Annotated[int, Meta(ge=0, le=3)] | None = None
    lifetime_s: Annotated[int, Meta(ge=1, le=7_776_000)] = 2_592_000

    def options(self) -> dict[str, Any]:
        return {"lang": self.lang, "urgency": self.urgency, "lifetime_s": self.lifetime_s}


class ListParams(Params, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 50


class OutboxParams(ListParams, frozen=True, kw_only=True):
    undelivered: bool = False


class ShowParams(Params, frozen=True, kw_only=True):
    id: str
    mark_read: bool = True


class PingParams(Params, frozen=True, kw_only=True):
    party: Party


class DocumentParams(Params, frozen=True, kw_only=True):
    data: str


class BundleParams(Params, frozen=True, kw_only=True):
    party: str | None = None


Handler = Callable[[Node, Any], Awaitable[View]]


@dataclass(frozen=True, slots=True)
class Operation:
    params: type[msgspec.Struct]
    handler: Handler


async def run(node: Node, name: str, params: Mapping[str, Any]) -> View:
    """Return the result of the operation `name`, a value that JSON can carry.

    Raises:
        UsageError: there is no such operation, or the parameters have another form.
        NodeError: as the operation says.
    """
    operation = OPERATIONS.get(name)
    if operation is None:
        raise UsageError(f"there is no operation {name[:40]!r}", f"use one of: {', '.join(sorted(OPERATIONS))}")
    try:
        checked = msgspec.convert(dict(params), operation.params)
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{name}: {text_of(fault)}", "correct that parameter") from None
    return await operation.handler(node, checked)


async def send(node: Node, params: SendParams) -> View:
    try:
        payload = payload_from(params.kind, params.form, terms=node.vocabulary, now=node.now_us)
        sent = await node.send(params.to, params.kind, payload, **params.options())
    except ComityError as fault:
        raise refused(fault) from None
    return {**sent_view(sent), "to": sorted(set(params.to)), "kind": params.kind}


async def reply(node: Node, params: ReplyParams) -> View:
    answered = node.find(params.id)
    try:
        payload = payload_from(params.kind, params.form, terms=node.vocabulary, now=node.now_us)
        sent = await node.reply(answered.id, params.kind, payload, **params.options(node.markings.marking(answered)))
    except ComityError as fault:
        raise refused(fault) from None
    return {**sent_view(sent), "to": [answered.sender], "kind": params.kind, "in_reply_to": answered.hash.hex()}


async def correct(node: Node, params: CorrectParams) -> View:
    """Send a correction or retraction of an own message; what names that message is filled in."""
    target = node.find(params.id)
    named = {"source": None, "target": target.hash.hex()}
    try:
        payload = payload_from(params.kind, params.form | named, terms=node.vocabulary)
        content = {name: value for name, value in payload.items() if name not in named}
        sent = await node.correct(target.id, params.kind, content, **params.options())
    except ComityError as fault:
        raise refused(fault) from None
    to = node.find(sent.id.hex()).body.to
    return {**sent_view(sent), "to": list(to), "kind": params.kind, "target": target.hash.hex()}


async def compose(node: Node, params: SendParams) -> View:
    """Return what officers are to sign before it is sent; nothing is kept yet."""
    try:
        payload = payload_from(params.kind, params.form, terms=node.vocabulary, now=node.now_us)
        return {"body": body_hex(await node.compose(params.to, params.kind, payload, **params.options()))}
    except ComityError as fault:
        raise refused(fault) from None


async def compose_reply(node: Node, params: ReplyParams) -> View:
    """Return the same for an answer to a message."""
    answered = node.find(params.id)
    base = node.markings.marking(answered)
    try:
        payload = payload_from(params.kind, params.form, terms=node.vocabulary, now=node.now_us)
        return {"body": body_hex(await node.compose_reply(answered.id, params.kind, payload, **params.options(base)))}
    except ComityError as fault:
        raise refused(fault) from None


async def inbox(node: Node, params: ListParams) -> View:
    return {"messages": [summary_view(message) for message in node.inbox(params.limit)]}


async def outbox(node: Node, params: OutboxParams) -> View:
    """Return what was sent, each with where it stands."""
    messages = node.undelivered(params.limit) if params.undelivered else node.outbox(params.limit)
    return {"messages": [{**summary_view(m), "deliveries": deliveries(node, m.id)} for m in messages]}


async def show(node: Node, params: ShowParams) -> View:
    """Return one message with its payload, its deliveries, and its case; it then counts as read, or as looked at."""
    message = node.find(params.id)
    given_up = message.outgoing and any(d.ending in GIVEN_UP for d in node.deliveries(message.id))
    if params.mark_read and message.read_us is None and (given_up or not message.outgoing):
        await node.mark_read(message.id)
    return {
        "message": message_view(message),
        "exercise": message.body.exercise,
        "handling": handling_view(node, message),
        "forwarded": forwarded_view(node, message),
        "corrections": [correction_view(each) for each in node.corrections(message.id)],
        "deliveries": deliveries(node, message.id) if message.outgoing else [],
        "timeline": [event_view(event) for event in node.timeline(message.body.case)],
        "attachments": await attachment_views(node, message),
        "approvals": approval_views(node, message.body),
        "missing": [missing_view(missing) for missing in node.missing(message.body.case)],
    }


def deliveries(node: Node, message_id: bytes) -> list[View]:
    return [delivery_view(delivery) for delivery in node.deliveries(message_id)]


async def status(node: Node, params: NoParams) -> View:
    return {**status_view(node.status()), "pending": len(node.approvals.waiting()), "late": node.late()}


async def ping(node: Node, params: PingParams) -> View:
    """Return the steps of the path to a peer; `ok` says whether all of them are well."""
    steps = await node.ping(params.party)
    return {"party": params.party, "ok": all(step.ok for step in steps), "steps": [step_view(step) for step in steps]}


async def treaty_import(node: Node, params: DocumentParams) -> View:
    try:
        outcome = await node.import_treaty(unhex(params.data))
    except RemoteError as fault:
        raise unverified("treaty", fault) from None
    return {"outcome": outcome.name.lower(), **await treaty_show(node, NoParams())}


async def treaty_show(node: Node, params: NoParams) -> View:
    directory = directory_of(node)
    signed = directory.version(directory.head[0])
    if signed is None:
        raise no_treaty()
    return {"treaty_id": directory.treaty_id.hex(), "treaty": treaty_view(signed), "data": signed.data.hex()}


async def bundle_import(node: Node, params: DocumentParams) -> View:
    data = unhex(params.data)
    try:
        outcome = await node.import_bundle(data)
    except RemoteError as fault:
        raise unverified("bundle", fault) from None
    view = bundle_view(bundle.read(data))
    return {"outcome": outcome.name.lower(), "bundle": view}


async def bundle_show(node: Node, params: BundleParams) -> View:
    """Return the newest bundle of a party, by default one's own."""
    party = params.party or node.party
    found = directory_of(node).bundle(party)
    if found is None:
        raise NotFoundError(f"no bundle of {party[:60]} is held", "ask that party for it: comity bundle import FILE")
    return {"bundle": bundle_view(found), "data": found.data.hex()}


async def bundle_base(node: Node, params: NoParams) -> View:
    """Return what the next bundle of this party must build on."""
    directory = directory_of(node)
    previous = directory.bundle(node.party)
    return {
        "treaty_id": directory.treaty_id.hex(),
        "serial": previous.bundle.serial if previous else 0,
        "hash": previous.hash.hex() if previous else None,
    }


def directory_of(node: Node) -> Directory:
    if node.directory is None:
        raise no_treaty()
    return node.directory


def no_treaty() -> NotReadyError:
    return NotReadyError("this node has no treaty", "import one: comity treaty import FILE")


def unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise UsageError("data is not hexadecimal", "give two digits for each byte") from None


def unverified(what: str, fault: RemoteError) -> DocumentError:
    next_step = DOCUMENT_REMEDIES.get(fault.code, "ask the one who made it to correct it")
    return DocumentError(f"the {what} does not verify: {text_of(fault)}", next_step)


def refused(fault: ComityError) -> RefusedError:
    next_step = REMEDIES.get(fault.code, "correct the call") if isinstance(fault, RemoteError) else "correct the call"
    return RefusedError(text_of(fault), next_step)


OPERATIONS: Final = {
    "send": Operation(SendParams, send),
    "reply": Operation(ReplyParams, reply),
    "correct": Operation(CorrectParams, correct),
    "interchange-export": Operation(ExportParams, interchange_export),
    "inbox": Operation(ListParams, inbox),
    "outbox": Operation(OutboxParams, outbox),
    "show": Operation(ShowParams, show),
    "compose": Operation(SendParams, compose),
    "compose-reply": Operation(ReplyParams, compose_reply),
    "propose": Operation(ProposeParams, propose),
    "approval-list": Operation(PendingListParams, approval_list),
    "approval-show": Operation(PendingParams, approval_show),
    "approval-give": Operation(GiveParams, approval_give),
    "approval-refuse": Operation(RefuseParams, approval_refuse),
    "approval-withdraw": Operation(WithdrawParams, approval_withdraw),
    "attachment-list": Operation(AttachmentParams, attachment_list),
    "attachment-open": Operation(NamedParams, attachment_open),
    "export-open": Operation(CaseParams, export_open),
    "export-page": Operation(PageParams, export_page),
    "export-sign": Operation(SignParams, export_sign),
    "case-list": Operation(CaseListParams, case_list),
    "case-show": Operation(CaseShowParams, case_show),
    "case-act": Operation(CaseActParams, case_act),
    "case-form": Operation(CaseActParams, case_form),
    "status": Operation(NoParams, status),
    "ping": Operation(PingParams, ping),
    "treaty-import": Operation(DocumentParams, treaty_import),
    "treaty-show": Operation(NoParams, treaty_show),
    "bundle-import": Operation(DocumentParams, bundle_import),
    "bundle-show": Operation(BundleParams, bundle_show),
    "bundle-base": Operation(NoParams, bundle_base),
    **{name: Operation(*call) for name, call in (*CALLS.items(), *authoring.CALLS.items())},
}
