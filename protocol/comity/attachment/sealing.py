"""Sealed chunks: a file is cut, sealed and hashed, and opened and proved, one chunk at a time."""

import hashlib
from typing import Final

from comity.attachment.form import Attachment
from comity.encoding import check
from comity.errors import AuthenticationError, LocalError
from comity.keys import TAG_BYTES, Cipher
from comity.labels import ATTACHMENT
from comity.limits import CHUNK_BYTES, MAX_ATTACHMENT_BYTES

SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES
INDEX_BYTES: Final = 11


def chunk_count(size: int) -> int:
    """Return how many chunks a content of `size` bytes has, at least 1 (ATTACH-008, ATTACH-009)."""
    return max(1, -(-size // CHUNK_BYTES))


def sealed_size(size: int) -> int:
    """Return how many sealed bytes a content of `size` bytes has."""
    return size + TAG_BYTES * chunk_count(size)


def sealed_range(size: int, index: int) -> tuple[int, int]:
    """Return where the sealed chunk stands among the sealed bytes, and how many bytes it has.

    Raises:
        LocalError: a content of this size has no such chunk.
    """
    if not 0 <= index < chunk_count(size):
        raise LocalError(f"no chunk {index} in a file of {size} bytes")
    start = index * SEALED_CHUNK_BYTES
    return start, min(SEALED_CHUNK_BYTES, sealed_size(size) - start)


def nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(INDEX_BYTES, "big") + bytes([last])


def seal_chunk(key: bytes, index: int, last: bool, data: bytes) -> bytes:
    """Return the sealed chunk (ATTACH-010). The same key and index must never seal other data.

    Raises:
        LocalError: data has not the length of its place, or the key not 32 bytes.
    """
    if len(data) > CHUNK_BYTES or not (last or len(data) == CHUNK_BYTES) or (not data and index):
        raise LocalError(f"chunk {index} with {len(data)} bytes")
    return Cipher(key).seal(nonce(index, last), ATTACHMENT, data)


def open_chunk(key: bytes, index: int, last: bool, sealed: bytes) -> bytes:
    """Return what seal_chunk() was given.

    Raises:
        AuthenticationError: another key or place, or altered bytes.
    """
    return Cipher(key).open(nonce(index, last), ATTACHMENT, sealed)


class Sealing:
    """Seals a content from its first chunk to its last, and says in the end what the message has to carry."""

    def __init__(self, key: bytes) -> None:
        """Take the file key: 32 random bytes, for this content alone (ATTACH-011, ATTACH-012)."""
        self._key = key
        self._content = hashlib.sha256()
        self._sealed = hashlib.sha256()
        self._index = 0
        self._ended = False
        self.size = 0

    def seal(self, data: bytes, last: bool) -> bytes:
        """Return the next sealed chunk. Every chunk but the last has 262,144 bytes.

        Raises:
            LocalError: data has not the length of its place, the last one is sealed already, or the file is too long.
        """
        if self._ended:
            raise LocalError("the last chunk is sealed already")
        if self.size + len(data) > MAX_ATTACHMENT_BYTES:
            raise LocalError(f"a file of more than {MAX_ATTACHMENT_BYTES} bytes")
        sealed = seal_chunk(self._key, self._index, last, data)
        self._content.update(data)
        self._sealed.update(sealed)
        self._index += 1
        self.size += len(data)
        self._ended = last
        return sealed

    def attachment(self, name: str, media: str) -> Attachment:
        """Return what the message says of the file, once the last chunk is sealed.

        Raises:
            LocalError: the last chunk is not sealed, or name or media are not allowed.
        """
        if not self._ended:
            raise LocalError("the last chunk is not sealed")
        found = Attachment(
            hash=self._content.digest(),
            key=self._key,
            media=media,
            name=name,
            sealed=self._sealed.digest(),
            size=self.size,
        )
        check(found)
        return found

    def __repr__(self) -> str:
        return f"Sealing(size={self.size})"


class Opening:
    """Opens the sealed chunks of one attachment from the first to the last; each is proved as it comes.

    Attributes:
        index: the chunk that is due; what is before it has been opened.
        count: how many there are.
    """

    def __init__(self, attachment: Attachment) -> None:
        self.attachment = attachment
        self.index = 0
        self.count = chunk_count(attachment.size)
        self._content = hashlib.sha256()
        self._sealed = hashlib.sha256()

    @property
    def due(self) -> tuple[int, int]:
        """Where the chunk that is due stands among the sealed bytes, and how many bytes it has."""
        return sealed_range(self.attachment.size, self.index)

    @property
    def ended(self) -> bool:
        """Whether every chunk has been opened."""
        return self.index == self.count

    def open(self, sealed: bytes) -> bytes:
        """Return the content of the chunk that is due, and go on to the next.

        Raises:
            AuthenticationError: it does not open, or has another length than the signed size says; nothing changed.
            LocalError: every chunk has been opened.
        """
        _, length = self.due
        if len(sealed) != length:
            raise AuthenticationError(f"chunk {self.index} has {len(sealed)} bytes, not {length}")
        data = open_chunk(self.attachment.key, self.index, self.index == self.count - 1, sealed)
        self._content.update(data)
        self._sealed.update(sealed)
        self.index += 1
        return data

    def verify(self) -> None:
        """Return when the whole is what was signed (ATTACH-025, ATTACH-026).

        Raises:
            AuthenticationError: another hash or address.
            LocalError: chunks are lacking.
        """
        if not self.ended:
            raise LocalError(f"chunk {self.index} of {self.count} is lacking")
        if self._content.digest() != self.attachment.hash:
            raise AuthenticationError("the content has not the signed hash")
        if self._sealed.digest() != self.attachment.sealed:
            raise AuthenticationError("the sealed bytes have not the signed address")

    def __repr__(self) -> str:
        return f"Opening({self.attachment!r}, index={self.index})"
