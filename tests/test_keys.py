"""Keys: what is signed, sealed and derived, and which keys and bytes are refused."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given
from hypothesis import strategies as st

from comity import keys, labels
from comity.envelope import EpochKey
from comity.errors import AuthenticationError, LocalError, MalformedError
from comity.keys import (
    Algorithm,
    Cipher,
    EnvelopeKey,
    KemKey,
    LinkKey,
    PublicKey,
    SigningKey,
    argon2id,
    encapsulate,
    hkdf,
    open_sealed,
    seal,
    wrap,
    xchacha_open,
    xchacha_seal,
)
from comity.labels import labelled
from comity_node.keyfile import KeyRing
from tests.conftest import ROOT

SEED = bytes(range(1, 33))
LABEL = labels.MESSAGE_SIGNATURE
DATA = b"what is signed"
CLASSIC = SigningKey.from_seed(Algorithm.ED25519, SEED)
HYBRID = SigningKey.from_seed(Algorithm.ED25519_MLDSA65, SEED + SEED[::-1])
HYBRID_WITH_SAME_SEED = SigningKey.from_seed(Algorithm.ED25519_MLDSA65, SEED + SEED)
LINK = LinkKey.from_seed(SEED)
ENVELOPE = EnvelopeKey.from_seed(SEED)
KEM = KemKey.from_seed(SEED + SEED)
LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
]


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]


# Labels and ids


@pytest.mark.clause("KEY-001")
def test_labelled_bytes_state_label_and_length() -> None:
    assert labelled(b"comity-v1 x", b"\x01\x02") == b"comity-v1 x\x00\x00\x00\x00\x02\x01\x02"
    assert labelled(b"a", bytes(65_536)) == b"a\x00\x00\x01\x00\x00" + bytes(65_536)


@pytest.mark.clause("KEY-013")
def test_the_labels_are_those_of_the_page() -> None:
    page = (ROOT / "spec" / "03-keys.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(comity-v1 [a-z-]+)` \|", page, re.MULTILINE)
    ours = [value.decode() for name, value in vars(labels).items() if name.isupper()]
    assert len(ours) == len(set(ours)) > 10
    assert sorted(ours) == sorted(table)


@pytest.mark.clause("KEY-002")
@pytest.mark.parametrize("key", [CLASSIC.public, HYBRID.public, LINK.public, ENVELOPE.public], ids=repr)
def test_a_key_id_is_the_hash_of_label_algorithm_and_key(key: PublicKey) -> None:
    text = b"comity-v1 key-id\x00" + (1 + len(key.data)).to_bytes(4, "big") + bytes([key.algorithm]) + key.data
    assert key.id == hashlib.sha256(text).digest()
    again = PublicKey(key.algorithm, key.data)
    assert again == key
    assert again.id == key.id
    assert hash(again) == hash(key)


@pytest.mark.clause("KEY-002")
def test_the_same_bytes_under_another_algorithm_are_another_key() -> None:
    signing = PublicKey(Algorithm.ED25519, CLASSIC.public.data)
    link = PublicKey(Algorithm.X25519, CLASSIC.public.data)
    assert signing != link
    assert signing.id != link.id


# Public keys


@pytest.mark.clause("KEY-014")
@pytest.mark.parametrize("number", [-1, 0, 5, 255, 2**40])
def test_an_unknown_algorithm_is_refused(number: Any) -> None:
    with pytest.raises(MalformedError):
        PublicKey(number, SEED)


@pytest.mark.parametrize("key", [CLASSIC.public, HYBRID.public, LINK.public, ENVELOPE.public], ids=repr)
def test_a_key_of_another_length_is_refused(key: PublicKey) -> None:
    for data in (b"", key.data[:-1], key.data + b"\0"):
        with pytest.raises(MalformedError):
            PublicKey(key.algorithm, data)


@pytest.mark.clause("KEY-007")
def test_the_ed25519_part_of_a_hybrid_key_is_checked() -> None:
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.ED25519_MLDSA65, (1).to_bytes(32, "little") + HYBRID.public.data[32:])


@pytest.mark.clause("KEY-010")
@pytest.mark.parametrize("point", LOW_ORDER, ids=bytes.hex)
def test_an_x25519_key_of_low_order_is_refused_alone_in_an_exchange_and_in_an_envelope_key(point: bytes) -> None:
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.X25519, point)
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.MLKEM768_X25519, ENVELOPE.public.data[:1_184] + point)
    with pytest.raises(AuthenticationError):
        LINK.exchange(point)


@pytest.mark.clause("KEY-011")
@pytest.mark.parametrize("at", [0, 3, 600, 1_149])
def test_an_ml_kem_key_with_a_coefficient_out_of_range_is_refused(at: int) -> None:
    bad = KEM.public[:at] + b"\xff\xff\xff" + KEM.public[at + 3 :]
    with pytest.raises(MalformedError):
        encapsulate(bad)
    with pytest.raises(MalformedError):
        PublicKey(Algorithm.MLKEM768_X25519, bad + ENVELOPE.public.data[1_184:])


@given(st.sampled_from(Algorithm), st.binary(max_size=40) | st.binary(min_size=32, max_size=32))
def test_any_bytes_are_a_key_or_malformed(algorithm: Algorithm, data: bytes) -> None:
    try:
        key = PublicKey(algorithm, data)
    except MalformedError:
        return
    assert (key.algorithm, key.data) == (algorithm, data)


# Signatures


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ],
    ids=["test-1", "test-2"],
)
def test_vectors_of_rfc_8032(seed: str, public: str, message: str, signature: str) -> None:
    key = SigningKey.from_seed(Algorithm.ED25519, bytes.fromhex(seed))
    assert key.public.data.hex() == public
    assert key.sign_raw(bytes.fromhex(message)).hex() == signature
    key.public.verify_raw(bytes.fromhex(message), bytes.fromhex(signature))


@pytest.mark.clause("KEY-003")
def test_a_signature_is_made_over_the_labelled_bytes() -> None:
    assert CLASSIC.sign(LABEL, DATA) == CLASSIC.sign_raw(labelled(LABEL, DATA))
    CLASSIC.public.verify_raw(labelled(LABEL, DATA), HYBRID_WITH_SAME_SEED.sign(LABEL, DATA)[:64])


@pytest.mark.clause("KEY-003")
@pytest.mark.parametrize("key", [CLASSIC, HYBRID], ids=repr)
def test_a_signature_holds_for_its_label_its_bytes_and_its_key_only(key: SigningKey) -> None:
    signature = key.sign(LABEL, DATA)
    key.public.verify(LABEL, DATA, signature)
    other = SigningKey.from_seed(key.public.algorithm, bytes(32 * key.public.algorithm)).public
    attempts: list[tuple[PublicKey, bytes, bytes]] = [
        (key.public, labels.BUNDLE_SIGNATURE, DATA),
        (key.public, LABEL, DATA + b"\0"),
        (key.public, LABEL, b""),
        (other, LABEL, DATA),
    ]
    for public, label, data in attempts:
        with pytest.raises(AuthenticationError):
            public.verify(label, data, signature)


@pytest.mark.clause("KEY-004")
@pytest.mark.parametrize("at", [0, 31, 32, 63, 64, 65, 1_000, 3_000, 3_371, 3_372])
def test_both_parts_of_a_hybrid_signature_must_verify(at: int) -> None:
    signature = HYBRID.sign(LABEL, DATA)
    assert len(signature) == 64 + 3_309
    with pytest.raises(AuthenticationError):
        HYBRID.public.verify(LABEL, DATA, flipped(signature, at))


@pytest.mark.clause("KEY-004")
def test_a_part_of_another_key_spoils_a_hybrid_signature() -> None:
    ours = HYBRID.sign(LABEL, DATA)
    same_classic = HYBRID_WITH_SAME_SEED.sign(LABEL, DATA)
    same_ml_dsa = SigningKey.from_seed(Algorithm.ED25519_MLDSA65, SEED[::-1] * 2).sign(LABEL, DATA)
    HYBRID.public.verify(LABEL, DATA, same_classic[:64] + same_ml_dsa[64:])
    for mixed in (ours[:64] + same_classic[64:], same_ml_dsa[:64] + ours[64:], same_classic, same_ml_dsa):
        with pytest.raises(AuthenticationError):
            HYBRID.public.verify(LABEL, DATA, mixed)


@pytest.mark.clause("KEY-005")
def test_the_ml_dsa_part_is_pure_and_has_the_label_as_context() -> None:
    part = HYBRID.sign(LABEL, DATA)[64:]
    MLDSA65PublicKey.from_public_bytes(HYBRID.public.data[32:]).verify(part, labelled(LABEL, DATA), LABEL)


@pytest.mark.parametrize("key", [CLASSIC, HYBRID], ids=repr)
def test_a_signature_of_another_length_is_refused(key: SigningKey) -> None:
    signature = key.sign(LABEL, DATA)
    for bad in (b"", signature[:-1], signature + b"\0", signature[:63]):
        with pytest.raises(AuthenticationError):
            key.public.verify(LABEL, DATA, bad)
    with pytest.raises(AuthenticationError):
        CLASSIC.public.verify_raw(DATA, signature[:63])


@given(st.binary(min_size=64, max_size=64))
def test_no_bytes_at_random_are_a_signature(signature: bytes) -> None:
    with pytest.raises(AuthenticationError):
        CLASSIC.public.verify(LABEL, DATA, signature)


@pytest.mark.clause("KEY-012")
def test_a_key_does_only_what_its_algorithm_is_for() -> None:
    wrong_calls: list[Callable[[], object]] = [
        lambda: LINK.public.verify(LABEL, DATA, bytes(64)),
        lambda: ENVELOPE.public.verify(LABEL, DATA, bytes(64)),
        lambda: HYBRID.public.verify_raw(DATA, bytes(64)),
        lambda: HYBRID.sign_raw(DATA),
        lambda: wrap(LINK.public, b"", SEED),
        lambda: wrap(CLASSIC.public, b"", SEED),
        lambda: SigningKey.from_seed(Algorithm.X25519, SEED),
        lambda: SigningKey.from_seed(Algorithm.MLKEM768_X25519, SEED),
    ]
    for call in wrong_calls:
        with pytest.raises(LocalError):
            call()


@pytest.mark.parametrize("size", [0, 31, 33, 63, 65])
def test_a_seed_of_another_length_is_a_local_error(size: int) -> None:
    makers: list[Callable[[bytes], object]] = [
        lambda seed: SigningKey.from_seed(Algorithm.ED25519, seed),
        lambda seed: SigningKey.from_seed(Algorithm.ED25519_MLDSA65, seed),
        LinkKey.from_seed,
        EnvelopeKey.from_seed,
        KemKey.from_seed,
        Cipher,
    ]
    for make in makers:
        with pytest.raises(LocalError):
            make(bytes(size))


# Agreement, encapsulation, wrapping


def test_both_sides_of_an_exchange_agree() -> None:
    other = LinkKey.from_seed(SEED[::-1])
    assert LINK.exchange(other.public.data) == other.exchange(LINK.public.data)
    with pytest.raises(MalformedError):
        LINK.exchange(SEED[:31])


def test_an_encapsulated_secret_is_fresh_and_comes_out_again() -> None:
    secret, ciphertext = encapsulate(KEM.public)
    assert (len(KEM.public), len(secret), len(ciphertext)) == (1_184, 32, 1_088)
    assert KEM.decapsulate(ciphertext) == secret
    assert encapsulate(KEM.public)[0] != secret
    assert KEM.decapsulate(flipped(ciphertext, 5)) != secret


def test_bytes_that_are_no_ciphertext_or_key_are_malformed() -> None:
    for size in (0, 1_087, 1_089):
        with pytest.raises(MalformedError):
            KEM.decapsulate(bytes(size))
    for size in (0, 1_183, 1_185):
        with pytest.raises(MalformedError):
            encapsulate(bytes(size))


def test_a_wrapped_secret_is_fresh_each_time_and_1136_bytes_longer() -> None:
    first, second = wrap(ENVELOPE.public, b"info", SEED), wrap(ENVELOPE.public, b"info", SEED)
    assert len(first) == len(SEED) + keys.WRAP_OVERHEAD_BYTES == 32 + 1_136
    assert first[:1_120] != second[:1_120]
    assert ENVELOPE.unwrap(b"info", first) == ENVELOPE.unwrap(b"info", second) == SEED


def test_a_wrapped_secret_opens_only_whole_with_its_info_and_its_key() -> None:
    wrapped = wrap(ENVELOPE.public, b"info", SEED)
    other = EnvelopeKey.from_seed(SEED[::-1])
    for key, info, data in (
        (ENVELOPE, b"infO", wrapped),
        (ENVELOPE, b"", wrapped),
        (other, b"info", wrapped),
        (ENVELOPE, b"info", wrapped[:-1]),
        (ENVELOPE, b"info", wrapped + b"\0"),
        (ENVELOPE, b"info", wrapped[:1_119]),
        (ENVELOPE, b"info", b""),
    ):
        with pytest.raises(AuthenticationError):
            key.unwrap(info, data)


def test_every_altered_byte_of_a_wrapped_secret_is_noticed() -> None:
    wrapped = wrap(ENVELOPE.public, b"info", SEED)
    for at in range(len(wrapped)):
        with pytest.raises(AuthenticationError):
            ENVELOPE.unwrap(b"info", flipped(wrapped, at, at % 8))


def test_a_seed_gives_the_same_keys_each_time() -> None:
    assert EnvelopeKey.from_seed(SEED).public == ENVELOPE.public
    assert SigningKey.from_seed(Algorithm.ED25519_MLDSA65, SEED + SEED[::-1]).public == HYBRID.public
    assert KemKey.from_seed(SEED + SEED).public == KEM.public


# Sealing


@given(st.binary(max_size=100), st.binary(max_size=100), st.binary(min_size=12, max_size=12))
def test_what_was_sealed_opens_with_the_same_key_nonce_and_aad_only(aad: bytes, data: bytes, nonce: bytes) -> None:
    sealed = seal(SEED, nonce, aad, data)
    assert len(sealed) == len(data) + keys.TAG_BYTES
    assert open_sealed(SEED, nonce, aad, sealed) == data
    for key, other_nonce, other_aad, bad in (
        (SEED[::-1], nonce, aad, sealed),
        (SEED, flipped(nonce, 3), aad, sealed),
        (SEED, nonce, aad + b"\0", sealed),
        (SEED, nonce, aad, flipped(sealed, len(sealed) // 2)),
        (SEED, nonce, aad, sealed[:-1]),
        (SEED, nonce[:11], aad, sealed),
        (SEED, nonce, aad, b""),
    ):
        with pytest.raises(AuthenticationError):
            open_sealed(key, other_nonce, other_aad, bad)


def test_a_cipher_does_what_the_functions_do() -> None:
    cipher = Cipher(SEED)
    sealed = cipher.seal(bytes(12), b"aad", DATA)
    assert sealed == seal(SEED, bytes(12), b"aad", DATA)
    assert cipher.open(bytes(12), b"aad", sealed) == DATA


def test_xchacha_gives_the_bytes_of_the_draft() -> None:
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    aad = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    text = b"Ladies and Gentlemen of the class of '99: "
    text += b"If I could offer you only one tip for the future, sunscreen would be it."
    sealed = xchacha_seal(key, nonce, aad, text)
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"
    assert sealed[:16].hex() == "bd6d179d3e83d43b9576579493c0e939"
    assert xchacha_open(key, nonce, aad, sealed) == text
    for other_key, other_nonce, other_aad, bad in (
        (SEED, nonce, aad, sealed),
        (key, nonce[::-1], aad, sealed),
        (key, nonce[:23], aad, sealed),
        (key, nonce, b"", sealed),
        (key, nonce, aad, flipped(sealed, 0)),
        (key, nonce, aad, sealed[:15]),
        (key, nonce, aad, b""),
    ):
        with pytest.raises(AuthenticationError):
            xchacha_open(other_key, other_nonce, other_aad, bad)


@pytest.mark.parametrize(("key_size", "nonce_size"), [(31, 24), (32, 23), (32, 12)])
def test_xchacha_takes_32_and_24_bytes(key_size: int, nonce_size: int) -> None:
    with pytest.raises(LocalError):
        xchacha_seal(bytes(key_size), bytes(nonce_size), b"", b"")


def test_a_seal_with_a_key_or_nonce_of_another_length_is_a_local_error() -> None:
    for key, nonce in ((bytes(31), bytes(12)), (bytes(32), bytes(11)), (bytes(32), b"")):
        with pytest.raises(LocalError):
            seal(key, nonce, b"", b"")
    for opener in (open_sealed, xchacha_open):
        with pytest.raises(LocalError):
            opener(bytes(31), bytes(24), b"", bytes(40))


# Derivation


@pytest.mark.parametrize("length", [0, -1, 255 * 32 + 1])
def test_hkdf_gives_1_to_8160_bytes(length: int) -> None:
    assert len(hkdf(SEED, b"", b"", 8_160)) == 8_160
    with pytest.raises(LocalError):
        hkdf(SEED, b"", b"", length)


def test_argon2id_agrees_with_another_implementation() -> None:
    ours = argon2id(b"correct horse", SEED[:16], 2, 1 << 20, 32)
    theirs = Argon2id(salt=SEED[:16], length=32, iterations=2, lanes=1, memory_cost=1_024).derive(b"correct horse")
    assert ours == theirs


@pytest.mark.parametrize(
    ("salt_bytes", "passes", "memory_bytes", "length"),
    [
        (15, 1, 1 << 20, 32),
        (17, 1, 1 << 20, 32),
        (16, 0, 1 << 20, 32),
        (16, 17, 1 << 20, 32),
        (16, 1, 8_191, 32),
        (16, 1, (1 << 30) + 1, 32),
        (16, 1, 1 << 20, 15),
        (16, 1, 1 << 20, 65),
    ],
)
def test_argon2id_refuses_parameters_out_of_bounds(
    salt_bytes: int, passes: int, memory_bytes: int, length: int
) -> None:
    with pytest.raises(LocalError):
        argon2id(b"passphrase", bytes(salt_bytes), passes, memory_bytes, length)


# Secrets


@pytest.mark.clause("CONV-008")
def test_no_private_key_shows_in_a_repr_or_in_an_error() -> None:
    shown = [repr(key) for key in (CLASSIC, HYBRID, LINK, ENVELOPE, KEM, Cipher(SEED))]
    for call in (
        lambda: SigningKey.from_seed(Algorithm.ED25519, SEED + b"!"),
        lambda: LinkKey.from_seed(SEED + b"!"),
        lambda: EnvelopeKey.from_seed(SEED + b"!"),
        lambda: KemKey.from_seed(SEED + b"!"),
        lambda: seal(SEED + b"!", bytes(12), b"", b""),
        lambda: xchacha_seal(SEED + b"!", bytes(24), b"", b""),
        lambda: argon2id(SEED, b"", 1, 8_192, 32),
    ):
        with pytest.raises(LocalError) as caught:
            call()
        shown.append(str(caught.value))
    for text in shown:
        assert SEED.hex()[:16] not in text
        assert repr(SEED)[2:18] not in text


SECRETS: list[Callable[[], object]] = [
    lambda: keys.LinkKey.from_seed(bytes(32)),
    lambda: keys.SigningKey.from_seed(keys.Algorithm.ED25519, bytes(32)),
    lambda: keys.EnvelopeKey.from_seed(bytes(32)),
    lambda: keys.KemKey.from_seed(bytes(64)),
    lambda: keys.Cipher(bytes(32)),
    lambda: EpochKey(bytes(32), bytes(1_168), bytes(32), bytes(32), bytes(32)),
    lambda: KeyRing.generate("aa.police", bytes),
]


@pytest.mark.clause("CONV-007")
@pytest.mark.parametrize("make", SECRETS)
def test_what_holds_a_secret_is_never_compared_by_its_bytes(make: Callable[[], object]) -> None:
    one, same = make(), make()
    assert one != same
    assert type(one).__hash__ is object.__hash__


@pytest.mark.clause("CONV-007")
def test_no_secret_bytes_are_compared_outside_the_libraries() -> None:
    secret = re.compile(
        r"(secret|seed|passphrase|private|_key)\w*\s*(==|!=)|(==|!=)\s*\w*(secret|seed|passphrase|private)"
    )
    sources = [*(ROOT / "protocol").rglob("*.py"), *(ROOT / "node").rglob("*.py")]
    found = [
        f"{path.name}: {line.strip()}"
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if secret.search(line.partition("#")[0])
    ]
    assert [line for line in found if "from_key" not in line and "root_key" not in line] == []
