"""Drafts: messages that a person has begun, in `drafts/` of the home, sealed with the storage key of the node.

They hold what will be in the message, so they lie as the bodies of messages do. Each is one file, replaced whole; the
process that has the node open is the only one that writes them.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from comity_node.authoring.letter import Letter
from comity_node.bounds import MAX_DRAFT_BYTES, MAX_DRAFTS
from comity_node.errors import AmbiguousError, NodeError, NotFoundError, StorageError
from comity_node.faults import RefusedError
from comity_node.private import PrivateFileError, read_private, sync_directory, write_new
from comity_node.vault import Vault
from comity_node.views import moment
from comity_node.world import World

DIRECTORY: Final = "drafts"
ENDING: Final = ".draft"
SCRATCH: Final = ".new"
PLACE: Final = b"draft"
ID_BYTES: Final = 8
DIRECTORY_MODE: Final = 0o700
PREFIX: Final = re.compile(r"[0-9a-f]{2,16}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that is kept. `letter` is None where its file was altered or belongs to another key file."""

    id: str
    changed_us: int
    letter: Letter | None


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies sealed in a file."""

    changed_us: int
    letter: Letter


class Drafts:
    """The drafts of one home."""

    def __init__(self, home: Path, vault: Vault, world: World) -> None:
        self._path = home / DIRECTORY
        self._vault = vault
        self._world = world

    async def save(self, letter: Letter, draft_id: str | None = None) -> Draft:
        """Keep the letter, in place of the draft of this id, or as a new one.

        Raises:
            NotFoundError: there is no draft of this id.
            RefusedError: there are too many drafts, or this one is too long.
            OSError: it could not be written; what was kept before stays.
        """
        kept = Kept(self._world.now_us(), letter)
        data = json.dumps(msgspec.to_builtins(kept)).encode()
        if len(data) > MAX_DRAFT_BYTES:
            raise RefusedError(f"the draft is longer than {MAX_DRAFT_BYTES} bytes", "shorten its texts")
        if draft_id is None:
            if len(list(self._ids())) >= MAX_DRAFTS:
                raise RefusedError(f"there are {MAX_DRAFTS} drafts", "send or discard some: comity draft list")
            draft_id = self._world.random(ID_BYTES).hex()
        elif draft_id not in self._ids():
            raise NotFoundError(f"there is no draft {draft_id[:16]}", "see: comity draft list")
        sealed = self._vault.seal(data, PLACE + bytes.fromhex(draft_id))
        path = self._file(draft_id)
        await self._world.file_work(lambda: replace(path, sealed))
        return Draft(draft_id, kept.changed_us, letter)

    def list(self) -> "list[Draft]":
        """Return all drafts, the one that was changed last first; those that cannot be opened come last."""
        return sorted((self._open(draft_id) for draft_id in self._ids()), key=lambda each: (-each.changed_us, each.id))

    def find(self, prefix: str) -> Draft:
        """Return the draft whose id begins with these digits, two or more.

        Raises:
            NotFoundError, AmbiguousError
            StorageError: its file cannot be opened.
        """
        found = [draft_id for draft_id in self._ids() if PREFIX.fullmatch(prefix) and draft_id.startswith(prefix)]
        if not found:
            raise NotFoundError(f"no draft begins with {prefix[:16]!r}", "see: comity draft list")
        if len(found) > 1:
            raise AmbiguousError(f"several drafts begin with {prefix}", "give more digits of the id")
        draft = self._open(found[0])
        if draft.letter is None:
            raise StorageError(
                f"the draft {draft.id} cannot be opened with this key file",
                f"check that node.key belongs to this home; to give it up: comity draft discard {draft.id}",
            )
        return draft

    async def discard(self, prefix: str) -> str:
        """Remove a draft, whether or not it can be opened, and return its id. Raises: NotFoundError, AmbiguousError."""
        try:
            draft_id = self.find(prefix).id
        except StorageError:
            draft_id = next(each for each in self._ids() if each.startswith(prefix))
        path = self._file(draft_id)
        await self._world.file_work(lambda: discard(path))
        return draft_id

    def _open(self, draft_id: str) -> Draft:
        try:
            sealed = read_private(self._file(draft_id), 2 * MAX_DRAFT_BYTES)
            data = self._vault.open(sealed, PLACE + bytes.fromhex(draft_id))
            kept = msgspec.convert(json.loads(data), Kept)
        except (NodeError, PrivateFileError, ValueError):
            return Draft(draft_id, 0, None)
        return Draft(draft_id, kept.changed_us, kept.letter)

    def _ids(self) -> Iterator[str]:
        for path in sorted(self._path.glob(f"*{ENDING}")):
            name = path.name.removesuffix(ENDING)
            if re.fullmatch(r"[0-9a-f]{16}", name):
                yield name

    def _file(self, draft_id: str) -> Path:
        return self._path / f"{draft_id}{ENDING}"


def replace(path: Path, data: bytes) -> None:
    """Write the file with mode 0600, whole and durable; an older one stays until then."""
    path.parent.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
    scratch = path.with_name(f".{path.name}{SCRATCH}")
    scratch.unlink(missing_ok=True)  # of a process that was killed while it wrote
    write_new(scratch, data)
    os.replace(scratch, path)
    sync_directory(path.parent)


def discard(path: Path) -> None:
    path.unlink(missing_ok=True)
    sync_directory(path.parent)


def draft_view(draft: Draft) -> dict[str, Any]:
    """Return a draft as JSON carries it."""
    letter = None if draft.letter is None else draft.letter.view()
    return {"id": draft.id, **moment("changed", draft.changed_us), "letter": letter}
