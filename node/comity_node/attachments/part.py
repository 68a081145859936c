"""A file that comes in: what is written has been opened and hashed, so that it can be trusted after any crash."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from comity.attachment import SEALED_CHUNK_BYTES, Attachment, Chunk, Opening
from comity.errors import RemoteError
from comity_node.attachments.shelf import Shelf, flush, read_fully, write_fully

STEP_CHUNKS: Final = 8
SYNC_BYTES: Final = 33_554_432  # handed to the disk at once; a long queue there would delay the commits of messages


class Part:
    """The chunks of one attachment from its first on, in one file. Calls block, and raise OSError as the disk does.

    After an error the object is of no use any more; another one reads what is on the disk.
    """

    def __init__(self, attachment: Attachment, path: Path) -> None:
        self.opening = Opening(attachment)
        self.path = path
        self._unsynced = 0

    @property
    def wanted(self) -> Attachment:
        return self.opening.attachment

    def resume(self) -> bool:
        """Prove some of the chunks that are there; return whether there may be more. The first bad one is cut off."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            for _ in range(STEP_CHUNKS):
                if self.opening.ended:
                    return False
                start, length = self.opening.due
                try:
                    self.opening.open(read_fully(descriptor, start, length))
                except RemoteError:
                    os.ftruncate(descriptor, start)
                    return False
            return True
        finally:
            os.close(descriptor)

    def take(self, chunks: Sequence[Chunk]) -> None:
        """Write those of the chunks that are due.

        Raises:
            AuthenticationError: one does not open; those before it are written.
        """
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            for chunk in chunks:
                if chunk.index == self.opening.index and not self.opening.ended:
                    start, _ = self.opening.due
                    self.opening.open(chunk.sealed)
                    write_fully(descriptor, start, chunk.sealed)
                    self._unsynced += len(chunk.sealed)
            if self._unsynced >= SYNC_BYTES:
                flush(descriptor)
                self._unsynced = 0
        finally:
            os.close(descriptor)

    def finish(self, shelf: Shelf) -> None:
        """Prove the whole and give it its name, durably.

        Raises:
            AuthenticationError: it is not what was signed.
        """
        self.opening.verify()
        shelf.settle(self.path, self.wanted.sealed)


class Check:
    """Proves a file that is on the shelf already, for a message that names its address."""

    def __init__(self, shelf: Shelf, attachment: Attachment) -> None:
        self._shelf = shelf
        self._opening = Opening(attachment)
        self._opens = True
        self._hash = hashlib.sha256()
        self._position = 0

    def step(self) -> bool:
        """Prove some chunks; return whether there are more. Raises: FileNotFoundError."""
        for _ in range(STEP_CHUNKS):
            sealed = self._shelf.read(self._opening.attachment.sealed, self._position, self._length)
            if not sealed:
                return False
            self._position += len(sealed)
            self._hash.update(sealed)
            self._try(sealed)
        return True

    @property
    def _length(self) -> int:
        return self._opening.due[1] if self._opens and not self._opening.ended else SEALED_CHUNK_BYTES

    def _try(self, sealed: bytes) -> None:
        try:
            if not self._opens or self._opening.ended:
                self._opens = False
            else:
                self._opening.open(sealed)
        except RemoteError:
            self._opens = False

    @property
    def is_sound(self) -> bool:
        """Whether the file is what its address says, whatever the message says of it."""
        return self._hash.digest() == self._opening.attachment.sealed

    @property
    def is_wanted(self) -> bool:
        """Whether the file is what the message says."""
        if not (self._opens and self._opening.ended):
            return False
        try:
            self._opening.verify()
        except RemoteError:
            return False
        return True
