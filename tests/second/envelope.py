"""The sealed message (page envelope)."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.second import forms, hpke, message
from tests.second.codec import Value, decode, encode
from tests.second.forms import BIN16, BIN32, binary, one_of
from tests.second.keys import labelled
from tests.second.refusal import MALFORMED, UNAUTHENTICATED, RefusedError, require

MAX_ENVELOPE_BYTES = 294_912
FORM = forms.row(one_of(1), one_of(1, 2), BIN32, BIN32, BIN32, BIN16, binary(1168), binary(16, MAX_ENVELOPE_BYTES))


def padme(n: int) -> int:
    """Return the Padmé length of n bytes, n >= 2."""
    e = n.bit_length() - 1
    unit = 1 << (e - e.bit_length())
    return -(-n // unit) * unit


@dataclass(frozen=True, slots=True)
class Header:
    """The first seven fields."""

    suite: int
    treaty: bytes
    from_key: bytes
    to_key: bytes
    id: bytes
    wrapped: bytes

    def encoded(self) -> bytes:
        return encode([1, self.suite, self.treaty, self.from_key, self.to_key, self.id, self.wrapped])

    def info(self) -> bytes:
        """Return the info of the wrapped epoch key."""
        return labelled("comity-v1 epoch-key", self.treaty + self.from_key + self.to_key)

    def cipher(self, epoch: bytes) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(hpke.hkdf(epoch, b"", labelled("comity-v1 message-seal", self.encoded()), 32))


def seal(header: Header, epoch: bytes, signed: bytes) -> bytes:
    """Return the envelope of a signed message (ENV-001, ENV-004)."""
    inner = len(signed).to_bytes(4, "big") + signed
    sealed = header.cipher(epoch).encrypt(bytes(12), inner.ljust(padme(len(inner)), b"\0"), header.encoded())
    head = decode(header.encoded(), MAX_ENVELOPE_BYTES)
    assert isinstance(head, list)
    return encode([*head, sealed])


def read(data: bytes) -> tuple[Header, bytes]:
    """Return header and sealed part of an envelope (step 1 of the page acceptance)."""
    value = decode(data, MAX_ENVELOPE_BYTES)
    FORM(value)
    assert isinstance(value, list)
    return header_of(value[1:7]), as_bytes(value[7])


def header_of(fields: list[Value]) -> Header:
    suite, *rest = fields
    assert isinstance(suite, int)
    return Header(suite, *map(as_bytes, rest))


def as_bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value


def open_sealed(data: bytes, seed: bytes) -> message.Message:
    """Return the message in an envelope for the envelope key of `seed`; its signature is not checked yet."""
    header, sealed = read(data)
    epoch = hpke.unwrap(seed, header.info(), header.wrapped)
    try:
        inner = header.cipher(epoch).decrypt(bytes(12), sealed, header.encoded())
    except InvalidTag as fault:
        raise RefusedError(UNAUTHENTICATED, "the sealed part does not open") from fault
    found = message.read(content(inner))
    same = (found.body["treaty"], found.body["from_key"], found.body["id"], found.body["suite"])
    require(same == (header.treaty, header.from_key, header.id, header.suite), "header and body differ", MALFORMED)
    return found


def content(inner: bytes) -> bytes:
    """Return what is padded in `inner` (ENV-002, ENV-003)."""
    end = 4 + int.from_bytes(inner[:4], "big")
    require(4 <= end <= len(inner) == padme(end), "not the padded length", UNAUTHENTICATED)
    require(not any(inner[end:]), "the padding is not zero", UNAUTHENTICATED)
    return inner[4:end]
