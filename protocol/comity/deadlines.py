"""How long each stage of a request may take, by urgency: what the treaty allows, and what a party promises."""

from collections.abc import Iterable
from typing import Annotated, Final, Literal

from comity.encoding import Meta, Record

MINUTE, HOUR, DAY = 60, 3_600, 86_400

Stage = Literal["acknowledge", "act", "decide", "evidence", "information", "prevention"]
Allowance = Annotated[int, Meta(ge=60, le=366 * DAY)]  # seconds
ByUrgency = Annotated[tuple[Allowance, ...], Meta(min_length=4, max_length=4)]


class Deadlines(Record, frozen=True, kw_only=True):
    """Seconds for each stage, for the urgencies 0 to 3 (spec page treaty).

    Attributes:
        acknowledge: from receipt until a person has acknowledged.
        act: from receipt until something was done about a request of the service prevention.
        decide: from receipt until it was accepted or refused.
        evidence: from the decision until the final reply, for requests of the service evidence.
        information: from receipt until the final reply, for requests of the service information.
        prevention: from receipt until the final reply, for requests of the service prevention.
    """

    acknowledge: ByUrgency = (30 * MINUTE, 4 * HOUR, DAY, 7 * DAY)
    act: ByUrgency = (2 * HOUR, DAY, 3 * DAY, 7 * DAY)
    decide: ByUrgency = (2 * HOUR, DAY, 7 * DAY, 30 * DAY)
    evidence: ByUrgency = (DAY, 10 * DAY, 30 * DAY, 90 * DAY)
    information: ByUrgency = (8 * HOUR, 3 * DAY, 7 * DAY, 30 * DAY)
    prevention: ByUrgency = (DAY, 3 * DAY, 7 * DAY, 14 * DAY)

    def seconds(self, stage: Stage, urgency: int) -> int:
        """Return how long the stage may take at this urgency, 0 to 3."""
        allowances: tuple[int, ...] = getattr(self, stage)
        return allowances[urgency]


class Promise(Record, frozen=True):
    """A party says that it takes no longer than this at a stage."""

    seconds: Allowance
    stage: Stage
    urgency: Annotated[int, Meta(ge=0, le=3)]


USUAL: Final = Deadlines()


def allowed_s(deadlines: Deadlines, promises: Iterable[Promise], stage: Stage, urgency: int) -> int:
    """Return the shorter of what the treaty allows and what the party promises, in seconds (CASE-020)."""
    promised = [each.seconds for each in promises if each.stage == stage and each.urgency == urgency]
    return min([deadlines.seconds(stage, urgency), *promised])
