"""Records: the bytes of a lane go out encrypted and come in decrypted; each direction changes its key in time."""

from collections import deque
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

from comity import limits
from comity.errors import AuthenticationError, LimitError, MalformedError, RemoteError
from comity.frames import ByteQueue
from comity.noise import CipherState

TAG_BYTES: Final = 16
TYPE_BYTES: Final = 1
PREFIX_BYTES: Final = 2  # u16 length before every handshake message and record (LINK-002)
MAX_INTERACTIVE_BYTES: Final = limits.MAX_RECORD_BYTES - TAG_BYTES - TYPE_BYTES  # LINK-015
MAX_BULK_BYTES: Final = limits.MAX_BULK_RECORD_BYTES - TAG_BYTES - TYPE_BYTES  # LINK-023


class RecordType(IntEnum):
    """First byte of the plaintext of a record."""

    INTERACTIVE = 0
    BULK = 1
    REKEY = 2
    CLOSE = 3


INTERACTIVE: Final = bytes([RecordType.INTERACTIVE])
BULK: Final = bytes([RecordType.BULK])
REKEY: Final = bytes([RecordType.REKEY])
CLOSE: Final = bytes([RecordType.CLOSE])


def prefixed(message: bytes) -> bytes:
    """Return message after its length (LINK-002)."""
    return len(message).to_bytes(PREFIX_BYTES, "big") + message


class Lane:
    """Frames that wait to leave in one lane. `waiting` is their size in bytes."""

    __slots__ = ("_frames", "_taken", "waiting")

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque()
        self._taken = 0  # bytes of the first frame that have left
        self.waiting = 0

    @property
    def unfinished(self) -> int:
        """Bytes that are left of a frame that has begun to leave."""
        return len(self._frames[0]) - self._taken if self._taken else 0

    def put(self, frame: bytes) -> None:
        """Add a frame behind the others."""
        self._frames.append(frame)
        self.waiting += len(frame)

    def put_first(self, frame: bytes) -> None:
        """Add a frame before all that wait; the first of them must be whole."""
        self._frames.appendleft(frame)
        self.waiting += len(frame)

    def take(self, nbytes: int) -> list[bytes]:
        """Remove and return the next bytes of the lane in pieces, nbytes in all or what there is."""
        pieces, room = [], min(nbytes, self.waiting)
        self.waiting -= room
        while room:
            frame = self._frames[0]
            end = self._taken + room
            if len(frame) > end:
                pieces.append(frame[self._taken : end])
                self._taken = end
                break
            pieces.append(frame[self._taken :])
            room = end - len(frame)
            self._frames.popleft()
            self._taken = 0
        return pieces

    def clear(self) -> None:
        """Forget what waits."""
        self._frames.clear()
        self._taken = self.waiting = 0


class Sealer:
    """Makes the records of the sending direction and changes the key before it is worn (LINK-018, LINK-019)."""

    __slots__ = ("_cipher", "_count", "_since")

    def __init__(self, cipher: CipherState, now: float) -> None:
        self._cipher = cipher
        self._count = 0
        self._since = now

    def seal(self, plaintext: bytes, now: float) -> bytes:
        """Return the record with its length prefix, after a rekey record where one is due. now: seconds."""
        if self._count >= limits.MAX_RECORDS_PER_KEY - 1 or now - self._since >= limits.MAX_KEY_AGE_S:
            return self._change_key(now) + self._record(plaintext)
        return self._record(plaintext)

    def seal_pieces(self, type: bytes, pieces: Sequence[bytes], now: float) -> bytes:
        """Return the record of this type that carries the pieces; see seal()."""
        return self.seal(type + b"".join(pieces), now)

    def _record(self, plaintext: bytes) -> bytes:
        self._count += 1
        return prefixed(self._cipher.encrypt(b"", plaintext))

    def _change_key(self, now: float) -> bytes:
        record = self._record(REKEY)
        self._cipher.rekey()
        self._count, self._since = 0, now
        return record


class Opener:
    """Reads the records of the receiving direction out of the stream. Rekey records are dealt with here (LINK-020)."""

    __slots__ = ("_cipher", "_count", "_stream")

    def __init__(self, cipher: CipherState, stream: ByteQueue) -> None:
        self._cipher = cipher
        self._stream = stream
        self._count = 0

    def next(self) -> tuple[RecordType, bytes] | None:
        """Return type and content of the next record, None until it has come whole. REKEY comes out with b"".

        Raises:
            AuthenticationError: the record does not decrypt; it must not be answered (LINK-016).
            LimitError: one record too many under this key (LINK-021).
            MalformedError: the plaintext is empty, of an unknown type or of a wrong length (LINK-017).
        """
        message = take_prefixed(self._stream)
        if message is None:
            return None
        if self._count >= limits.MAX_RECORDS_PER_KEY:
            raise LimitError("a record too many under one key")
        self._count += 1
        type, content = _parse(self._decrypt(message))
        if type is RecordType.REKEY:
            self._cipher.rekey()
            self._count = 0
        return type, content

    def _decrypt(self, message: bytes) -> bytes:
        try:
            return self._cipher.decrypt(b"", message)
        except RemoteError as fault:
            raise AuthenticationError("a record does not decrypt") from fault


def take_prefixed(stream: ByteQueue, allowed_bytes: range | None = None) -> bytes | None:
    """Remove and return the next message behind its length prefix, None until it has come whole.

    Raises:
        MalformedError: the prefix is not in allowed_bytes; raised before the message has come (LINK-008, LINK-009).
    """
    prefix = stream.peek(PREFIX_BYTES)
    if prefix is None:
        return None
    length = int.from_bytes(prefix, "big")
    if allowed_bytes is not None and length not in allowed_bytes:
        raise MalformedError(f"a handshake message of {length} bytes")
    message = stream.peek(length, PREFIX_BYTES)
    if message is not None:
        stream.drop(PREFIX_BYTES + length)
    return message


_TYPES: Final = tuple(RecordType)


def _parse(plaintext: bytes) -> tuple[RecordType, bytes]:
    if not plaintext or plaintext[0] >= len(_TYPES):
        raise MalformedError("a record without a known type")
    type, content = _TYPES[plaintext[0]], plaintext[TYPE_BYTES:]
    nbytes = len(content)
    if type is RecordType.REKEY:
        fits = nbytes == 0
    elif type is RecordType.CLOSE:
        fits = nbytes == 2
    else:
        fits = nbytes > 0
    if not fits:
        raise MalformedError(f"a record of type {type.name} with {nbytes} bytes")
    return type, content
