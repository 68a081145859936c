"""What is to be known of a kind beside the fields of its payload (spec page kinds)."""

from dataclasses import dataclass
from enum import StrEnum

from comity.encoding import Record


class Role(StrEnum):
    """What a message of a kind does in its case."""

    #: Asks for something and begins a track of the lifecycle (spec page case).
    REQUEST = "request"
    #: Moves a track of the lifecycle, or says something about it.
    EVENT = "event"
    #: Tells something and expects no answer.
    STATEMENT = "statement"
    #: A `read`, which people see as a state and not as a message (KIND-007).
    NOTICE = "notice"


class Service(StrEnum):
    """Which deadlines count for a request (spec page case)."""

    INFORMATION = "information"
    EVIDENCE = "evidence"
    PREVENTION = "prevention"


@dataclass(frozen=True, slots=True)
class Form:
    """A kind.

    Attributes:
        record: the payload.
        role: what a message of the kind does in its case.
        service: which deadlines count; requests only.
        measure: the request asks for a provisional measure, which has an end and a review date and can be lifted.
        joint: those who are asked work together, and each sees what the others answer.
        coercive: a treaty draft marks the kind so, unless told otherwise: two officers must approve.
        answers: the kinds that a message of this kind may answer; empty where any will do (KIND-010).
    """

    record: type[Record]
    role: Role
    service: Service | None = None
    measure: bool = False
    coercive: bool = False
    joint: bool = False
    answers: tuple[str, ...] = ()
