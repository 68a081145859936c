"""Where Trio and the link meet: one TCP stream, one `Link`, one reader and one writer."""

import logging
from collections.abc import Callable

import trio

from comity.errors import RemoteError
from comity.limits import IDLE_S
from comity.link import Event, Link
from comity_node.bounds import READ_SLICE_BYTES
from comity_node.errors import NodeError
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
        self._sending = trio.CancelScope()  # around what the wire is taking now

    async def run(self, handle: Callable[["Session", Event], None], refill: Callable[["Session"], None]) -> None:
        """Serve until the link ends. Faults of the peer and of the network end here."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write, refill, nursery.cancel_scope)
                    await self._read(handle)
                    self._hasten()
        except* LOST as fault:
            self._tell("link lost", fault.exceptions[0])
        except* NodeError as fault:  # the store could not be read; whether the node goes on is for the store to say
            log.error("link ended: %s", fault.exceptions[0])
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
        self._hasten()

    def abort(self) -> None:
        """End at once, without a word."""
        self._scope.cancel()

    async def _read(self, handle: Callable[["Session", Event], None]) -> None:
        link = self.link
        while not link.closed:
            data = bytes(await self._stream.receive_some(link.read_bytes))
            if data and link.is_open:
                self._sending.deadline = trio.current_time() + IDLE_S
            for start in range(0, max(len(data), 1), READ_SLICE_BYTES):
                if start:
                    await trio.lowlevel.checkpoint()  # frames can be tiny: let the other peers have their turn
                self._take(data[start : start + READ_SLICE_BYTES], handle)

    def _take(self, data: bytes, handle: Callable[["Session", Event], None]) -> None:
        link = self.link
        link.receive(data, self._world.steady())
        try:
            while (event := link.next_event()) is not None:
                handle(self, event)
        except RemoteError as fault:
            self._tell("the peer broke the protocol", fault)
        self.wake()

    async def _write(self, refill: Callable[["Session"], None], scope: trio.CancelScope) -> None:
        link = self.link
        while not self._sending.cancelled_caught:  # when it was, a part may have left, so nothing can follow
            refill(self)
            data = link.data_to_send(self._world.steady())
            if data:
                await self._send(data)
            elif link.closed:
                break
            else:
                with trio.move_on_after(max(0.0, link.deadline - self._world.steady())):
                    await self._waiting.park()
                link.tick(self._world.steady())
        scope.cancel()

    async def _send(self, data: bytes) -> None:
        """Put the data on the wire; who takes nothing has as long as who says nothing (LINK-012, LINK-027)."""
        with trio.move_on_after(self._patience_s()) as self._sending:
            await self._stream.send_all(data)
        if self._sending.cancelled_caught:
            self._tell("link lost", "the peer takes nothing")

    def _tell(self, what: str, why: object) -> None:
        """Log how the link ended; what strangers do is for debugging only, or they could fill the log."""
        log.log(logging.INFO if self.link.peer else logging.DEBUG, "%s: %s", what, why)

    def _patience_s(self) -> float:
        if self.link.closed:
            return GOODBYE_S
        return IDLE_S if self.link.is_open else max(0.0, self.link.deadline - self._world.steady())

    def _hasten(self) -> None:
        """The link has ended: what the wire is taking now must leave soon."""
        self._sending.deadline = min(self._sending.deadline, trio.current_time() + GOODBYE_S)
        self.wake()
