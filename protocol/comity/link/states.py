"""The state of a link, whole: a pair that is not in the table is out of turn. Both roles follow the same table."""

from enum import Enum

from comity.errors import OutOfTurnError


class State(Enum):
    """Where a link stands. The first three belong to the handshake; in these a fault is answered with silence."""

    CALLING = "message 1 is written, message 2 awaited"
    ANSWERING = "message 1 awaited"
    IDENTIFYING = "message 2 is written, message 3 awaited"
    OPENED = "the peer is known, its HEADS awaited"
    TALKING = "any frame is in turn"
    CLOSING = "a close record waits to leave; nothing is read"
    CLOSED = "nothing is read or sent"


class Step(Enum):
    """What happens to a link."""

    HANDSHAKE = "a valid handshake message came"
    HEADS = "a frame HEADS came"
    FRAME = "another frame came"
    CLOSE_RECORD = "a close record came"
    CUT = "the connection ended, or a record did not decrypt"
    FAULT = "the peer broke the protocol"
    CLOSE = "this side closes"
    SENT = "the close record has left"


NEXT: dict[tuple[State, Step], State] = {
    (State.CALLING, Step.HANDSHAKE): State.OPENED,
    (State.CALLING, Step.CUT): State.CLOSED,
    (State.CALLING, Step.FAULT): State.CLOSED,
    (State.CALLING, Step.CLOSE): State.CLOSED,
    (State.ANSWERING, Step.HANDSHAKE): State.IDENTIFYING,
    (State.ANSWERING, Step.CUT): State.CLOSED,
    (State.ANSWERING, Step.FAULT): State.CLOSED,
    (State.ANSWERING, Step.CLOSE): State.CLOSED,
    (State.IDENTIFYING, Step.HANDSHAKE): State.OPENED,
    (State.IDENTIFYING, Step.CUT): State.CLOSED,
    (State.IDENTIFYING, Step.FAULT): State.CLOSED,
    (State.IDENTIFYING, Step.CLOSE): State.CLOSED,
    (State.OPENED, Step.HEADS): State.TALKING,
    (State.OPENED, Step.CLOSE_RECORD): State.CLOSED,
    (State.OPENED, Step.CUT): State.CLOSED,
    (State.OPENED, Step.FAULT): State.CLOSING,
    (State.OPENED, Step.CLOSE): State.CLOSING,
    (State.TALKING, Step.HEADS): State.TALKING,
    (State.TALKING, Step.FRAME): State.TALKING,
    (State.TALKING, Step.CLOSE_RECORD): State.CLOSED,
    (State.TALKING, Step.CUT): State.CLOSED,
    (State.TALKING, Step.FAULT): State.CLOSING,
    (State.TALKING, Step.CLOSE): State.CLOSING,
    (State.CLOSING, Step.CUT): State.CLOSED,
    (State.CLOSING, Step.SENT): State.CLOSED,
}

IN_HANDSHAKE = frozenset({State.CALLING, State.ANSWERING, State.IDENTIFYING})
OPEN = frozenset({State.OPENED, State.TALKING})
ENDED = frozenset({State.CLOSING, State.CLOSED})


def after(state: State, step: Step) -> State:
    """Return the state that follows.

    Raises:
        OutOfTurnError: step has no place in this state (FRAME-020).
    """
    try:
        return NEXT[state, step]
    except KeyError:
        raise OutOfTurnError(f"{step.value}, while {state.value}") from None
