"""Strangers in numbers: plain sockets of this process that connect from many addresses of loopback."""

import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from comity.keys import LinkKey
from comity.link import Hello, Link
from tests.reliability.hostile.arena import ROGUE, VICTIM, Arena
from tests.support.homes import seed
from tests.support.player import treaty_id_of

RESET = struct.pack("ii", 1, 0)
HELLO = Hello(agent="flood", versions=(1,), window=327_680)


def sources(count: int) -> list[str]:
    """Return so many addresses of this machine; none of them is that of a member."""
    return [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(count)]


@dataclass
class Flood:
    """Opens connections at a rate, holds the newest of them, and counts what came back on each address."""

    address: tuple[str, int]
    rate: float
    places: Sequence[str]
    data: Sequence[bytes]
    hold: int = 300
    opened: int = 0
    failed: int = 0
    answered: dict[str, int] = field(default_factory=dict)
    _held: deque[tuple[str, socket.socket]] = field(default_factory=deque)

    def run(self, seconds: float, now_and_then: Callable[[], object] = lambda: None) -> None:
        """Flood for so long, and do something else ten times on the way."""
        began, count = time.monotonic(), int(self.rate * seconds)
        for number in range(count):
            ahead = began + number / self.rate - time.monotonic()
            if ahead > 0.002:
                time.sleep(ahead)
            if number % max(1, count // 10) == 0:
                now_and_then()
            self._open(self.places[number % len(self.places)], self.data[number % len(self.data)])
            if time.monotonic() > began + seconds + 1:
                break
        now_and_then()
        while self._held:
            self._end()

    def _open(self, place: str, data: bytes) -> None:
        stream = socket.socket()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        stream.settimeout(0.05)
        try:
            stream.bind((place, 0))
            stream.connect(self.address)
            stream.setblocking(False)
            if data:
                stream.send(data)
        except OSError:
            self.failed += 1
            stream.close()
            return
        self.opened += 1
        self._held.append((place, stream))
        if len(self._held) > self.hold:
            self._end()

    def _end(self) -> None:
        place, stream = self._held.popleft()
        with suppress(OSError):
            if stream.recv(4_096):
                self.answered[place] = self.answered.get(place, 0) + 1
        stream.close()


def first_messages(arena: Arena, count: int) -> list[bytes]:
    """Return handshake messages 1 of a stranger who knows the victim's key: all of them must be answered."""
    return [bytes(stranger(arena, number).data_to_send(0.0)) for number in range(count)]


def stranger(arena: Arena, number: int) -> Link:
    home = arena.homes[VICTIM]
    key, e, kem = LinkKey.from_seed(seed("flood static")), seed(f"flood e {number}"), seed(f"flood kem {number}", 64)
    return Link.initiator(treaty_id_of(home), key, VICTIM, home.keys().link.public.data, "zz.flood", HELLO, e, kem, 0.0)


def spoiled(messages: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the messages with one byte altered: they look right until the key agreement is made."""
    for message in messages:
        yield message[:200] + bytes([message[200] ^ 1]) + message[201:]


def member_enters(arena: Arena, seconds: float = 5.0) -> float | None:
    """Return how long a member takes to get in from its own address, None when it does not."""
    home, victim, began = arena.homes[ROGUE], arena.homes[VICTIM], time.monotonic()
    unique = str(time.monotonic_ns())
    link = Link.initiator(
        treaty_id_of(home), home.keys().link, VICTIM, victim.keys().link.public.data, ROGUE, HELLO,
        seed(f"enter e {unique}"), seed(f"enter kem {unique}", 64), began,
    )  # fmt: skip
    try:
        with socket.create_connection(arena.address, timeout=seconds) as stream:
            while not link.is_open:
                stream.sendall(link.data_to_send(time.monotonic()))
                data = stream.recv(65_536)
                link.receive(data, time.monotonic())
                link.next_event()
                if not data:
                    return None
            stream.sendall(link.data_to_send(time.monotonic()))
            stream.settimeout(seconds)
            while data := stream.recv(65_536):  # HEADS of the victim: it knows us
                link.receive(data, time.monotonic())
                if link.next_event() is not None:
                    return time.monotonic() - began
    except OSError:
        pass
    return None
