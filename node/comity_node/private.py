"""Files that only their owner may read."""

import os
import secrets
import stat
from pathlib import Path

from comity_node.errors import NodeError


class PrivateFileError(NodeError):
    """A file that must be private is missing, open to others, or not a file."""


def read_private(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a file that its owner alone can read.

    Raises:
        PrivateFileError: it is missing, longer than `max_bytes`, no plain file, not the caller's, or open to others.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        raise PrivateFileError(f"{path} does not exist", "check the name, or restore the file") from None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "not a path"
        raise PrivateFileError(f"{path} cannot be read: {reason}", "check its owner and permissions") from None
    try:
        require_private(path, os.fstat(descriptor))
        data = read_at_most(descriptor, max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise PrivateFileError(f"{path} is longer than {max_bytes} bytes", "check that it is the right file")
    return data


def read_at_most(descriptor: int, count: int) -> bytes:
    """Return what can be read from the descriptor, the first `count` bytes of it."""
    parts: list[bytes] = []
    while count > 0 and (part := os.read(descriptor, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PrivateFileError(f"{path} is not a plain file", "name the right file")
    if status.st_mode & 0o077:
        raise PrivateFileError(f"{path} can be read or changed by other users", f"run: chmod 600 {path}")
    if os.geteuid() not in (0, status.st_uid):
        raise PrivateFileError(f"{path} belongs to another user", "run this as the user who owns the file")


def write_private(path: Path, data: bytes) -> None:
    """Create the file with mode 0600, whole and durable or not at all; an existing file stays untouched.

    Raises:
        FileExistsError: there is such a file.
        OSError: it could not be written.
    """
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_new(scratch, data)
        os.link(scratch, path)  # unlike a rename, this never replaces
    finally:
        scratch.unlink(missing_ok=True)
    sync_directory(path.parent)


def write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # whatever the umask says
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
