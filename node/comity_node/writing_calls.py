"""What people and programs ask of a node to say something to its peers; `operations` has all operations."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity.errors import ComityError, RemoteError
from comity.handling import Handling
from comity_node.approving import body_hex
from comity_node.attaching import SealedFiles
from comity_node.faults import RefusedError, text_of
from comity_node.forms import payload_from
from comity_node.handling_calls import GivenMarking
from comity_node.node import Node
from comity_node.params import Params
from comity_node.views import View, sent_view
from comity_node.whereabouts import REMEDIES

Form = dict[str, Any]
Party = Annotated[str, Meta(min_length=1, max_length=64)]


class Writing(Params, frozen=True, kw_only=True):
    kind: str
    form: Form
    lang: str = "en"
    marking: GivenMarking = GivenMarking()
    exercise: bool | None = None
    urgency: Annotated[int, Meta(ge=0, le=3)] = 3
    lifetime_s: Annotated[int, Meta(ge=1, le=7_776_000)] = 604_800
    attachments: SealedFiles = msgspec.field(default_factory=list)

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


def refused(fault: ComityError) -> RefusedError:
    next_step = REMEDIES.get(fault.code, "correct the call") if isinstance(fault, RemoteError) else "correct the call"
    return RefusedError(text_of(fault), next_step)


#: The operations of this module: their parameters and what runs them.
CALLS: Final[dict[str, tuple[type[Params], Callable[[Node, Any], Awaitable[View]]]]] = {
    "send": (SendParams, send),
    "reply": (ReplyParams, reply),
    "correct": (CorrectParams, correct),
    "compose": (SendParams, compose),
    "compose-reply": (ReplyParams, compose_reply),
}
