"""Answers connections: few may wait for authentication, and the oldest goes first (LIMIT-004, LIMIT-005)."""

import logging
from collections.abc import Sequence

import trio

from comity_node.errors import ListenError
from comity_node.links import Links
from comity_node.world import World

log = logging.getLogger(__name__)
PAUSE_S = 0.1  # after a failed accept, for example when file descriptors run out


class Listener:
    """Accepts on every configured address."""

    def __init__(self, addresses: Sequence[tuple[str, int]], max_waiting: int, links: Links, world: World) -> None:
        self._addresses = addresses
        self._max_waiting = max_waiting
        self._links = links
        self._world = world
        self._strangers: dict[int, trio.CancelScope] = {}
        self._count = 0
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
            nursery.start_soon(self._answer, stream)

    async def _answer(self, stream: trio.abc.Stream) -> None:
        self._count += 1
        number, scope = self._count, trio.CancelScope()
        if len(self._strangers) >= self._max_waiting:
            oldest = next(iter(self._strangers))
            self._strangers.pop(oldest).cancel()
        self._strangers[number] = scope
        try:
            with scope:
                await self._links.serve(stream, lambda: self._strangers.pop(number, None) and None)
        finally:
            self._strangers.pop(number, None)


def chosen_port(listener: trio.abc.Listener[trio.abc.Stream]) -> int:
    """Return the port that the system chose for a listener that was opened on port 0."""
    return int(listener.socket.getsockname()[1]) if isinstance(listener, trio.SocketListener) else 0
