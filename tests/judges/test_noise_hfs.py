"""The modifier hfs with ML-KEM-768 against the 5 published vectors of XXhfs.

The vectors fix the coins of the encapsulation; `cryptography` draws its own, so the responder takes
that of kyber-py, a third implementation.
"""

import json
from typing import Any

import pytest
from kyber_py.ml_kem import ML_KEM_768

from comity.keys import Cipher, LinkKey, sha256
from comity.noise import HandshakeState
from tests.conftest import vector_file

FILE = json.loads(vector_file("noise-hfs-mlkem768.json").read_text())
NAME: str = FILE["protocol"]
VECTORS: list[dict[str, Any]] = FILE["vectors"]


def both(vector: dict[str, Any]) -> tuple[HandshakeState, HandshakeState]:
    """Return the initiator and the responder of the vector."""
    keys = {name: bytes.fromhex(value) for name, value in vector.items() if isinstance(value, str)}

    def encapsulate(public: bytes) -> tuple[bytes, bytes]:
        secret, ciphertext = ML_KEM_768._encaps_internal(public, keys["encap_seed_m"])
        return secret, ciphertext

    initiator = HandshakeState(
        NAME,
        True,
        prologue=keys["prologue"],
        s=LinkKey.from_seed(keys["static_i_private"]),
        e=keys["ephemeral_dh_i_private"],
        kem_seed=keys["ephemeral_kem_i_seed_dz"],
    )
    responder = HandshakeState(
        NAME,
        False,
        prologue=keys["prologue"],
        s=LinkKey.from_seed(keys["static_r_private"]),
        e=keys["ephemeral_dh_r_private"],
        encapsulate=encapsulate,
    )
    return initiator, responder


def test_there_are_5_vectors() -> None:
    assert NAME == "Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256"
    assert len({vector["handshake_hash"] for vector in VECTORS}) == len(VECTORS) == 5


@pytest.mark.parametrize("vector", VECTORS, ids=[f"vector-{vector['vector_index']}" for vector in VECTORS])
def test_handshake_and_transport_keys_are_the_published_ones(vector: dict[str, Any]) -> None:
    initiator, responder = both(vector)
    payloads = [bytes.fromhex(payload) for payload in vector["payloads"]]

    message_a = initiator.write_message(payloads[0])
    assert (len(message_a), sha256(message_a).hex()) == (vector["msg_a_bytes"], vector["sha256_msg_a"])
    assert responder.read_message(message_a) == payloads[0]
    message_b = responder.write_message(payloads[1])
    assert (len(message_b), sha256(message_b).hex()) == (vector["msg_b_bytes"], vector["sha256_msg_b"])
    assert initiator.read_message(message_b) == payloads[1]
    message_c = initiator.write_message(payloads[2])
    assert message_c.hex() == vector["msg_c"]
    assert responder.read_message(message_c) == payloads[2]
    assert initiator.handshake_hash.hex() == responder.handshake_hash.hex() == vector["handshake_hash"]

    from_initiator, to_initiator = initiator.split()
    from_responder, to_responder = responder.split()
    for sending, receiving, key in (
        (from_initiator, to_responder, vector["cs1_k"]),
        (from_responder, to_initiator, vector["cs2_k"]),
    ):
        sealed = Cipher(bytes.fromhex(key)).seal(bytes(12), b"", b"as the published key does")
        assert sending.encrypt(b"", b"as the published key does") == sealed
        assert receiving.decrypt(b"", sealed) == b"as the published key does"
