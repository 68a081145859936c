"""What waits to leave an open link, and the order in which it leaves."""

from typing import Final

from comity.limits import MAX_LEVELS
from comity.link.records import BULK, INTERACTIVE, MAX_BULK_BYTES, MAX_INTERACTIVE_BYTES, Lane, Sealer

TURN_BYTES: Final = 4 * MAX_INTERACTIVE_BYTES  # what one call hands out of the interactive lane at most
CONTROL: Final = 0  # place in the interactive lane of whatever is no message
CHUNKS: Final = MAX_LEVELS  # place in the bulk lane of chunks: behind the messages of every urgency


class Ranks:
    """The frames of one lane of the wire, by rank: whatever waits is overtaken by what has a lower rank.

    No frame is begun while another is unfinished. `waiting` is the size of all in bytes.
    """

    __slots__ = ("_begun", "_queues", "waiting")

    def __init__(self, count: int) -> None:
        self._queues = tuple(Lane() for _ in range(count))
        self._begun: Lane | None = None
        self.waiting = 0

    def put(self, frame: bytes, rank: int) -> None:
        """Add a frame behind the others of its rank."""
        self._queues[rank].put(frame)
        self.waiting += len(frame)

    def put_first(self, frame: bytes, rank: int) -> None:
        """Add a frame before the others of its rank, none of which has begun to leave."""
        self._queues[rank].put_first(frame)
        self.waiting += len(frame)

    def up_to(self, rank: int) -> int:
        """Return how many bytes wait with this rank or a lower one."""
        return sum(queue.waiting for queue in self._queues[: rank + 1])

    def of(self, rank: int) -> int:
        """Return how many bytes wait with this rank."""
        return self._queues[rank].waiting

    def take(self, nbytes: int) -> list[bytes]:
        """Remove and return the next bytes of the lane in pieces, nbytes in all or what there is."""
        pieces: list[bytes] = []
        while nbytes and self.waiting:
            queue = self._begun or next(queue for queue in self._queues if queue.waiting)
            count = min(nbytes, queue.unfinished or queue.waiting)
            pieces += queue.take(count)
            nbytes -= count
            self.waiting -= count
            self._begun = queue if queue.unfinished else None
        return pieces

    def clear(self) -> None:
        """Forget what waits."""
        for queue in self._queues:
            queue.clear()
        self._begun, self.waiting = None, 0


class Outgoing:
    """Two lanes of the wire. In each, the more urgent overtakes what waits (DELIV-004); control frames go first.

    Nothing leaves before HEADS (FRAME-005).
    """

    __slots__ = ("_bulk", "_interactive", "_sealer", "control_written", "greeted")

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._interactive = Ranks(1 + MAX_LEVELS)
        self._bulk = Ranks(MAX_LEVELS + 1)
        self.greeted = False  # HEADS was put
        self.control_written = 0  # bytes of frames that are no message, since the link opened

    @property
    def waiting(self) -> int:
        """Bytes of all that waits."""
        return self._interactive.waiting + self._bulk.waiting

    @property
    def control_left(self) -> int:
        """Bytes of frames that are no message and have left, since the link opened."""
        return self.control_written - self._interactive.of(CONTROL)

    @property
    def chunks_waiting(self) -> int:
        """Bytes of chunks that wait."""
        return self._bulk.of(CHUNKS)

    @property
    def crowded(self) -> bool:
        """Whether what is no message fills more than one turn: the peer does not read as fast as it is answered."""
        return self._interactive.of(CONTROL) > TURN_BYTES

    @property
    def answers_wait(self) -> bool:
        """Whether anything that is no message waits."""
        return self._interactive.of(CONTROL) > 0

    def messages_before(self, urgency: int) -> int:
        """Return how many bytes of messages wait that are as urgent or more so."""
        return self._interactive.up_to(1 + urgency) - self._interactive.of(CONTROL) + self._bulk.up_to(urgency)

    def put_heads(self, frame: bytes) -> None:
        """Add HEADS, the first time before all else."""
        self.control_written += len(frame)
        if self.greeted:
            self._interactive.put(frame, CONTROL)
        else:
            self._interactive.put_first(frame, CONTROL)
            self.greeted = True

    def put_control(self, frame: bytes) -> None:
        """Add a frame that is no message."""
        self.control_written += len(frame)
        self._interactive.put(frame, CONTROL)

    def put_message(self, frame: bytes, urgency: int, bulk: bool) -> None:
        """Add a MESSAGE of this urgency."""
        if bulk:
            self._bulk.put(frame, urgency)
        else:
            self._interactive.put(frame, 1 + urgency)

    def put_chunk(self, frame: bytes) -> None:
        """Add a chunk."""
        self._bulk.put(frame, CHUNKS)

    def take_turn(self, now: float) -> list[bytes]:
        """Return the next records: interactive ones up to TURN_BYTES, and one bulk record when none waits any more.

        One at a time, so that an urgent frame waits for one bulk record at most (LINK-022, LINK-023).
        """
        if not self.greeted:
            return []
        records = self._records(TURN_BYTES, now)
        if not self._interactive.waiting and self._bulk.waiting:
            records.append(self._sealer.seal_pieces(BULK, self._bulk.take(MAX_BULK_BYTES), now))
        return records

    def take_last(self, close: bytes, now: float) -> list[bytes]:
        """Return the records of the interactive lane that wait, then the close record with this plaintext."""
        records = self._records(self.waiting, now) if self.greeted else []
        return [*records, self._sealer.seal(close, now)]

    def clear(self) -> None:
        """Forget what waits."""
        self._interactive.clear()
        self._bulk.clear()

    def _records(self, nbytes: int, now: float) -> list[bytes]:
        records = []
        while self._interactive.waiting and nbytes > 0:
            pieces = self._interactive.take(MAX_INTERACTIVE_BYTES)
            records.append(self._sealer.seal_pieces(INTERACTIVE, pieces, now))
            nbytes -= MAX_INTERACTIVE_BYTES
        return records
