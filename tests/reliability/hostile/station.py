"""One node in a process of its own: `python -m tests.reliability.hostile.station DIR PARTY [BUG]`.

It reads one JSON request a line and answers each with one JSON line; it ends when its input ends.
"""

import json
import math
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import trio

from comity_node.node import Node, open_node
from tests.reliability.hostile.planted import planted
from tests.support.homes import Home

GRACE_S = 1.0  # a receipt may come so much later than its message was offered
PAYLOAD = {"text": "x" * 600}


async def offer(node: Node, to: str, rate: float, seconds: float) -> dict[str, Any]:
    """Offer messages at a steady rate; return how many were settled in time and how long they took."""
    count, began, after = int(rate * seconds), trio.current_time(), node.last_settled
    sent: dict[bytes, float] = {}
    took: list[float] = []

    async def send(at: float) -> None:
        await trio.sleep_until(at)
        kept = await node.send(to, "text", PAYLOAD)
        sent[kept.id] = at

    async def receive() -> None:
        async for delivery in node.receipts(after=after):
            if delivery.message_id in sent:
                took.append(trio.current_time() - sent[delivery.message_id])
            if len(took) >= count:
                return

    with trio.move_on_at(began + seconds + GRACE_S):
        async with trio.open_nursery() as nursery:
            for number in range(count):
                nursery.start_soon(send, began + number / rate)
            nursery.start_soon(receive)
    took.sort()
    at_99 = took[min(len(took) - 1, math.ceil(len(took) * 0.99))] if took else None
    return {"offered": count, "settled": len(took), "median_s": took[len(took) // 2] if took else None, "p99_s": at_99}


def measure(node: Node) -> dict[str, Any]:
    """Return what the process uses now, and how many connections wait for authentication."""
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    links = node._links
    return {
        "resident_kib": int(resident.split()[1]),
        "files": len(os.listdir("/proc/self/fd")),
        "tasks": trio.lowlevel.current_statistics().tasks_living,
        "cpu_s": time.process_time(),
        "waiting": node._listener.gate.waiting,
        "refused": node._listener.gate.refused,
        "backlog": {party: peer.session.link.backlog for party, peer in links.peers.items() if peer.session},
        "up": [party for party, peer in links.peers.items() if peer.session is not None],
        "inbox": len(node._inbox._arrivals),
    }


async def obey(node: Node, request: dict[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "offer":
            return await offer(node, request["to"], request["rate"], request["seconds"])
        case "send":
            for _ in range(request["count"]):
                await node.send(request["to"], "text", PAYLOAD)
            return {}
        case "linked":
            while request["to"] not in measure(node)["up"]:
                await trio.sleep(0.01)
            return {}
    return measure(node)


async def run(home: Home) -> None:
    async with open_node(home.config, home.keys()) as node:
        print(json.dumps({"ready": home.party}), flush=True)
        async with trio.open_nursery() as nursery:

            async def serve(request: dict[str, Any]) -> None:
                print(json.dumps(await obey(node, request)), flush=True)

            while line := await trio.to_thread.run_sync(sys.stdin.readline):
                nursery.start_soon(serve, json.loads(line))
            nursery.cancel_scope.cancel()


def main() -> None:
    place, party, *bug = sys.argv[1:]
    homes: dict[str, Home] = pickle.loads((Path(place) / "homes.pickle").read_bytes())
    with planted(bug[0] if bug else None):
        trio.run(run, homes[party])


if __name__ == "__main__":
    main()
