"""How much may be under way: credit for messages, and a bound on questions that wait for their answer."""

from comity.errors import LimitError, LocalError
from comity.limits import MAX_CREDIT_BYTES, MAX_UNANSWERED


class Credit:
    """Credit of both directions in bytes, headers of the frames included (FRAME-007 to FRAME-012).

    Attributes:
        ours: what this side may still send.
        owed: what was released and not yet given back to the peer.
    """

    __slots__ = ("_held", "_theirs", "ours", "owed")

    def __init__(self, ours: int, theirs: int) -> None:
        self.ours = ours
        self.owed = 0
        self._theirs = theirs
        self._held = 0  # received and not yet released

    def spend(self, nbytes: int) -> bool:
        """Return True and take nbytes off ours, False when there is less."""
        if nbytes > self.ours:
            return False
        self.ours -= nbytes
        return True

    def gain(self, nbytes: int) -> None:
        """Add what a CREDIT gives. Raises LimitError beyond MAX_CREDIT_BYTES (FRAME-012)."""
        if self.ours + nbytes > MAX_CREDIT_BYTES:
            raise LimitError("more credit than a side may have")
        self.ours += nbytes

    def arrive(self, nbytes: int) -> None:
        """Note a MESSAGE of the peer. Raises LimitError when it exceeds what the peer was given (FRAME-010)."""
        if nbytes > self._theirs:
            raise LimitError(f"a MESSAGE of {nbytes} bytes where credit is {self._theirs}")
        self._theirs -= nbytes
        self._held += nbytes

    def release(self, nbytes: int) -> None:
        """Note that messages of nbytes in all are dealt with. Raises LocalError beyond what has arrived."""
        if not 0 <= nbytes <= self._held:
            raise LocalError(f"cannot release {nbytes} bytes of {self._held}")
        self._held -= nbytes
        self.owed += nbytes

    def give_back(self) -> int:
        """Return what is owed; it counts as given from now on (FRAME-011)."""
        nbytes, self.owed = self.owed, 0
        self._theirs += nbytes
        return nbytes


class Questions:
    """PING and requests that wait for their answer, of both sides (FRAME-022, FRAME-023).

    A question of the peer waits until its answer has left, so a peer that asks and does not read cannot make us keep
    more than MAX_UNANSWERED answers.
    """

    __slots__ = ("_answers", "_ours", "_theirs")

    def __init__(self) -> None:
        self._ours = 0
        self._theirs = 0  # not answered
        self._answers = 0  # written and not yet sent

    def ask(self) -> bool:
        """Return True and note a question of ours, False when too many wait already."""
        if self._ours >= MAX_UNANSWERED:
            return False
        self._ours += 1
        return True

    def answered(self) -> None:
        """Note an answer of the peer."""
        self._ours = max(0, self._ours - 1)

    def arrive(self) -> None:
        """Note a question of the peer. Raises LimitError when too many of them wait."""
        if self._theirs + self._answers >= MAX_UNANSWERED:
            raise LimitError("too many questions wait for their answer")
        self._theirs += 1

    def answer(self) -> None:
        """Note that an answer was written."""
        if self._theirs:
            self._theirs -= 1
            self._answers += 1

    def sent(self) -> None:
        """Note that all written answers have left."""
        self._answers = 0
