"""Attachments in tests: contents, a world that disturbs work on files, sealed files of a party played by hand."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from comity.attachment import Attachment, Sealing, chunk_count
from comity.limits import CHUNK_BYTES
from comity_node.node import Node
from comity_node.records import Transfer, Whereabouts
from tests.support.simulated import Network, SimulatedWorld

T = TypeVar("T")


def content(name: str, size: int) -> bytes:
    """Return bytes that depend on name and size alone."""
    return (
        hashlib.shake_256(name.encode()).digest(min(size, 4_096)) * (size // 4_096 + 1)
        if size > 4_096
        else (hashlib.shake_256(name.encode()).digest(size))
    )


def file_of(place: Path, name: str, size: int) -> Path:
    """Return a file with such a content."""
    place.mkdir(exist_ok=True)
    path = place / name
    path.write_bytes(content(name, size)[:size])
    return path


def sealed_for(
    data: bytes, name: str = "a.bin", key: bytes = b"k" * 32, **changes: Any
) -> tuple[Attachment, list[bytes]]:
    """Return what a message says of a content, with the changes, and its sealed chunks."""
    sealing, count = Sealing(key), chunk_count(len(data))
    pieces = [data[at * CHUNK_BYTES : (at + 1) * CHUNK_BYTES] for at in range(count)]
    chunks = [sealing.seal(piece, at == count - 1) for at, piece in enumerate(pieces)]
    return msgspec.structs.replace(sealing.attachment(name, "application/octet-stream"), **changes), chunks


class FileWorld(SimulatedWorld):
    """Calls `before(number)` before each piece of work on files, counted from 1; what it raises, the work raises."""

    def __init__(self, network: Network, seed: str, before: Callable[[int], None] = lambda number: None) -> None:
        super().__init__(network, seed)
        self.before = before
        self.jobs = 0

    async def file_work(self, job: Callable[[], T]) -> T:
        def counted() -> T:
            self.jobs += 1
            self.before(self.jobs)
            return job()

        return await super().file_work(counted)


async def standing(node: Node, message_id: bytes) -> list[Whereabouts]:
    return await node.attachments(message_id)


async def states(node: Node, message_id: bytes) -> list[str]:
    """Return the states of the attachments of a message, in words."""
    return [each.state.name.lower() for each in await node.attachments(message_id)]


def is_over(found: list[Whereabouts]) -> bool:
    return bool(found) and all(each.state is not Transfer.MOVING for each in found)
