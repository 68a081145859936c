"""Envelopes: what opens them, what is refused, and how long an epoch key serves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity import envelope as envelopes
from comity import keys
from comity import message as messages
from comity.encoding import decode, encode
from comity.envelope import Envelope, EpochKey, OpeningEpochs, SealingEpochs, padme
from comity.errors import AuthenticationError, LimitError, LocalError, MalformedError, RemoteError
from comity.keys import EnvelopeKey, hkdf
from comity.labels import labelled
from comity.limits import MAX_ENVELOPE_BYTES, MAX_EPOCH_MESSAGES, MAX_EPOCH_S, MAX_EPOCHS_CACHED
from tests.support.messages import ENVELOPE_KEY, HYBRID_KEY, SIGNING_KEY, TREATY_ID, body_of

SECRET = b"\x0e" * 32
SIGNED = messages.sign(body_of(), SIGNING_KEY)
EPOCH = envelopes.new_epoch(SECRET, TREATY_ID, SIGNING_KEY.public.id, ENVELOPE_KEY.public)
DATA = envelopes.seal(SIGNED, EPOCH)
HOUR_US = MAX_EPOCH_S * 1_000_000


def opened(data: bytes, key: EnvelopeKey = ENVELOPE_KEY) -> messages.SignedMessage:
    envelope = envelopes.read(data)
    return envelopes.open_sealed(envelope, envelopes.unwrap(envelope, key))


def fields_of(data: bytes) -> list[Any]:
    """Return the eight fields of an envelope."""
    value = decode(data, MAX_ENVELOPE_BYTES)
    assert isinstance(value, list)
    return value


def sealed_by_hand(inner: bytes, header: list[Any]) -> bytes:
    """Seal any inner bytes under any header as the page says, with nothing of comity.envelope."""
    header_bytes = encode(header)
    message_key = hkdf(SECRET, b"", labelled(b"comity-v1 message-seal", header_bytes), 32)
    return encode([*header, keys.seal(message_key, bytes(12), header_bytes, inner)])


def header_of(data: bytes) -> list[Any]:
    return fields_of(data)[:7]


def wrapped_for(**changes: bytes) -> EpochKey:
    """Return an epoch key of SECRET that binds other ids than those of SIGNED."""
    ids = {"treaty": TREATY_ID, "from_key": SIGNING_KEY.public.id} | changes
    return envelopes.new_epoch(SECRET, ids["treaty"], ids["from_key"], ENVELOPE_KEY.public)


# --- there and back --------------------------------------------------------------------------------------------------


@pytest.mark.clause("ENV-009")
def test_what_was_sealed_opens_again_with_nothing_but_the_private_key() -> None:
    message = opened(DATA)
    assert message == SIGNED
    message.verify(SIGNING_KEY.public)


@pytest.mark.clause("ENV-001", "ENV-004", "ENV-009")
def test_an_envelope_is_made_as_the_page_says() -> None:
    header = [1, 1, TREATY_ID, SIGNING_KEY.public.id, ENVELOPE_KEY.public.id, SIGNED.body.id, EPOCH.wrapped]
    length = 4 + len(SIGNED.data)
    inner = len(SIGNED.data).to_bytes(4, "big") + SIGNED.data + bytes(padme(length) - length)
    assert sealed_by_hand(inner, header) == DATA
    envelope = envelopes.read(DATA)
    assert envelope.header == encode(header)
    assert envelope.header[0] == 0x97
    assert len(envelope.wrapped) == 1_168
    info = labelled(b"comity-v1 epoch-key", TREATY_ID + SIGNING_KEY.public.id + ENVELOPE_KEY.public.id)
    assert ENVELOPE_KEY.unwrap(info, envelope.wrapped) == SECRET


def test_a_retry_under_one_epoch_key_gives_the_same_bytes() -> None:
    assert envelopes.seal(SIGNED, EPOCH) == DATA


@pytest.mark.clause("MSG-012", "ENV-012")
def test_each_recipient_opens_an_envelope_of_its_own_to_the_same_signed_message() -> None:
    second_key = EnvelopeKey.from_seed(b"\x04" * 32)
    second_epoch = envelopes.new_epoch(b"\x0f" * 32, TREATY_ID, SIGNING_KEY.public.id, second_key.public)
    second = envelopes.seal(SIGNED, second_epoch)
    assert opened(second, second_key).data == opened(DATA).data == SIGNED.data
    with pytest.raises(AuthenticationError):
        opened(second)


def test_a_hybrid_message_travels_as_well() -> None:
    signed = messages.sign(body_of(suite=2, from_key=HYBRID_KEY.public.id), HYBRID_KEY)
    epoch = envelopes.new_epoch(SECRET, TREATY_ID, HYBRID_KEY.public.id, ENVELOPE_KEY.public)
    assert opened(envelopes.seal(signed, epoch)) == signed


@given(st.integers(1, 5_000))
def test_messages_of_any_length_survive(length: int) -> None:
    signed = messages.sign(body_of(payload={"text": "x" * length}), SIGNING_KEY)
    data = envelopes.seal(signed, EPOCH)
    assert envelopes.open_sealed(envelopes.read(data), EPOCH) == signed


@pytest.mark.clause("ENV-011", "LIMIT-001", "LIMIT-002")
def test_the_longest_body_fits_and_a_longer_envelope_is_refused_before_it_is_read() -> None:
    spare = 262_144 - len(messages.sign(body_of(payload={"text": "x" * 200_000}), SIGNING_KEY).body_bytes)
    signed = messages.sign(body_of(payload={"text": "x" * (200_000 + spare)}), SIGNING_KEY)
    assert len(signed.body_bytes) == 262_144
    assert envelopes.open_sealed(envelopes.read(envelopes.seal(signed, EPOCH)), EPOCH) == signed
    header = header_of(DATA)
    room = MAX_ENVELOPE_BYTES - len(encode([*header, bytes(100_000)])) + 100_000
    assert len(encode([*header, bytes(room)])) == MAX_ENVELOPE_BYTES
    assert len(envelopes.read(encode([*header, bytes(room)])).sealed) == room
    with pytest.raises(LimitError):
        envelopes.read(encode([*header, bytes(room + 1)]))


# --- what is refused -------------------------------------------------------------------------------------------------


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
@pytest.mark.clause("ENV-010")
def test_one_altered_byte_is_refused_wherever_it_stands(position: int, change: int) -> None:
    altered = bytearray(DATA)
    altered[position] ^= change
    with pytest.raises(RemoteError):
        opened(bytes(altered))


@given(st.binary(max_size=200))
def test_any_bytes_give_an_envelope_or_a_remote_error(data: bytes) -> None:
    with pytest.raises(RemoteError):
        envelopes.read(data)


@pytest.mark.clause("CONV-001", "CONV-005")
@pytest.mark.parametrize("place", range(8))
def test_a_field_of_another_type_or_length_is_refused(place: int) -> None:
    values: list[Any] = [None, -1, b"", bytes(31), "text", [], {}]
    for value in values:
        fields = fields_of(DATA)
        fields[place] = value
        with pytest.raises(RemoteError):
            opened(encode(fields))
    fields = fields_of(DATA)
    del fields[place]
    with pytest.raises(MalformedError):
        envelopes.read(encode(fields))
    with pytest.raises(MalformedError):
        envelopes.read(encode([*fields_of(DATA), b""]))
    with pytest.raises(MalformedError):
        envelopes.read(encode([*header_of(DATA), bytes(15)]))


@pytest.mark.clause("ENV-006")
@pytest.mark.parametrize("name", ["treaty", "from_key", "to_key"])
def test_a_wrapped_key_does_not_open_under_another_treaty_or_key(name: str) -> None:
    fields = fields_of(DATA)
    fields[{"treaty": 2, "from_key": 3, "to_key": 4}[name]] = b"\xff" * 32
    with pytest.raises(AuthenticationError):
        opened(encode(fields))


@pytest.mark.clause("ENV-010")
@pytest.mark.parametrize(
    ("place", "value", "epoch"),
    [
        pytest.param(1, 2, EPOCH, id="suite"),
        pytest.param(2, b"\xff" * 32, wrapped_for(treaty=b"\xff" * 32), id="treaty"),
        pytest.param(3, b"\xff" * 32, wrapped_for(from_key=b"\xff" * 32), id="from_key"),
        pytest.param(5, b"\xff" * 16, EPOCH, id="id"),
    ],
)
def test_a_header_that_differs_from_the_body_is_refused(place: int, value: Any, epoch: EpochKey) -> None:
    header = header_of(DATA)
    header[place], header[6] = value, epoch.wrapped
    length = 4 + len(SIGNED.data)
    inner = len(SIGNED.data).to_bytes(4, "big") + SIGNED.data
    with pytest.raises(MalformedError):
        opened(sealed_by_hand(inner.ljust(padme(length), b"\x00"), header))


FRAMED = len(SIGNED.data).to_bytes(4, "big") + SIGNED.data
PADDED = padme(len(FRAMED))


WRONG_LENGTHS = {
    "one zero too few": FRAMED.ljust(PADDED - 1, b"\x00"),
    "one zero too many": FRAMED.ljust(PADDED + 1, b"\x00"),
    "the next Padmé length": FRAMED.ljust(padme(PADDED + 1), b"\x00"),
    "no padding": FRAMED,
    "nothing": b"",
    "no whole length": bytes(3),
    "a length past the end": b"\xff" * 4 + SIGNED.data,
}


@pytest.mark.clause("ENV-002")
@pytest.mark.parametrize("inner", WRONG_LENGTHS.values(), ids=WRONG_LENGTHS)
def test_inner_bytes_of_another_than_their_padme_length_are_refused(inner: bytes) -> None:
    assert len(FRAMED) < PADDED
    with pytest.raises(AuthenticationError):
        opened(sealed_by_hand(inner, header_of(DATA)))


@pytest.mark.clause("ENV-003")
@pytest.mark.parametrize("place", [len(FRAMED), PADDED - 1])
def test_padding_that_is_not_zero_is_refused(place: int) -> None:
    inner = bytearray(FRAMED.ljust(PADDED, b"\x00"))
    inner[place] = 1
    with pytest.raises(AuthenticationError):
        opened(sealed_by_hand(bytes(inner), header_of(DATA)))


@pytest.mark.parametrize("content", [b"", b"\xc0", SIGNED.data + b"\x00", SIGNED.body_bytes])
def test_padding_around_something_else_is_no_message(content: bytes) -> None:
    inner = len(content).to_bytes(4, "big") + content
    with pytest.raises(MalformedError):
        opened(sealed_by_hand(inner.ljust(padme(len(inner)), b"\x00"), header_of(DATA)))


@pytest.mark.clause("ENV-006")
def test_an_epoch_key_of_another_treaty_or_signing_key_seals_nothing() -> None:
    for epoch in (wrapped_for(treaty=b"\xff" * 32), wrapped_for(from_key=b"\xff" * 32)):
        with pytest.raises(LocalError):
            envelopes.seal(SIGNED, epoch)


def test_an_epoch_key_is_made_of_32_bytes_and_an_envelope_key() -> None:
    with pytest.raises(LocalError):
        envelopes.new_epoch(bytes(31), TREATY_ID, SIGNING_KEY.public.id, ENVELOPE_KEY.public)
    with pytest.raises(LocalError):
        envelopes.new_epoch(SECRET, TREATY_ID, SIGNING_KEY.public.id, SIGNING_KEY.public)


@pytest.mark.clause("CONV-008")
def test_an_epoch_key_does_not_show_its_secret() -> None:
    assert "0e0e" not in repr(EPOCH)
    assert repr(SECRET)[2:-1] not in repr(EPOCH)


# --- Padmé -----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("ENV-001")
@pytest.mark.parametrize(
    ("length", "padded"),
    [(2, 2), (7, 7), (8, 8), (9, 10), (15, 16), (17, 18), (100, 104), (1_000, 1_024),
     (1_025, 1_088), (262_145, 270_336)],
)  # fmt: skip
def test_padme_lengths_known_by_hand(length: int, padded: int) -> None:
    assert padme(length) == padded


@given(st.integers(2, 2**40))
@pytest.mark.clause("ENV-001")
def test_padme_never_shortens_costs_at_most_12_per_cent_and_is_settled_after_once(length: int) -> None:
    padded = padme(length)
    assert length <= padded <= length * 1.12 + 1
    assert padme(padded) == padded


# --- how long an epoch key serves ------------------------------------------------------------------------------------


def stand_in(number: int) -> EpochKey:
    """Return an epoch key that was never wrapped, for what only keeps epoch keys."""
    mark = number.to_bytes(32, "big")
    return EpochKey(SECRET, mark, TREATY_ID, SIGNING_KEY.public.id, mark)


def header_only(epoch: EpochKey) -> Envelope:
    return Envelope(1, epoch.treaty, epoch.from_key, epoch.to_key, bytes(16), epoch.wrapped, b"", b"")


@pytest.mark.clause("ENV-008")
def test_an_epoch_key_serves_for_less_than_an_hour() -> None:
    epochs = SealingEpochs()
    epochs.add(EPOCH, 5)
    assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, 5 + HOUR_US - 1) is EPOCH
    assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, 5 + HOUR_US) is None
    assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, 5) is None


@pytest.mark.clause("ENV-008")
def test_a_clock_that_was_set_back_ends_the_epoch() -> None:
    epochs = SealingEpochs()
    epochs.add(EPOCH, HOUR_US)
    assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, HOUR_US - 1) is None


@pytest.mark.clause("ENV-007", "LIMIT-001")
def test_an_epoch_key_serves_65_536_messages() -> None:
    epochs = SealingEpochs()
    epochs.add(EPOCH, 0)
    for _ in range(MAX_EPOCH_MESSAGES - 1):
        assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, 0) is EPOCH
    assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, 0) is None


@pytest.mark.clause("ENV-006")
def test_an_epoch_key_is_found_for_its_own_pair_of_keys_only() -> None:
    epochs = SealingEpochs()
    epochs.add(EPOCH, 0)
    assert epochs.epoch_for(EPOCH.from_key, bytes(32), 0) is None
    assert epochs.epoch_for(bytes(32), EPOCH.to_key, 0) is None
    assert epochs.epoch_for(EPOCH.from_key, EPOCH.to_key, 0) is EPOCH


@pytest.mark.clause("ENV-013", "LIMIT-001", "LIMIT-002")
def test_1_024_unwrapped_keys_are_kept_and_the_one_longest_unused_goes_first() -> None:
    epochs = OpeningEpochs()
    kept = [stand_in(number) for number in range(MAX_EPOCHS_CACHED)]
    for epoch in kept:
        epochs.add(epoch)
    assert all(epochs.get(header_only(epoch)) is epoch for epoch in kept)
    assert epochs.get(header_only(kept[0])) is kept[0]
    epochs.add(stand_in(MAX_EPOCHS_CACHED))
    assert epochs.get(header_only(kept[1])) is None
    assert epochs.get(header_only(kept[0])) is kept[0]
    assert sum(epochs.get(header_only(epoch)) is not None for epoch in kept) == MAX_EPOCHS_CACHED - 1


def test_an_unwrapped_key_is_found_only_for_all_that_its_wrapping_binds() -> None:
    epochs = OpeningEpochs()
    envelope = envelopes.read(DATA)
    epochs.add(envelopes.unwrap(envelope, ENVELOPE_KEY))
    assert epochs.get(envelope) is not None
    for place in (2, 3, 4):
        fields = fields_of(DATA)
        fields[place] = b"\xff" * 32
        assert epochs.get(envelopes.read(encode(fields))) is None
