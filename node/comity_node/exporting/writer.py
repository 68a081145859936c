"""An evidence file on its way to the disk: it gets its name only when it is whole."""

import hashlib
import os
import secrets
import zlib
from collections.abc import Iterable
from pathlib import Path

from comity.evidence import Entry, Part, header, header_size, tail
from comity_node.attachments.shelf import write_fully
from comity_node.faults import FileError
from comity_node.private import sync_directory


class EvidenceWriter:
    """Parts in the order in which they are added; then finish(), and close() whatever happened.

    Attributes:
        parts: what was added, as the list of contents names it.
        path: where the bytes lie until the file has its name.
    """

    def __init__(self, target: Path) -> None:
        """Open a file beside the target. Raises FileError: the target exists, or its directory cannot be written."""
        self._target = target
        self.path = target.with_name(f".comity-{secrets.token_hex(8)}")
        self.parts: list[Part] = []
        self._entries: list[Entry] = []
        self._end = 0
        if os.path.lexists(target):
            raise exists(target)
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise FileError(f"{target} cannot be written: {fault.strerror}", "check the directory") from None

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        """Add a part whose content has `size` bytes. Raises OSError as the disk does."""
        begin = self._end
        place, crc, digest = begin + header_size(name, size), 0, hashlib.sha256()
        for piece in pieces:
            write_fully(self._file, place, piece)
            place += len(piece)
            crc = zlib.crc32(piece, crc)
            digest.update(piece)
        entry = Entry(name, size, crc, begin)
        if place != entry.end:
            raise FileError(f"the part {name} has not the size that it was announced with", "try again")
        write_fully(self._file, begin, header(name, size, crc))
        self._entries.append(entry)
        self.parts.append(Part(name, size, digest.digest()))
        self._end = place

    def complete(self) -> None:
        """Write the table of contents, durably; what is at `path` is then a whole evidence file."""
        write_fully(self._file, self._end, tail(self._entries))
        os.fsync(self._file)

    def finish(self) -> None:
        """Give the file its name. Raises FileError: the target exists by now, or cannot be written."""
        try:
            os.link(self.path, self._target)  # unlike a rename, this never replaces
        except FileExistsError:
            raise exists(self._target) from None
        except OSError as fault:
            raise FileError(f"{self._target} cannot be written: {fault.strerror}", "choose another place") from None
        sync_directory(self._target.parent)

    def close(self) -> None:
        """Close the file; what has no name by now leaves nothing behind."""
        os.close(self._file)
        self.path.unlink(missing_ok=True)


def exists(target: Path) -> FileError:
    return FileError(f"{target} exists already", "choose another place with --output, or move it away")
