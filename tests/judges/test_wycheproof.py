"""Edge cases of project Wycheproof, against what the library does with them. Every file is counted."""

import json
from typing import Any

import pytest

from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.keys import Algorithm, KemKey, LinkKey, PublicKey, hkdf, open_sealed, seal
from tests.conftest import vector_file


def cases(name: str, count: int) -> list[dict[str, Any]]:
    """Return the cases of the file, each with the fields of its group; hexadecimal stays as it is."""
    groups = json.loads(vector_file(f"wycheproof-{name}_test.json").read_text())["testGroups"]
    found = [{"group": group, **case} for group in groups for case in group["tests"]]
    assert len(found) == count
    return found


def octets(case: dict[str, Any], *names: str) -> list[bytes]:
    """Return the named fields as bytes."""
    return [bytes.fromhex(case[name]) for name in names]


@pytest.mark.clause("KEY-006", "KEY-007", "KEY-008", "KEY-009")
def test_ed25519_agrees_in_151_cases() -> None:
    verdicts = {"valid": 0, "invalid": 0}
    for case in cases("ed25519", 151):
        key = PublicKey(Algorithm.ED25519, bytes.fromhex(case["group"]["publicKey"]["pk"]))
        message, signature = octets(case, "msg", "sig")
        if case["result"] == "valid":
            key.verify_raw(message, signature)
        else:
            with pytest.raises(AuthenticationError):
                key.verify_raw(message, signature)
        verdicts[case["result"]] += 1
    assert verdicts == {"valid": 88, "invalid": 63}


@pytest.mark.clause("KEY-010")
def test_x25519_agrees_in_518_cases_and_refuses_each_zero_secret() -> None:
    refused = 0
    for case in cases("x25519", 518):
        private, public, shared = octets(case, "private", "public", "shared")
        if shared != bytes(32):
            assert LinkKey.from_seed(private).exchange(public) == shared, case["tcId"]
            assert PublicKey(Algorithm.X25519, public).data == public
            continue
        with pytest.raises(AuthenticationError):
            LinkKey.from_seed(private).exchange(public)
        with pytest.raises(MalformedError):
            PublicKey(Algorithm.X25519, public)
        refused += 1
    assert refused == 31


def test_chacha20_poly1305_agrees_in_325_cases() -> None:
    verdicts = {"opened": 0, "altered": 0, "nonce": 0}
    for case in cases("chacha20_poly1305", 325):
        key, nonce, aad, message, ciphertext, tag = octets(case, "key", "iv", "aad", "msg", "ct", "tag")
        if case["group"]["ivSize"] != 96:
            assert case["result"] == "invalid"
            with pytest.raises(LocalError):
                seal(key, nonce, aad, message)
            with pytest.raises(AuthenticationError):
                open_sealed(key, nonce, aad, ciphertext + tag)
            verdicts["nonce"] += 1
        elif case["result"] == "valid":
            assert seal(key, nonce, aad, message) == ciphertext + tag
            assert open_sealed(key, nonce, aad, ciphertext + tag) == message
            verdicts["opened"] += 1
        else:
            with pytest.raises(AuthenticationError):
                open_sealed(key, nonce, aad, ciphertext + tag)
            verdicts["altered"] += 1
    assert verdicts == {"opened": 256, "altered": 60, "nonce": 9}


def test_hkdf_sha256_agrees_in_86_cases() -> None:
    too_long = 0
    for case in cases("hkdf_sha256", 86):
        secret, salt, info, output = octets(case, "ikm", "salt", "info", "okm")
        if case["result"] == "valid":
            assert hkdf(secret, salt, info, case["size"]) == output
        else:
            with pytest.raises(LocalError):
                hkdf(secret, salt, info, case["size"])
            too_long += 1
    assert too_long == 3


def test_ml_kem_768_agrees_in_193_cases() -> None:
    verdicts = {"valid": 0, "invalid": 0}
    for case in cases("mlkem_768", 193):
        verdicts[case["result"]] += 1
        seed, ciphertext, secret = octets(case, "seed", "c", "K")
        if case["result"] == "valid":
            key = KemKey.from_seed(seed)
            assert key.public == bytes.fromhex(case["ek"])
            assert key.decapsulate(ciphertext) == secret
        else:
            with pytest.raises((MalformedError, LocalError)):
                KemKey.from_seed(seed).decapsulate(ciphertext)
    assert sum(verdicts.values()) == 193
