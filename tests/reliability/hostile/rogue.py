"""A member that misbehaves over a real socket: authentic keys and a real link, but no node behind it."""

import os
import select
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from comity.errors import RemoteError
from comity.frames import Heads
from comity.limits import MAX_WINDOW_BYTES
from comity.link import Hello, Link, MessageReceived
from tests.reliability.hostile.arena import ROGUE, VICTIM, Arena
from tests.support.player import documents_of, treaty_id_of

HELLO = Hello(agent="rogue", versions=(1,), window=MAX_WINDOW_BYTES)


class Rogue:
    """`connect`, then `push` frames and `pump`; it comes again by itself when the victim has hung up."""

    def __init__(self, arena: Arena, party: str = ROGUE, receive_buffer: int = 0) -> None:
        self._arena = arena
        self._party = party
        self._receive_buffer = receive_buffer
        self.events: Counter[str] = Counter()
        self.sent_bytes = 0
        self.connects = 0
        self.cut_short = False
        self.link: Link
        self._stream: socket.socket
        self._out = b""

    def connect(self, seconds: float = 5.0) -> None:
        """Open a link and exchange HEADS. Raises OSError when the victim does not let us in."""
        home, victim = self._arena.homes[self._party], self._arena.homes[VICTIM]
        self.link = link = Link.initiator(
            treaty_id_of(home), home.keys().link, VICTIM, victim.keys().link.public.data, self._party, HELLO,
            os.urandom(32), os.urandom(64), time.monotonic(),
        )  # fmt: skip
        self._stream, self._out = socket.socket(), b""
        if self._receive_buffer:
            self._stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        self._stream.settimeout(seconds)
        self._stream.connect(self._arena.address)
        while not link.is_open:
            self._stream.sendall(link.data_to_send(time.monotonic()))
            data = self._stream.recv(65_536)
            if not data:
                raise ConnectionError("turned away")
            self._take(data)
        treaty, own, theirs = documents_of(home, self._party, VICTIM)
        link.send_heads(
            Heads(
                bundle=own.bundle.serial,
                bundle_hash=own.hash,
                holds=theirs.bundle.serial,
                treaty=treaty.treaty.version,
                treaty_hash=treaty.hash,
            )
        )
        self._stream.sendall(link.data_to_send(time.monotonic()))
        self._stream.setblocking(False)
        self.connects += 1

    def push(self, frame: bytes) -> None:
        """Queue any bytes as a frame."""
        self.link._outgoing.put_control(frame)

    @property
    def waiting(self) -> int:
        """Bytes that the socket has not taken yet."""
        return len(self._out) + self.link.backlog

    def pump(self, seconds: float = 0.0, read: bool = True) -> None:
        """Send and read what can be sent and read now; wait so long at most for either to be possible."""
        if self.link.closed:
            self._come_again()
            return
        if not self._out:
            self._out = self.link.data_to_send(time.monotonic())
        wants_out = [self._stream] if self._out else []
        can_read, can_write, _ = select.select([self._stream] if read else [], wants_out, [], seconds)
        try:
            if can_write:
                count = self._stream.send(self._out[:65_536])
                self._out, self.sent_bytes = self._out[count:], self.sent_bytes + count
            if can_read:
                self._take(self._stream.recv(262_144))
        except BlockingIOError:
            return
        except OSError:
            self._come_again()

    def idle(self, seconds: float, bytes_a_second: int, now_and_then: Callable[[], object]) -> None:
        """Read so slowly for so long; say something every second."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(1.0 / bytes_a_second)
            now_and_then()
            with suppress(BlockingIOError):
                data = self._stream.recv(1)
                self.cut_short |= not data

    def close(self) -> None:
        self._stream.close()

    def _come_again(self) -> None:
        self._stream.close()
        self.events["hung up on"] += 1
        with suppress(OSError):
            self.connect()

    def _take(self, data: bytes) -> None:
        self.link.receive(data, time.monotonic())
        try:
            while (event := self.link.next_event()) is not None:
                self.events[type(event).__name__] += 1
                if isinstance(event, MessageReceived) and self.link.is_open:
                    self.link.release(event.cost)
        except RemoteError as fault:
            self.events[type(fault).__name__] += 1
