"""Row 4: a bit, the length or a sector of a file changes while nobody looks; it is noticed, or nothing comes of it."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import trio

from comity_node import config
from comity_node.errors import NodeError
from comity_node.faults import first_of
from comity_node.node import Node
from comity_node.store import database
from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.forks import words
from tests.reliability.storage.scenarios import A, B, PAIR
from tests.reliability.storage.stage import Troupe
from tests.reliability.storage.trials import Theatre

IN_CI: Final = 5_500
SEED: Final = 4
ZEROED: Final = (512, 4_096)


async def much(troupe: Troupe) -> None:
    """Something of everything that a node keeps: both directions, read, answered, waiting, expired."""
    async with troupe.run():
        asked = await troupe.send(A, B), await troupe.send(B, A, text="z" * 9_000)
        await troupe.settled()
        await troupe.mark_read(B, asked[0])
        await troupe.reply(A, asked[1])
        await troupe.settled()
    async with troupe.run(A):
        await troupe.send(A, B, lifetime_s=5)
        await troupe.send(A, B)
        await trio.sleep(20)


def shown(node: Node) -> list[str]:
    """Return all that a node shows of what it keeps, a line each."""
    store, archive = node._store, node._archive
    messages = [*node.inbox(1_000), *node.outbox(1_000)]
    lines = [repr(message) for message in messages]
    lines += [repr(delivery) for message in messages if message.outgoing for delivery in node.deliveries(message.id)]
    lines += [
        repr(event) for case in sorted({message.body.case for message in messages}) for event in node.timeline(case)
    ]
    lines += [repr(item) for item in archive.incoming_after(0)] + [repr(item) for item in archive.settled_after(0)]
    status = node.status()
    lines += [repr(row) for row in store.incidents()]
    lines += [repr((status.treaty_version, status.waiting, status.inbox_unread, status.log_size, status.alarms))]
    lines += [repr(sorted(store.known([message.id for message in messages]).items()))]
    lines += [repr(store.last_checkpoint()), repr(store.waiting_counts()), repr(store.documents())]
    return lines
