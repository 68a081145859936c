"""spec/vectors/keys.json through the public doors of the library."""

from typing import Any

import pytest

from comity.keys import Algorithm, EnvelopeKey, LinkKey, SigningKey, hkdf
from tests.support.vectors import Case, cases, data_of, public_of, refused, vectors


def verify_signature(case: Case) -> None:
    public_of(case).verify(case["label"].encode(), data_of(case["data"]), data_of(case["signature"]))


def unwrap(case: Case) -> bytes:
    return EnvelopeKey.from_seed(data_of(case["seed"])).unwrap(data_of(case["info"]), data_of(case["wrapped"]))


@pytest.mark.clause("KEY-001", "KEY-002")
@pytest.mark.parametrize("case", cases("keys", "valid", "id"))
def test_a_key_has_the_published_id(case: Case) -> None:
    assert public_of(case).id == data_of(case["id"])


@pytest.mark.clause("KEY-002")
def test_the_seeds_of_the_parties_give_their_keys() -> None:
    for keys in vectors("keys")["parties"].values():
        for use, key in keys.items():
            seed = data_of(key["seed"])
            makers: dict[str, Any] = {"link": LinkKey.from_seed, "envelope": EnvelopeKey.from_seed}
            maker = makers.get(use, lambda seed: SigningKey.from_seed(Algorithm.ED25519, seed))
            public = maker(seed).public
            assert (public.data, public.id) == (data_of(key["public"]), data_of(key["id"]))


@pytest.mark.clause("KEY-001", "KEY-003", "KEY-004", "KEY-005")
@pytest.mark.parametrize("case", cases("keys", "valid", "signature"))
def test_a_published_signature_verifies_and_that_of_algorithm_1_is_made_again(case: Case) -> None:
    verify_signature(case)
    key = SigningKey.from_seed(Algorithm(case["algorithm"]), data_of(case["seed"]))
    assert key.public == public_of(case)
    if case["algorithm"] == 1:
        assert key.sign(case["label"].encode(), data_of(case["data"])) == data_of(case["signature"])


@pytest.mark.parametrize("case", cases("keys", "valid", "wrap"))
def test_a_wrapped_secret_opens(case: Case) -> None:
    assert unwrap(case) == data_of(case["secret"])


@pytest.mark.parametrize("case", cases("keys", "valid", "hkdf"))
def test_hkdf_gives_the_published_bytes(case: Case) -> None:
    output = data_of(case["output"])
    secret, salt, info = (data_of(case[name]) for name in ("secret", "salt", "info"))
    assert hkdf(secret, salt, info, len(output)) == output


@pytest.mark.clause("KEY-001", "KEY-003", "KEY-004", "KEY-005", "KEY-006", "KEY-008", "KEY-009", "KEY-015")
@pytest.mark.parametrize("case", cases("keys", "invalid", "signature"))
def test_a_signature_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        verify_signature(case)


@pytest.mark.clause("KEY-007", "KEY-010", "KEY-011", "KEY-014", "KEY-015")
@pytest.mark.parametrize("case", cases("keys", "invalid", "public"))
def test_a_public_key_that_breaks_one_rule_is_refused(case: Case) -> None:
    with refused(case):
        public_of(case)


@pytest.mark.clause("KEY-015")
@pytest.mark.parametrize("case", cases("keys", "invalid", "wrap"))
def test_an_altered_wrapping_is_refused(case: Case) -> None:
    with refused(case):
        unwrap(case)
