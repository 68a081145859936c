"""Provisional measures: a freeze, hold, block or preservation that ends by itself (CASE-040 to CASE-044)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from comity.case.table import Event
from comity.chapters import case as payloads
from comity.encoding import Record

HOUR_US: Final = 3_600_000_000
#: How long before its end a measure is warned of (CASE-043).
WARNINGS_US: Final = (14 * 24 * HOUR_US, 24 * HOUR_US, HOUR_US)


class MeasureState(StrEnum):
    """Where a measure stands."""

    ACTIVE = "active"
    LIFTED = "lifted"
    #: A formal request carries it now.
    LINKED = "linked"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Provisional:
    """A measure. Times are micros; `ended_us` is None while it is active."""

    state: MeasureState
    since_us: int
    until_us: int
    review_us: int
    reference: str | None
    ended_us: int | None = None

    @property
    def is_active(self) -> bool:
        return self.state is MeasureState.ACTIVE

    @property
    def warnings_us(self) -> tuple[int, ...]:
        """When its end is warned of, earliest first; a warning before its beginning is left out."""
        return tuple(self.until_us - lead for lead in WARNINGS_US if self.until_us - lead > self.since_us)

    def changed(self, event: Event, time_us: int, payload: Record) -> "Provisional":
        """Return the measure after an event that is legal; other events leave it as it is."""
        if isinstance(payload, payloads.ExtendMeasure):
            return replace(self, until_us=payload.until, review_us=payload.review)
        if event is Event.LIFT_MEASURE:
            return replace(self, state=MeasureState.LIFTED, ended_us=time_us)
        if event is Event.CONVERT_MEASURE:
            return replace(self, state=MeasureState.LINKED, ended_us=time_us)
        return self


def begun(placed: payloads.PlacedMeasure, time_us: int) -> Provisional:
    """Return the measure that a reply puts in place, instead of one that was there before."""
    return Provisional(MeasureState.ACTIVE, time_us, placed.until, placed.review, placed.reference)


def measure_at(measure: Provisional | None, now_us: int) -> Provisional | None:
    """Return the measure at a time: what has come to its end has lapsed."""
    if measure is None or not measure.is_active or now_us < measure.until_us:
        return measure
    return replace(measure, state=MeasureState.LAPSED, ended_us=measure.until_us)
