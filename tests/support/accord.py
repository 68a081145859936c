"""Whether the nodes agree about the cases that their officers have played, once everything has arrived."""

from collections.abc import Iterator
from typing import Any, Final

from comity.case import State
from comity.errors import IllegalEventError
from comity_node.cases import TrackStatus
from comity_node.node import Node
from comity_node.overview import row_of
from comity_node.records import Delivery, Ending
from tests.support.caseplay import DAY_S, HOUR_S, Asked, Play, Said

#: When deadlines and measures are compared, from now on (seconds).
LATER_S: Final = (0, 50, 5 * HOUR_S, 3 * DAY_S, 25 * DAY_S, 95 * DAY_S, 400 * DAY_S)


def discord(play: Play) -> list[str]:
    """Return one line for each thing that must hold and does not."""
    found = list(play.wrong)
    for asked in play.asked:
        for requested in asked.to:
            found += of_track(play, asked, requested)
    for said in play.said:
        for recipient in said.to:
            found += of_event(play, said, recipient)
    for party, node in play.running.items():
        found += of_overview(party, node)
    return found


def track_at(play: Play, party: str, asked: Asked, requested: str, now_us: int | None = None) -> TrackStatus | None:
    """Return the track of a requested party as one of the two sees it at a time, None where it sees none."""
    tracks = play.tracks(play.running[party], asked, now_us)
    return next((track for track in tracks if track.requested == requested), None)


def is_doubtful(play: Play, asked: Asked, requested: str) -> bool:
    """Return whether the request was accepted, and its receipt was lost for longer than the request lived."""
    lost = play.end_of(asked.sender, asked.sent.id, requested).ending is Ending.EXPIRED
    return lost and track_at(play, requested, asked, requested) is not None


def of_track(play: Play, asked: Asked, requested: str) -> Iterator[str]:
    """Yield what the two sides of a track see differently (CASE-003, CASE-004, CASE-027)."""
    name = f"{asked.kind} of {asked.sender} to {requested}"
    if is_doubtful(play, asked, requested):
        return
    now_us = play.running[requested].now_us
    seen: list[TrackStatus] = []
    for later_s in LATER_S:
        at_us = now_us + later_s * 1_000_000
        ours = track_at(play, asked.sender, asked, requested, at_us)
        theirs = track_at(play, requested, asked, requested, at_us)
        if ours is None:
            yield f"{name}: the requester does not see its own request"
        elif theirs is None and ours.track.state is not State.EXPIRED:
            yield f"{name}: {ours.track.state} for the requester, and never received"
        elif theirs is not None:
            seen.append(theirs)
            yield from (f"{name}, {later_s} s later: {line}" for line in differences(ours, theirs))
    if len(seen) == len(LATER_S):
        yield from (f"{name}: {line}" for line in of_pause(seen))


def differences(ours: TrackStatus, theirs: TrackStatus) -> Iterator[str]:
    for attribute in ("request", "state", "urgency", "measure", "proposal", "consulted"):
        one, other = getattr(ours.track, attribute), getattr(theirs.track, attribute)
        if one != other:
            yield f"{attribute} is {one} for the requester and {other} for the requested"
    if ours.track.history != theirs.track.history:
        told = [", ".join(moment.event for moment in each.track.history) for each in (ours, theirs)]
        yield f"the requester tells {told[0]}; the requested {told[1]}"
    if ours.deadlines != theirs.deadlines:
        yield f"the deadlines are {ours.deadlines} and {theirs.deadlines}"
    if ours.pending or theirs.pending:
        yield "something is still pending"


def of_event(play: Play, said: Said, recipient: str) -> Iterator[str]:
    """Yield what is wrong with an event: what was accepted took place, what was refused did not (CASE-009).

    A requested party that has sent what is not legal accepts events on the strength of its own that are refused then:
    they count for nothing at both parties.
    """
    requested = recipient if said.sender == said.asked.sender else said.sender
    name = f"{said.event} of {said.sender} to {recipient}"
    if is_doubtful(play, said.asked, requested):
        return
    end = play.end_of(said.sender, said.sent.id, recipient)
    for party in (said.asked.sender, requested):
        track = track_at(play, party, said.asked, requested)
        took_place = track is not None and said.sent.hash in {moment.message for moment in track.track.history}
        misled = said.sender == said.asked.sender and has_forged(play, requested, said.asked) and not took_place
        if took_place is not (end.ending is Ending.ACCEPTED) and not misled:
            yield f"{name} was {end.ending.name}, and for {party} it has {'' if took_place else 'not '}taken place"
        elif track is not None and took_place:
            yield from (f"{name}: {line}" for line in of_time(play, said, end, track))
    if end.ending is Ending.ACCEPTED:
        return
    forger = has_forged(play, said.sender, said.asked)
    refused = (end.ending, end.code) == (Ending.REFUSED, IllegalEventError.code)
    crossed = refused and (said.sender == said.asked.sender or forger)
    if not crossed and not play.is_lost(said, recipient):
        yield f"{name} was {end.ending.name} with code {end.code}"


def has_forged(play: Play, party: str, asked: Asked) -> bool:
    """Return whether the party has sent an event of the request that its own node would not have sent."""
    return any(each.forged and (each.sender, each.asked) == (party, asked) for each in play.said)


def of_time(play: Play, said: Said, end: Delivery, status: TrackStatus) -> Iterator[str]:
    """Yield whether an event does not have the time of the requested party (CASE-004)."""
    history = status.track.history
    number = next(number for number, moment in enumerate(history) if moment.message == said.sent.hash)
    if said.sender == said.asked.sender:
        time_us = end.receipt.read_entry().time if end.receipt is not None else 0
    else:
        time_us = play.running[said.sender].find(said.sent.id.hex()).body.created
    if history[number].time_us != max(time_us, history[number - 1].time_us):
        yield f"it has the time {history[number].time_us} and not {time_us}"


def of_pause(tracks: list[TrackStatus]) -> Iterator[str]:
    """Yield whether a deadline runs on while the track waits for the requester (CASE-024)."""
    first, second = tracks[:2]
    if first.track.state is second.track.state and first.track.state in (
        State.INFORMATION_REQUESTED, State.CONSULTATION, State.POSTPONED,
    ):  # fmt: skip
        used = [[each.used_us for each in track.deadlines if each.is_running] for track in (first, second)]
        if used[0] != used[1]:
            yield f"deadlines run in the state {first.track.state}"


def of_overview(party: str, node: Node) -> Iterator[str]:
    """Yield where the table of tracks differs from what is computed."""
    kept: list[Any] = [dict(row._mapping) for row in node._store.tracks.listed({}, "newest", 1_000)]
    cases = {row["case_id"] for row in kept} | {row.case_id for row in node._store.tracks.cases_after(0, 10_000)}
    now_us = node.now_us
    made = [row_of(track, now_us) for case in cases for track in node.case_at(case, now_us).tracks]
    columns = [tuple(sorted((name, value) for name, value in row.items() if name != "n")) for row in kept]
    if sorted(columns, key=repr) != sorted((tuple(sorted(row.items())) for row in made), key=repr):
        yield f"the overview of {party} says {kept}, and it is {made}"
