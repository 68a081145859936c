"""Points in time and durations as people write them; inside the node they are micros and seconds."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from comity_node.faults import UsageError

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_MICROS: Final = 2**53 - 1
RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def iso(micros: int) -> str:
    """Return the time in RFC 3339, in UTC, with microseconds only where they are not zero."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def parse_time(text: str) -> int:
    """Return micros for a time in RFC 3339 with its zone.

    Raises:
        UsageError: any other text, a day that does not exist, or a time before 1970 or after 2255.
    """
    wrong = UsageError(f"{text[:40]!r} is no time", "write it as 2026-11-23T14:05:00Z, or with +02:00 for the zone")
    if RFC_3339.fullmatch(text) is None:
        raise wrong
    try:
        micros = (datetime.fromisoformat(text.upper().replace(" ", "T")) - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise wrong from None
    if not 0 <= micros <= MAX_MICROS:
        raise wrong
    return micros


def parse_end(text: str, now_us: int) -> int:
    """Return micros for an end: a day, whose first moment in UTC it is, a time in RFC 3339, or a duration from now.

    Raises:
        UsageError: any other text.
    """
    if DURATION.fullmatch(text):
        return now_us + parse_duration(text) * 1_000_000
    return parse_time(f"{text}T00:00:00Z" if DAY.fullmatch(text) else text)


def parse_duration(text: str) -> int:
    """Return seconds for a number with a unit: 90s, 30m, 12h, 7d, 2w.

    Raises:
        UsageError: any other text.
    """
    found = DURATION.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise UsageError(f"{text[:40]!r} is no duration", "write a number and a unit: 90s, 30m, 12h, 7d or 2w")
    return int(found[1]) * UNITS[found[2]]
