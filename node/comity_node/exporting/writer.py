"""An evidence file on its way to the disk: it gets its name only when it is whole."""

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

from comity.evidence import Entry, Part, header, header_size, tail
from comity_node.attachments.shelf import write_fully
from comity_node.faults import FileError
from comity_node.newfile import NewFile


class EvidenceWriter:
    """Parts in the order in which they are added; then finish(), and close() whatever happened.

    Attributes:
        parts: what was added, as the list of contents names it.
        path: where the bytes lie until the file has its name.
    """

    def __init__(self, target: Path) -> None:
        """Open a file beside the target. Raises FileError: the target exists, or its directory cannot be written."""
        self._file = NewFile(target, 0o600, "choose another place with --out, or move it away")
        self.path = self._file.path
        self.parts: list[Part] = []
        self._entries: list[Entry] = []
        self._end = 0

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        """Add a part whose content has `size` bytes. Raises OSError as the disk does."""
        begin = self._end
        place, crc, digest = begin + header_size(name, size), 0, hashlib.sha256()
        for piece in pieces:
            write_fully(self._file.descriptor, place, piece)
            place += len(piece)
            crc = zlib.crc32(piece, crc)
            digest.update(piece)
        entry = Entry(name, size, crc, begin)
        if place != entry.end:
            raise FileError(f"the part {name} has not the size that it was announced with", "try again")
        write_fully(self._file.descriptor, begin, header(name, size, crc))
        self._entries.append(entry)
        self.parts.append(Part(name, size, digest.digest()))
        self._end = place

    def complete(self) -> None:
        """Write the table of contents; what is at `path` is then a whole evidence file."""
        write_fully(self._file.descriptor, self._end, tail(self._entries))

    def finish(self) -> None:
        """Give the file its name. Raises FileError: the target exists by now, or cannot be written."""
        self._file.publish()

    def close(self) -> None:
        """Close the file; what has no name by now leaves nothing behind."""
        self._file.close()
