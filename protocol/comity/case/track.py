"""One request between the one who asks and one of those who are asked: its state, as a function of its events.

A track never changes: `applied` returns the next one. All times are those of the requested party (CASE-004), so both
nodes compute the same track from the same events.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from comity.case.events import measure_of
from comity.case.measures import Provisional, begun, measure_at
from comity.case.table import ENDED, OPEN, SETTLING, Event, Side, State, Transition, legal, step
from comity.chapters import case as payloads
from comity.chapters.form import Service
from comity.encoding import Record
from comity.errors import IllegalEventError

DAY_US: Final = 86_400_000_000
LIFE_US: Final = 365 * DAY_US  # CASE-012
SILENCE_US: Final = 90 * DAY_US  # CASE-013
CURABLE: Final = frozenset({"R01"})  # an incomplete form can be completed (CASE-010)
MAX_EVENTS: Final = 4_096  # CASE-015


@dataclass(frozen=True, slots=True)
class Request:
    """What a track needs to know of its request. `urgency` is 0 to 3; `until_us` is None where the form names none."""

    hash: bytes
    kind: str
    service: Service
    measure: bool
    requester: str
    requested: str
    urgency: int
    until_us: int | None
    created_us: int
    treaty_version: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One event that took place: the state after it, and the message that it was, None where no message was."""

    time_us: int
    event: Event
    side: Side
    state: State
    message: bytes | None
    payload: Record | None


@dataclass(frozen=True, slots=True)
class Track:
    """A request and what has happened to it so far, timers not counted: ask `at(now)` first."""

    request: Request
    state: State
    urgency: int
    history: tuple[Moment, ...]
    proposal: bytes | None = None
    consulted: bool = False
    measure: Provisional | None = None

    @property
    def received_us(self) -> int | None:
        """When the requested party accepted the request, None while no receipt is known."""
        return next((moment.time_us for moment in self.history if moment.event is Event.RECEIPT), None)

    @property
    def lapse_us(self) -> int | None:
        """When the request ends by itself unless it is answered, None while it is not received (CASE-012)."""
        if self.received_us is None:
            return None
        return self.received_us + LIFE_US if self.request.until_us is None else self.request.until_us

    @property
    def changes_us(self) -> tuple[int, ...]:
        """When the state changes by itself, unless something happens before (CASE-012, CASE-013)."""
        if self.state in OPEN and self.lapse_us is not None:
            return (self.lapse_us,)
        return (self.last_us + SILENCE_US,) if self.state in SETTLING else ()

    @property
    def last_us(self) -> int:
        return self.history[-1].time_us

    def at(self, now_us: int) -> "Track":
        """Return the track with what happened by itself up to and at `now_us` (CASE-012, CASE-013, CASE-043)."""
        track = self
        lapse_us = track.lapse_us
        if track.state in OPEN and lapse_us is not None and now_us >= lapse_us:
            track = track._by_itself(max(lapse_us, track.last_us), Event.LAPSE)
        if track.state in SETTLING and now_us >= track.last_us + SILENCE_US:
            track = track._by_itself(track.last_us + SILENCE_US, Event.CLOSE)
        measure = measure_at(track.measure, now_us)
        return track if measure is track.measure else replace(track, measure=measure)

    def legal(self, side: Side) -> tuple[Event, ...]:
        """Return the events that the side may cause now, in the order of the table (CASE-001)."""
        return tuple(event for event in legal(self.state, side) if self._may(event))

    def applied(self, event: Event, side: Side, time_us: int, message: bytes, payload: Record) -> "Track":
        """Return the track after an event of a party at a time, timers first.

        Raises:
            IllegalEventError: the event is not legal then; the text lists those that are (CASE-008).
        """
        track = self.at(max(time_us, self.last_us))
        line = step(track.state, event, side)
        fault = "" if line is not None else f"not legal in the state {track.state}"
        fault = fault or track._fault(event, max(time_us, track.last_us), payload)
        if line is None or fault:
            raise track._illegal(event, side, fault)
        return track._taken(line, side, max(time_us, track.last_us), message, payload)

    def received(self, time_us: int) -> "Track":
        """Return the track once the requested party has accepted the request."""
        if self.state is not State.SUBMITTED:
            return self
        return self._by_itself(time_us, Event.RECEIPT)

    def undelivered(self, time_us: int) -> "Track":
        """Return the track once the request has expired on its way or was refused on arrival."""
        return self._by_itself(time_us, Event.EXPIRE) if self.state is State.SUBMITTED else self

    def _by_itself(self, time_us: int, event: Event) -> "Track":
        line = step(self.state, event, Side.NODE)
        target = self.state if line is None or line.target is None else line.target
        return replace(
            self, state=target, history=(*self.history, Moment(time_us, event, Side.NODE, target, None, None))
        )

    def _taken(self, line: Transition, side: Side, time_us: int, message: bytes, payload: Record) -> "Track":
        target = line.target or self.state
        history = (*self.history, Moment(time_us, line.event, side, target, message, payload))
        measure = self._measure_after(line.event, time_us, payload)
        after = replace(self, state=target, history=history, measure=measure)
        match payload:
            case payloads.ProposeConditions():
                return replace(after, proposal=message, consulted=True)
            case payloads.AskInformation():
                return replace(after, consulted=True)
            case payloads.ChangeUrgency():
                return replace(after, urgency=payload.urgency)
        return after

    def _measure_after(self, event: Event, time_us: int, payload: Record) -> Provisional | None:
        if event in (Event.PARTIAL_REPLY, Event.FINAL_REPLY):
            placed = measure_of(payload)
            if placed is None or placed.until <= time_us:  # a last report may tell of one that has ended
                return self.measure
            return begun(placed, time_us)
        return self.measure.changed(event, time_us, payload) if self.measure is not None else None

    def _may(self, event: Event) -> bool:
        needs_measure = event in (Event.EXTEND_MEASURE, Event.LIFT_MEASURE, Event.CONVERT_MEASURE)
        return not needs_measure or (self.measure is not None and self.measure.is_active)

    def _fault(self, event: Event, time_us: int, payload: Record) -> str:
        return next(self._faults(event, time_us, payload), "")

    def _faults(self, event: Event, time_us: int, payload: Record) -> Iterator[str]:
        """Yield what speaks against an event that the table allows: the guards."""
        if len(self.history) >= MAX_EVENTS:
            yield f"the request has {MAX_EVENTS} events already"
        if not self._may(event):
            yield "no measure is active"
        yield from self._content_faults(time_us, payload)

    def _content_faults(self, time_us: int, payload: Record) -> Iterator[str]:
        match payload:
            case payloads.AcceptConditions() | payloads.DeclineConditions() if payload.proposal != self.proposal:
                yield "it names other conditions than the latest"
            case payloads.Postpone() if payload.until <= time_us:
                yield "it postpones until a time that has passed"
            case payloads.Refuse() if set(payload.grounds) <= CURABLE and not self.consulted:
                yield "an incomplete form is no ground before information was asked for"
            case payloads.ChangeUrgency() if payload.urgency <= self.urgency:
                yield "it makes the request no less urgent"
            case payloads.ExtendMeasure() if payload.until <= time_us:
                yield "the measure would end in the past"
        placed = None if isinstance(payload, payloads.ExtendMeasure) else measure_of(payload)
        until_us = payload.until if isinstance(payload, payloads.ExtendMeasure) else placed.until if placed else None
        if until_us is not None and until_us > time_us + payloads.MAX_MEASURE_US:
            yield "a measure may not last longer than 366 days"
        if placed is not None and not self.request.measure:
            yield "the request asks for no measure"

    def _illegal(self, event: Event, side: Side, fault: str) -> IllegalEventError:
        may = ", ".join(self.legal(side)) or "none"
        return IllegalEventError(f"{event}: {fault}; legal for the {side} now: {may}", self.state.value)


def submitted(request: Request) -> Track:
    """Return the track of a request that is signed and on its way."""
    first = Moment(request.created_us, Event.RELEASE, Side.REQUESTER, State.SUBMITTED, request.hash, None)
    return Track(request, State.SUBMITTED, request.urgency, (first,))


def is_ended(state: State) -> bool:
    """Return whether nothing more is expected of anybody."""
    return state in ENDED
