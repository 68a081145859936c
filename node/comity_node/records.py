"""What the node tells its users: plain values, without behaviour."""

from dataclasses import dataclass
from enum import IntEnum

from comity.message import Body
from comity.receipt import Receipt


class State(IntEnum):
    """Where a message to one recipient stands (OVER-004)."""

    #: Kept, not yet receipted.
    WAITING = 0
    #: A receipt with status accepted has come.
    ACCEPTED = 1
    #: A receipt with status refused has come.
    REFUSED = 2
    #: The message expired before a receipt came.
    EXPIRED = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is durable and on its way: its id, its hash and its case."""

    id: bytes
    hash: bytes
    case: bytes


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as the node keeps it.

    Attributes:
        position: grows with each message of this node; hand it to `messages(after=...)`.
        code: 0 when accepted (or outgoing), else the code of the refusal.
        receipt: the receipt that this node gave, None for outgoing messages.
    """

    position: int
    outgoing: bool
    id: bytes
    hash: bytes
    body: Body
    stored_us: int
    read_us: int | None
    code: int
    receipt: Receipt | None

    @property
    def direction(self) -> str:
        return "out" if self.outgoing else "in"

    @property
    def sender(self) -> str:
        return self.body.sender

    @property
    def status(self) -> str:
        return "refused" if self.code else "accepted"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where an outgoing message stands with one recipient.

    Attributes:
        position: order in which deliveries ended, 0 while waiting; hand it to `receipts(after=...)`.
        code: of the refusal, or the last code that the peer gave as a reason; 0 if none.
        cause: why it waits or failed, in plain words; empty when accepted.
    """

    position: int
    message_id: bytes
    recipient: str
    state: State
    attempts: int
    last_attempt_us: int | None
    next_attempt_us: int | None
    code: int
    cause: str
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline, made of signed facts only, so that both sides show the same."""

    time_us: int
    party: str
    what: str
    message_id: bytes
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class PeerStatus:
    party: str
    link: str
    since_us: int | None
    waiting: int
    last_error: str
    next_dial_us: int | None


@dataclass(frozen=True, slots=True)
class Status:
    party: str
    treaty_version: int | None
    treaty_expires_us: int | None
    bundle_serial: int | None
    bundle_until_us: int | None
    peers: list[PeerStatus]
    inbox_unread: int
    waiting: int
    log_size: int
    listening: list[str]
    alarms: list[str]
