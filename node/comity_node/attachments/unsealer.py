"""The way of a file off the shelf: opened and proved chunk by chunk; it gets its name only when the whole is proved."""

from pathlib import Path
from typing import Final

from comity.attachment import Attachment, Opening
from comity.errors import RemoteError
from comity_node.attachments.shelf import Shelf, write_fully
from comity_node.errors import StorageError
from comity_node.newfile import NewFile

STEP_CHUNKS: Final = 8


class Unsealer:
    """Saves one file: `step()` until it returns False, then `finish()`; whatever happens, `close()` at the end."""

    def __init__(self, shelf: Shelf, attachment: Attachment, target: Path, replace: bool) -> None:
        """Open a file beside the target. An existing target is kept unless `replace`.

        Raises:
            FileError: the target exists, or its directory cannot be written.
        """
        self._shelf = shelf
        self._opening = Opening(attachment)
        way_out = "choose another place with --out, or replace it with --force"
        self._file = NewFile(target, 0o666, way_out, replace=replace)
        self._written = 0

    @property
    def size(self) -> int:
        return self._opening.attachment.size

    @property
    def read(self) -> int:
        """How many bytes of the content are written."""
        return self._written

    def step(self) -> bool:
        """Write some chunks; return whether there are more.

        Raises:
            StorageError: the sealed file is missing or was altered.
            OSError: the target cannot be written.
        """
        for _ in range(STEP_CHUNKS):
            if self._opening.ended:
                break
            try:
                data = self._opening.open(self._shelf.read(self._opening.attachment.sealed, *self._opening.due))
            except (FileNotFoundError, RemoteError) as fault:
                raise damaged(self._opening.attachment, fault) from None
            write_fully(self._file.descriptor, self._written, data)
            self._written += len(data)
        return not self._opening.ended

    def finish(self) -> None:
        """Give the file its name.

        Raises:
            StorageError: the whole is not what was signed.
            FileError: the target exists.
        """
        try:
            self._opening.verify()
        except RemoteError as fault:
            raise damaged(self._opening.attachment, fault) from None
        self._file.publish()

    def close(self) -> None:
        """Close the file; what was not finished leaves nothing behind."""
        self._file.close()


def damaged(attachment: Attachment, fault: Exception) -> StorageError:
    what = "is missing" if isinstance(fault, FileNotFoundError) else "was altered on the disk"
    return StorageError(
        f"the sealed file of {attachment.name!r} {what} ({attachment.sealed.hex()[:12]})",
        "restore it from a backup, or ask its sender to send it again",
    )
