"""What waits to leave an open link, and the order in which it leaves."""

from typing import Final

from comity.link.records import BULK, INTERACTIVE, MAX_BULK_BYTES, MAX_INTERACTIVE_BYTES, Lane, Sealer

TURN_BYTES: Final = 4 * MAX_INTERACTIVE_BYTES  # what one call hands out of the interactive lane at most


class Outgoing:
    """Two lanes of the wire. In the interactive one whatever is no message overtakes the messages that wait.

    No frame is begun while another of the same lane is unfinished. Nothing leaves before HEADS (FRAME-005).
    """

    __slots__ = ("_bulk", "_control", "_messages", "_sealer", "greeted")

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._control = Lane()  # both feed the interactive lane
        self._messages = Lane()
        self._bulk = Lane()
        self.greeted = False  # HEADS was put

    @property
    def waiting(self) -> int:
        """Bytes of all that waits."""
        return self._control.waiting + self._messages.waiting + self._bulk.waiting

    @property
    def crowded(self) -> bool:
        """Whether what is no message fills more than one turn: the peer does not read as fast as it is answered."""
        return self._control.waiting > TURN_BYTES

    @property
    def answers_wait(self) -> bool:
        """Whether anything that is no message waits."""
        return self._control.waiting > 0

    def put_heads(self, frame: bytes) -> None:
        """Add HEADS, the first time before all else."""
        if self.greeted:
            self._control.put(frame)
        else:
            self._control.put_first(frame)
            self.greeted = True

    def put_control(self, frame: bytes) -> None:
        """Add a frame that is no message."""
        self._control.put(frame)

    def put_message(self, frame: bytes, bulk: bool) -> None:
        """Add a MESSAGE."""
        (self._bulk if bulk else self._messages).put(frame)

    def take_turn(self, now: float) -> list[bytes]:
        """Return the next records: interactive ones up to TURN_BYTES, and one bulk record when none waits any more.

        One at a time, so that an urgent frame waits for one bulk record at most (LINK-022, LINK-023).
        """
        if not self.greeted:
            return []
        records = self._interactive(TURN_BYTES, now)
        if not self._interactive_waits and self._bulk.waiting:
            records.append(self._sealer.seal_pieces(BULK, self._bulk.take(MAX_BULK_BYTES), now))
        return records

    def take_last(self, close: bytes, now: float) -> list[bytes]:
        """Return the records of the interactive lane that wait, then the close record with this plaintext."""
        records = self._interactive(self.waiting, now) if self.greeted else []
        return [*records, self._sealer.seal(close, now)]

    def clear(self) -> None:
        """Forget what waits."""
        for lane in (self._control, self._messages, self._bulk):
            lane.clear()

    @property
    def _interactive_waits(self) -> bool:
        return self._control.waiting + self._messages.waiting > 0

    def _interactive(self, nbytes: int, now: float) -> list[bytes]:
        records = []
        while self._interactive_waits and nbytes > 0:
            records.append(self._sealer.seal_pieces(INTERACTIVE, self._pieces(), now))
            nbytes -= MAX_INTERACTIVE_BYTES
        return records

    def _pieces(self) -> list[bytes]:
        room = MAX_INTERACTIVE_BYTES
        pieces: list[bytes] = []
        for lane, nbytes in (
            (self._messages, self._messages.unfinished),
            (self._control, self._control.waiting),
            (self._messages, self._messages.waiting),
        ):
            before = lane.waiting
            pieces += lane.take(min(room, nbytes))
            room -= before - lane.waiting
        return pieces
