"""What people and programs ask of a node to write messages; `comity_node.operations` has the table of all."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from comity.chapters.form import Form, Role, Service
from comity.deadlines import Stage, allowed_s
from comity.directory import Directory
from comity.errors import RemoteError
from comity.kinds import FORMS
from comity_node.authoring.drafts import Draft, draft_view
from comity_node.authoring.letter import Letter
from comity_node.authoring.paths import completed
from comity_node.errors import NotReadyError
from comity_node.forms import FormError, checked
from comity_node.node import Node
from comity_node.views import moment

View = dict[str, Any]
#: The stage that ends with the final reply, for each service (CASE-022).
LAST: Final[Mapping[Service, Stage]] = {
    Service.EVIDENCE: "evidence",
    Service.INFORMATION: "information",
    Service.PREVENTION: "prevention",
}
DraftId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]


class KindsParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which kinds: those of a chapter, one of them, or all."""

    chapter: Annotated[str, Meta(max_length=64)] | None = None
    kind: Annotated[str, Meta(max_length=64)] | None = None


class SaveParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A letter, and the draft that it takes the place of."""

    letter: Letter
    id: DraftId | None = None


class DraftParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The beginning of the id of a draft."""

    id: str


class NothingParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


async def request_kinds(node: Node, params: KindsParams) -> View:
    """Return the kinds, whether the treaty lets this party send each, who accepts it, and when answers are due."""
    directory = node.directory
    if directory is None:
        raise NotReadyError("this node has no treaty", "import one: comity treaty import FILE")
    now_us = node.now_us
    treaty = directory.in_force(now_us)
    members = [{"party": member.id, "name": member.name} for member in treaty.members if member.id != node.party]
    kinds = [kind_view(node, directory, kind, form, now_us) for kind, form in FORMS.items() if is_wanted(kind, params)]
    return {
        "party": node.party,
        "name": next((member.name for member in treaty.members if member.id == node.party), node.party),
        "treaty": {"title": treaty.title, "version": treaty.version, "lifetime_s": treaty.limits.lifetime_s},
        "vocabulary": {"hash": treaty.vocabulary.hash.hex(), "version": treaty.vocabulary.version},
        "members": members,
        "kinds": kinds,
        "now_us": now_us,
    }


def is_wanted(kind: str, params: KindsParams) -> bool:
    if FORMS[kind].role is Role.NOTICE or (params.kind is not None and kind != params.kind):
        return False
    return params.chapter is None or kind.partition(".")[0] == params.chapter


def kind_view(node: Node, directory: Directory, kind: str, form: Form, now_us: int) -> View:
    return {
        "kind": kind,
        "role": str(form.role),
        "coercive": directory.is_coercive(kind, now_us),
        "may_send": hindrance(directory, "send", node.party, kind, now_us) is None,
        "hindrance": hindrance(directory, "send", node.party, kind, now_us),
        "answers": list(form.answers),
        "accepted_by": [
            party.id
            for party in directory.members(now_us)
            if party.id != node.party and hindrance(directory, "accept", party.id, kind, now_us) is None
        ],
        "due": list(due(directory, form, now_us)) if form.service is not None else [],
    }


def hindrance(directory: Directory, side: str, party: str, kind: str, now_us: int) -> str | None:
    """Return why the party may not send or accept the kind, None where it may."""
    try:
        directory.may_speak(party, now_us)
        (directory.may_send if side == "send" else directory.may_accept)(party, kind, now_us)
    except RemoteError as fault:
        return str(fault)
    return None


def due(directory: Directory, form: Form, now_us: int) -> Iterator[View]:
    """Yield how long each stage may take, in seconds for the urgencies 0 to 3, and what parties promise beyond that."""
    treaty = directory.in_force(now_us)
    assert form.service is not None  # noqa: S101 - the caller asks for requests only
    stages: list[Stage] = ["acknowledge", "decide"]
    stages += ["act"] if form.service is Service.PREVENTION else []
    for stage in (*stages, LAST[form.service]):
        allowed = [treaty.deadlines.seconds(stage, urgency) for urgency in range(4)]
        promised = {}
        for member in treaty.members:
            held = directory.bundle(member.id)
            given = () if held is None else held.bundle.promises
            promised[member.id] = [allowed_s(treaty.deadlines, given, stage, urgency) for urgency in range(4)]
        yield {
            "stage": stage,
            "seconds": allowed,
            "promised": {p: row for p, row in promised.items() if row != allowed},
        }


async def draft_save(node: Node, params: SaveParams) -> View:
    return draft_view(await node.drafts.save(params.letter, params.id))


async def draft_list(node: Node, params: NothingParams) -> View:
    """Return one line for each draft: what it is and how much is wrong or missing in it, and not what it says."""
    return {"drafts": [line_view(draft, node.now_us) for draft in node.drafts.list()]}


def line_view(draft: Draft, now_us: int) -> View:
    """Return what a list shows of a draft; of one that cannot be opened only its id."""
    letter = draft.letter
    view = {"id": draft.id, **moment("changed", draft.changed_us), "damaged": letter is None}
    if letter is None:
        return {**view, "kind": None, "to": [], "reply_to": "", "faults": None}
    around = {"kind": letter.kind, "to": list(letter.to), "reply_to": letter.reply_to}
    return {**view, **around, "faults": fault_count(letter, now_us)}


def fault_count(letter: Letter, now_us: int) -> int | None:
    """Return how much is wrong or missing in the form, None where it is the form of no kind that is known here."""
    if letter.kind not in FORMS:
        return None
    try:
        _, faults, more = checked(letter.kind, completed(letter.kind, letter.form), now=now_us)
    except (FormError, RecursionError):  # nested deeper than any form
        return None
    return len(faults) + more


async def draft_show(node: Node, params: DraftParams) -> View:
    return draft_view(node.drafts.find(params.id))


async def draft_discard(node: Node, params: DraftParams) -> View:
    return {"id": await node.drafts.discard(params.id)}


CALLS: Final[Mapping[str, tuple[type[msgspec.Struct], Callable[[Node, Any], Awaitable[View]]]]] = {
    "request-kinds": (KindsParams, request_kinds),
    "draft-save": (SaveParams, draft_save),
    "draft-list": (NothingParams, draft_list),
    "draft-show": (DraftParams, draft_show),
    "draft-discard": (DraftParams, draft_discard),
}
