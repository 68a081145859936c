"""Deadlines: when each stage of a request is due, the same at both nodes (CASE-020 to CASE-027)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from comity.case.table import OPEN, PAUSED, Event, State
from comity.case.track import Moment, Track
from comity.chapters import case as payloads
from comity.chapters.form import Service
from comity.deadlines import Deadlines, Promise, Stage, allowed_s

MICROS: Final = 1_000_000
#: Shares of the allowance at which people are warned, in percent (CASE-026).
WARNINGS: Final = (50, 80)

ANSWERS: Final = frozenset({Event.PARTIAL_REPLY, Event.FINAL_REPLY})
REPLIES: Final = ANSWERS | {Event.REFUSE, Event.TRANSFER}
COMPLETES: Final = frozenset({Event.FINAL_REPLY, Event.REFUSE, Event.TRANSFER})
#: What meets a stage (CASE-022).
MEETS: Final[dict[str, frozenset[Event]]] = {
    "acknowledge": REPLIES | {Event.ACKNOWLEDGE},
    "act": REPLIES | {Event.START},
    "decide": REPLIES | {Event.ACCEPT, Event.ACCEPT_CONDITIONS, Event.RESUME},
    **dict.fromkeys(("evidence", "information", "prevention"), COMPLETES),
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """One stage of a request at a time.

    Attributes:
        stage: acknowledge, decide, act, or the name of the service.
        start_us: from when it counts.
        allowed_us: how long it may take, pauses left out.
        used_us: how much of that has passed, up to now or to its end.
        paused: it stands still now.
        met_us: when it was met, None while it was not.
        ended_us: when it ceased to matter without being met, None otherwise.
        due_us: when it is due as things stand, or was; None where a pause that lasts on came before.
        warn_us: when 50 and 80 percent of it will have passed, or have, as far as no pause that lasts on came before.
    """

    stage: str
    start_us: int
    allowed_us: int
    used_us: int
    paused: bool
    met_us: int | None
    ended_us: int | None
    due_us: int | None
    warn_us: tuple[int, ...]

    @property
    def is_running(self) -> bool:
        return self.met_us is None and self.ended_us is None

    @property
    def late_us(self) -> int:
        """By how much it was missed, or is so far; 0 where it was not (CASE-027)."""
        return 0 if self.ended_us is not None else max(0, self.used_us - self.allowed_us)


def deadlines(track: Track, rules: Deadlines, promises: Iterable[Promise], now_us: int) -> tuple[Deadline, ...]:
    """Return the deadlines of the requested party at a time, the earliest stage first.

    `rules` stand in the treaty version that the request names, `promises` in the bundle of the requested party
    (CASE-020, CASE-021). Nothing runs before the request is received.
    """
    track, given = track.at(now_us), tuple(promises)
    return tuple(
        deadline(track, stage, start_us, allowed_us, now_us)
        for stage, start_us, allowed_us in stages(track, rules, given)
    )


def stages(track: Track, rules: Deadlines, promises: tuple[Promise, ...]) -> Iterator[tuple[str, int, int]]:
    """Yield each stage that has begun, when it began, and what it is allowed, in micros."""
    received_us, service = track.received_us, track.request.service
    if received_us is None:
        return
    decided_us = first_of(track, "decide", received_us)
    begin_us = decided_us if service is Service.EVIDENCE else received_us
    begun: list[tuple[Stage, int | None]] = [
        ("acknowledge", received_us),
        ("decide", received_us),
        ("act", received_us if service is Service.PREVENTION else None),
        (service.value, begin_us),
    ]
    for stage, start_us in begun:
        if start_us is not None:
            allowed = allowed_s(rules, promises, stage, track.urgency) + extended_s(track, stage)
            yield stage, start_us, allowed * MICROS


def deadline(track: Track, stage: str, start_us: int, allowed_us: int, now_us: int) -> Deadline:
    """Return one stage of a track whose timers have run up to `now_us`."""
    met_us = first_of(track, stage, start_us)
    over_us = next((moment.time_us for moment in track.history if is_over(moment)), None)
    ended_us = over_us if met_us is None else None
    end_us = next((time for time in (met_us, ended_us) if time is not None), max(now_us, start_us))
    paused_us = paused(track.history, start_us, end_us)
    standing = met_us is None and ended_us is None and track.state in PAUSED
    warnings = (crossing(track.history, start_us, allowed_us * share // 100) for share in WARNINGS)
    return Deadline(
        stage=stage,
        start_us=start_us,
        allowed_us=allowed_us,
        used_us=end_us - start_us - paused_us,
        paused=standing,
        met_us=met_us,
        ended_us=ended_us,
        due_us=crossing(track.history, start_us, allowed_us),
        warn_us=tuple(warning for warning in warnings if warning is not None),
    )


def is_over(moment: Moment) -> bool:
    """Return whether nothing is due any more after this moment."""
    return moment.state not in OPEN and moment.state is not State.SUBMITTED


def first_of(track: Track, stage: str, from_us: int) -> int | None:
    """Return when the stage was met first, None while it was not."""
    meets = MEETS[stage]
    times = (moment.time_us for moment in track.history if moment.event in meets and moment.time_us >= from_us)
    return next(times, None)


def extended_s(track: Track, stage: str) -> int:
    """Return by how much the requester has prolonged the stage, in seconds (CASE-025)."""
    granted = (moment.payload for moment in track.history if moment.event is Event.GRANT_EXTENSION)
    return sum(each.seconds for each in granted if isinstance(each, payloads.Extension) and each.stage == stage)


def pauses(history: Iterable[Moment]) -> Iterator[tuple[int, int | None]]:
    """Yield from when until when the deadlines stood still; None: they still do (CASE-024)."""
    since_us: int | None = None
    for moment in history:
        if moment.state in PAUSED and since_us is None:
            since_us = moment.time_us
        elif moment.state not in PAUSED and since_us is not None:
            yield since_us, moment.time_us
            since_us = None
    if since_us is not None:
        yield since_us, None


def paused(history: Iterable[Moment], start_us: int, end_us: int) -> int:
    """Return how long the deadlines stood still between two times, in micros."""
    spans = (
        (max(since, start_us), end_us if until is None else min(until, end_us)) for since, until in pauses(history)
    )
    return sum(max(0, until - since) for since, until in spans)


def crossing(history: Iterable[Moment], start_us: int, span_us: int) -> int | None:
    """Return when so much time has passed since the start, pauses left out; None where a pause lasts on before."""
    end_us = start_us + span_us
    for since_us, until_us in pauses(history):
        if since_us >= end_us:
            break
        if until_us is None:
            return None
        end_us += max(0, until_us - max(since_us, start_us))
    return end_us
