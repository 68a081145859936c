"""The vocabularies of one node: those that come with the package, and those that an operator has imported.

An imported one lies in the home as `vocabulary/<hash>.json`. What is used for messages is never the newest but the one
that the treaty names by its hash (VOCAB-009), so that a file that lies there harms nobody.
"""

import logging
from pathlib import Path
from typing import Final

from comity import vocabulary
from comity.errors import RemoteError
from comity.vocabulary import MAX_FILE_BYTES, Pin, Vocabulary, refuse_lost_terms
from comity.vocabulary.published import bytes_of
from comity_node.errors import NodeError, NotFoundError
from comity_node.faults import DocumentError, text_of
from comity_node.files import read_public, write_public

log = logging.getLogger(__name__)
DIRECTORY: Final = "vocabulary"


class Vocabularies:
    """What is held in one home. Files are read when they are needed, each once."""

    def __init__(self, home: Path) -> None:
        self._directory = home / DIRECTORY
        self._found: dict[bytes, Vocabulary] = {}

    def pinned(self, pin: Pin) -> Vocabulary | None:
        """Return the vocabulary that a treaty names; None where it is not held, and codes are shown raw (VOCAB-011).

        A file that was altered is as good as none: it is logged, and `comity doctor` tells it; messages go on.
        """
        try:
            return self.require(pin)
        except NotFoundError:
            return None
        except NodeError as fault:
            log.error("the vocabulary of the treaty cannot be used: %s", fault)
            return None

    def require(self, pin: Pin) -> Vocabulary:
        """Return the vocabulary that a treaty names.

        Raises:
            NotFoundError: it is not held.
            DocumentError: its file was altered.
            FileError: its file cannot be read.
        """
        found = vocabulary.pinned(pin) or self._found.get(pin.hash)
        if found is None and (path := self._path(pin.hash)).exists():  # asked for each message: a path costs more
            found = self._read(path)
        if found is None or found.pin != pin:
            raise NotFoundError(f"version {pin.version} of the vocabulary, which the treaty names, is not held",
                                "get its file from another party: comity vocabulary import FILE")  # fmt: skip
        return found

    def file_of(self, pin: Pin) -> bytes | None:
        """Return the file of the vocabulary that a treaty names, None where it is not held or was altered."""
        if self.pinned(pin) is None:
            return None
        if vocabulary.pinned(pin) is not None:
            return bytes_of(f"{pin.version}.json")
        return read_public(self._path(pin.hash), MAX_FILE_BYTES)

    def version(self, number: int | None) -> Vocabulary:
        """Return the vocabulary of this version, the newest one where it is None.

        Raises:
            NotFoundError: no version of this number is held.
            DocumentError: a file was altered, or two different ones claim to be this version.
        """
        held = self.held()
        wanted = max(each.version for each in held) if number is None else number
        found = [each for each in held if each.version == wanted]
        if not found:
            versions = ", ".join(str(each.version) for each in held)
            raise NotFoundError(f"version {wanted} of the vocabulary is not held; held are {versions}",
                                "get its file: comity vocabulary import FILE")  # fmt: skip
        if len(found) > 1:
            names = ", ".join(self._path(each.hash).name for each in found)
            raise DocumentError(f"several vocabularies claim to be version {wanted}: {names}",
                                f"remove the wrong one from {self._directory}")  # fmt: skip
        return found[0]

    def held(self) -> list[Vocabulary]:
        """Return all that are held, in ascending order of version. Raises: DocumentError (a file was altered)."""
        ours = [vocabulary.edition(number) for number in vocabulary.hashes()]
        paths = sorted(self._directory.glob("*.json")) if self._directory.is_dir() else []
        return sorted([*ours, *(self._read(path) for path in paths)], key=lambda each: (each.version, each.hash))

    def add(self, data: bytes, name: str) -> tuple[Vocabulary, bool]:
        """Return the vocabulary of a file, and whether it is new here; it is then kept in the home.

        Raises:
            DocumentError: the file is no vocabulary, contradicts a version that came with the package, or lacks a
                term of an earlier one.
            FileError: it cannot be written.
        """
        found = read(data, name)
        for number in vocabulary.hashes():
            refuse_contradiction(vocabulary.edition(number), found, name)
        if self.pinned(found.pin) is not None:
            return found, False
        self._directory.mkdir(exist_ok=True)
        write_public(self._path(found.hash), data, replace=True)  # in place of one that was altered
        return found, True

    def _path(self, content_hash: bytes) -> Path:
        return self._directory / f"{content_hash.hex()}.json"

    def _read(self, path: Path) -> Vocabulary:
        found = read(read_public(path, MAX_FILE_BYTES), str(path))
        if self._path(found.hash) != path:
            raise DocumentError(f"{path} does not hold what its name says", "remove it and import it again")
        self._found[found.hash] = found
        return found


def read(data: bytes, name: str) -> Vocabulary:
    """Return the vocabulary of a file. Raises: DocumentError."""
    try:
        return vocabulary.read(data)
    except RemoteError as fault:
        raise DocumentError(f"{name} is no vocabulary: {text_of(fault)}", "ask for the file again") from None


def refuse_contradiction(ours: Vocabulary, theirs: Vocabulary, name: str) -> None:
    if ours.version == theirs.version and ours.hash != theirs.hash:
        raise DocumentError(
            f"{name} says other things than version {ours.version}, which came with this node",
            "ask the others for the file that the treaty names",
        )
    try:
        if ours.version < theirs.version:
            refuse_lost_terms(ours, theirs)
    except RemoteError as fault:
        raise DocumentError(f"{name} cannot follow: {text_of(fault)}", "ask its makers to keep every term") from None
