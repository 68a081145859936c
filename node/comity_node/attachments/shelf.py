"""The directory of sealed files. Their names are addresses: nothing in a path comes from a message."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from comity_node.private import sync_directory

DIRECTORY: Final = "attachments"
PART: Final = ".part"
SCRATCH: Final = ".sealing"
ADDRESS_DIGITS: Final = 64


class UnflushedError(OSError):
    """Data did not reach the disk. What the system shows of it afterwards is no proof that it is there."""


class Shelf:
    """Every call blocks. Raises OSError as the disk does."""

    def __init__(self, home: Path) -> None:
        self.path = home / DIRECTORY

    def prepare(self) -> None:
        """Make the directory, durably, for its owner only, unless it is there."""
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            return  # from an earlier start; the database makes the names in the home durable at every start
        sync_directory(self.path.parent)

    def place(self, address: bytes) -> Path:
        """Return where the sealed bytes with this address lie."""
        return self.path / address.hex()

    def part(self, address: bytes, party: str) -> Path:
        """Return where those lie that have come from the party so far; no two parties share one."""
        return self.path / f"{address.hex()}.{party}{PART}"

    def scratch(self) -> Path:
        """Return a new name for a file that is being sealed."""
        return self.path / f"{secrets.token_hex(16)}{SCRATCH}"

    def holds(self, address: bytes, length: int) -> bool:
        """Return whether there is a sealed file of this address and length."""
        return size_of(self.place(address)) == length

    def read(self, address: bytes, start: int, length: int) -> bytes:
        """Return the sealed bytes, fewer where the file ends before."""
        descriptor = os.open(self.place(address), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return read_fully(descriptor, start, length)
        finally:
            os.close(descriptor)

    def settle(self, path: Path, address: bytes) -> None:
        """Give a file that is whole its name, durably."""
        flush_file(path)
        path.replace(self.place(address))
        sync_directory(self.path)

    def secure(self, address: bytes) -> None:
        """Make durable what lies on the shelf: a process that was killed may have left it in memory only."""
        flush_file(self.place(address))
        sync_directory(self.path)

    def destroy(self, address: bytes) -> None:
        """Remove the sealed file of this address and every part of it, durably."""
        for path in self.path.glob(f"{address.hex()}*"):
            path.unlink(missing_ok=True)
        if self.path.is_dir():
            sync_directory(self.path)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def older_than(self, moment_us: int) -> Iterator[str]:
        """Yield the names of files that were last written before."""
        if not self.path.is_dir():
            return
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_mtime_ns // 1_000 < moment_us:
                    yield entry.name


def address_in(name: str) -> bytes | None:
    """Return the address that the name of a file begins with, None where it does not."""
    try:
        return bytes.fromhex(name[:ADDRESS_DIGITS]) if len(name) >= ADDRESS_DIGITS else None
    except ValueError:
        return None


def flush(descriptor: int) -> None:
    """Bring the data of a file to the disk. Raises UnflushedError."""
    try:
        os.fsync(descriptor)
    except OSError as fault:
        raise UnflushedError(fault.errno, fault.strerror) from fault


def flush_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)


def size_of(path: Path) -> int:
    """Return the length of a file, -1 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def read_fully(descriptor: int, start: int, length: int) -> bytes:
    """Return `length` bytes from `start` on, fewer only where the file ends before."""
    parts: list[bytes] = []
    while length > 0 and (part := os.pread(descriptor, length, start)):
        parts.append(part)
        start, length = start + len(part), length - len(part)
    return b"".join(parts)


def write_fully(descriptor: int, start: int, data: bytes) -> None:
    """Write all of the data at `start`, whatever single calls manage."""
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, start)
        view, start = view[count:], start + count
