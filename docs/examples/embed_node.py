"""A node inside one's own Trio program: send a message, follow what comes in and what was delivered.

python embed_node.py HOME PASSPHRASE_FILE RECIPIENT
"""

import sys
from pathlib import Path

import trio

from comity_node.config import load
from comity_node.keyfile import load_ring
from comity_node.node import Node, open_node


async def follow_messages(node: Node, after: int) -> None:
    async for message in node.messages(after=after):
        print(f"{message.sender}: {message.body.kind} {message.body.payload}")
        # Keep message.position together with what you did, and start from there next time.


async def follow_receipts(node: Node, after: int) -> None:
    async for delivery in node.receipts(after=after):
        print(f"{delivery.recipient}: {delivery.state.value} {delivery.cause}")


async def main(home: Path, passphrase: str, recipient: str) -> None:
    config = load(home)
    async with open_node(config, load_ring(config.node_key, passphrase)) as node, trio.open_nursery() as nursery:
        nursery.start_soon(follow_messages, node, 0)
        nursery.start_soon(follow_receipts, node, node.last_settled)
        sent = await node.send(recipient, "text", {"text": "Are you working on this account?"}, urgency=1)
        print(f"kept as {sent.id.hex()}, it will arrive once or expire")


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]), Path(sys.argv[2]).read_text().strip(), sys.argv[3])
