"""A signed message, padded and sealed for one recipient under an epoch key (spec page envelope)."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from comity import message
from comity.encoding import Bytes16, Bytes32, Meta, Row, decode_as, encode, encode_row
from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.keys import Algorithm, EnvelopeKey, PublicKey, hkdf, wrap
from comity.keys import open_sealed as aead_open
from comity.keys import seal as aead_seal
from comity.labels import EPOCH_KEY, MESSAGE_SEAL, labelled
from comity.limits import MAX_ENVELOPE_BYTES, MAX_EPOCH_MESSAGES, MAX_EPOCH_S, MAX_EPOCHS_CACHED
from comity.message import SignedMessage

WRAPPED_BYTES: Final = 1_168
EPOCH_KEY_BYTES: Final = 32
NONCE: Final = bytes(12)
HEADER_HEAD: Final = b"\x97"  # MessagePack array of seven
ENVELOPE_HEAD: Final = b"\x98"  # MessagePack array of eight
LENGTH_BYTES: Final = 4
MAX_EPOCH_US: Final = MAX_EPOCH_S * 1_000_000


class HeaderRow(Row, frozen=True):
    """The first seven fields: what is authenticated but not sealed."""

    v: Literal[1]
    suite: Annotated[int, Meta(ge=1, le=2)]
    treaty: Bytes32
    from_key: Bytes32
    to_key: Bytes32
    id: Bytes16
    wrapped: Annotated[bytes, Meta(min_length=WRAPPED_BYTES, max_length=WRAPPED_BYTES)]


class EnvelopeRow(HeaderRow, frozen=True):
    """An envelope as it travels."""

    sealed: Annotated[bytes, Meta(min_length=16)]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope whose form is right; nothing is opened yet. `header` is what the seal authenticates."""

    suite: int
    treaty: bytes
    from_key: bytes
    to_key: bytes
    id: bytes
    wrapped: bytes
    sealed: bytes
    header: bytes


@dataclass(frozen=True, slots=True, eq=False)
class EpochKey:
    """One sender's key for one recipient key, for an hour at most. Compares by identity; shows no secret."""

    secret: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    treaty: bytes
    from_key: bytes
    to_key: bytes


def read(data: bytes) -> Envelope:
    """Return the envelope that data stands for.

    Raises:
        LimitError: longer than 294,912 bytes (ENV-011).
        MalformedError: any other fault of form.
    """
    row = decode_as(EnvelopeRow, data, MAX_ENVELOPE_BYTES)
    return Envelope(
        row.suite, row.treaty, row.from_key, row.to_key, row.id, row.wrapped, row.sealed, _header(data, row.sealed)
    )


def new_epoch(secret: bytes, treaty: bytes, from_key: bytes, recipient: PublicKey) -> EpochKey:
    """Return an epoch key for one pair of signing key and recipient key (ENV-006).

    secret is 32 random bytes, never used before; recipient a key of algorithm 4.

    Raises:
        LocalError: the secret has another length, or the recipient's key is for another use.
    """
    if len(secret) != EPOCH_KEY_BYTES or recipient.algorithm is not Algorithm.MLKEM768_X25519:
        raise LocalError("an epoch key takes 32 bytes and an envelope key")
    info = _wrap_info(treaty, from_key, recipient.id)
    return EpochKey(secret, wrap(recipient, info, secret), treaty, from_key, recipient.id)


def unwrap(envelope: Envelope, key: EnvelopeKey) -> EpochKey:
    """Return the epoch key that the envelope carries.

    Raises:
        AuthenticationError: it was wrapped for another key, sender or treaty, or altered.
    """
    info = _wrap_info(envelope.treaty, envelope.from_key, envelope.to_key)
    secret = key.unwrap(info, envelope.wrapped)
    if len(secret) != EPOCH_KEY_BYTES:
        raise AuthenticationError("the wrapped epoch key has another length")
    return EpochKey(secret, envelope.wrapped, envelope.treaty, envelope.from_key, envelope.to_key)


def seal(signed: SignedMessage, epoch: EpochKey) -> bytes:
    """Return the envelope (ENV-001, ENV-004, ENV-009). The same message and epoch give the same bytes.

    Raises:
        LocalError: the epoch key belongs to another treaty or signing key.
    """
    body = signed.body
    if body.treaty != epoch.treaty or body.from_key != epoch.from_key:
        raise LocalError("the epoch key belongs to another treaty or signing key")
    row = HeaderRow(1, body.suite, body.treaty, body.from_key, epoch.to_key, body.id, epoch.wrapped)
    header = encode_row(row)
    length = len(signed.data)
    inner = length.to_bytes(LENGTH_BYTES, "big") + signed.data
    sealed = aead_seal(_message_key(epoch, header), NONCE, header, inner.ljust(padme(len(inner)), b"\0"))
    return ENVELOPE_HEAD + header[1:] + encode(sealed)


def open_sealed(envelope: Envelope, epoch: EpochKey) -> SignedMessage:
    """Return the signed message inside; its signature is not verified yet.

    Raises:
        AuthenticationError: the seal or the padding is wrong (ENV-002, ENV-003).
        MalformedError: the message has another form, or differs from the header (ENV-010).
    """
    inner = aead_open(_message_key(epoch, envelope.header), NONCE, envelope.header, envelope.sealed)
    length = int.from_bytes(inner[:LENGTH_BYTES], "big")
    end = LENGTH_BYTES + length
    if len(inner) < LENGTH_BYTES or end > len(inner) or len(inner) != padme(end):
        raise AuthenticationError("the padding has another length")
    if inner.count(0, end) != len(inner) - end:
        raise AuthenticationError("the padding is not zero")
    signed = message.read(inner[LENGTH_BYTES:end])
    body = signed.body
    if (body.treaty, body.from_key, body.id, body.suite) != (
        envelope.treaty, envelope.from_key, envelope.id, envelope.suite,
    ):  # fmt: skip
        raise MalformedError("the message differs from the header of its envelope")
    return signed


def padme(length: int) -> int:
    """Return the Padmé length of `length` bytes, at least as long."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


class SealingEpochs:
    """The sender's epoch keys, each for its bounded time and count (ENV-007, ENV-008)."""

    def __init__(self) -> None:
        self._epochs: dict[tuple[bytes, bytes], tuple[EpochKey, int, int]] = {}

    def epoch_for(self, from_key: bytes, to_key: bytes, now_us: int) -> EpochKey | None:
        """Return the key to seal one more message with, None when a new one must be made."""
        pair = from_key, to_key
        epoch, until_us, left = self._epochs.get(pair, (None, 0, 0))
        if epoch is None or not left or not until_us - MAX_EPOCH_US <= now_us < until_us:
            self._epochs.pop(pair, None)
            return None
        self._epochs[pair] = epoch, until_us, left - 1
        return epoch

    def add(self, epoch: EpochKey, now_us: int) -> None:
        """Keep a new key, with which one message is sealed at once."""
        self._epochs.pop((epoch.from_key, epoch.to_key), None)
        self._epochs[epoch.from_key, epoch.to_key] = epoch, now_us + MAX_EPOCH_US, MAX_EPOCH_MESSAGES - 1
        if len(self._epochs) > MAX_EPOCHS_CACHED:
            del self._epochs[next(iter(self._epochs))]


class OpeningEpochs:
    """The recipient's unwrapped epoch keys, the longest unused one forgotten first (ENV-013)."""

    def __init__(self) -> None:
        self._epochs: OrderedDict[tuple[bytes, bytes, bytes, bytes], EpochKey] = OrderedDict()

    def get(self, envelope: Envelope) -> EpochKey | None:
        """Return the key that this envelope's wrapping stands for, None when it was not unwrapped yet."""
        place = envelope.wrapped, envelope.treaty, envelope.from_key, envelope.to_key
        epoch = self._epochs.get(place)
        if epoch is not None:
            self._epochs.move_to_end(place)
        return epoch

    def add(self, epoch: EpochKey) -> None:
        """Keep a key that was unwrapped."""
        self._epochs[epoch.wrapped, epoch.treaty, epoch.from_key, epoch.to_key] = epoch
        if len(self._epochs) > MAX_EPOCHS_CACHED:
            self._epochs.popitem(last=False)


def _wrap_info(treaty: bytes, from_key: bytes, to_key: bytes) -> bytes:
    return labelled(EPOCH_KEY, treaty + from_key + to_key)


def _message_key(epoch: EpochKey, header: bytes) -> bytes:
    return hkdf(epoch.secret, b"", labelled(MESSAGE_SEAL, header), EPOCH_KEY_BYTES)


def _header(data: bytes, sealed: bytes) -> bytes:
    """Return the header of an envelope: an array of the first seven of its eight fields."""
    return HEADER_HEAD + data[1 : len(data) - len(encode(sealed))]
