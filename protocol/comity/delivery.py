"""What is due to one recipient, in which order, and when again; what becomes of it (spec page delivery).

The rules of the queue:

1. More urgent goes first, within one urgency what was kept first (DELIV-003).
2. Nothing that has expired goes (DELIV-009).
3. What was sent and has no receipt is due again after a pause that grows, on the same link (DELIV-007); on a new link
   everything without a receipt is due at once (OVER-004).
4. What the peer called early is due again soon, once another message of its case has a receipt (DELIV-015).
5. Memory is bounded: of each urgency the queue holds a page and names the place in the store where the next begins.
"""

import math
from bisect import bisect
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final, Generic, TypeVar

from comity.errors import EarlyEventError
from comity.limits import MAX_LEVELS, MAX_RETRY_S, RETRY_S

PAGE: Final = 64  # entries of one urgency held at once
MAX_FLIGHTS: Final = 4_096  # on their way at once; only flash goes beyond, so a peer that gives no receipts holds few
MAX_DOUBLINGS: Final = 16  # far beyond MAX_RETRY_S
EARLY_S: Final = 20.0  # between two attempts at least, where a receipt brings a message back (DELIV-015)
JITTER: Final = 0.2  # a pause is stretched or shortened by this share at most (DELIV-008)
T = TypeVar("T")


class State(Enum):
    """Where a message to one recipient stands (DELIV-002). The value is what people read."""

    KEPT = "kept"
    SENT = "sent"
    EXPIRED = "expired"
    REFUSED = "refused"
    AT_PEER = "at-peer"
    READ = "read"
    ANSWERED = "answered"


def state_of(*, sent: bool, expired: bool, accepted: bool | None, read: bool, answered: bool) -> State:
    """Return the state in which these facts leave a delivery, in whatever order they became known (DELIV-002).

    accepted says what the receipt says, None where there is none yet.
    """
    conditions = (
        (State.ANSWERED, answered),
        (State.READ, read),
        (State.AT_PEER, accepted is True),
        (State.REFUSED, accepted is False),
        (State.EXPIRED, expired),
        (State.SENT, sent),
    )
    return next((state for state, holds in conditions if holds), State.KEPT)


class Recognition(Enum):
    """What a message is to the one who gets it (ACC-005)."""

    NEW = "its id was never seen"
    REPEATED = "it is known: answer with the original receipt"
    REUSED = "its id belongs to another message"


def recognise(known_hash: bytes | None, message_hash: bytes) -> Recognition:
    """Return what a message with this hash is, where `known_hash` was seen under its id, None for none."""
    if known_hash is None:
        return Recognition.NEW
    return Recognition.REPEATED if known_hash == message_hash else Recognition.REUSED


def pause_s(attempts: int, share: float) -> float:
    """Return how many seconds to wait for a receipt after so many attempts, from 1 (DELIV-007, DELIV-008).

    share is a random number from 0 to 1.
    """
    grown: float = min(RETRY_S * 2.0 ** min(attempts - 1, MAX_DOUBLINGS), MAX_RETRY_S)
    return grown * (1 - JITTER + 2 * JITTER * share)


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of one sender's messages in a case that are missing: first to last, both included."""

    first: int
    last: int


def gaps(numbers: Iterable[int]) -> list[Gap]:
    """Return what is missing below the highest of the numbers `seq` that were accepted, lowest first (DELIV-013)."""
    held = sorted({-1, *numbers})
    return [Gap(low + 1, high - 1) for low, high in pairwise(held) if high - low > 1]


@dataclass(frozen=True, slots=True)
class Due(Generic[T]):
    """A message that waits for its recipient.

    Attributes:
        position: grows with each message that is kept.
        case, id, hash: of the message, 16, 16 and 32 bytes.
        expires_us: micros.
        attempts: how often it has left already.
        content: whatever the caller needs to send it.
    """

    position: int
    urgency: int
    case: bytes
    id: bytes
    hash: bytes
    expires_us: int
    attempts: int
    content: T


@dataclass(slots=True)
class Flight:
    """A message that has left on this link and has no receipt yet.

    Attributes:
        last_us: when it left, micros.
        left, again: when it left and when it is due again, seconds of the caller's clock.
        code: what the peer gave as the reason why it cannot take it yet, 0 for nothing.
    """

    position: int
    case: bytes
    hash: bytes
    attempts: int
    last_us: int
    left: float
    again: float
    code: int = 0


class Level(Generic[T]):
    """What waits with one urgency: a page of it, and the position in the store up to which it was read."""

    __slots__ = ("complete", "read_to", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Due[T]] = deque()
        self.read_to = 0
        self.complete = False  # whatever the store holds beyond read_to was offered


class Queue(Generic[T]):
    """One recipient's queue over the life of one link: made when the link opens, thrown away when it ends.

    Order of calls: while wanted() names a level, fill() it; then first() is what to send; sent() once it has left.
    Owns no clock: `now` is seconds of any steady clock, `now_us` wall time in micros.

    Attributes:
        flights: message id -> what has left and has no receipt yet.
        deadline: when the next of them is overdue: seconds of the caller's clock, infinity when nothing has left.
    """

    def __init__(self) -> None:
        self._levels: tuple[Level[T], ...] = tuple(Level() for _ in range(MAX_LEVELS))
        self.flights: dict[bytes, Flight] = {}
        self.deadline = math.inf
        self._early: set[bytes] = set()  # ids of flights that the peer called early

    def offer(self, due: Due[T]) -> None:
        """Take a message that was just kept, unless the store will be asked for it anyway."""
        level = self._levels[due.urgency]
        if not level.complete or due.position <= level.read_to:
            return
        if len(level.waiting) < PAGE:
            level.waiting.append(due)
            level.read_to = due.position
        else:
            level.complete = False

    def wanted(self) -> tuple[int, int] | None:
        """Return urgency and position: the messages kept above it are to be read from the store now; None for none."""
        for urgency, level in enumerate(self._levels):
            if level.waiting:
                return None
            if not level.complete:
                return urgency, level.read_to
        return None

    def fill(self, urgency: int, page: Sequence[Due[T]]) -> None:
        """Take the first PAGE messages that wait in the store above what wanted() named; fewer are all there are."""
        level = self._levels[urgency]
        level.waiting.extend(page)
        level.complete = len(page) < PAGE
        if page:
            level.read_to = page[-1].position

    def first(self, now_us: int) -> Due[T] | None:
        """Return what to send next, None where nothing is due. What has expired is dropped (DELIV-009)."""
        crowded = len(self.flights) >= MAX_FLIGHTS
        for level in self._levels[:1] if crowded else self._levels:
            while level.waiting:
                due = level.waiting[0]
                if due.expires_us > now_us:
                    return due
                level.waiting.popleft()
        return None

    def sent(self, due: Due[T], now: float, now_us: int, share: float) -> Flight:
        """Note that what first() returned has left; share is a random number from 0 to 1."""
        self._levels[due.urgency].waiting.popleft()
        attempts = due.attempts + 1
        flight = Flight(due.position, due.case, due.hash, attempts, now_us, now, now + pause_s(attempts, share))
        self.flights[due.id] = flight
        self.deadline = min(self.deadline, flight.again)
        return flight

    def overdue(self, now: float) -> list[tuple[bytes, Flight]]:
        """Return what waited too long for its receipt, a page at most; hand each to again() or drop() it."""
        if now < self.deadline:
            return []
        late = [(message_id, flight) for message_id, flight in self.flights.items() if flight.again <= now]
        if len(late) <= PAGE:  # else the deadline stays, and the next call finds the others
            self.deadline = min((f.again for f in self.flights.values() if f.again > now), default=math.inf)
        return late[:PAGE]

    def again(self, due: Due[T]) -> None:
        """Put back what overdue() named, in its place among the others of its urgency (DELIV-003)."""
        self._land(due.id)
        waiting = self._levels[due.urgency].waiting
        waiting.insert(bisect(waiting, due.position, key=lambda each: each.position), due)

    def drop(self, message_id: bytes) -> None:
        """Forget a message that does not wait any more."""
        if self._land(message_id) is None:
            for level in self._levels:
                level.waiting = deque(due for due in level.waiting if due.id != message_id)

    def settled(self, message_id: bytes) -> bool:
        """Forget a message: its receipt is durable. What the peer called early in its case is due soon (DELIV-015).

        Returns whether there is any.
        """
        flight = self.flights.get(message_id)
        self.drop(message_id)
        early = [] if flight is None else [one for one in self._early if self.flights[one].case == flight.case]
        for one in early:
            self.flights[one].again = min(self.flights[one].again, self.flights[one].left + EARLY_S)
            self.deadline = min(self.deadline, self.flights[one].again)
        return bool(early)

    def problem(self, message_id: bytes, code: int) -> None:
        """Remember why the peer cannot take the message yet; it is due again as if nothing had come (FRAME-018)."""
        flight = self.flights.get(message_id)
        if flight is not None:
            flight.code = code
            if code == EarlyEventError.code:
                self._early.add(message_id)

    def _land(self, message_id: bytes) -> Flight | None:
        self._early.discard(message_id)
        return self.flights.pop(message_id, None)
