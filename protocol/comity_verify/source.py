"""An evidence file on a disk, read a piece at a time."""

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

PIECE_BYTES: Final = 1_048_576


class FileSource:
    """An open file as a source of `comity.evidence`. Use it in a with block."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError, also where it is no plain file."""
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self._file)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._file)
            raise OSError(22, "not a plain file", str(path))
        self.size = found.st_size

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes there, fewer where the file ends before."""
        data = bytearray()
        while len(data) < size:
            piece = os.pread(self._file, min(PIECE_BYTES, size - len(data)), offset + len(data))
            if not piece:
                break
            data += piece
        return bytes(data)

    def sha256(self, tell: Callable[[int], None] = lambda count: None) -> str:
        """Return SHA-256 of the whole file in hexadecimal: what a printed report names."""
        digest = hashlib.sha256()
        for offset in range(0, self.size, PIECE_BYTES):
            piece = self.read_at(offset, PIECE_BYTES)
            digest.update(piece)
            tell(len(piece))
        return digest.hexdigest()

    def __enter__(self) -> "FileSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)
