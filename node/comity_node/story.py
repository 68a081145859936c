"""A case as people read it: who said what to whom and when, and where that left the request."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from comity.case import Moment, Side
from comity_node.cases import CaseStatus, TrackStatus
from comity_node.node import Node
from comity_node.records import StoredMessage

#: Fields whose text tells most of what a message says, the first that is there.
TELLING: Final = ("summary", "text", "reasons", "note", "wording", "justification", "authority")
MAX_WORDS: Final = 240  # characters of a message in a line


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: a message, or what a time brought by itself.

    `states` is where it left the request, by the party that was asked; `fate` says of each recipient of a message
    what became of it.
    """

    time_us: int
    party: str
    kind: str
    to: tuple[str, ...]
    words: str
    files: tuple[str, ...]
    message_id: bytes | None
    states: dict[str, str]
    fate: dict[str, str]
    refused: int
    approved_by: int


def story(node: Node, status: CaseStatus) -> list[Line]:
    """Return the lines of a case in the order of their times; both sides tell the same of each request."""
    states = after_messages(status)
    lines = [line_of(node, message, states) for message in node.messages_of(status.case)]
    lines += [line for track in status.tracks for line in by_themselves(track)]
    return sorted(lines, key=lambda line: (line.time_us, line.message_id is None, line.message_id or b""))


def after_messages(status: CaseStatus) -> dict[bytes, dict[str, str]]:
    """Return by message hash where it left each track."""
    found: dict[bytes, dict[str, str]] = {}
    for track in status.tracks:
        for moment in track.track.history:
            if moment.message is not None:
                found.setdefault(moment.message, {})[track.requested] = moment.state.value
    return found


def line_of(node: Node, message: StoredMessage, states: dict[bytes, dict[str, str]]) -> Line:
    body = message.body
    fate = {each.recipient: each.state.value for each in node.deliveries(message.id)} if message.outgoing else {}
    return Line(
        time_us=body.created,
        party=body.sender,
        kind=body.kind,
        to=body.to,
        words="" if message.destroyed is not None else words_of(body.payload),
        files=tuple(each.name for each in body.attachments),
        message_id=message.id,
        states=states.get(message.hash, {}),
        fate=fate,
        refused=message.code,
        approved_by=len(body.approvals),
    )


def words_of(payload: dict[str, Any]) -> str:
    """Return the beginning of what the payload tells in words, "" where it has none."""
    told = next((payload[name] for name in TELLING if isinstance(payload.get(name), str)), "")
    text = " ".join(str(told).split())
    return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"


def by_themselves(track: TrackStatus) -> Iterator[Line]:
    """Yield what no message was: the receipt of the request, its end, the end of a measure."""
    for moment in track.track.history:
        if moment.side is Side.NODE:
            yield own_line(track, moment)
    measure = track.track.measure
    if measure is not None and measure.state.value == "lapsed" and measure.ended_us is not None:
        yield Line(measure.ended_us, track.requested, "measure", (), "lapsed", (), None, {}, {}, 0, 0)


def own_line(track: TrackStatus, moment: Moment) -> Line:
    states = {track.requested: moment.state.value}
    return Line(moment.time_us, track.requested, moment.event.value, (), "", (), None, states, {}, 0, 0)
