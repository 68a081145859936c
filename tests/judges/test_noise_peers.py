"""Whole handshakes and traffic with noiseprotocol, another implementation, in both roles."""

from collections.abc import Callable
from typing import Any

import pytest
from noise.connection import Keypair, NoiseConnection

from comity.keys import LinkKey
from comity.noise import HandshakeState

INITIATOR, RESPONDER = LinkKey.from_seed(b"\x01" * 32), LinkKey.from_seed(b"\x02" * 32)
PROLOGUE = b"comity and another"
PSKS = [b"\x05" * 32, b"\x06" * 32]
PATTERNS = ["NN", "NK", "NX", "KN", "KK", "KX", "XN", "XK", "XX", "IN", "IK", "IX"]
WITH_PSKS = ["XXpsk3", "IKpsk1", "IKpsk2", "KKpsk0", "XKpsk3", "NNpsk0+psk2"]


def ours(name: str, pattern: str, initiator: bool) -> HandshakeState:
    letters = pattern[:2]
    known = (letters[1] == "K") if initiator else (letters[0] == "K")
    return HandshakeState(
        name,
        initiator,
        prologue=PROLOGUE,
        s=INITIATOR if initiator else RESPONDER,
        e=(b"\x03" if initiator else b"\x04") * 32,
        rs=(RESPONDER if initiator else INITIATOR).public.data if known else None,
        psks=PSKS[: pattern.count("psk")],
    )


def theirs(name: str, pattern: str, initiator: bool) -> Any:
    connection = NoiseConnection.from_name(name.encode())
    connection.set_prologue(PROLOGUE)
    if "psk" in pattern:
        connection.set_psks(psks=PSKS[: pattern.count("psk")])
    (connection.set_as_initiator if initiator else connection.set_as_responder)()
    mine, other = pattern[0 if initiator else 1], pattern[1 if initiator else 0]
    if mine != "N":
        connection.set_keypair_from_private_bytes(Keypair.STATIC, (b"\x01" if initiator else b"\x02") * 32)
    if other == "K":
        public = (RESPONDER if initiator else INITIATOR).public.data
        connection.set_keypair_from_public_bytes(Keypair.REMOTE_STATIC, public)
    connection.start_handshake()
    return connection


@pytest.mark.parametrize("hash_name", ["SHA256", "BLAKE2s", "BLAKE2b"])
@pytest.mark.parametrize("we_initiate", [True, False], ids=["initiator", "responder"])
@pytest.mark.parametrize("pattern", PATTERNS + WITH_PSKS)
def test_a_handshake_with_another_implementation_succeeds(pattern: str, we_initiate: bool, hash_name: str) -> None:
    name = f"Noise_{pattern}_25519_ChaChaPoly_{hash_name}"
    us, them = ours(name, pattern, we_initiate), theirs(name, pattern, not we_initiate)
    number = 0
    while not us.is_finished:
        payload = b"payload %d" % number
        if us.is_our_turn:
            assert bytes(them.read_message(us.write_message(payload))) == payload
        else:
            assert us.read_message(bytes(them.write_message(payload))) == payload
        number += 1
    assert them.handshake_finished
    assert us.handshake_hash == them.get_handshake_hash()

    sending, receiving = us.split()
    send: Callable[[bytes], bytes] = them.encrypt
    for number in range(5):
        for size in (0, 1, 1_000, 65_519):
            text = bytes([number]) * size
            assert them.decrypt(sending.encrypt(b"", text)) == text
            assert receiving.decrypt(b"", send(text)) == text


@pytest.mark.clause("LINK-020")
def test_both_implementations_rekey_alike() -> None:
    name = "Noise_XK_25519_ChaChaPoly_SHA256"
    us, them = ours(name, "XK", True), theirs(name, "XK", False)
    them.read_message(us.write_message(b""))
    us.read_message(bytes(them.write_message(b"")))
    them.read_message(us.write_message(b""))
    sending, receiving = us.split()
    for _ in range(3):
        assert them.decrypt(sending.encrypt(b"", b"there")) == b"there"
        assert receiving.decrypt(b"", them.encrypt(b"back")) == b"back"
        sending.rekey()
        them.rekey_inbound_cipher()
        receiving.rekey()
        them.rekey_outbound_cipher()
    assert sending.nonce == receiving.nonce == 3
