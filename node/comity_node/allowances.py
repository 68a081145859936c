"""How long a stage may take, as people write it: STAGE:URGENCY=DURATION, for example `acknowledge:flash=15m`."""

import re
from collections.abc import Iterable
from typing import Final, get_args

import msgspec

from comity.deadlines import Deadlines, Promise, Stage
from comity_node.faults import UsageError
from comity_node.times import parse_duration
from comity_node.urgency import URGENCIES

STAGES: Final[tuple[str, ...]] = get_args(Stage)
FORM: Final = re.compile(rf"({'|'.join(STAGES)}):({'|'.join(URGENCIES)})=([0-9]{{1,9}}[smhdw])")


def promise(text: str) -> Promise:
    """Return what the text says.

    Raises:
        UsageError: it has another form, or the time is shorter than a minute or longer than 366 days.
    """
    found = FORM.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text[:60]!r} is no deadline",
            f"write STAGE:URGENCY=DURATION, as in acknowledge:flash=15m; stages: {', '.join(STAGES)}",
        )
    seconds = parse_duration(found[3])
    try:
        return msgspec.convert(
            {"seconds": seconds, "stage": found[1], "urgency": URGENCIES.index(found[2])}, type=Promise
        )
    except msgspec.ValidationError:
        raise UsageError(f"{found[3]} is too short or too long for a deadline", "give 1m to 366d") from None


def promises(texts: Iterable[str]) -> tuple[Promise, ...]:
    """Return promises in the order of a bundle, for each stage and urgency the last one. Raises: UsageError."""
    found = {(each.stage, each.urgency): each for each in map(promise, texts)}
    return tuple(found[place] for place in sorted(found))


def with_changes(deadlines: Deadlines, changes: Iterable[Promise]) -> Deadlines:
    """Return the deadlines with the seconds of the changes in their places."""
    table = {stage: list(getattr(deadlines, stage)) for stage in STAGES}
    for each in changes:
        table[each.stage][each.urgency] = each.seconds
    return Deadlines(**{stage: tuple(seconds) for stage, seconds in table.items()})
