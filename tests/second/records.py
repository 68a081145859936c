"""Records of a link after the handshake, and the lanes in them (page link)."""

from dataclasses import dataclass, field

from tests.second.noise import Cipher
from tests.second.refusal import LIMIT, require

INTERACTIVE, BULK, REKEY, CLOSE = range(4)
MAX_RECORD_BYTES = 65_535
MAX_RECORDS_PER_KEY = 65_536


def prefixed(data: bytes) -> bytes:
    """Return data behind its length (LINK-002)."""
    return len(data).to_bytes(2, "big") + data


def cut(stream: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole handshake messages or records that stand in `stream`, and the rest."""
    found = []
    while len(stream) >= 2 and len(stream) >= 2 + int.from_bytes(stream[:2], "big"):
        end = 2 + int.from_bytes(stream[:2], "big")
        found.append(stream[2:end])
        stream = stream[end:]
    return found, stream


@dataclass(slots=True)
class Sender:
    """One direction, written."""

    cipher: Cipher
    under_key: int = 0

    def record(self, kind: int, content: bytes = b"") -> bytes:
        """Return one record with its length; a rekey takes effect after it (LINK-018, LINK-020)."""
        require(self.under_key < MAX_RECORDS_PER_KEY - (kind != REKEY), "a rekey record must come first", LIMIT)
        sealed = self.cipher.encrypt(bytes([kind]) + content)
        require(len(sealed) <= MAX_RECORD_BYTES, "the record is too long", LIMIT)
        self.under_key += 1
        if kind == REKEY:
            self.cipher.rekey()
            self.under_key = 0
        return prefixed(sealed)


@dataclass(slots=True)
class Receiver:
    """One direction, read: the lanes grow, `closed` is the code of a close record."""

    cipher: Cipher
    lanes: dict[int, bytes] = field(default_factory=lambda: {INTERACTIVE: b"", BULK: b""})
    closed: int | None = None
    under_key: int = 0

    def take(self, sealed: bytes) -> None:
        require(self.under_key < MAX_RECORDS_PER_KEY, "too many records under one key", LIMIT)
        plaintext = self.cipher.decrypt(sealed)
        self.under_key += 1
        require(plaintext != b"", "an empty record")
        kind, content = plaintext[0], plaintext[1:]
        require(kind in (INTERACTIVE, BULK, REKEY, CLOSE), "an unknown type of record")
        if kind in self.lanes:
            require(content != b"", "an empty record")
            self.lanes[kind] += content
        elif kind == REKEY:
            require(content == b"", "a rekey record with content")
            self.cipher.rekey()
            self.under_key = 0
        else:
            require(len(content) == 2, "a close record of a wrong size")
            self.closed = int.from_bytes(content, "big")
