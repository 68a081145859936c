"""The way of a file onto the shelf: read, cut, sealed, hashed; it must stay the same from beginning to end."""

import mimetypes
import os
import stat
import unicodedata
from pathlib import Path
from typing import Final

from comity.attachment import Attachment, Sealing, chunk_count
from comity.encoding import check
from comity.errors import LocalError
from comity.limits import CHUNK_BYTES, MAX_ATTACHMENT_BYTES
from comity_node.attachments.shelf import Shelf, flush, read_fully, write_fully
from comity_node.faults import FileError

STEP_CHUNKS: Final = 8  # sealed in one step, so that whoever waits for a step does not wait long
SYNC_BYTES: Final = 33_554_432  # handed to the disk at once; a long queue there would delay the commits of messages
UNKNOWN_MEDIA: Final = "application/octet-stream"


class AttachmentError(FileError):
    """A file that cannot be attached. Nothing was sent."""


class Sealer:
    """Seals one file: `step()` until it returns False, then `finish()`; whatever happens, `close()` at the end."""

    def __init__(self, source: Path, shelf: Shelf, key: bytes) -> None:
        """Open the file. `key`: 32 random bytes for it alone.

        Raises:
            AttachmentError: it is no plain file, cannot be read, is too large, or its name is not allowed.
            OSError: the shelf cannot be written.
        """
        self.source = source
        self.name, self.media = name_of(source), media_of(source)
        self._shelf = shelf
        self._file = open_plain(source)
        try:
            self._before = os.fstat(self._file)
            refuse_length(source, self._before.st_size)
            shelf.prepare()
            self._scratch = shelf.scratch()
            self._target = os.open(self._scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except BaseException:
            os.close(self._file)
            raise
        self._sealing = Sealing(key)
        self._left = chunk_count(self._before.st_size)
        self._written = self._synced = 0

    @property
    def size(self) -> int:
        return self._before.st_size

    @property
    def read(self) -> int:
        """How many bytes of the file are sealed."""
        return self._sealing.size

    def step(self) -> bool:
        """Seal some chunks; return whether there are more.

        Raises:
            AttachmentError: the file has become shorter, or cannot be read any more.
            OSError: the shelf cannot be written.
        """
        for _ in range(min(STEP_CHUNKS, self._left)):
            wanted = min(CHUNK_BYTES, self.size - self.read)
            data = self._read(wanted)
            if len(data) != wanted:
                raise changed(self.source)
            self._left -= 1
            sealed = self._sealing.seal(data, self._left == 0)
            write_fully(self._target, self._written, sealed)
            self._written += len(sealed)
        if self._written - self._synced >= SYNC_BYTES:
            flush(self._target)
            self._synced = self._written
        return self._left > 0

    def finish(self) -> Attachment:
        """Return what the message says of the file, which now lies on the shelf.

        Raises:
            AttachmentError: the file has changed since it was opened, or is gone.
            OSError: the shelf cannot be written.
        """
        self._refuse_changes()
        found = self._sealing.attachment(self.name, self.media)
        self._shelf.settle(self._scratch, found.sealed)
        return found

    def close(self) -> None:
        """Close both files; what was not finished leaves nothing behind."""
        os.close(self._file)
        os.close(self._target)
        self._shelf.remove(self._scratch)

    def _read(self, count: int) -> bytes:
        try:
            return read_fully(self._file, self.read, count)
        except OSError as fault:
            raise AttachmentError(f"{self.source} cannot be read: {fault.strerror}", "check the file") from None

    def _refuse_changes(self) -> None:
        try:
            after = [os.fstat(self._file), self.source.stat()]
        except OSError:
            raise AttachmentError(
                f"{self.source} has vanished while it was read", "put it where nobody moves it, and send again"
            ) from None
        if any(mark_of(each) != mark_of(self._before) for each in after):
            raise changed(self.source)


def mark_of(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def changed(source: Path) -> AttachmentError:
    return AttachmentError(f"{source} has changed while it was read", "wait until nobody writes to it, and send again")


def open_plain(source: Path) -> int:
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a FIFO must not block
    except FileNotFoundError:
        raise AttachmentError(f"{source} does not exist", "check the name") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "not a path"
        raise AttachmentError(f"{source} cannot be read: {reason}", "check its owner and permissions") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AttachmentError(f"{source} is not a plain file", "name a file; pack a directory into an archive first")
    return descriptor


def refuse_length(source: Path, size: int) -> None:
    if size > MAX_ATTACHMENT_BYTES:
        raise AttachmentError(
            f"{source} has {size} bytes, an attachment has at most {MAX_ATTACHMENT_BYTES}", "send it in several parts"
        )


def name_of(source: Path) -> str:
    """Return the name under which the file is attached. Raises: AttachmentError, when it is not allowed."""
    name = unicodedata.normalize("NFC", source.name)
    try:
        check(Attachment(hash=bytes(32), key=bytes(32), media=UNKNOWN_MEDIA, name=name, sealed=bytes(32), size=0))
    except LocalError:
        raise AttachmentError(
            f"the name {name!r} is not allowed for an attachment",
            "rename the file: no control or direction characters, no full stop or blank first, 200 characters at most",
        ) from None
    return name


def media_of(source: Path) -> str:
    return mimetypes.guess_type(source.name)[0] or UNKNOWN_MEDIA
