"""The lifecycle of a request: which event leads from which state to which, and who may cause it (CASE-001).

This table is the only one. Both nodes run it, and the table and the diagram of spec page case are generated from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a request stands between the one who asks and one of those who are asked."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INFORMATION_REQUESTED = "information-requested"
    CONSULTATION = "consultation"
    ACCEPTED = "accepted"
    IN_EXECUTION = "in-execution"
    PARTIALLY_EXECUTED = "partially-executed"
    POSTPONED = "postponed"
    EXECUTED = "executed"
    DISPUTED = "disputed"
    REFUSED = "refused"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CLOSED = "closed"


class Side(StrEnum):
    """Who causes an event: one of the two parties, or both nodes by themselves when a time has come."""

    REQUESTER = "requester"
    REQUESTED = "requested"
    NODE = "node"


class Event(StrEnum):
    """What happens to a request. Each event of a party is a message; the kind of most is `case.` and the event."""

    RELEASE = "release"
    RECEIPT = "receipt"
    EXPIRE = "expire"
    ACKNOWLEDGE = "acknowledge"
    TRANSFER = "transfer"
    ASK_INFORMATION = "ask-information"
    SUPPLY_INFORMATION = "supply-information"
    PROPOSE_CONDITIONS = "propose-conditions"
    ACCEPT_CONDITIONS = "accept-conditions"
    DECLINE_CONDITIONS = "decline-conditions"
    ACCEPT = "accept"
    START = "start"
    POSTPONE = "postpone"
    RESUME = "resume"
    PARTIAL_REPLY = "partial-reply"
    FINAL_REPLY = "final-reply"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    CONFIRM_WITHDRAWAL = "confirm-withdrawal"
    LAPSE = "lapse"
    CONFIRM = "confirm"
    CHALLENGE = "challenge"
    SUPPLEMENT = "supplement"
    SETTLE = "settle"
    NOTE = "note"
    CLOSE = "close"
    STATUS_QUERY = "status-query"
    STATUS = "status"
    ASK_EXTENSION = "ask-extension"
    GRANT_EXTENSION = "grant-extension"
    CHANGE_URGENCY = "change-urgency"
    COMMENT = "comment"
    OUTCOME = "outcome"
    EXTEND_MEASURE = "extend-measure"
    LIFT_MEASURE = "lift-measure"
    CONVERT_MEASURE = "convert-measure"


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the table. `target` is None where the state stays."""

    sources: tuple[State, ...]
    event: Event
    target: State | None
    sides: tuple[Side, ...]
    guard: str = ""  # what must hold beside, in words; `track` checks it


S, E = State, Event
R, Q, N = (Side.REQUESTER,), (Side.REQUESTED,), (Side.NODE,)
BOTH = (Side.REQUESTER, Side.REQUESTED)

#: States in which the one who is asked still has to act, or may.
OPEN: Final = (
    S.RECEIVED,
    S.ACKNOWLEDGED,
    S.INFORMATION_REQUESTED,
    S.CONSULTATION,
    S.ACCEPTED,
    S.IN_EXECUTION,
    S.PARTIALLY_EXECUTED,
    S.POSTPONED,
)
#: States in which the work is over and the case waits for its last word.
SETTLING: Final = (S.EXECUTED, S.DISPUTED, S.REFUSED, S.TRANSFERRED, S.WITHDRAWN)
ENDED: Final = (S.CLOSED, S.EXPIRED)
#: States in which the deadlines of the one who is asked stand still.
PAUSED: Final = (S.INFORMATION_REQUESTED, S.CONSULTATION, S.POSTPONED)
ANSWERABLE: Final = (S.RECEIVED, S.ACKNOWLEDGED, S.ACCEPTED, S.IN_EXECUTION, S.PARTIALLY_EXECUTED)
REFUSABLE: Final = (S.ACKNOWLEDGED, S.CONSULTATION, S.ACCEPTED, S.POSTPONED, S.IN_EXECUTION, S.PARTIALLY_EXECUTED)
MEASURABLE: Final = (S.PARTIALLY_EXECUTED, *SETTLING, *ENDED)
ACTIVE_MEASURE: Final = "the measure is active"

TABLE: Final = (
    Transition((S.DRAFT,), E.RELEASE, S.SUBMITTED, R, "the form is right, approved where the treaty says so"),
    Transition((S.SUBMITTED,), E.RECEIPT, S.RECEIVED, N, "the receipt says accepted"),
    Transition((S.SUBMITTED,), E.EXPIRE, S.EXPIRED, N, "not delivered before `expires`, or refused"),
    Transition((S.RECEIVED,), E.ACKNOWLEDGE, S.ACKNOWLEDGED, Q),
    Transition((S.RECEIVED, S.ACKNOWLEDGED), E.TRANSFER, S.TRANSFERRED, Q),
    Transition((S.ACKNOWLEDGED,), E.ASK_INFORMATION, S.INFORMATION_REQUESTED, Q),
    Transition((S.INFORMATION_REQUESTED,), E.SUPPLY_INFORMATION, S.ACKNOWLEDGED, R),
    Transition((S.ACKNOWLEDGED,), E.PROPOSE_CONDITIONS, S.CONSULTATION, Q),
    Transition((S.CONSULTATION,), E.ACCEPT_CONDITIONS, S.ACCEPTED, R, "it names the latest proposal"),
    Transition((S.CONSULTATION,), E.DECLINE_CONDITIONS, S.ACKNOWLEDGED, R, "it names the latest proposal"),
    Transition((S.ACKNOWLEDGED,), E.ACCEPT, S.ACCEPTED, Q),
    Transition((S.ACCEPTED,), E.START, S.IN_EXECUTION, Q),
    Transition((S.ACKNOWLEDGED, S.ACCEPTED, S.IN_EXECUTION), E.POSTPONE, S.POSTPONED, Q, "`until` is later"),
    Transition((S.POSTPONED,), E.RESUME, S.IN_EXECUTION, Q),
    Transition(ANSWERABLE, E.PARTIAL_REPLY, S.PARTIALLY_EXECUTED, Q),
    Transition(ANSWERABLE, E.FINAL_REPLY, S.EXECUTED, Q),
    Transition(REFUSABLE, E.REFUSE, S.REFUSED, Q, "an incomplete form alone: only after asking or proposing"),
    Transition((S.SUBMITTED, *OPEN), E.WITHDRAW, S.WITHDRAWN, R),
    Transition((S.WITHDRAWN,), E.CONFIRM_WITHDRAWAL, S.CLOSED, Q),
    Transition(OPEN, E.LAPSE, S.EXPIRED, N, "`until` of the request has come, or a year has passed"),
    Transition((S.EXECUTED,), E.CONFIRM, S.CLOSED, R),
    Transition((S.EXECUTED,), E.CHALLENGE, S.DISPUTED, R),
    Transition((S.DISPUTED,), E.SUPPLEMENT, S.EXECUTED, Q),
    Transition((S.DISPUTED,), E.SETTLE, S.CLOSED, R),
    Transition((S.REFUSED, S.TRANSFERRED), E.NOTE, S.CLOSED, R),
    Transition(SETTLING, E.CLOSE, S.CLOSED, N, "90 days without an event"),
    Transition(OPEN, E.STATUS_QUERY, None, R),
    Transition(OPEN, E.STATUS, None, Q),
    Transition(OPEN, E.ASK_EXTENSION, None, Q),
    Transition(OPEN, E.GRANT_EXTENSION, None, R),
    Transition((S.RECEIVED, S.ACKNOWLEDGED), E.CHANGE_URGENCY, None, Q, "to a less urgent level"),
    Transition((*OPEN, *SETTLING), E.COMMENT, None, BOTH),
    Transition((S.PARTIALLY_EXECUTED, S.EXECUTED, S.DISPUTED, S.CLOSED), E.OUTCOME, None, R),
    Transition(MEASURABLE, E.EXTEND_MEASURE, None, Q, ACTIVE_MEASURE),
    Transition(MEASURABLE, E.LIFT_MEASURE, None, BOTH, ACTIVE_MEASURE),
    Transition(MEASURABLE, E.CONVERT_MEASURE, None, R, ACTIVE_MEASURE),
)

STEPS: Final = {(source, line.event, side): line for line in TABLE for source in line.sources for side in line.sides}


def step(state: State, event: Event, side: Side) -> Transition | None:
    """Return the line of the table for this event, None where the event is not legal."""
    return STEPS.get((state, event, side))


def legal(state: State, side: Side) -> Iterator[Event]:
    """Yield the events that the side may cause in the state, guards left aside, in the order of the table."""
    return (line.event for line in TABLE if state in line.sources and side in line.sides)
