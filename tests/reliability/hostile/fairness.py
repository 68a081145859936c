"""Whether a member that has much waiting delays another that has little."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import trio

from comity.errors import RemoteError
from comity_node.bounds import MAX_BATCH
from comity_node.node import open_node
from tests.support.alliances import alliance
from tests.support.player import Player, calling
from tests.support.simulated import Network, SimulatedWorld

T = TypeVar("T")
SPAMMER, VICTIM, HONEST = "aa.police", "bb.fiu", "qm.prosecutor"
SPAM = 300  # messages; they fit into the window of 1 MiB
JOBS = 3  # one batch may be under way when the honest message comes; the next has messages and incidents


class StoppedWorld(SimulatedWorld):
    """A world whose database does only as many jobs as it is allowed to."""

    def __init__(self, network: Network, seed: str) -> None:
        super().__init__(network, seed)
        self.allowed = 1_000_000

    async def work(self, job: Callable[[], T], rows: int) -> T:
        while not self.allowed:
            await trio.sleep(0.01)
        self.allowed -= 1
        return await super().work(job, rows)


async def crowd_out(place: Path) -> tuple[int, list[str]]:
    """Let 300 messages, refused envelopes or lies of one member wait before a single message of another comes."""
    found: list[str] = []
    for name in ("messages", "envelopes that do not open"):
        found += [f"{name}: {wrong}" for wrong in await _one(place / name[:8], name == "messages")]
    return 2, found


async def _one(place: Path, good: bool) -> list[str]:
    place.mkdir()
    group = await alliance(place, SPAMMER, VICTIM, HONEST)
    home = group.homes[VICTIM]
    world = StoppedWorld(group.network, "stopped")
    try:
        async with (
            open_node(home.config, home.keys(), world) as node,
            calling(group, SPAMMER, VICTIM) as spammer,
            calling(group, HONEST, VICTIM) as honest,
        ):
            world.allowed = 0
            for _ in range(SPAM):
                await _say(spammer, good)
            await trio.sleep(1)
            await _say(honest, True)
            await trio.sleep(1)
            waiting = len(node._inbox._arrivals)
            world.allowed = JOBS
            await trio.sleep(5)
            served = any(message.sender == HONEST for message in node.inbox(1_000))
            world.allowed = 1_000_000
            if waiting < SPAM - 2 * MAX_BATCH:
                return [f"only {waiting} waited: nothing was tried"]
            if not served:
                return [f"a message of another had no turn after {JOBS} commits, while {waiting} waited"]
    finally:
        group.network.listeners.pop(("127.0.0.1", home.port), None)
    return []


async def _say(player: Player, good: bool) -> None:
    envelope = player.envelope()
    if not good:
        envelope = envelope[:-1] + bytes([envelope[-1] ^ 1])
    try:
        await player.send(envelope)
    except RemoteError:
        return
