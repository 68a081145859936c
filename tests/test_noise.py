"""The handshake of the link and what it leaves: everything altered is refused, and a failed handshake stays failed."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.errors import AuthenticationError, ComityError, LimitError, LocalError, MalformedError
from comity.keys import LinkKey
from comity.noise import CipherState, HandshakeState

NAME = "Noise_XKhfs_25519+MLKEM768_ChaChaPoly_SHA256"
INITIATOR, RESPONDER = LinkKey.from_seed(b"\x01" * 32), LinkKey.from_seed(b"\x02" * 32)
MALLORY = LinkKey.from_seed(b"\x07" * 32)
E_INITIATOR, E_RESPONDER, KEM_SEED = b"\x03" * 32, b"\x04" * 32, b"\x05" * 64
PSKS = (b"\x06" * 32, b"\x08" * 32)
PROLOGUE = b"prologue"

ONE_WAY = ["N", "K", "X", "Npsk0", "Xpsk1"]
TWO_WAY = [
    *("NN", "NK", "NX", "KN", "KK", "KX", "XN", "XK", "XX", "IN", "IK", "IX"),
    *("KK1", "K1K1", "X1X", "XX1", "X1X1", "I1K", "IK1", "I1K1"),
    *("XXpsk0+psk3", "IKpsk1", "KKpsk2"),
]
HYBRID = ["NNhfs", "NKhfs", "XKhfs", "XXhfs", "IKhfs", "KKhfs", "IXhfs", "XKhfs+psk3", "XXpsk0+hfs"]


def side(initiator: bool, **changes: Any) -> HandshakeState:
    """Return one side of an XKhfs handshake; `changes` replace arguments."""
    ours: dict[str, Any] = {"prologue": PROLOGUE, "s": RESPONDER, "e": E_RESPONDER}
    if initiator:
        ours |= {"s": INITIATOR, "e": E_INITIATOR, "rs": RESPONDER.public.data, "kem_seed": KEM_SEED}
    return HandshakeState(NAME, initiator, **{**ours, **changes})


def of_pattern(pattern: str, initiator: bool) -> HandshakeState:
    """Return one side of any pattern, with the keys that it needs and no others."""
    base = pattern.split("psk")[0].split("hfs")[0]
    letters = [letter for letter in base if letter != "1"]
    mine, others = letters[0], letters[-1]
    if len(letters) == 1:
        mine, others = ("N", "K") if base == "N" else (base, "K")
    if not initiator:
        mine, others = others, mine
    return HandshakeState(
        f"Noise_{pattern}_25519{'+MLKEM768' if 'hfs' in pattern else ''}_ChaChaPoly_BLAKE2s",
        initiator,
        s=None if mine == "N" else INITIATOR if initiator else RESPONDER,
        e=E_INITIATOR if initiator else E_RESPONDER,
        rs=(RESPONDER if initiator else INITIATOR).public.data if others == "K" else None,
        psks=PSKS[: pattern.count("psk")],
        kem_seed=KEM_SEED if initiator and "hfs" in pattern else None,
    )


def run(initiator: HandshakeState, responder: HandshakeState, payloads: Iterable[bytes] = ()) -> list[bytes]:
    """Return the messages of the whole handshake; each payload must arrive."""
    messages, rest = [], iter(payloads)
    writer, reader = initiator, responder
    while not writer.is_finished:
        payload = next(rest, b"")
        message = writer.write_message(payload)
        assert reader.read_message(message) == payload
        messages.append(message)
        writer, reader = reader, writer
    return messages


def assert_dead(state: HandshakeState) -> None:
    for call in (lambda: state.write_message(b""), lambda: state.read_message(bytes(64)), state.split):
        with pytest.raises(LocalError):
            call()
    with pytest.raises(LocalError):
        _ = state.handshake_hash


# A handshake


@pytest.mark.clause("LINK-014")
def test_a_handshake_gives_both_sides_the_same_hash_and_two_directions() -> None:
    initiator, responder = side(True), side(False)
    assert responder.remote_static is None
    messages = run(initiator, responder, [b"", b"one", b"two"])
    assert [len(message) for message in messages] == [1_248, 1_152 + 3, 64 + 3]
    assert initiator.handshake_hash == responder.handshake_hash
    assert len(initiator.handshake_hash) == 32
    assert initiator.remote_static == RESPONDER.public.data
    assert responder.remote_static == INITIATOR.public.data
    (up, down), (back, out) = initiator.split(), responder.split()
    for number in range(3):
        text = b"text %d" % number
        assert out.decrypt(b"", up.encrypt(b"", text)) == text
        assert down.decrypt(b"", back.encrypt(b"", text)) == text
    assert up.encrypt(b"", b"same") != back.encrypt(b"", b"same")


@pytest.mark.parametrize("pattern", TWO_WAY + HYBRID)
def test_each_pattern_runs_and_carries_traffic(pattern: str) -> None:
    initiator, responder = of_pattern(pattern, True), of_pattern(pattern, False)
    run(initiator, responder, [b"1", b"22", b"333"])
    assert initiator.handshake_hash == responder.handshake_hash
    (up, down), (back, out) = initiator.split(), responder.split()
    assert out.decrypt(b"ad", up.encrypt(b"ad", b"there")) == b"there"
    assert down.decrypt(b"ad", back.encrypt(b"ad", b"back")) == b"back"


@pytest.mark.parametrize("pattern", ONE_WAY)
def test_each_one_way_pattern_runs(pattern: str) -> None:
    initiator, responder = of_pattern(pattern, True), of_pattern(pattern, False)
    assert len(run(initiator, responder, [b"1"])) == 1
    assert responder.split()[1].decrypt(b"", initiator.split()[0].encrypt(b"", b"there")) == b"there"


def test_two_handshakes_with_the_same_keys_differ_by_the_coins_of_the_encapsulation() -> None:
    hashes = set()
    for _ in range(3):
        initiator, responder = side(True), side(False)
        run(initiator, responder)
        hashes.add(initiator.handshake_hash)
    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("initiator", "responder"),
    [
        ({"prologue": b"another"}, {}),
        ({"rs": MALLORY.public.data}, {}),
        ({}, {"s": MALLORY}),
    ],
    ids=["prologue", "callee", "key"],
)
def test_sides_that_disagree_do_not_finish(initiator: dict[str, Any], responder: dict[str, Any]) -> None:
    caller, callee = side(True, **initiator), side(False, **responder)
    with pytest.raises(AuthenticationError):
        callee.read_message(caller.write_message(b""))
    assert_dead(callee)


def test_a_handshake_of_another_hash_does_not_finish() -> None:
    caller = HandshakeState("Noise_NK_25519_ChaChaPoly_SHA256", True, e=E_INITIATOR, rs=RESPONDER.public.data)
    callee = HandshakeState("Noise_NK_25519_ChaChaPoly_BLAKE2s", False, e=E_RESPONDER, s=RESPONDER)
    with pytest.raises(AuthenticationError):
        callee.read_message(caller.write_message(b""))


def test_another_pre_shared_key_does_not_finish() -> None:
    name = "Noise_NNpsk0_25519_ChaChaPoly_SHA256"
    caller = HandshakeState(name, True, e=E_INITIATOR, psks=PSKS[:1])
    callee = HandshakeState(name, False, e=E_RESPONDER, psks=PSKS[1:])
    with pytest.raises(AuthenticationError):
        callee.read_message(caller.write_message(b""))


# What is altered


def reader_of(number: int) -> tuple[HandshakeState, bytes]:
    """Return the side that reads message `number` of a fresh handshake, and the message."""
    writer, reader = side(True), side(False)
    for _ in range(number):
        reader.read_message(writer.write_message(b"hello"))
        writer, reader = reader, writer
    return reader, writer.write_message(b"hello")


@pytest.mark.clause("KEY-011", "LINK-016")
@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
@pytest.mark.slow
def test_every_altered_byte_of_a_handshake_is_refused(number: int, change: int) -> None:
    length = len(reader_of(number)[1])
    for at in range(length):
        reader, message = reader_of(number)
        with pytest.raises((AuthenticationError, MalformedError)):
            reader.read_message(message[:at] + bytes([message[at] ^ change]) + message[at + 1 :])
        with pytest.raises(LocalError):
            reader.read_message(message)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_message_that_was_cut_or_extended_is_refused(number: int) -> None:
    _, message = reader_of(number)
    for length in {0, 1, 31, 32, 33, 47, 48, 63, len(message) // 2, len(message) - 1}:
        reader, message = reader_of(number)
        with pytest.raises((AuthenticationError, MalformedError)):
            reader.read_message(message[:length])
        assert_dead(reader)
    reader, message = reader_of(number)
    with pytest.raises(AuthenticationError):
        reader.read_message(message + b"\0")
    assert_dead(reader)


def test_a_message_of_more_than_65535_bytes_is_refused() -> None:
    reader, message = reader_of(0)
    with pytest.raises(MalformedError):
        reader.read_message(message.ljust(65_536, b"\0"))
    assert_dead(reader)


@given(st.binary(max_size=1_400), st.sampled_from(["XXhfs", "XKhfs", "NN", "IK", "XXpsk0+psk3"]))
def test_any_bytes_are_a_message_or_a_defined_error(data: bytes, pattern: str) -> None:
    responder = of_pattern(pattern, False)
    try:
        responder.read_message(data)
        responder.write_message(b"")
    except (AuthenticationError, MalformedError):
        assert_dead(responder)


@pytest.mark.clause("KEY-010")
@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_an_ephemeral_key_of_low_order_is_refused(point: bytes) -> None:
    responder = of_pattern("NN", False)
    responder.read_message(point)
    with pytest.raises(AuthenticationError):
        responder.write_message(b"")
    assert_dead(responder)


@pytest.mark.clause("KEY-011")
def test_an_e1_that_is_no_ml_kem_key_is_refused() -> None:
    initiator, responder = of_pattern("XXhfs", True), of_pattern("XXhfs", False)
    message = initiator.write_message(b"")  # XX: e1 still travels in the clear
    responder.read_message(message[:32] + b"\xff" * 1_184)
    with pytest.raises(MalformedError):
        responder.write_message(b"")
    assert_dead(responder)


# Wrong calls


def test_a_call_out_of_turn_changes_nothing() -> None:
    initiator, responder = side(True), side(False)
    assert (initiator.is_our_turn, responder.is_our_turn) == (True, False)
    wrong: list[Callable[[], object]] = [
        lambda: initiator.read_message(b""),
        lambda: responder.write_message(b""),
        initiator.split,
        lambda: initiator.handshake_hash,
    ]
    for call in wrong:
        with pytest.raises(LocalError):
            call()
    run(initiator, responder)
    assert initiator.handshake_hash == responder.handshake_hash


def test_nothing_more_can_be_said_in_a_finished_handshake_and_it_splits_once() -> None:
    initiator, responder = side(True), side(False)
    run(initiator, responder)
    assert not initiator.is_our_turn
    assert not responder.is_our_turn
    initiator.split()
    for call in (initiator.split, lambda: initiator.write_message(b""), lambda: initiator.read_message(b"")):
        with pytest.raises(LocalError):
            call()
    assert initiator.handshake_hash == responder.handshake_hash


@pytest.mark.parametrize(("number", "overhead"), [(0, 1_248), (1, 1_152), (2, 64)])
def test_a_message_holds_65535_bytes_and_a_payload_that_does_not_fit_changes_nothing(
    number: int, overhead: int
) -> None:
    writer, reader = side(True), side(False)
    for _ in range(number):
        reader.read_message(writer.write_message(b""))
        writer, reader = reader, writer
    with pytest.raises(LocalError):
        writer.write_message(bytes(65_536 - overhead))
    message = writer.write_message(bytes(65_535 - overhead))
    assert len(message) == 65_535
    assert reader.read_message(message) == bytes(65_535 - overhead)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "XX",
        "Noise_XX_25519_ChaChaPoly",
        "Noise_ZZ_25519_ChaChaPoly_SHA256",
        "Noise_XX_448_ChaChaPoly_SHA256",
        "Noise_XX_25519_AESGCM_SHA256",
        "Noise_XX_25519_ChaChaPoly_SHA512",
        "Noise_XX_25519_ChaChaPoly_SHA256_",
        "Noise_XX_25519_ChaChaPoly_SHA256\n",
        "Noise_XX_25519+MLKEM768_ChaChaPoly_SHA256",
        "Noise_XXhfs_25519_ChaChaPoly_SHA256",
        "Noise_XXfallback_25519_ChaChaPoly_SHA256",
        "Noise_XXpsk_25519_ChaChaPoly_SHA256",
        "Noise_XXpsk4_25519_ChaChaPoly_SHA256",
        "Noise_Nhfs_25519+MLKEM768_ChaChaPoly_SHA256",
    ],
)
def test_an_unknown_protocol_is_a_local_error(name: str) -> None:
    with pytest.raises(LocalError):
        HandshakeState(name, True, s=INITIATOR, e=E_INITIATOR)


@pytest.mark.parametrize(
    ("initiator", "changes"),
    [
        (True, {"s": None}),
        (True, {"e": None}),
        (True, {"e": bytes(31)}),
        (True, {"rs": None}),
        (True, {"rs": bytes(31)}),
        (True, {"kem_seed": None}),
        (True, {"kem_seed": bytes(63)}),
        (True, {"psks": [bytes(32)]}),
        (False, {"s": None}),
        (False, {"e": None}),
        (False, {"rs": INITIATOR.public.data}),
    ],
)
def test_a_missing_or_needless_key_is_a_local_error(initiator: bool, changes: dict[str, Any]) -> None:
    with pytest.raises(LocalError):
        side(initiator, **changes)


@pytest.mark.parametrize("psks", [(), PSKS, (bytes(31),)])
def test_psk_patterns_take_their_number_of_keys_of_32_bytes(psks: tuple[bytes, ...]) -> None:
    with pytest.raises(LocalError):
        HandshakeState("Noise_NNpsk0_25519_ChaChaPoly_SHA256", True, e=E_INITIATOR, psks=psks)


# CipherState


KEY = bytes(range(32))


def pair(nonce: int = 0) -> tuple[CipherState, CipherState]:
    return CipherState(KEY, nonce), CipherState(KEY, nonce)


@pytest.mark.clause("LINK-016")
def test_a_lost_repeated_or_altered_message_is_refused_and_the_next_good_one_is_read() -> None:
    sender, receiver = pair()
    first, second, third = (sender.encrypt(b"", text) for text in (b"1", b"2", b"3"))
    assert receiver.decrypt(b"", first) == b"1"
    for bad in (first, third, second[:-1], second + b"\0", b"", bytes(len(second))):
        with pytest.raises(AuthenticationError):
            receiver.decrypt(b"", bad)
        assert receiver.nonce == 1
    with pytest.raises(AuthenticationError):
        receiver.decrypt(b"ad", second)
    assert receiver.decrypt(b"", second) == b"2"
    assert receiver.decrypt(b"", third) == b"3"


@pytest.mark.clause("LINK-015")
def test_a_message_has_at_most_65535_bytes() -> None:
    sender, receiver = pair()
    with pytest.raises(LocalError):
        sender.encrypt(b"", bytes(65_520))
    assert sender.nonce == 0
    sealed = sender.encrypt(b"", bytes(65_519))
    assert len(sealed) == 65_535
    with pytest.raises(MalformedError):
        receiver.decrypt(b"", sealed + b"\0")
    assert receiver.decrypt(b"", sealed) == bytes(65_519)


def test_the_last_nonce_is_never_used_for_a_message() -> None:
    sender, receiver = pair(2**64 - 2)
    sealed = sender.encrypt(b"", b"last")
    assert receiver.decrypt(b"", sealed) == b"last"
    with pytest.raises(LocalError):
        sender.encrypt(b"", b"one more")
    with pytest.raises(LimitError):
        receiver.decrypt(b"", sealed)


@pytest.mark.clause("LINK-020")
def test_after_a_rekey_the_nonce_counts_on_and_only_the_rekeyed_side_reads() -> None:
    (sender, receiver), (_, late) = pair(), pair()
    for reading in (receiver, late):
        reading.decrypt(b"", CipherState(KEY).encrypt(b"", b"before"))
    sender.encrypt(b"", b"before")
    sender.rekey()
    receiver.rekey()
    sealed = sender.encrypt(b"", b"after")
    assert sender.nonce == 2
    with pytest.raises(AuthenticationError):
        late.decrypt(b"", sealed)
    assert receiver.decrypt(b"", sealed) == b"after"


@given(st.lists(st.tuples(st.binary(max_size=50), st.booleans()), max_size=20))
def test_texts_come_out_in_the_order_in_which_they_went_in(steps: list[tuple[bytes, bool]]) -> None:
    sender, receiver = pair()
    for number, (text, rekey) in enumerate(steps):
        assert sender.nonce == receiver.nonce == number
        assert receiver.decrypt(b"", sender.encrypt(b"", text)) == text
        if rekey:
            sender.rekey()
            receiver.rekey()


def test_a_key_of_another_length_is_a_local_error() -> None:
    with pytest.raises(LocalError):
        CipherState(bytes(31))


@pytest.mark.clause("CONV-008")
def test_no_secret_shows_in_a_repr_or_in_an_error() -> None:
    state = side(True)
    shown = [repr(state), repr(CipherState(KEY))]
    with pytest.raises(ComityError) as caught:
        side(True, e=E_INITIATOR + b"!")
    for text in (*shown, str(caught.value)):
        assert E_INITIATOR.hex() not in text
        assert repr(E_INITIATOR)[2:-1] not in text
        assert KEY.hex() not in text
