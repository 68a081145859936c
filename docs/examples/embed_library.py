"""The library alone: two ends of a link joined by hand. Any event loop does the same with sockets.

python embed_library.py
"""

import os

from comity import Hello, Link, LinkKey
from comity.frames import Heads
from comity.link import MessageReceived, Opened

TREATY_ID = bytes(32)  # SHA-256 of version 1 of the treaty that both signed
HELLO = Hello(agent="example/1", versions=(1,), window=1_048_576)


def joined() -> tuple[Link, Link]:
    """Return two ends that know each other's keys; no byte has moved yet."""
    police, fiu = LinkKey.from_seed(os.urandom(32)), LinkKey.from_seed(os.urandom(32))
    dialling = Link.initiator(
        TREATY_ID, police, "bb.fiu", fiu.public.data, "aa.police", HELLO, os.urandom(32), os.urandom(64), now=0.0
    )
    known = {police.public.data: "aa.police"}
    answering = Link.responder(TREATY_ID, fiu, known, "bb.fiu", HELLO, os.urandom(32), now=0.0)
    return dialling, answering


def move(source: Link, target: Link) -> None:
    """Carry what one end has to send to the other; a program writes it to a socket instead."""
    while data := source.data_to_send(now=0.0):
        target.receive(data, now=0.0)
        while (event := target.next_event()) is not None:
            print(f"{target.peer}: {type(event).__name__}")
            match event:
                case Opened():
                    target.send_heads(heads())
                case MessageReceived(envelope=envelope, cost=cost):
                    print(f"an envelope of {len(envelope)} bytes")
                    target.release(cost)


def heads() -> Heads:
    return Heads(bundle=1, bundle_hash=bytes(32), holds=1, treaty=1, treaty_hash=TREATY_ID)


if __name__ == "__main__":
    near, far = joined()
    for _ in range(3):  # three handshake messages, then the heads of both
        move(near, far)
        move(far, near)
    near.send_message(b"sealed bytes, see comity.seal")
    move(near, far)
