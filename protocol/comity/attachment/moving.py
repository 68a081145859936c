"""What moves on one link: the recipient's side asks, the holder's side gives. Neither touches a file or a wire."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from comity.errors import LimitError, LocalError, OutOfTurnError
from comity.limits import MAX_CHUNKS_UNDER_WAY, MAX_OFFERS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Chunks to request: `count` of them from `first` on."""

    address: bytes
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """A chunk to give now. `offered` says whether its address was open when it was requested (ATTACH-022)."""

    address: bytes
    index: int
    offered: bool


class Fetch:
    """The recipient's side: several files in turn, each in order, a bounded number of chunks at a time.

    A chunk counts against the window from the request until written() was called for it, so a slow disk slows down the
    asking. `open` are the addresses that were offered and are not done.
    """

    def __init__(self) -> None:
        self.open: set[bytes] = set()
        self._next: dict[bytes, tuple[int, int]] = {}  # address: the chunk to ask for next, how many there are
        self._turn: deque[bytes] = deque()
        self._under_way: deque[tuple[bytes, int]] = deque()
        self._unwritten = 0
        self._said: deque[int] = deque()  # where each DONE ends in what was written and may not have left

    def offered(self, addresses: Sequence[bytes], left: int) -> list[bytes]:
        """Note an OFFER and return the addresses that it opens.

        left: how many bytes of what was written have left; a peer that offers and does not read must not make us keep
        more than MAX_OFFERS answers.

        Raises:
            LimitError: too many would be open, those counted whose DONE has not left (ATTACH-016).
        """
        while self._said and self._said[0] <= left:
            self._said.popleft()
        fresh = [address for address in dict.fromkeys(addresses) if address not in self.open]
        if len(self.open) + len(self._said) + len(fresh) > MAX_OFFERS:
            raise LimitError(f"more than {MAX_OFFERS} addresses are open")
        self.open.update(fresh)
        return fresh

    def begin(self, address: bytes, first: int, count: int) -> None:
        """Ask for the chunks from `first` on, of `count` that the file has; after stop() again from where one wants.

        Raises:
            LocalError: the address is not open (ATTACH-018), is being asked for, or has no such chunk.
        """
        if address not in self.open or address in self._next or not 0 <= first < count:
            raise LocalError("the address is not open, is being asked for, or has no such chunk")
        self._next[address] = first, count
        self._turn.append(address)

    def stop(self, address: bytes) -> None:
        """Ask for nothing more of the address. What was requested still comes."""
        if self._next.pop(address, None) is not None:
            self._turn.remove(address)

    def requests(self) -> Iterator[Wanted]:
        """Yield what to request now: a chunk of each file in turn, joined where only one file is left to ask for."""
        while self._unwritten < MAX_CHUNKS_UNDER_WAY and self._turn:
            address = self._turn.popleft()
            first, count = self._next[address]
            many = 1 if self._turn else min(MAX_CHUNKS_UNDER_WAY - self._unwritten, count - first)
            self._unwritten += many
            self._under_way.extend((address, index) for index in range(first, first + many))
            if first + many == count:
                del self._next[address]
            else:
                self._next[address] = first + many, count
                self._turn.append(address)
            yield Wanted(address, first, many)

    def arrived(self, address: bytes, index: int) -> None:
        """Note a CHUNK. Raises OutOfTurnError when it is not the next of those that were requested (ATTACH-023)."""
        if not self._under_way or self._under_way[0] != (address, index):
            raise OutOfTurnError(f"a chunk {index} that is not the next of those that were requested")
        self._under_way.popleft()

    def written(self) -> None:
        """Note that a chunk that has come is dealt with, one way or another. Raises LocalError where none has."""
        if self._unwritten == len(self._under_way):
            raise LocalError("no chunk has come")
        self._unwritten -= 1

    def finish(self, address: bytes, written: int) -> None:
        """Note that DONE is to be said, which ends at byte `written` of all that was written.

        Raises:
            LocalError: the address is not open.
        """
        if address not in self.open:
            raise LocalError("the address is not open")
        self.stop(address)
        self.open.remove(address)
        self._said.append(written)


class Serve:
    """The holder's side: chunks in the order in which they were requested (ATTACH-021). `open`: see Fetch."""

    def __init__(self) -> None:
        self.open: set[bytes] = set()
        self._due: deque[Due] = deque()

    @property
    def room(self) -> int:
        """How many further addresses may be offered (ATTACH-015)."""
        return MAX_OFFERS - len(self.open)

    @property
    def due(self) -> Due | None:
        """The chunk to give next, None where none is requested."""
        return self._due[0] if self._due else None

    def offer(self, addresses: Sequence[bytes]) -> None:
        """Note that an OFFER was made. Raises LocalError where there is no room, or one is open (ATTACH-035)."""
        fresh = set(addresses)
        if fresh & self.open or len(fresh) > self.room:
            raise LocalError(f"an address is open already, or more than {MAX_OFFERS} would be")
        self.open |= fresh

    def requested(self, wanted: Wanted) -> None:
        """Queue chunks. Raises LimitError when too many would be under way (ATTACH-020)."""
        if len(self._due) + wanted.count > MAX_CHUNKS_UNDER_WAY:
            raise LimitError(f"more than {MAX_CHUNKS_UNDER_WAY} chunks are requested")
        offered, end = wanted.address in self.open, wanted.first + wanted.count
        self._due.extend(Due(wanted.address, index, offered) for index in range(wanted.first, end))

    def given(self) -> Due:
        """Note that the chunk that was due is answered, and return it. Raises LocalError where none was."""
        if not self._due:
            raise LocalError("no chunk is requested")
        return self._due.popleft()

    def done(self, address: bytes) -> None:
        """Note a DONE. Raises OutOfTurnError when the address is not open (ATTACH-024)."""
        if address not in self.open:
            raise OutOfTurnError("DONE for an address that is not open")
        self.open.remove(address)
