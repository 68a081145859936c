"""From the messages of a case to one track: the order of its events is that of the requested party (CASE-003).

The requested party takes its own events when it signs them and those of the requester when it accepts them. Each of its
events names in `after` the one before, so the requester finds the same order, however the two crossed on their way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import takewhile

from comity.case.events import event_of
from comity.case.table import Side
from comity.case.track import Request, Track, submitted
from comity.encoding import Record
from comity.errors import EarlyEventError, IllegalEventError


@dataclass(frozen=True, slots=True)
class Accepted:
    """The requested party took a message of the requester: its time, and its place in that party's log."""

    time_us: int
    index: int


@dataclass(frozen=True, slots=True)
class Told:
    """A message about a request, as one node knows it.

    Attributes:
        after: the event that its sender knew last; None for those of the requester.
        accepted: of a message of the requester, by the requested party; None while no receipt of that is known.
        void: it was refused by its recipient, or expired on its way; it never took place.
    """

    hash: bytes
    sender: str
    kind: str
    payload: Record
    after: bytes | None
    created_us: int
    accepted: Accepted | None = None
    void: bool = False


class Place(Enum):
    """Where a new event of the requested party stands to what is known."""

    #: Right after what it names, which is known.
    NEXT = auto()
    #: What it follows has not arrived, or is not known to be accepted.
    EARLY = auto()
    #: It follows what something else follows already, or what never took place.
    WRONG = auto()


@dataclass(frozen=True, slots=True)
class History:
    """The events of a track in their order, and what of them took place.

    Attributes:
        track: after all of them.
        head: hash of the last one, which the next event of the requested party names in `after`.
        voided: hashes of those that were not legal in their place; they count for nothing.
    """

    track: Track
    head: bytes
    voided: frozenset[bytes]


def told_history(request: Request, received: Accepted | None, told: Iterable[Told]) -> History:
    """Return the history that these messages make; `received` is the receipt of the request."""
    return folded(request, received, in_order(request, tuple(told)))


def track_before(request: Request, received: Accepted | None, told: Iterable[Told], event: Told) -> Track:
    """Return the track as it was just before an event of the requested party that has a place in what was told."""
    ordered = in_order(request, (*told, event))
    return folded(request, received, takewhile(lambda each: each.hash != event.hash, ordered)).track


def folded(request: Request, received: Accepted | None, ordered: Iterable[Told]) -> History:
    track = submitted(request)
    if received is not None:
        track = track.received(received.time_us)
    head, voided = request.hash, set[bytes]()
    for each in ordered:
        head = each.hash
        time_us = each.accepted.time_us if each.accepted is not None else each.created_us
        try:
            track = happen(track, each, side_of(request, each.sender), time_us)
        except IllegalEventError:
            voided.add(each.hash)
    return History(track, head, frozenset(voided))


def side_of(request: Request, sender: str) -> Side:
    """Return on which side of the request a sender stands."""
    return Side.REQUESTED if sender == request.requested else Side.REQUESTER


def in_order(request: Request, told: Sequence[Told]) -> Iterator[Told]:
    """Yield what took place in the order of the requested party (CASE-003)."""
    following = {each.after: each for each in reversed(own_events(request, told))}
    theirs = accepted_events(request, told)
    last, position = request.hash, 0
    while True:
        found, position_after = next_own(following, last, theirs, position)
        yield from theirs[position:position_after]
        position = position_after
        if found is None:
            yield from theirs[position:]
            return
        del following[found.after]
        yield found
        last = found.hash


def next_own(
    following: dict[bytes | None, Told], last: bytes, theirs: Sequence[Told], position: int
) -> tuple[Told | None, int]:
    """Return the next event of the requested party, and how many of the requester's come before it in all."""
    if last in following:
        return following[last], position
    for number, each in enumerate(theirs[position:], position + 1):
        if each.hash in following:
            return following[each.hash], number
    return None, position


def own_events(request: Request, told: Iterable[Told]) -> list[Told]:
    """Return the events of the requested party that took place, in the order in which they are known."""
    return [each for each in told if each.sender == request.requested and not each.void]


def accepted_events(request: Request, told: Iterable[Told]) -> list[Told]:
    """Return the events of the requester that the requested party accepted, in the order in which it did."""
    taken = [(each.accepted.index, each) for each in told if each.accepted is not None and not each.void]
    return [each for _, each in sorted(taken, key=lambda pair: pair[0]) if each.sender == request.requester]


def place_of(request: Request, told: Iterable[Told], event: Told) -> Place:
    """Return where a new event of the requested party stands (CASE-006, CASE-007).

    It may stand before others that are known: those of its sender that name events of the requester may overtake it.
    """
    known = {each.hash: each for each in told}
    if any(each.after == event.after for each in own_events(request, known.values())) or event.after is None:
        return Place.WRONG
    if event.after == request.hash:
        return Place.NEXT
    named = known.get(event.after)
    if named is None or is_open(request, named):
        return Place.EARLY
    return Place.WRONG if named.void else Place.NEXT


def is_open(request: Request, told: Told) -> bool:
    """Return whether it is an event of the requester that is not known to be accepted or refused."""
    return told.sender == request.requester and told.accepted is None and not told.void


def refuse_misplaced(request: Request, received: Accepted | None, told: Sequence[Told], event: Told, gap: bool) -> None:
    """Return when a new event of the requested party is legal in its place.

    `gap` says that an earlier message of its sender in the case has not arrived. Receipts and messages come in any
    order after a link was lost, so what makes the event legal may be on its way.

    Raises:
        EarlyEventError: it must be sent again (CASE-006).
        IllegalEventError: it has no place, or is not legal there (CASE-007, CASE-008).
    """
    place = place_of(request, told, event)
    if place is Place.EARLY:
        raise EarlyEventError("it follows an event that has not arrived, or has no receipt yet")
    if place is Place.WRONG:
        state = told_history(request, received, told).track.state
        raise IllegalEventError("another event stands in its place", state.value)
    voided = told_history(request, received, (*told, event)).voided
    if not voided or voided <= told_history(request, received, told).voided:
        return
    if gap or any(is_open(request, each) for each in told):
        raise EarlyEventError("what makes it legal may be on its way")
    track = track_before(request, received, told, event)
    happen(track, event, Side.REQUESTED, event.created_us)
    raise IllegalEventError("an event that stands after it would not be legal any more", track.state.value)


def happen(track: Track, told: Told, side: Side, time_us: int) -> Track:
    """Return the track after an event that a side caused at a time. Raises: IllegalEventError."""
    event = event_of(told.kind, told.payload)
    return track if event is None else track.applied(event, side, time_us, told.hash, told.payload)
