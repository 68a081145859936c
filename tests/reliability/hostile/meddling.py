"""A network that delivers every byte, but as it likes: in pieces, late, slowly, or not at all any more."""

import random
from dataclasses import dataclass, field

import trio

from tests.support.simulated import Network, SimulatedWorld


@dataclass(frozen=True)
class Manner:
    """How one direction of a connection treats what it carries.

    Attributes:
        piece: most bytes handed out at a time; each piece has a random length up to it.
        delay_s: what every chunk waits.
        loss: share of chunks that are lost and sent again, each time after twice as long.
        flips: share of connections in which one bit is flipped somewhere in the first 4,000 bytes.
        cuts: share of connections that are cut somewhere in the first 8,000 bytes.
    """

    name: str
    piece: int = 65_536
    delay_s: float = 0.0
    loss: float = 0.0
    flips: float = 0.0
    cuts: float = 0.0


CLEAN = Manner("clean")
MANNERS = (
    Manner("one byte at a time", piece=1),
    Manner("pieces of up to 64 bytes", piece=64),
    Manner("pieces of up to 536 bytes, 750 ms there and back", piece=536, delay_s=0.375),
    Manner("30 % of the chunks lost and sent again", piece=1_460, delay_s=0.02, loss=0.3),
    Manner("a bit flipped in 30 % of the connections", piece=1_460, flips=0.3),
    Manner("30 % of the connections cut", piece=1_460, delay_s=0.02, cuts=0.3),
)


class MeddledStream(trio.abc.Stream):
    """One end of a connection; what it receives comes in the manner of the network."""

    def __init__(self, stream: trio.abc.Stream, manner: Manner, rng: random.Random) -> None:
        self._stream = stream
        self._manner = manner
        self._rng = rng
        self._kept = b""
        self._count = 0
        self._flip_at = rng.randrange(4_000) if rng.random() < manner.flips else -1
        self._cut_at = rng.randrange(8_000) if rng.random() < manner.cuts else -1

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if not self._kept:
            chunk = bytearray(await self._stream.receive_some())
            await self._wait()
            self._kept = self._harmed(chunk)
        most = min(self._manner.piece, max_bytes or self._manner.piece)
        size = most if self._manner.piece == 1 else self._rng.randint(1, most)
        piece, self._kept = self._kept[:size], self._kept[size:]
        if self._kept:
            await trio.lowlevel.checkpoint()
        return piece

    async def _wait(self) -> None:
        delay, pause = self._manner.delay_s, 0.2
        while self._rng.random() < self._manner.loss:
            delay, pause = delay + pause, pause * 2
        if delay:
            await trio.sleep(delay)

    def _harmed(self, chunk: bytearray) -> bytes:
        start, self._count = self._count, self._count + len(chunk)
        if start <= self._flip_at < self._count:
            chunk[self._flip_at - start] ^= 1 << self._rng.randrange(8)
        if 0 <= self._cut_at < self._count:
            raise trio.BrokenResourceError("cut")
        return bytes(chunk)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


@dataclass
class MeddlingNetwork(Network):
    """Wraps both ends of every connection; the seed decides all that is random."""

    manner: Manner
    seed: int
    connections: int = 0
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        super().__init__()
        self.rng = random.Random(self.seed)

    def wrapped(self, stream: trio.abc.Stream) -> MeddledStream:
        return MeddledStream(stream, self.manner, random.Random(self.rng.getrandbits(64)))


class MeddledWorld(SimulatedWorld):
    """A world whose connections go over a meddling network."""

    network: MeddlingNetwork

    async def connect(self, host: str, port: int) -> trio.abc.Stream:
        self.network.connections += 1
        return self.network.wrapped(await super().connect(host, port))

    async def listen(self, host: str, port: int) -> list[trio.abc.Listener[trio.abc.Stream]]:
        return [MeddledListener(each, self.network) for each in await super().listen(host, port)]


class MeddledListener(trio.abc.Listener[trio.abc.Stream]):
    def __init__(self, listener: trio.abc.Listener[trio.abc.Stream], network: MeddlingNetwork) -> None:
        self._listener = listener
        self._network = network

    async def accept(self) -> trio.abc.Stream:
        return self._network.wrapped(await self._listener.accept())

    async def aclose(self) -> None:
        await self._listener.aclose()
