"""Who may wait for authentication: few in all, fewer of one address, with room kept for the addresses of members."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Collection

import trio

from comity_node.bounds import (
    MAX_KNOWN_SOURCES,
    MAX_SOURCES,
    MAX_WAITING_OF_SOURCE,
    SOURCE_BURST,
    SOURCE_RATE,
    STRANGER_BURST,
    STRANGER_RATE,
)

REFRESH_S = 1.0  # how old the list of the members' addresses may be


class Bucket:
    """Allows `rate` events a second, and `burst` of them at once."""

    __slots__ = ("_burst", "_level", "_rate", "_since")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = self._level = burst
        self._since = now

    def take(self, now: float) -> bool:
        """Return whether one more is allowed now."""
        self._level = min(self._burst, self._level + (now - self._since) * self._rate)
        self._since = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


class Waiting:
    """Connections that wait, oldest first. One too many ends the oldest: of its address, else of all."""

    def __init__(self, most: int, most_of_source: int) -> None:
        self._most = most
        self._most_of_source = most_of_source
        self._scopes: OrderedDict[trio.CancelScope, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._scopes)

    def enter(self, source: str) -> trio.CancelScope:
        """Return the scope to run the connection in; it is cancelled when the place is needed (LIMIT-005)."""
        same = [scope for scope, owner in self._scopes.items() if source and owner == source]
        if len(same) >= self._most_of_source:
            self._end(same[0])
        elif len(self._scopes) >= self._most:
            self._end(next(iter(self._scopes)))
        scope = trio.CancelScope()
        self._scopes[scope] = source
        return scope

    def leave(self, scope: trio.CancelScope) -> None:
        """Give the place back: the peer is authenticated, or gone. Harmless when it was given back before."""
        self._scopes.pop(scope, None)

    def _end(self, scope: trio.CancelScope) -> None:
        del self._scopes[scope]
        scope.cancel()


class Gate:
    """Decides on each connection before a byte of it is read.

    An address is that of a member when a bundle lists it as an endpoint or when a member was authenticated from it.
    Members' addresses have places of their own and do not share in the rate of strangers, so no flood of strangers
    keeps a member out. "" as address stands for one that cannot be known; only the bounds of all strangers hold it.
    """

    def __init__(self, most: int, members: Callable[[], Collection[str]], now: float) -> None:
        self._members = members
        self._listed: frozenset[str] = frozenset()
        self._refresh_at = now
        self._met: OrderedDict[str, None] = OrderedDict()
        self._strangers = Waiting(most, MAX_WAITING_OF_SOURCE)
        self._expected = Waiting(most, most)  # many members may stand behind one address
        self._sources: OrderedDict[str, Bucket] = OrderedDict()
        self._all = Bucket(STRANGER_RATE, STRANGER_BURST, now)
        self.refused = 0

    @property
    def waiting(self) -> int:
        """How many connections wait for authentication."""
        return len(self._strangers) + len(self._expected)

    def admit(self, source: str, now: float) -> bool:
        """Return whether to talk to one more connection of this address now; else drop it without a word."""
        allowed = self._bucket(source, now).take(now) if source else True
        if allowed and not self.is_known(source, now):
            allowed = self._all.take(now)
        self.refused += not allowed
        return allowed

    def place(self, source: str, now: float) -> tuple[Waiting, trio.CancelScope]:
        """Return where an admitted connection waits and the scope to run it in."""
        room = self._expected if self.is_known(source, now) else self._strangers
        return room, room.enter(source)

    def met(self, source: str) -> None:
        """A member was authenticated from this address."""
        if source:
            self._met[source] = None
            self._met.move_to_end(source)
            if len(self._met) > MAX_KNOWN_SOURCES:
                self._met.popitem(last=False)

    def is_known(self, source: str, now: float) -> bool:
        """Return whether the address is that of a member."""
        if now >= self._refresh_at:
            self._listed = frozenset(filter(None, map(source_of_host, self._members())))
            self._refresh_at = now + REFRESH_S
        return source in self._met or source in self._listed

    def _bucket(self, source: str, now: float) -> Bucket:
        bucket = self._sources.get(source)
        if bucket is None:
            bucket = self._sources[source] = Bucket(SOURCE_RATE, SOURCE_BURST, now)
            if len(self._sources) > MAX_SOURCES:
                self._sources.popitem(last=False)
        else:
            self._sources.move_to_end(source)
        return bucket


def source_of_host(host: str) -> str:
    """Return the address that bounds hold for: IPv4 whole, of IPv6 the network of 64 bits; "" for a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
        address = address.ipv4_mapped
    return str(address)


def source_of(stream: trio.abc.Stream) -> str:
    """Return the address that the stream comes from, "" where it has none."""
    if not isinstance(stream, trio.SocketStream):
        return ""
    try:
        return source_of_host(str(stream.socket.getpeername()[0]))
    except (OSError, IndexError):
        return ""
