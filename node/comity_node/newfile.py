"""A file that people want written somewhere: it gets its name only when it is whole."""

import os
import secrets
from pathlib import Path

from comity_node.faults import FileError
from comity_node.private import sync_directory


class NewFile:
    """Write to `descriptor`, then publish(); whatever happens, close() at the end.

    Attributes:
        descriptor: an open file, for reading and writing.
        path: where the bytes lie until the file has its name, beside the target.
    """

    def __init__(self, target: Path, mode: int, way_out: str, *, replace: bool = False) -> None:
        """Open a file beside the target. An existing target is kept unless `replace`.

        mode: the permissions, less what the umask takes away. way_out: what to do where the target exists.

        Raises:
            FileError: the target exists, or its directory cannot be written.
        """
        self._target, self._replace, self._way_out = target, replace, way_out
        self.path = target.with_name(f".comity-{secrets.token_hex(8)}")
        if not replace and os.path.lexists(target):
            raise self._exists()
        try:
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        except OSError as fault:
            raise FileError(f"{target} cannot be written: {fault.strerror}", "check the directory") from None

    def publish(self) -> None:
        """Give the file its name, durably.

        Raises:
            FileError: the target exists by now, or cannot be written.
            OSError: the content cannot be made durable.
        """
        os.fsync(self.descriptor)
        try:
            if self._replace:
                self.path.replace(self._target)
            else:
                os.link(self.path, self._target)  # unlike a rename, this never replaces
        except FileExistsError:
            raise self._exists() from None
        except OSError as fault:
            raise FileError(f"{self._target} cannot be written: {fault.strerror}", "choose another place") from None
        sync_directory(self._target.parent)

    def close(self) -> None:
        """Close the file; what has no name by now leaves nothing behind."""
        os.close(self.descriptor)
        self.path.unlink(missing_ok=True)

    def _exists(self) -> FileError:
        return FileError(f"{self._target} exists already", self._way_out)
