"""What a member can say of messages that is not true."""

from collections.abc import Callable
from pathlib import Path

import trio

from comity import receipt as receipts
from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.errors import EquivocationError
from comity.message import SignedMessage
from comity_node.bounds import MAX_INCIDENTS
from comity_node.node import Node
from tests.support.alliances import Alliance, alliance, until
from tests.support.player import Player, calling, spare_key, treaty_id_of

ROGUE, VICTIM, OTHER = "aa.police", "bb.fiu", "qm.prosecutor"
Lie = Callable[[Player, SignedMessage], bytes]
LIES: dict[str, Lie] = {
    "another hash": lambda rogue, signed: rogue.receipts((signed, 0), message=bytes(32)),
    "another id": lambda rogue, signed: rogue.receipts((signed, 0), id=bytes(16)),
    "another sender": lambda rogue, signed: rogue.receipts((signed, 0), sender=OTHER),
    "another recipient": lambda rogue, signed: rogue.receipts((signed, 0), to=OTHER),
    "another treaty": lambda rogue, signed: rogue.receipts((signed, 0), treaty=bytes(32)),
    "refused, of another hash": lambda rogue, signed: rogue.receipts((signed, 22), message=bytes(32)),
    "another salt": lambda rogue, signed: spoiled(rogue.receipts((signed, 0)), salt=bytes(16)),
    "another place": lambda rogue, signed: spoiled(rogue.receipts((signed, 0)), index=5),
    "a proof too long": lambda rogue, signed: spoiled(rogue.receipts((signed, 0)), proof=(bytes(32),) * 3),
    "a strange signature": lambda rogue, signed: resigned(rogue, rogue.receipts((signed, 0))),
    "a receipt that names no message": lambda rogue, signed: rogue.receipts((rogue.signed(), 0)),
    "random bytes": lambda rogue, signed: rogue.world.random(300),
    "nothing": lambda rogue, signed: b"",
}


def spoiled(payload: bytes, **changes: object) -> bytes:
    return receipts.to_frame([_changed(receipt, **changes) for receipt in receipts.read_frame(payload)])


def _changed(receipt: receipts.Receipt, **changes: object) -> receipts.Receipt:
    names = ("checkpoint", "index", "entry", "salt", "proof")
    return receipts.Receipt(**({name: getattr(receipt, name) for name in names} | changes))


def resigned(rogue: Player, payload: bytes) -> bytes:
    point = Checkpoint(rogue.party, treaty_id_of(rogue.home), rogue.frontier.size, rogue.frontier.root)
    return spoiled(payload, checkpoint=sign_checkpoint(point, spare_key(rogue.party)))


async def tell_all(place: Path) -> tuple[int, list[str]]:
    """Tell every lie about a message; none may end its delivery, and the truth after them must."""
    found: list[str] = []
    group = await alliance(place, ROGUE, VICTIM, OTHER)
    async with group.run(VICTIM) as node, calling(group, ROGUE, VICTIM) as rogue:
        sent = await node.send((ROGUE, OTHER), "text", {"text": "Please call me."})
        signed = await rogue.take()
        private = await node.send(OTHER, "text", {"text": "Not for you."})
        stolen = {"id": private.id, "message": private.hash}
        about_others: dict[str, Lie] = {
            "a message to another": lambda rogue, signed: rogue.receipts((signed, 0), **stolen),
            "a message to another, in its name": lambda rogue, signed: rogue.receipts((signed, 0), to=OTHER, **stolen),
        }
        for name, lie in (LIES | about_others).items():
            rogue.link.send_receipts(lie(rogue, signed))
            await rogue.flush()
            await trio.sleep(1)
            if any(_receipted(node, sent.id)):
                found.append(f"a receipt with {name} was believed")
            if any(_receipted(node, private.id)):
                found.append(f"a receipt with {name} was believed of a message to another")
            if not rogue.link.is_open:
                found.append(f"a receipt with {name} ended the link")
                break
        await rogue.give((signed, 0))
        await trio.sleep(1)
        if _receipted(node, sent.id) != [True, False]:
            found.append("the true receipt after them was not believed")
    return len(LIES) + 3, found


def _receipted(node: Node, message_id: bytes) -> list[bool]:
    """Return for each recipient of the message whether a receipt of it is kept."""
    rows = node._store.deliveries_of(node.find(message_id.hex()).position)
    return [row.receipt is not None for row in sorted(rows, key=lambda row: row.recipient)]


async def tell_twice(place: Path) -> tuple[int, list[str]]:
    """Sign two logs of one size: both are kept and the alarm stays, over a flood of other faults and a restart."""
    found: list[str] = []
    group = await alliance(place, ROGUE, VICTIM)
    async with group.run(VICTIM) as node, calling(group, ROGUE, VICTIM) as rogue:
        await node.send(ROGUE, "text", {"text": "Please call me."})
        signed = await rogue.take()
        empty = rogue.frontier
        await rogue.give((signed, 0))
        rogue.frontier = empty
        await rogue.give((rogue.signed(), 0))
        await until(lambda: bool(node.status().alarms))
        for _ in range(40):
            for _ in range(100):
                rogue.link.send_receipts(b"no receipt")
            await rogue.flush()
            await trio.sleep(1)
        if not any(ROGUE in alarm for alarm in node.status().alarms):
            found.append("a flood of other faults pushed the evidence of two logs out")
        rows = len(node._store.incidents(limit=100_000))
        if not 1_000 <= rows <= 2 * MAX_INCIDENTS:
            found.append(f"{rows:,} incidents are kept")
    found += await _after_restart(group)
    return 2, found


async def _after_restart(group: Alliance) -> list[str]:
    async with group.run(VICTIM) as node:
        rows = node._store.incidents_of(EquivocationError.code)
        if not rows or rows[0].detail.count("comity-v1/") < 2:
            return ["the evidence of two logs is gone after a restart"]
    return []
