"""Which event of the lifecycle a message is, from its kind and payload (CASE-002)."""

from functools import cache
from typing import Final, Protocol, TypeGuard

from comity.case.table import Event
from comity.chapters.case import PlacedMeasure
from comity.encoding import Record
from comity.errors import PayloadError

PREFIX: Final = "case."
TIMES_TO_COME: Final = ("estimate", "until", "wanted_by")
BY_KIND: Final = {PREFIX + event.value: event for event in Event}


class TypedReply(Protocol):
    """A payload that answers one kind of request, and says whether more will follow."""

    @property
    def is_final(self) -> bool: ...


class Measuring(Protocol):
    """A payload that may put a provisional measure in place."""

    @property
    def measure(self) -> PlacedMeasure | None: ...


@cache
def has(record: type[Record], name: str) -> bool:
    """Return whether payloads of this form have the attribute; kept by form, since a case asks it of each event."""
    return hasattr(record, name)


def is_typed_reply(payload: Record) -> TypeGuard[TypedReply]:
    return has(type(payload), "is_final")


def may_measure(payload: Record) -> TypeGuard[Measuring]:
    return has(type(payload), "measure")


def event_of(kind: str, payload: Record) -> Event | None:
    """Return the event that a message of this kind with this payload is, None where it is none."""
    if is_typed_reply(payload):
        return Event.FINAL_REPLY if payload.is_final else Event.PARTIAL_REPLY
    return BY_KIND.get(kind)


def measure_of(payload: Record) -> PlacedMeasure | None:
    """Return the provisional measure that a reply puts in place, None where it names none."""
    return payload.measure if may_measure(payload) else None


def refuse_past(payload: Record, created_us: int) -> None:
    """Return when what the payload says of the future lies after `created_us`. Raises: PayloadError (CASE-014)."""
    for name in TIMES_TO_COME:
        time_us = getattr(payload, name, None)
        if time_us is not None and time_us <= created_us:
            raise PayloadError(f"{name} is not later than the message itself")
