"""Where a passphrase comes from: a descriptor, a private file, the service manager, or the person at the terminal.

Never from an argument or a variable: both can be read by other processes.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from comity_node.private import PrivateFileError, read_at_most, read_private

MAX_PASSPHRASE_BYTES: Final = 1_024
CREDENTIAL: Final = "comity-passphrase"
T = TypeVar("T")


class Passphrase:
    """The passphrase of one key file, asked for when it is needed and once.

    Attributes:
        descriptor, path: where the options of the command say that it comes from.
    """

    def __init__(self, key_file: str, fallback: "Passphrase | None" = None, *, by_service: bool = True) -> None:
        """`fallback` is tried first where nothing is said; `by_service`: the service manager may hold it."""
        self.descriptor: int | None = None
        self.path: Path | None = None
        self._key_file = key_file
        self._fallback = fallback
        self._by_service = by_service
        self._known: str | None = None

    def open(self, load: Callable[[str], T]) -> T:
        """Return what `load` returns for the passphrase. The person at the terminal may first be asked for another.

        Raises:
            NodeError: no passphrase can be had, or it is the wrong one.
        """
        if not self._is_given() and self._fallback is not None and self._fallback._known is not None:
            from comity_node.keyfile import WrongPassphraseError

            try:
                return load(self._fallback._known)
            except WrongPassphraseError:
                if not has_terminal():
                    raise
                self._known = self._asked(f"Passphrase of {self._key_file}: ")
        return load(self.get())

    def get(self) -> str:
        """Return the passphrase. Raises: PrivateFileError."""
        if self._known is None:
            self._known = self._given() or self._asked(f"Passphrase of {self._key_file}: ")
        return self._known

    def get_new(self) -> str:
        """Return the passphrase for a new key file; a person types it twice. Raises: PrivateFileError."""
        if self._known is None and (given := self._given()) is not None:
            self._known = given
        if self._known is None:
            self._known = self._asked(f"New passphrase of {self._key_file}: ")
            if self._asked("The same again: ") != self._known:
                raise PrivateFileError("the two passphrases differ", "try again")
        return self._known

    def _is_given(self) -> bool:
        return self.descriptor is not None or self.path is not None

    def _given(self) -> str | None:
        if self.descriptor is not None:
            return text_of(read_descriptor(self.descriptor))
        if self.path is not None:
            return text_of(read_private(self.path, MAX_PASSPHRASE_BYTES))
        if self._fallback is not None:
            return self._fallback._known if self._fallback._known is not None else self._fallback._given()
        data = read_credential() if self._by_service else None
        return None if data is None else text_of(data)

    def _asked(self, prompt: str) -> str:
        if not has_terminal():
            raise PrivateFileError(
                f"no passphrase for {self._key_file}", "give --passphrase-file or --passphrase-fd, or use a terminal"
            )
        from getpass import getpass

        return getpass(prompt)


def has_terminal() -> bool:
    """Return whether a person can be asked."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin is not None and sys.stdin.isatty()
    return True


def read_descriptor(descriptor: int) -> bytes:
    try:
        return read_at_most(descriptor, MAX_PASSPHRASE_BYTES + 1)
    except OSError as fault:
        raise PrivateFileError(
            f"descriptor {descriptor} cannot be read: {fault.strerror}", "open it for reading, as in: 3< FILE"
        ) from None


def read_credential() -> bytes | None:
    """Return what the service manager holds for this node, None where there is none.

    Its directory is guarded by the service manager, so the permissions of the file are not judged again.
    """
    directory = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not directory:
        return None
    try:
        with open(Path(directory) / CREDENTIAL, "rb") as file:
            return file.read(MAX_PASSPHRASE_BYTES + 1)
    except FileNotFoundError:
        return None


def text_of(data: bytes) -> str:
    """Return the passphrase that the bytes state, without one closing line feed."""
    data = data.removesuffix(b"\n").removesuffix(b"\r")
    if not 0 < len(data) <= MAX_PASSPHRASE_BYTES:
        raise PrivateFileError(
            "the passphrase is empty or too long", f"give 1 to {MAX_PASSPHRASE_BYTES} bytes on one line"
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise PrivateFileError("the passphrase is not UTF-8", "save it as UTF-8") from None
