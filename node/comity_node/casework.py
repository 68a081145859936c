"""What people ask about cases: list them, show one, and act in it."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from comity.case import Deadline, State
from comity_node.cases import CaseStatus, TrackStatus
from comity_node.faults import UsageError
from comity_node.forms import payload_from
from comity_node.node import Node
from comity_node.story import Line, story, words_of
from comity_node.views import View, jsonable, moment, sent_view

#: Stages of lateness, in percent of the time that a stage may take.
SOON: Final = 50
URGENT: Final = 80
MICROS: Final = 1_000_000


class CaseListParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which requests to list; None leaves a question open."""

    open: bool | None = True
    state: Annotated[str, Meta(max_length=32)] | None = None
    party: Annotated[str, Meta(max_length=64)] | None = None
    side: Literal["requester", "requested"] | None = None
    exercise: bool | None = None
    late: bool = False
    sort: Literal["deadline", "newest"] = "deadline"
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 50


class CaseShowParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    case: Annotated[str, Meta(max_length=64)]


async def case_list(node: Node, params: CaseListParams) -> View:
    """Return requests, one line for each party that was asked, those first that are due first."""
    if params.state is not None and params.state not in set(State):
        raise UsageError(f"there is no state {params.state[:40]!r}", f"use one of: {', '.join(State)}")
    found = node.tracks(order=params.sort, limit=params.limit, **conditions(params))
    now_us = node.now_us
    tracks = [track for track in found if fits(track, params)]
    return {"requests": [track_view(node, track, now_us) for track in tracks], **moment("now", now_us)}


def conditions(params: CaseListParams) -> dict[str, Any]:
    """Return the columns of the overview that must have these values."""
    wanted: dict[str, Any] = {}
    if params.state is not None:
        wanted["state"] = params.state
    elif params.open is not None:
        wanted["open"] = int(params.open)
    if params.side is not None:
        wanted["outgoing"] = int(params.side == "requester")
    if params.exercise is not None:
        wanted["exercise"] = int(params.exercise)
    return wanted


def fits(track: TrackStatus, params: CaseListParams) -> bool:
    others = {track.requested, track.request.body.sender}
    return (params.party is None or params.party in others) and (not params.late or track.late_us > 0)


async def case_show(node: Node, params: CaseShowParams) -> View:
    """Return a case: its members, where each request stands, what happened, and what may happen next."""
    status, now_us = node.case(params.case), node.now_us
    return {
        "case": status.case.hex(),
        "members": list(status.members),
        "exercise": status.exercise,
        "requests": [track_view(node, track, now_us) for track in status.tracks],
        "story": [line_view(line) for line in story(node, status)],
        "missing": [jsonable(msgspec.to_builtins(each)) for each in node.missing(status.case)],
        **moment("now", now_us),
    }


def track_view(node: Node, track: TrackStatus, now_us: int) -> View:
    """Return one request with one party that was asked."""
    body = track.request.body
    return {
        "case": body.case.hex(),
        "request": body.id.hex(),
        "kind": body.kind,
        "from": body.sender,
        "asked": track.requested,
        "side": None if track.side is None else track.side.value,
        "state": track.track.state.value,
        "urgency": track.track.urgency,
        "asked_urgency": body.urgency,
        "exercise": body.exercise,
        "open": track.is_open,
        "summary": words_of(body.payload),
        **moment("received", track.track.received_us),
        **moment("changed", track.track.last_us),
        **moment("due", track.due_us),
        "late_s": track.late_us // MICROS,
        "deadlines": [deadline_view(each) for each in track.deadlines],
        "measure": measure_view(track),
        "pending": [event.value for event in track.pending],
        "legal": [event.value for event in track.legal],
        "turn": turn(track),
    }


def turn(track: TrackStatus) -> str | None:
    """Return the party whose turn it is, None where nobody's is."""
    asking, asked = track.request.body.sender, track.requested
    theirs = {State.INFORMATION_REQUESTED, State.CONSULTATION, State.EXECUTED, State.REFUSED, State.TRANSFERRED}
    if track.track.state in theirs:
        return asking
    return None if track.track.state in (State.SUBMITTED, State.CLOSED, State.EXPIRED) else asked


def deadline_view(deadline: Deadline) -> View:
    """Return one stage; `state` is met, late, running, paused or ended."""
    used = 100 * deadline.used_us // deadline.allowed_us
    return {
        "stage": deadline.stage,
        "state": deadline_state(deadline),
        "allowed_s": deadline.allowed_us // MICROS,
        "used_percent": used,
        "attention": "late" if deadline.late_us else "urgent" if used >= URGENT else "soon" if used >= SOON else "none",
        "late_s": deadline.late_us // MICROS,
        **moment("due", deadline.due_us),
        **moment("met", deadline.met_us),
    }


def deadline_state(deadline: Deadline) -> str:
    if deadline.met_us is not None:
        return "met"
    if deadline.ended_us is not None:
        return "ended"
    if deadline.paused:
        return "paused"
    return "late" if deadline.late_us else "running"


def measure_view(track: TrackStatus) -> View | None:
    measure = track.track.measure
    if measure is None:
        return None
    return {
        "state": measure.state.value,
        "reference": measure.reference,
        **moment("since", measure.since_us),
        **moment("until", measure.until_us),
        **moment("review", measure.review_us),
        **moment("ended", measure.ended_us),
    }


def line_view(line: Line) -> View:
    return {
        **moment("time", line.time_us),
        "party": line.party,
        "kind": line.kind,
        "to": list(line.to),
        "words": line.words,
        "files": list(line.files),
        "message_id": None if line.message_id is None else line.message_id.hex(),
        "states": line.states,
        "fate": line.fate,
        "refused": line.refused,
        "approved_by": line.approved_by,
    }


class CaseActParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An event about a request of a case; `request` names it where the case has several."""

    case: Annotated[str, Meta(max_length=64)]
    kind: Annotated[str, Meta(max_length=64)]
    form: dict[str, Any]
    request: Annotated[str, Meta(max_length=64)] | None = None
    asked: Annotated[str, Meta(max_length=64)] | None = None


def request_in(status: CaseStatus, request: str | None, asked: str | None) -> TrackStatus:
    """Return the track that is meant.

    Raises:
        UsageError: several fit, or none does.
    """
    fitting = [
        track
        for track in status.tracks
        if (request is None or track.request.body.id.hex().startswith(request))
        and (asked is None or track.requested == asked)
    ]
    if len({track.request.hash for track in fitting}) > 1:
        ids = ", ".join(sorted({track.request.body.id.hex()[:12] for track in fitting}))
        raise UsageError("the case has several requests", f"name one with --request: {ids}")
    if not fitting:
        raise UsageError("the case has no such request", "see: comity case show CASE")
    return fitting[0]


async def case_form(node: Node, params: CaseActParams) -> View:
    """Return the form with what the case itself tells: the proposal that is accepted or declined."""
    track = request_in(node.case(params.case), params.request, params.asked)
    proposal = track.track.proposal
    known = {"proposal": None if proposal is None else proposal.hex()} if "conditions" in params.kind else {}
    return {"request": track.request.body.id.hex(), "form": {**known, **params.form}}


async def case_act(node: Node, params: CaseActParams) -> View:
    """Send an event about a request of a case to the other side."""
    found = await case_form(node, params)
    payload = payload_from(params.kind, found["form"], terms=node.vocabulary, now=node.now_us)
    sent = await node.reply(bytes.fromhex(found["request"]), params.kind, payload)
    return {**sent_view(sent), "kind": params.kind, "to": list(node.find(sent.id.hex()).body.to)}
