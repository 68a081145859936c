"""Messages on their way out, and what comes back from another system."""

import json
from collections.abc import Iterable
from typing import Any

from comity_node.interchange.outgoing import Outgoing

Plain = dict[str, Any]


def leaving(indicators: Iterable[Plain], tlp: str = "AMBER", conditions: tuple[str, ...] = ("PAP:GREEN",)) -> Outgoing:
    """Return what of a message goes out that tells these indicators."""
    return Outgoing(
        hash=b"\x5a" * 32,
        created_us=1_767_312_000_123_456,
        tlp=tlp,
        pap="GREEN",
        conditions=conditions,
        indicators=tuple(indicators),
        title="An example",
        summary="An example\nof two lines.",
        left=(),
    )


def carried(document: Plain) -> Plain:
    """Return the document as it arrives: through JSON."""
    value: Plain = json.loads(json.dumps(document, ensure_ascii=False))
    return value


def subjects(indicators: Iterable[Plain]) -> list[str]:
    """Return what the indicators are about, comparable and in order."""
    return sorted(json.dumps(each["subject"], sort_keys=True) for each in indicators)
