"""Peers that send one byte now and then."""

import select
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import trio

from comity.frames import FrameType
from comity.limits import HANDSHAKE_S, IDLE_S, MAX_FRAME_BYTES
from comity_node.node import Node
from tests.support.alliances import Alliance, alliance
from tests.support.player import calling

ROGUE, VICTIM = "aa.police", "bb.fiu"
SLACK_S = 3.0  # a close record may take 2 s to leave


async def in_virtual_time(place: Path, clients: int) -> tuple[int, list[str]]:
    """Return trials and violations: strangers that trickle, members that stop in a record or never end a frame."""
    found: list[str] = []
    group = await alliance(place, ROGUE, VICTIM)
    async with group.run(VICTIM) as node:
        for start in range(0, clients, 50):
            await _strangers(group, min(50, clients - start), found)
        await _half_record(group, node, found)
        await _endless_frame(group, node, found)
        await trio.sleep(IDLE_S + SLACK_S)
        gate = node._listener.gate
        if gate.waiting:
            found.append(f"{gate.waiting} connections still wait for authentication")
    return clients + 2, found[:20]


async def _strangers(group: Alliance, count: int, found: list[str]) -> None:
    """Trickle on many connections at once; each must be closed in time, without a byte of answer."""

    async def one(number: int) -> None:
        stream = await group.world("stranger").connect("127.0.0.1", group.homes[VICTIM].port)
        began = trio.current_time()

        async def drip() -> None:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                for byte in b"\x04\xe0" + bytes(1_000):
                    await stream.send_all(bytes([byte]))
                    await trio.sleep(0.1 + number % 20 / 10)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(drip)
            heard = b""
            with trio.move_on_after(30), suppress(trio.BrokenResourceError):
                heard = bytes(await stream.receive_some())
            nursery.cancel_scope.cancel()
        took = trio.current_time() - began
        if took > HANDSHAKE_S + SLACK_S or heard:
            found.append(f"stranger {number} was kept for {took:.1f} s and heard {len(heard)} bytes")

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(one, number)


async def _half_record(group: Alliance, node: Node, found: list[str]) -> None:
    """A member that trickles a record so slowly that it never ends is cut off for its silence."""
    async with calling(group, ROGUE, VICTIM) as player:
        record = b"\xff\xff" + bytes(200)
        for byte in record:
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                await player.stream.send_all(bytes([byte]))
            await trio.sleep(0.5)
        if node._links.peer(ROGUE).session is not None:
            found.append(f"a member that never ends a record keeps its link for {len(record) / 2:.0f} s")


async def _endless_frame(group: Alliance, node: Node, found: list[str]) -> None:
    """A member that sends a frame byte by byte keeps its link, and costs no more than the longest frame."""
    async with calling(group, ROGUE, VICTIM) as player:
        head = (FrameType.RECEIPT << 24 | MAX_FRAME_BYTES).to_bytes(4, "big")
        player.link._outgoing.put_control(head + bytes(400))
        for _ in range(100):
            await player.flush()
            await trio.sleep(1)
            player.link._outgoing.put_control(bytes(1))
        session = node._links.peer(ROGUE).session
        if session is None:
            found.append("a member that sends a long frame slowly loses its link")
        elif len(session.link._incoming._interactive) > 2_000:
            found.append("a frame that has not come takes more memory than its bytes")


class Trickle:
    """Real sockets that each send a byte now and then and note when they are closed."""

    def __init__(self, address: tuple[str, int], places: Sequence[str], clients: int) -> None:
        self._address = address
        self._places = places
        self._clients = clients
        self._open: dict[socket.socket, float] = {}
        self.opened = 0
        self.longest_s = 0.0

    @property
    def left(self) -> int:
        return len(self._open)

    def run(self, seconds: float, now_and_then: Callable[[], object] = lambda: None) -> None:
        """Open clients over this time and let them trickle."""
        began, count = time.monotonic(), self._clients // 2
        for number in range(count):
            due = began + seconds * number / count
            if due > time.monotonic():
                time.sleep(due - time.monotonic())
            if number % max(1, count // 10) == 0:
                now_and_then()
                self._look()
            self._connect(self._places[self.opened % len(self._places)])
        self._look()

    def end(self, seconds: float) -> None:
        """Wait for the last ones to be closed, so long at most."""
        until = time.monotonic() + seconds
        while self._open and time.monotonic() < until:
            time.sleep(0.1)
            self._look()
        for stream in self._open:
            stream.close()

    def _connect(self, place: str) -> None:
        stream = socket.socket()
        stream.settimeout(0.2)
        self.opened += 1
        try:
            stream.bind((place, 0))
            stream.connect(self._address)
            stream.setblocking(False)
            stream.send(b"\x04")
        except OSError:
            stream.close()
            return
        self._open[stream] = time.monotonic()

    def _look(self) -> None:
        poll = select.poll()
        by_number = {stream.fileno(): stream for stream in self._open}
        for number in by_number:
            poll.register(number, select.POLLIN | select.POLLHUP)
        for number, _ in poll.poll(0):
            stream = by_number[number]
            self.longest_s = max(self.longest_s, time.monotonic() - self._open.pop(stream))
            stream.close()
