"""What the node tells its users: plain values, without behaviour."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from comity.delivery import State
from comity.message import Body
from comity.receipt import Receipt


class Ending(IntEnum):
    """How a delivery ended, as it stands in the database."""

    #: No receipt yet, and not expired.
    WAITING = 0
    #: A receipt with status accepted has come.
    ACCEPTED = 1
    #: A receipt with status refused has come.
    REFUSED = 2
    #: The message expired before a receipt came; a late one still counts (DELIV-011).
    EXPIRED = 3


class Transfer(IntEnum):
    """Where an attachment stands between two parties, as it stands in the database."""

    #: Promised to the recipient, or on its way.
    MOVING = 0
    #: Whole, verified and durable at the recipient.
    COMPLETE = 1
    #: Given up, with a code of spec page errors.
    FAILED = 2


class Fate(IntEnum):
    """What became of a message that waits for a second officer, as it stands in the database; a sent one is gone."""

    #: Written and signed by an officer, not approved by another yet.
    WAITING = 0
    #: An officer has refused it.
    REFUSED = 1
    #: Taken back.
    WITHDRAWN = 2
    #: Nobody approved it in time.
    EXPIRED = 3


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits for a second officer, or did so in vain.

    Attributes:
        id: that of the message; the same when it is sent.
        body: what it says, with the signature of its author; its times and number are set anew when it leaves.
        author: name of the officer who wrote it.
        expires_us: when it is given up.
        ended_us: when it stopped waiting, None while it waits.
        by: name of the officer who refused it, "" otherwise.
        reason: why it was refused, taken back or given up.
    """

    id: bytes
    body: Body
    author: str
    fate: Fate
    created_us: int
    expires_us: int
    ended_us: int | None
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is durable and on its way: its id, its hash and its case."""

    id: bytes
    hash: bytes
    case: bytes


@dataclass(frozen=True, slots=True)
class Destroyed:
    """When and why the content of a message was destroyed; the ground is a term of the group `destruction-ground`."""

    time_us: int
    ground: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as the node keeps it.

    Attributes:
        position: grows with each message of this node; hand it to `messages(after=...)`.
        code: 0 when accepted (or outgoing), else the code of the refusal.
        receipt: the receipt that this node gave, None for outgoing messages.
        destroyed: when its content was destroyed: the body then has an empty payload and no attachments.
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
    destroyed: Destroyed | None = None

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
        ending: whether it still waits for a receipt, and if not, how it ended.
        state: the same for people, with whether it has left, was read and was answered (DELIV-002).
        code: of the refusal, or the last code that the peer gave as a reason; 0 if none.
        cause: why it waits or failed, in plain words; empty when accepted.
        next_step: what the sender can do about it; empty when nothing need be done.
    """

    position: int
    message_id: bytes
    recipient: str
    ending: Ending
    state: State
    attempts: int
    last_attempt_us: int | None
    next_attempt_us: int | None
    code: int
    cause: str
    next_step: str
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Messages of a case that have not arrived here: numbers `first` to `last` of this sender (DELIV-013)."""

    sender: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline, made of signed facts only, so that both sides show the same."""

    time_us: int
    party: str
    what: str
    message_id: bytes
    kind: str
    detail: str
    exercise: bool = False


class LinkState(StrEnum):
    """How the link to a peer stands."""

    UP = "up"
    DOWN = "down"
    #: The node was opened without the network: the daemon does not run.
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """How a peer is reached.

    Attributes:
        oldest_us: when the oldest message that waits for it was kept, None when none waits.
        hindrance: why nothing can be sealed for it though the link is up, "" when it can.
    """

    party: str
    link: LinkState
    since_us: int | None
    waiting: int
    oldest_us: int | None
    last_error: str
    hindrance: str
    next_dial_us: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """How the node stands. `undelivered` counts what was refused or expired and not looked at since."""

    party: str
    treaty_version: int | None
    treaty_expires_us: int | None
    bundle_serial: int | None
    bundle_until_us: int | None
    peers: list[PeerStatus]
    inbox_unread: int
    waiting: int
    undelivered: int
    log_size: int
    listening: list[str]
    alarms: list[str]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one attachment of a message stands with one party (ATTACH-034).

    Attributes:
        party: its sender, or the recipient that it goes to.
        moved: bytes of the file that have come, or have left on the link that is up.
        cause: why it waits or failed, in plain words; empty when it moves or is complete.
    """

    name: str
    media: str
    size: int
    address: bytes
    party: str
    state: Transfer
    moved: int
    code: int
    cause: str
