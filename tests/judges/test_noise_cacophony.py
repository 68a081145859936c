"""Our engine against the 90 published vectors of cacophony (Noise revision 34)."""

import json
from typing import Any

import pytest

from comity.keys import LinkKey
from comity.noise import HandshakeState
from tests.conftest import vector_file

VECTORS: list[dict[str, Any]] = json.loads(vector_file("noise-cacophony.json").read_text())["vectors"]


def side(vector: dict[str, Any], name: str) -> HandshakeState:
    """Return the side `init` or `resp` of the vector."""

    def octets(key: str) -> bytes | None:
        return bytes.fromhex(vector[key]) if key in vector else None

    static = octets(f"{name}_static")
    return HandshakeState(
        vector["protocol_name"],
        name == "init",
        prologue=octets(f"{name}_prologue") or b"",
        s=LinkKey.from_seed(static) if static else None,
        e=octets(f"{name}_ephemeral"),
        rs=octets(f"{name}_remote_static"),
        psks=[bytes.fromhex(psk) for psk in vector.get(f"{name}_psks", [])],
    )


def test_there_are_90_vectors() -> None:
    assert len(VECTORS) == 90
    assert len({vector["protocol_name"] for vector in VECTORS}) == 90


@pytest.mark.clause("LINK-014")
@pytest.mark.parametrize("vector", VECTORS, ids=[vector["protocol_name"] for vector in VECTORS])
def test_each_message_has_the_published_bytes(vector: dict[str, Any]) -> None:
    messages = [(bytes.fromhex(item["payload"]), bytes.fromhex(item["ciphertext"])) for item in vector["messages"]]
    initiator, responder = side(vector, "init"), side(vector, "resp")
    writer, reader = initiator, responder
    while not initiator.is_finished:
        payload, published = messages.pop(0)
        assert writer.write_message(payload) == published
        assert reader.read_message(published) == payload
        writer, reader = reader, writer
    assert initiator.handshake_hash.hex() == responder.handshake_hash.hex() == vector["handshake_hash"]

    from_initiator, to_initiator = initiator.split()
    from_responder, to_responder = responder.split()
    lanes = {initiator: (from_initiator, to_responder), responder: (from_responder, to_initiator)}
    one_way = len(vector["messages"]) - len(messages) == 1
    assert len(messages) >= 2
    for payload, published in messages:
        sending, receiving = lanes[initiator if one_way else writer]
        assert sending.encrypt(b"", payload) == published
        assert receiving.decrypt(b"", published) == payload
        writer, reader = reader, writer
