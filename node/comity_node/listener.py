"""Answers connections: few may wait for authentication, and the oldest goes first (LIMIT-004, LIMIT-005)."""

import logging
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress

import trio

from comity_node.errors import ListenError
from comity_node.gate import Gate, source_of
from comity_node.links import Links
from comity_node.world import World

log = logging.getLogger(__name__)
PAUSE_S = 0.1  # after a failed accept, for example when file descriptors run out
TELL_S = 10.0  # between two lines of the log about connections that were dropped
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a connection that is dropped leaves nothing behind in the system


class Listener:
    """Accepts on every configured address."""

    def __init__(self, addresses: Sequence[tuple[str, int]], max_waiting: int, links: Links, world: World) -> None:
        self._addresses = addresses
        self._links = links
        self._world = world
        self._told_at, self._told = world.steady(), 0
        self.gate = Gate(max_waiting, links.member_hosts, world.steady())
        self.listening: list[str] = []

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Accept until cancelled; started means listening. Closes the listeners.

        Raises:
            ListenError: an address is in use or not allowed.
        """
        listeners: list[trio.abc.Listener[trio.abc.Stream]] = []
        try:
            for host, port in self._addresses:
                listeners += await self._open(host, port)
            async with trio.open_nursery() as nursery:
                for listener in listeners:
                    nursery.start_soon(self._accept, listener, nursery)
                task_status.started()
        finally:
            for listener in listeners:
                with trio.CancelScope(shield=True):
                    await listener.aclose()

    async def _open(self, host: str, port: int) -> Sequence[trio.abc.Listener[trio.abc.Stream]]:
        try:
            opened = await self._world.listen(host, port)
        except OSError as fault:
            raise ListenError(
                f"the node cannot listen on {host}:{port}: {fault.strerror or fault}",
                "stop the program that uses the port, or change `listen` in comity.toml",
            ) from fault
        self.listening += [f"{host}:{port or chosen_port(listener)}" for listener in opened[:1]]
        return opened

    async def _accept(self, listener: trio.abc.Listener[trio.abc.Stream], nursery: trio.Nursery) -> None:
        while True:
            try:
                stream = await listener.accept()
            except OSError as fault:
                log.error("a connection was not accepted: %s", fault)
                await trio.sleep(PAUSE_S)
                continue
            source, now = source_of(stream), self._world.steady()
            if self.gate.admit(source, now):
                nursery.start_soon(self._answer, stream, source, now)
            else:
                self._tell(now)
                await drop(stream)

    async def _answer(self, stream: trio.abc.Stream, source: str, now: float) -> None:
        room, scope = self.gate.place(source, now)

        def opened() -> None:
            room.leave(scope)
            self.gate.met(source)

        try:
            with scope:
                await self._links.serve(stream, opened)
        finally:
            room.leave(scope)

    def _tell(self, now: float) -> None:
        if now >= self._told_at:
            log.warning("connections come too fast: %d were dropped", self.gate.refused - self._told)
            self._told_at, self._told = now + TELL_S, self.gate.refused


async def drop(stream: trio.abc.Stream) -> None:
    """Close a connection at once, without a word and without waiting for anything."""
    if isinstance(stream, trio.SocketStream):
        with suppress(OSError):  # it may be gone already
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        stream.socket.close()
    else:
        await trio.aclose_forcefully(stream)


def chosen_port(listener: trio.abc.Listener[trio.abc.Stream]) -> int:
    """Return the port that the system chose for a listener that was opened on port 0."""
    return int(listener.socket.getsockname()[1]) if isinstance(listener, trio.SocketListener) else 0
