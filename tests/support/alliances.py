"""Nodes that run together in one process under virtual time, on memory streams."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from comity_node.node import Node, open_node
from comity_node.records import Delivery, StoredMessage
from tests.support.homes import Home, make_homes, settle
from tests.support.simulated import START_US, Network, SimulatedWorld

PORTS = {"aa.police": 7411, "bb.fiu": 7412, "qm.prosecutor": 7413, "xa.gendarmerie": 7414}


@dataclass
class Alliance:
    """Homes that share a network; `run(party)` runs that party's node for the length of the block."""

    homes: dict[str, Home]
    network: Network = field(default_factory=Network)
    ahead_us: dict[str, int] = field(default_factory=dict)
    starts: int = 0

    def world(self, party: str) -> SimulatedWorld:
        self.starts += 1
        return SimulatedWorld(self.network, f"{party} {self.starts}", self.ahead_us.get(party, 0))

    @asynccontextmanager
    async def run(self, party: str) -> AsyncIterator[Node]:
        home = self.homes[party]
        try:
            async with open_node(home.config, home.keys(), self.world(party)) as node:
                yield node
        finally:
            self.network.listeners.pop(("127.0.0.1", home.port), None)

    @asynccontextmanager
    async def run_all(self) -> AsyncIterator[dict[str, Node]]:
        async with AsyncExitStack() as stack:
            yield {party: await stack.enter_async_context(self.run(party)) for party in self.homes}


async def alliance(place: Path, *parties: str, kinds: tuple[str, ...] = ("*",)) -> Alliance:
    """Return an alliance whose nodes have all documents and are not running; members may send `kinds`."""
    made = Alliance(make_homes(place, {party: PORTS[party] for party in parties}, START_US, kinds))
    for party, home in made.homes.items():
        await settle(home, made.world(party))
    return made


async def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Return when the condition holds; fail after so many virtual seconds."""
    with trio.fail_after(seconds):
        while not condition():
            await trio.sleep(0.05)


async def first_message(node: Node, after: int = 0) -> StoredMessage:
    """Return the first message that the node takes in above the position."""
    with trio.fail_after(120):
        async for message in node.messages(after):
            return message
    raise AssertionError("no message")


async def ended(node: Node, message_id: bytes) -> Delivery:
    """Return the delivery of the message once it has ended."""
    with trio.fail_after(3_000):
        async for delivery in node.receipts():
            if delivery.message_id == message_id:
                return delivery
    raise AssertionError("no delivery")
