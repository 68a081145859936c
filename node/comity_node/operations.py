"""What people and programs ask of a node: one async function for each request, parameters and results fit for JSON.

The control socket and the command line run the same functions: the answer does not depend on who opened the node.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity_node import document_calls, handling_calls, writing_calls
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
    propose,
)
from comity_node.attaching import (
    AttachmentParams,
    NamedParams,
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
from comity_node.exporting.asking import (
    CaseParams,
    PageParams,
    SignParams,
    export_open,
    export_page,
    export_sign,
)
from comity_node.faults import UsageError, text_of
from comity_node.handling_calls import forwarded_view, handling_view
from comity_node.interchange.operation import ExportParams, interchange_export
from comity_node.node import Ending, Node
from comity_node.params import NoParams, Params
from comity_node.views import (
    View,
    correction_view,
    delivery_view,
    event_view,
    message_view,
    missing_view,
    status_view,
    step_view,
    summary_view,
)

#: The operations that stand in modules of their own.
ELSEWHERE: Final = (writing_calls.CALLS, document_calls.CALLS, handling_calls.CALLS, authoring.CALLS)
GIVEN_UP: Final = (Ending.REFUSED, Ending.EXPIRED)
Party = Annotated[str, Meta(min_length=1, max_length=64)]


class ListParams(Params, frozen=True, kw_only=True):
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 50


class OutboxParams(ListParams, frozen=True, kw_only=True):
    undelivered: bool = False


class ShowParams(Params, frozen=True, kw_only=True):
    id: str
    mark_read: bool = True


class PingParams(Params, frozen=True, kw_only=True):
    party: Party


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


OPERATIONS: Final = {
    "interchange-export": Operation(ExportParams, interchange_export),
    "inbox": Operation(ListParams, inbox),
    "outbox": Operation(OutboxParams, outbox),
    "show": Operation(ShowParams, show),
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
    **{name: Operation(*call) for calls in ELSEWHERE for name, call in calls.items()},
}
