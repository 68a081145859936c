"""HPKE against the vectors of RFC 9180 and of its post-quantum draft.

Of the 11 vectors, 2 can be opened by single-shot base mode without aad, as the protocol uses it:
- KEM 0x647a with HKDF-SHA256 and ChaCha20-Poly1305 is our suite: 1 vector, through EnvelopeKey.
- KEM 0x0020 (X25519) with the same KDF and AEAD, base mode: 1 vector, through the same library code of `cryptography`.
Not applicable are 9: modes psk, auth and auth_psk (3 with encryptions), export-only (4, nothing is encrypted),
KEM 0x0041 (1) and KDF SHAKE256 (1). Of each vector only encryption 0 can be single shot; it was made with an aad, which
we never use. So the published key and nonce first prove themselves on the published ciphertext and then make the
ciphertext without aad, which must open from nothing but the published private key and encapsulated key.
"""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from comity.errors import AuthenticationError
from comity.keys import Algorithm, EnvelopeKey, PublicKey, seal
from tests.conftest import vector_file

FILE = json.loads(vector_file("hpke.json").read_text())
VECTORS: list[dict[str, Any]] = FILE["rfc9180"] + FILE["hpke_pq"]
HKDF_SHA256, CHACHA20_POLY1305 = 1, 3


def of_kem(kem: int) -> list[dict[str, Any]]:
    """Return the vectors in base mode with this KEM and our KDF and AEAD."""
    wanted = (0, kem, HKDF_SHA256, CHACHA20_POLY1305)
    return [v for v in VECTORS if (v["mode"], v["kem_id"], v["kdf_id"], v["aead_id"]) == wanted]


def without_aad(vector: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Return info, plaintext, and what single-shot encryption gives without aad."""
    first = {name: bytes.fromhex(value) for name, value in vector["encryptions"][0].items()}
    key = bytes.fromhex(vector["key"])
    assert first["nonce"].hex() == vector["base_nonce"]
    assert seal(key, first["nonce"], first["aad"], first["pt"]) == first["ct"]
    ciphertext = seal(key, first["nonce"], b"", first["pt"])
    return bytes.fromhex(vector["info"]), first["pt"], bytes.fromhex(vector["enc"]) + ciphertext


def test_2_of_11_vectors_apply() -> None:
    assert len(VECTORS) == 11
    assert (len(of_kem(0x647A)), len(of_kem(0x0020))) == (1, 1)
    assert sum(vector["mode"] != 0 and vector["aead_id"] == CHACHA20_POLY1305 for vector in VECTORS) == 3
    assert sum(vector["aead_id"] == 0xFFFF for vector in VECTORS) == 4
    assert sum(vector["kem_id"] == 0x0041 or vector["kdf_id"] == 0x0011 for vector in VECTORS) == 2


def test_our_suite_opens_its_vector() -> None:
    (vector,) = of_kem(0x647A)
    key = EnvelopeKey.from_seed(bytes.fromhex(vector["skRm"]))
    info, plaintext, wrapped = without_aad(vector)
    assert key.public == PublicKey(Algorithm.MLKEM768_X25519, bytes.fromhex(vector["pkRm"]))
    assert key.unwrap(info, wrapped) == plaintext
    with pytest.raises(AuthenticationError):
        key.unwrap(info + b"x", wrapped)


def test_the_keys_of_the_other_kdf_with_our_kem_are_the_published_ones() -> None:
    vectors = [vector for vector in VECTORS if vector["kem_id"] == 0x647A]
    assert len(vectors) == 2
    for vector in vectors:
        key = EnvelopeKey.from_seed(bytes.fromhex(vector["skRm"]))
        assert key.public.data.hex() == vector["pkRm"]


def test_the_key_schedule_of_the_library_opens_the_vector_of_rfc_9180() -> None:
    (vector,) = of_kem(0x0020)
    info, plaintext, wrapped = without_aad(vector)
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    private = X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"]))
    assert suite.decrypt(wrapped, private, info) == plaintext
