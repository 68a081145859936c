"""Where Trio and the link meet: one TCP stream, one `Link`, one reader and one writer."""

import logging
import math
from collections.abc import Callable

import trio

from comity.errors import RemoteError
from comity.link import Event, Link
from comity_node.world import World

log = logging.getLogger(__name__)
LOST = (trio.BrokenResourceError, trio.ClosedResourceError, OSError)
GOODBYE_S = 2.0  # how long a close record may take to leave


class Session:
    """A link on a stream. `run()` closes the stream.

    Events go to `handle` as they come; `refill` is called whenever the wire has taken everything, so that whoever
    has more to send keeps at most one batch waiting here.
    """

    def __init__(self, stream: trio.abc.Stream, link: Link, world: World) -> None:
        self.link = link
        self._stream = stream
        self._world = world
        self._waiting = trio.lowlevel.ParkingLot()
        self._scope = trio.CancelScope()

    async def run(self, handle: Callable[["Session", Event], None], refill: Callable[["Session"], None]) -> None:
        """Serve until the link ends. Faults of the peer and of the network end here."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write, refill, nursery.cancel_scope)
                    await self._read(handle)
                    self.wake()
        except* LOST as fault:
            log.info("link lost: %s", fault.exceptions[0])
        finally:
            self.link.receive(b"", self._world.steady())
            with trio.move_on_after(GOODBYE_S, shield=True):
                await trio.aclose_forcefully(self._stream)

    def wake(self) -> None:
        """Look again for bytes to send; call it after every call of the link."""
        self._waiting.unpark_all()

    def close(self, code: int = 0) -> None:
        """Say goodbye with the code, then end."""
        self.link.close(code)
        self.wake()

    def abort(self) -> None:
        """End at once, without a word."""
        self._scope.cancel()

    async def _read(self, handle: Callable[["Session", Event], None]) -> None:
        link = self.link
        while not link.closed:
            data = await self._stream.receive_some(link.read_bytes)
            link.receive(bytes(data), self._world.steady())
            try:
                while (event := link.next_event()) is not None:
                    handle(self, event)
            except RemoteError as fault:
                log.info("the peer broke the protocol: %s", fault)
            self.wake()

    async def _write(self, refill: Callable[["Session"], None], scope: trio.CancelScope) -> None:
        link = self.link
        while True:
            refill(self)
            data = link.data_to_send(self._world.steady())
            if data:
                with trio.move_on_after(GOODBYE_S if link.closed else math.inf):
                    await self._stream.send_all(data)
            elif link.closed:
                scope.cancel()
                return
            else:
                with trio.move_on_after(max(0.0, link.deadline - self._world.steady())):
                    await self._waiting.park()
                link.tick(self._world.steady())
