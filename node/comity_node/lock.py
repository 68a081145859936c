"""The lock of a home: one process at a time may open the database of a node."""

import fcntl
import os
from pathlib import Path

from comity_node.faults import UnreachableError


class HomeLock:
    """A lock that is held until `release()` or the end of the process, however that comes about."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def try_take(cls, path: Path) -> "HomeLock | None":
        """Return the lock, None when another process holds it. Raises OSError when the file cannot be opened."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    @classmethod
    def take(cls, path: Path) -> "HomeLock":
        """Return the lock.

        Raises:
            UnreachableError: another process holds it.
        """
        lock = cls.try_take(path)
        if lock is None:
            raise UnreachableError(
                f"another comity process works on {path.parent}", "stop it first, or use it: comity status"
            )
        return lock

    def release(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> "HomeLock":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
