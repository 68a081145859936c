"""`comity serve`: one node with its control socket, from the lock of its home to a clean stop."""

import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any, Final

import trio

from comity_node import operations
from comity_node.config import Config
from comity_node.control import ControlServer
from comity_node.errors import DiskFailedError
from comity_node.keyfile import KeyRing
from comity_node.lock import HomeLock
from comity_node.node import Node, open_node
from comity_node.views import View

STOP_S: Final = 10.0
ANSWER_S: Final = 1.0
Announce = Callable[[str], None]


def serve(config: Config, keys: KeyRing, announce: Announce) -> None:
    """Run the node until SIGTERM or SIGINT; `announce` gets the line that says where it listens.

    Raises:
        UnreachableError: another process works on this home.
        DiskFailedError: the disk has failed, so nothing is accepted any more; the service manager starts it again.
        NodeError: the node cannot start or go on.
    """
    with HomeLock.take(config.lock):
        trio.run(run, config, keys, announce)


async def run(config: Config, keys: KeyRing, announce: Announce) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals, trio.CancelScope() as scope:
        async with trio.open_nursery() as watch:
            stopping = trio.Event()
            watch.start_soon(note_signals, signals, stopping, scope)
            async with open_node(config, keys) as node, trio.open_nursery() as services:
                await services.start(ControlServer(config.control, partial(perform, node)).run)
                services.start_soon(end_with_disk, node)
                announce(ready_line(node))
                notify("READY=1")
                await stopping.wait()
                notify("STOPPING=1")
                services.cancel_scope.cancel()
            watch.cancel_scope.cancel()


async def end_with_disk(node: Node) -> None:
    """End the daemon once the disk has failed: only a new start can say what is kept. Raises: DiskFailedError."""
    try:
        await node.watch_disk()
    except DiskFailedError:
        await trio.sleep(ANSWER_S)  # those who were refused are told so first
        raise


async def note_signals(signals: AsyncIterator[int], stopping: trio.Event, scope: trio.CancelScope) -> None:
    """The first signal asks for a clean stop within `STOP_S` seconds, the second ends it at once."""
    async for _ in signals:
        if stopping.is_set():
            scope.cancel()
        stopping.set()
        scope.deadline = min(scope.deadline, trio.current_time() + STOP_S)


async def perform(node: Node, op: str, params: Mapping[str, Any]) -> View:
    return await operations.run(node, op, params)


def ready_line(node: Node) -> str:
    places = node.status().listening
    return f"ready: {node.party} " + (f"listens on {', '.join(places)}" if places else "dials only")


def notify(state: str) -> None:
    """Tell the service manager, where there is one (sd_notify)."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(state.encode(), "\0" + place[1:] if place.startswith("@") else place)
        except OSError:
            return  # the manager then finds out by its own timeout; the node can do its work
