"""The network between the parties: delays, stalls, cuts, partitions, refusals, black holes."""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import trio

from tests.simulation.journal import Journal

WINDOW_BYTES = 262_144  # what one direction of a connection holds before its writer has to wait
PIECES = 30  # at the start of each direction of a connection whose bytes come in small pieces
PIECE_BYTES = (1, 7, 50, 200)  # how large they may be, for a whole connection
LOST = trio.BrokenResourceError


@dataclass
class Path:
    """One direction between two parties.

    Attributes:
        delay_s: how long bytes take.
        blocked: nothing passes; what is sent waits, as TCP lets it.
        refused: connections are refused at once.
        segments: share of the connections whose first bytes come in small pieces.
    """

    delay_s: float = 0.0
    blocked: bool = False
    refused: bool = False
    segments: float = 0.0


class Pipe:
    """Bytes under way in one direction of one connection."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.path = path
        self.lot = trio.lowlevel.ParkingLot()
        self._rng = rng
        self._piece = rng.choice(PIECE_BYTES)
        self._pieces = PIECES if rng.random() < path.segments else 0
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._bytes = 0
        self._last_due = 0.0
        self._ended = False  # the writer has closed
        self._deaf = False  # the reader has closed
        self._broken = False

    @property
    def over(self) -> bool:
        """Whether nothing can be read here any more."""
        return self._deaf or (self._broken and not self._chunks)

    async def write(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        while not self._broken and not self._deaf and self._bytes >= WINDOW_BYTES:
            await self.lot.park()
        if self._broken or self._deaf:
            raise LOST("the connection was cut")
        self._last_due = max(self._last_due, trio.current_time() + self.path.delay_s)
        self._chunks.append((self._last_due, data))
        self._bytes += len(data)
        self.lot.unpark_all()

    async def read(self, most: int) -> bytes:
        await trio.lowlevel.checkpoint()
        while True:
            if self._chunks and not self.path.blocked:
                due = self._chunks[0][0]
                if due <= trio.current_time():
                    return self._take(most)
                with trio.move_on_at(due):
                    await self.lot.park()
            elif self._broken:
                raise LOST("the connection was cut")
            elif self._ended and not self._chunks and not self.path.blocked:
                return b""
            else:
                await self.lot.park()

    def _take(self, most: int) -> bytes:
        due, data = self._chunks.popleft()
        if self._pieces:
            most = min(most, self._rng.randint(1, self._piece))
            self._pieces -= 1
        if len(data) > most:
            self._chunks.appendleft((due, data[most:]))
            data = data[:most]
        self._bytes -= len(data)
        self.lot.unpark_all()
        return data

    def end(self) -> None:
        """The writer has closed: what it wrote still arrives."""
        self._ended = True
        self.lot.unpark_all()

    def deafen(self) -> None:
        """The reader has closed."""
        self._deaf = True
        self._chunks.clear()
        self.lot.unpark_all()

    def cut(self) -> None:
        """Lose what is under way from some byte on, and break both ends."""
        data = b"".join(chunk for _, chunk in self._chunks)
        kept = data[: self._rng.randint(0, len(data))]
        self._chunks.clear()
        if kept:
            self._chunks.append((trio.current_time(), kept))
        self._bytes, self._broken = len(kept), True
        self.lot.unpark_all()


class End(trio.abc.Stream):
    """One end of a connection, as a node sees it."""

    def __init__(self, incoming: Pipe, outgoing: Pipe) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = False

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self._refuse_closed()
        await self._outgoing.write(bytes(data))

    async def wait_send_all_might_not_block(self) -> None:
        self._refuse_closed()
        await trio.lowlevel.checkpoint()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        self._refuse_closed()
        return await self._incoming.read(max_bytes or 65_536)

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._outgoing.end()
            self._incoming.deafen()
        await trio.lowlevel.checkpoint()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise trio.ClosedResourceError


class Listening(trio.abc.Listener[trio.abc.Stream]):
    """Where a party is reached. Closing it takes it out of the network."""

    def __init__(self, network: "Network", port: int) -> None:
        self._network = network
        self._port = port
        self.incoming, self._queue = trio.open_memory_channel[trio.abc.Stream](1_000)

    async def accept(self) -> trio.abc.Stream:
        return await self._queue.receive()

    async def aclose(self) -> None:
        if self._network.listeners.get(self._port) is self:
            del self._network.listeners[self._port]
        await trio.lowlevel.checkpoint()


@dataclass(eq=False)
class Connection:
    """A connection between two parties."""

    caller: str
    callee: str
    pipes: tuple[Pipe, Pipe]

    def cut(self) -> None:
        for pipe in self.pipes:
            pipe.cut()


@dataclass(eq=False)
class Network:
    """Who can reach whom, and every connection that is open."""

    ports: dict[int, str]
    journal: Journal
    rng: random.Random
    dialled: Callable[[str, str], None]
    listeners: dict[int, Listening] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    paths: dict[tuple[str, str], Path] = field(default_factory=lambda: defaultdict(Path))
    healed: trio.lowlevel.ParkingLot = field(default_factory=trio.lowlevel.ParkingLot)

    def listen(self, port: int) -> Listening:
        if port in self.listeners:
            raise OSError(98, "Address already in use")
        self.listeners[port] = Listening(self, port)
        return self.listeners[port]

    async def connect(self, caller: str, port: int) -> trio.abc.Stream:
        callee = self.ports[port]
        there, back = self.paths[caller, callee], self.paths[callee, caller]
        self.dialled(caller, callee)
        self.journal.note("dial", caller, callee)
        await trio.sleep(there.delay_s + back.delay_s)
        if there.refused or back.refused:
            raise OSError(113, "No route to host")
        while there.blocked or back.blocked:  # a black hole: only the patience of the caller ends this
            await self.healed.park()
        listener = self.listeners.get(port)
        if listener is None:
            raise OSError(111, "Connection refused")
        pipes = Pipe(there, self.rng), Pipe(back, self.rng)
        self.connections.append(Connection(caller, callee, pipes))
        self.journal.note("connected", caller, callee)
        listener.incoming.send_nowait(End(pipes[0], pipes[1]))
        return End(pipes[1], pipes[0])

    def cut(self, chosen: Iterable[Connection]) -> None:
        for connection in list(chosen):
            connection.cut()
            self.connections.remove(connection)

    def unplug(self, party: str, silently: bool) -> None:
        """The computer of the party is gone; `silently` means that nobody is told, as when its power fails."""
        for port, name in self.ports.items():
            if name == party:
                self.listeners.pop(port, None)
        mine = [each for each in self.connections if party in (each.caller, each.callee)]
        if silently:  # the ends of this party are broken, the others wait in vain
            for connection in mine:
                self.connections.remove(connection)
                for pipe in connection.pipes:
                    pipe.path = Path(blocked=True)
        else:
            self.cut(mine)

    def change(self, pairs: Iterable[tuple[str, str]], **changes: bool | float | int) -> None:
        """Set fields of paths, and wake who waits for the change."""
        for pair in pairs:
            for name, value in changes.items():
                setattr(self.paths[pair], name, value)
        self.healed.unpark_all()
        for connection in self.connections:
            for pipe in connection.pipes:
                pipe.lot.unpark_all()

    def tidy(self) -> None:
        """Forget connections that both ends have closed."""
        self.connections = [each for each in self.connections if not all(pipe.over for pipe in each.pipes)]
