"""Row 10: however the network cuts, delays and loses, the result is that of a clean run."""

import random
import shutil
import tempfile
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import trio
from trio.testing import MockClock

from comity.errors import RemoteError
from comity_node.node import Node, open_node
from tests.reliability.hostile.arena import memory_place
from tests.reliability.hostile.fork import fork
from tests.reliability.hostile.meddling import CLEAN, MANNERS, Manner, MeddledWorld, MeddlingNetwork
from tests.reliability.hostile.planted import planted
from tests.reliability.hostile.shares import halves
from tests.reliability.hostile.talk import Stage, conversation
from tests.reliability.hostile.trial import taken
from tests.reliability.row import Outcome, Row, Tier
from tests.support.alliances import alliance
from tests.support.homes import Home

BASE_SEED = 10
PARTIES = ("aa.police", "bb.fiu")
RUNS = 100
PATIENCE_S = 3_600
Result = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


def in_pieces(tier: Tier, bug: str | None) -> Outcome:
    """Cut every message at every point, then let two nodes talk over networks that cut, delay, lose and harm."""
    violations: list[str] = []
    trials = 0
    for count, found in halves(partial(_share, tier, bug), tier):
        trials += count
        violations += found
    return Outcome(trials, tuple(violations[:20]), f"{BASE_SEED}000 to {BASE_SEED}{tier.trials(RUNS, 6) - 1:03}")


def _share(tier: Tier, bug: str | None, share: int, shares: int) -> tuple[int, list[str]]:
    found: list[str] = []
    with planted(bug):
        trials = _every_cut(found, 1 if tier >= Tier.CI else 9, share, shares)
        if found:  # nodes would dial for an hour in vain
            return trials, found
        runs = range(share, tier.trials(RUNS, at_least=len(MANNERS)), shares)
        with tempfile.TemporaryDirectory(dir=memory_place()) as name:
            place = Path(name)
            homes = trio.run(_prepared, place, clock=MockClock(autojump_threshold=0))
            clean = _talk(place, homes, CLEAN, 0)
            for run in runs:
                manner = MANNERS[run // shares % len(MANNERS)]
                result = _talk(place, homes, manner, BASE_SEED * 1_000 + run)
                if result != clean:
                    found.append(f"seed {BASE_SEED * 1_000 + run}, {manner.name}: {result!r:.200}")
    return trials + len(runs), found


# --- every point of every message ---


def _every_cut(found: list[str], step: int, share: int, shares: int) -> int:
    trials = 0
    for stage in conversation():
        whole = _outcome(stage, [stage.data])
        ways = [[stage.data[:at], stage.data[at:]] for at in range(1 + share, len(stage.data), step * shares)]
        if share == 0:
            ways.append([bytes([byte]) for byte in stage.data])
        for parts in ways:
            trials += 1
            if _outcome(stage, parts) != whole:
                found.append(f"{stage.name} cut after {len(parts[0])} bytes into {len(parts)}: another result")
    return trials


def _outcome(stage: Stage, parts: list[bytes]) -> tuple[object, ...]:
    """Return all that the receiving end does: events, faults, state, and how much it answers."""
    link = fork(stage.link)
    events, faults, sent = [], [], 0
    for part in parts:
        more, fault = taken(link, part, stage.now)
        events += more
        faults += [fault] if fault else []
    try:
        sent = len(link.data_to_send(stage.now))
    except RemoteError as fault:
        faults.append(type(fault).__name__)
    return events, faults, link.state, link.peer, sent


# --- two nodes ---


async def _prepared(place: Path) -> dict[str, Home]:
    return (await alliance(place, *PARTIES)).homes


def _talk(place: Path, homes: dict[str, Home], manner: Manner, seed: int) -> Result:
    """Return, for each node, the texts that arrived in their order, and how its own messages ended."""
    with tempfile.TemporaryDirectory(dir=place) as name:
        here = Path(name)
        moved = {party: Home(party, here / party, home.port, home.documents) for party, home in homes.items()}
        for party, home in homes.items():
            shutil.copytree(home.path, moved[party].path)
        return trio.run(_exchange, moved, manner, seed, clock=MockClock(autojump_threshold=0))


async def _exchange(homes: dict[str, Home], manner: Manner, seed: int) -> Result:
    network = MeddlingNetwork(manner, seed)
    async with AsyncExitStack() as stack:
        nodes: dict[str, Node] = {}
        for party, home in homes.items():
            world = MeddledWorld(network, f"{party} {seed}")
            nodes[party] = await stack.enter_async_context(open_node(home.config, home.keys(), world))
        size = random.Random(seed).choice((10, 300, 2_000))
        for number in range(2):
            for party, other in (PARTIES, PARTIES[::-1]):
                await nodes[party].send(other, "text", {"text": f"{number} " + "x" * (size if number else 10)})
        with trio.move_on_after(PATIENCE_S):
            while any(node.status().waiting for node in nodes.values()):
                await trio.sleep(0.5)
        return tuple((_texts(nodes[party]), _ends(nodes[party])) for party in PARTIES)


def _texts(node: Node) -> tuple[str, ...]:
    """Return what arrived; the fillings differ from seed to seed and are left out."""
    return tuple(sorted(str(message.body.payload["text"]).rstrip("x") for message in node.inbox()))


def _ends(node: Node) -> tuple[str, ...]:
    return tuple(delivery.state.name for message in node.outbox() for delivery in node.deliveries(message.id))


ROWS = (
    Row(
        10,
        "segments of one byte, delay, loss with repetition, flipped bits, cut connections; every cut of every message",
        "copies of the receiving end; two nodes on a meddling network of memory streams in virtual time",
        "events, messages and receipts are those of the clean run",
        in_pieces,
        {"trusts segments": "whatever has come is taken for all of the message"},
    ),
)
