"""One node of the benchmark. `peer.py make DIR` makes two homes; `peer.py PARTY DIR` runs one of them.

A running peer reads one JSON request a line and answers with one JSON line; it ends when its input ends.
"""

import json
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import trio

sys.path.insert(0, str(Path(__file__).parent.parent))

from comity_node.node import Node, NotFoundError, open_node
from tests.support.homes import Home, make_homes, settle_all

PARTIES = ("aa.police", "bb.fiu")
FIRST_PORT = 17_411
PAYLOAD = {"text": "x" * 1_000}


def make(place: Path) -> None:
    port = FIRST_PORT + os.getpid() % 10_000
    homes = make_homes(place, dict(zip(PARTIES, (port, port + 1), strict=True)), now_us=time.time_ns() // 1_000)
    settle_all(homes)
    (place / "homes.pickle").write_bytes(pickle.dumps(homes))


async def linked(node: Node) -> None:
    while node.status().peers[0].link != "up":
        await trio.sleep(0.02)


async def exchange(node: Node, count: int, in_flight: int) -> None:
    """Send `count` messages, `in_flight` at a time, and return when all have their receipt."""
    limit = trio.Semaphore(in_flight)

    async def receive(task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        left = count
        async for _ in node.receipts(after=node.last_settled):
            limit.release()
            left -= 1
            if not left:
                return

    async with trio.open_nursery() as nursery:
        await nursery.start(receive)
        for _ in range(count):
            await limit.acquire()
            nursery.start_soon(send, node)


async def send(node: Node) -> None:
    await node.send("bb.fiu", "text", PAYLOAD)


async def single(node: Node, count: int) -> list[float]:
    seconds = []
    for _ in range(count):
        began = time.perf_counter()
        await exchange(node, 1, 1)
        seconds.append(time.perf_counter() - began)
        await trio.sleep(0.01)
    return seconds


async def attach(node: Node, path: Path) -> dict[str, Any]:
    """Send a file; return once it is sealed and kept."""
    began = time.perf_counter()
    sent = await node.send("bb.fiu", "text", PAYLOAD, attachments=[path])
    return {"id": sent.id.hex(), "seconds": time.perf_counter() - began}


async def progress(node: Node, message_id: str) -> dict[str, Any]:
    """Return how many bytes of the one attachment have moved, and its state."""
    try:
        (each,) = await node.attachments(bytes.fromhex(message_id))
    except NotFoundError:
        return {"moved": 0, "state": "waiting"}
    return {"moved": each.moved, "state": each.state.name.lower()}


async def obey(node: Node, request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "attach":
        return await attach(node, Path(request["path"]))
    if request["do"] == "progress":
        return await progress(node, request["id"])
    if request["do"] == "exchange":
        await exchange(node, request["count"], request["in_flight"])
        return {}
    return {"seconds": await single(node, request["count"])}


async def run(party: str, home: Home) -> None:
    async with open_node(home.config, home.keys()) as node:
        if party == PARTIES[0]:
            await linked(node)
        else:
            await trio.sleep(1)  # the memory of a node at rest is read after this
        print(json.dumps({"ready": party}), flush=True)
        while line := await trio.to_thread.run_sync(sys.stdin.readline):
            print(json.dumps(await obey(node, json.loads(line))), flush=True)


def main() -> None:
    role, place = sys.argv[1], Path(sys.argv[2])
    if role == "make":
        make(place)
    else:
        homes: dict[str, Home] = pickle.loads((place / "homes.pickle").read_bytes())
        trio.run(run, role, homes[role])


if __name__ == "__main__":
    main()
