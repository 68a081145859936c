"""Attachments: what a message says of them, and their sealed chunks (page attachment)."""

import hashlib
import re
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.second import forms
from tests.second.codec import Value
from tests.second.forms import BIN32, Fields, matching, uint
from tests.second.refusal import UNAUTHENTICATED, RefusedError, require

CHUNK_BYTES = 262_144
LABEL = b"comity-v1 attachment"
MEDIA = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*")
HIDDEN = """0-1F 7F-9F AD 600-605 61C 6DD 70F 890 891 8E2 180E 200B-200F 2028-202E 2060-206F E000-F8FF FEFF FFF9-FFFB
    110BD 110CD 13430-1343F 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF F0000-10FFFF"""
BLANKS = "20 A0 1680 2000-200A 202F 205F 3000"


def within(ranges: str, character: str) -> bool:
    for each in ranges.split():
        first, _, last = each.partition("-")
        if int(first, 16) <= ord(character) <= int(last or first, 16):
            return True
    return False


def is_name(value: Value) -> None:
    """Refuse what is no name (ATTACH-002 to ATTACH-004)."""
    forms.text(200)(value)
    assert isinstance(value, str)
    require(not any(c in "/\\" or within(HIDDEN, c) for c in value), "a character that no name has")
    require(value[0] != ".", "a name that begins with a full stop")
    require(not within(BLANKS, value[0]) and not within(BLANKS, value[-1]), "a blank at an end of the name")


def is_media(value: Value) -> None:
    forms.text(127, 3)(value)
    matching(MEDIA)(value)


FORM = forms.record(hash=BIN32, key=BIN32, media=is_media, name=is_name, sealed=BIN32, size=uint(0, 2**40))


def check_together(attachments: Value) -> None:
    """Check what one attachment says of another (ATTACH-005, ATTACH-007)."""
    assert isinstance(attachments, list)
    maps = [each for each in attachments if isinstance(each, dict)]
    require(len({str(each["name"]) for each in maps}) == len(maps), "one name twice")
    files = {(each["sealed"], each["hash"], each["key"], each["size"]) for each in maps}
    require(len({sealed for sealed, *_ in files}) == len(files), "one address for two files")


def nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, "big") + (b"\1" if last else b"\0")


def seal(key: bytes, content: bytes) -> bytes:
    """Return the sealed chunks of a content, one after another (ATTACH-008 to ATTACH-010)."""
    pieces = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)] or [b""]
    cipher, end = ChaCha20Poly1305(key), len(pieces) - 1
    return b"".join(cipher.encrypt(nonce(i, i == end), piece, LABEL) for i, piece in enumerate(pieces))


def cut(sealed: bytes) -> Iterator[bytes]:
    for at in range(0, len(sealed), CHUNK_BYTES + 16):
        yield sealed[at : at + CHUNK_BYTES + 16]


def unseal(fields: Fields, sealed: bytes) -> bytes:
    """Return the content, proved to be the one that the message names (ATTACH-025, ATTACH-026)."""
    key, size = fields["key"], fields["size"]
    assert isinstance(key, bytes)
    assert isinstance(size, int)
    chunks, content = list(cut(sealed)), b""
    for index, chunk in enumerate(chunks):
        try:
            content += ChaCha20Poly1305(key).decrypt(nonce(index, index == len(chunks) - 1), chunk, LABEL)
        except InvalidTag as fault:
            raise RefusedError(UNAUTHENTICATED, f"chunk {index} does not open") from fault
    require(bool(chunks) and len(content) == size, "another size", UNAUTHENTICATED)
    require(hashlib.sha256(content).digest() == fields["hash"], "another content", UNAUTHENTICATED)
    require(hashlib.sha256(sealed).digest() == fields["sealed"], "another address", UNAUTHENTICATED)
    return content
