"""spec/vectors/keys.json: the parties' keys, ids, signatures, what a strict verifier refuses, HPKE and HKDF."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from nacl import bindings as nacl

from comity.errors import RemoteError
from comity.keys import Algorithm, PublicKey, SigningKey, hkdf
from comity.labels import EPOCH_KEY, KEY_ID, MESSAGE_SIGNATURE, TREATY_SIGNATURE, labelled
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.coins import wrap
from tools.making.dump import line, short
from tools.making.parties import A, B, party, published, seed

LABEL = MESSAGE_SIGNATURE
TEXT = b"two agencies agree"
HYBRID_SEED = seed("aa.police suite 2", 64)
ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19
OF_ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
IDENTITY = (1).to_bytes(32, "little")


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="03-keys.md",
        format="`parties`: for each use the algorithm, the seed that the private key is made from, public key and"
        " key id. Seeds of algorithm 1: the Ed25519 seed; 2: Ed25519 seed, then ML-DSA-65 seed; 3: the X25519"
        " private key; 4: the seed of page keys. Cases by `form`. id: `id` of the key. signature: `signature`"
        " with `label` over `data`. public: a public key. wrap: `wrapped` is `secret` wrapped with `info` and"
        " `coins` (32 bytes for ML-KEM-768, then an X25519 private key) for the key of `seed`. hkdf: `output`"
        " of `secret`, `salt`, `info`. note: an Ed25519 signature over `data` without a label.",
        verify="Compute what each valid case states; verify signatures, unwrap wrapped secrets. An invalid case is"
        " refused with `code`: public, when the key is read; signature and note, when it is verified; wrap,"
        " when it is unwrapped. Signatures of algorithm 2 are not reproducible, only verifiable.",
        valid=[*ids(), *signatures(old), *derivations()],
        invalid=[*bad_signatures(old), *bad_points(), *bad_public_keys(), *bad_wraps()],
        shared={"parties": {name: published(name) for name in (A, B)}},
    )


def hybrid() -> SigningKey:
    """Return the key of algorithm 2 of the vectors."""
    return SigningKey.from_seed(Algorithm.ED25519_MLDSA65, HYBRID_SEED)


def frozen(old: Old, name: str, key: PublicKey, label: bytes, data: bytes) -> bytes:
    """Return the signature of algorithm 2 that the file holds, a new one where it holds none that verifies."""
    held = bytes.fromhex(old("keys", name).get("signature", ""))
    try:
        key.verify(label, data, held)
    except RemoteError:
        return hybrid().sign(label, data)
    return held


def ids() -> list[Case]:
    publics = {
        f"algorithm {int(key.algorithm)}": key
        for key in (party(A).signing.public, hybrid().public, party(A).link.public, party(A).envelope.public)
    }
    return [
        case(
            f"id of a key of {name}",
            "KEY-001",
            "KEY-002",
            form="id",
            algorithm=int(key.algorithm),
            public=key.data.hex(),
            id=key.id.hex(),
        )
        for name, key in publics.items()
    ]


def signature_fields(key: PublicKey, data: bytes, signature: bytes, label: bytes = LABEL) -> Case:
    return {
        "form": "signature",
        "algorithm": int(key.algorithm),
        "public": key.data.hex(),
        "label": label.decode(),
        "data": data.hex(),
        "signature": signature.hex(),
    }


def signatures(old: Old) -> list[Case]:
    first, second = party(A).signing, hybrid()
    held = frozen(old, "a signature of algorithm 2", second.public, LABEL, TEXT)
    return [
        case(
            "a signature of algorithm 1",
            "KEY-001",
            "KEY-003",
            seed=seed("aa.police signing").hex(),
            **signature_fields(first.public, TEXT, first.sign(LABEL, TEXT)),
        ),
        case(
            "a signature over nothing",
            "KEY-001",
            "KEY-003",
            seed=seed("aa.police signing").hex(),
            **signature_fields(first.public, b"", first.sign(LABEL, b"")),
        ),
        case(
            "a signature of algorithm 2",
            "KEY-003",
            "KEY-004",
            "KEY-005",
            seed=HYBRID_SEED.hex(),
            **signature_fields(second.public, TEXT, held),
        ),
    ]


def wrap_fields() -> Case:
    key, info, secret = party(B).envelope, labelled(EPOCH_KEY, bytes(96)), seed("a secret")
    coins = seed("coins of a wrap", 64)
    return {
        "form": "wrap",
        "seed": seed("bb.fiu envelope").hex(),
        "public": key.public.data.hex(),
        "info": info.hex(),
        "secret": secret.hex(),
        "coins": coins.hex(),
        "wrapped": wrap(key.public.data, info, secret, coins).hex(),
    }


def derivations() -> list[Case]:
    secret, info = seed("a secret"), b"what it is for"
    found = [
        case(
            f"hkdf of {length} bytes",
            form="hkdf",
            secret=secret.hex(),
            salt=salt.hex(),
            info=info.hex(),
            output=hkdf(secret, salt, info, length).hex(),
        )
        for length, salt in ((32, b""), (80, b"salt"))
    ]
    return [case("a wrapped secret", **wrap_fields()), *found]


# --- what is refused -------------------------------------------------------------------------------------------------


def bad_signatures(old: Old) -> list[Case]:
    key, second = party(A).signing, hybrid()
    held = frozen(old, "a signature of algorithm 2", second.public, LABEL, TEXT)
    good = key.sign(LABEL, TEXT)

    def bad(name: str, clause: str, signature: bytes, public: PublicKey = key.public, data: bytes = TEXT) -> Case:
        return fault(name, clause, 6, **signature_fields(public, data, signature))

    return [
        bad("the data without its length", "KEY-001", key.sign_raw(LABEL + b"\x00" + TEXT)),
        bad("a length of two bytes", "KEY-001", key.sign_raw(LABEL + b"\x00\x00\x12" + TEXT)),
        bad("the data without a label", "KEY-003", key.sign_raw(TEXT)),
        bad("another label", "KEY-003", key.sign(TREATY_SIGNATURE, TEXT)),
        bad("other data", "KEY-003", good, data=TEXT + b"."),
        bad("a bit of R", "KEY-003", flipped(good, 0)),
        bad("a bit of S", "KEY-003", flipped(good, 32)),
        bad("one byte less", "KEY-003", good[:-1]),
        bad("one byte more", "KEY-003", good + b"\x00"),
        bad("no signature", "KEY-003", b""),
        bad("the Ed25519 part is wrong", "KEY-004", flipped(held, 40), second.public),
        bad("the ML-DSA-65 part is wrong", "KEY-004", flipped(held, 64 + 1_000), second.public),
        bad("no ML-DSA-65 part", "KEY-004", held[:64], second.public),
        bad("the ML-DSA-65 part first", "KEY-004", held[64:] + held[:64], second.public),
        bad("the ML-DSA-65 part without a context", "KEY-005", without_context(old, held), second.public),
        bad("S not below the order", "KEY-006", good[:32] + (scalar(good[32:]) + ORDER).to_bytes(32, "little")),
    ]


def without_context(old: Old, held: bytes) -> bytes:
    """Return a signature whose ML-DSA-65 part was made with an empty context."""
    name, private = "the ML-DSA-65 part without a context", MLDSA65PrivateKey.from_seed_bytes(HYBRID_SEED[32:])
    there = bytes.fromhex(old("keys", name).get("signature", ""))
    signed = labelled(LABEL, TEXT)
    try:
        private.public_key().verify(there[64:], signed, b"")
    except Exception:  # whatever is wrong with it, it is made again
        return held[:64] + private.sign(signed, b"")
    return there


def scalar(data: bytes) -> int:
    return int.from_bytes(data, "little")


def times_base(number: int) -> bytes:
    """Return number * B."""
    return nacl.crypto_scalarmult_ed25519_base_noclamp((number % ORDER).to_bytes(32, "little"))


def challenge(r: bytes, public: bytes, data: bytes) -> int:
    return scalar(hashlib.sha512(r + public + labelled(LABEL, data)).digest()) % ORDER


def private_scalar(words: str) -> int:
    digest = bytearray(hashlib.sha512(seed(words)).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    return scalar(bytes(digest))


def bad_points() -> list[Case]:
    """Return signatures for which some verifier's equation holds, and a strict one refuses nevertheless."""
    public, secret = party(A).signing.public.data, private_scalar("aa.police signing")

    def bad(name: str, clause: str, r: bytes, nonce: int) -> Case:
        s = (nonce + challenge(r, public, TEXT) * secret) % ORDER
        signature = r + s.to_bytes(32, "little")
        return fault(name, clause, 6, **signature_fields(party(A).signing.public, TEXT, signature))

    nonce = scalar(seed("a nonce"))
    return [
        bad("R is the identity", "KEY-008", IDENTITY, 0),
        bad("R is the identity in a second spelling", "KEY-008", (FIELD + 1).to_bytes(32, "little"), 0),
        bad("R has small order, the equation holds with the cofactor", "KEY-008", OF_ORDER_8, 0),
        bad(
            "only the equation with the cofactor holds",
            "KEY-009",
            nacl.crypto_core_ed25519_add(times_base(nonce), OF_ORDER_8),
            nonce,
        ),
    ]


def bad_public_keys() -> list[Case]:
    mixed = nacl.crypto_core_ed25519_add(party(A).signing.public.data, OF_ORDER_8)
    kem = party(A).envelope.public.data
    spoilt = bytes.fromhex("010d") + kem[2:]  # the first coefficient is 3,329
    second = hybrid().public.data
    return [
        *(
            bad_key(f"Ed25519: {name}", "KEY-007", 1, data)
            for name, data in {
                "a point of mixed order": mixed,
                "the identity": IDENTITY,
                "a point of order 2": (FIELD - 1).to_bytes(32, "little"),
                "a point of order 8": OF_ORDER_8,
                "a second spelling": (FIELD + 3).to_bytes(32, "little"),
                "no point": (2).to_bytes(32, "little"),
                "31 bytes": bytes(31),
            }.items()
        ),
        bad_key("algorithm 2: a mixed Ed25519 part", "KEY-007", 2, mixed + second[32:]),
        bad_key("X25519: zero", "KEY-010", 3, bytes(32)),
        bad_key("X25519: one", "KEY-010", 3, IDENTITY),
        bad_key(
            "X25519: a point of order 8",
            "KEY-010",
            3,
            bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        ),
        bad_key("algorithm 4: the X25519 part is zero", "KEY-010", 4, kem[:1_184] + bytes(32)),
        bad_key("algorithm 4: a coefficient of 3,329", "KEY-011", 4, spoilt),
        bad_key("algorithm 0", "KEY-014", 0, bytes(32)),
        bad_key("algorithm 5", "KEY-014", 5, bytes(32)),
    ]


def bad_key(name: str, clause: str, algorithm: int, data: bytes) -> Case:
    return fault(name, clause, 1, form="public", algorithm=algorithm, public=data.hex())


def bad_wraps() -> list[Case]:
    good = wrap_fields()
    wrapped = bytes.fromhex(good["wrapped"])
    changed = {
        "a bit of the ML-KEM-768 ciphertext": flipped(wrapped, 0),
        "a bit of the X25519 key": flipped(wrapped, 1_088),
        "a bit of the sealed secret": flipped(wrapped, 1_120),
        "a bit of the tag": flipped(wrapped, -1),
        "one byte less": wrapped[:-1],
        "nothing": b"",
    }
    found = [fault(f"wrap: {name}", "KEY-015", 6, **good | {"wrapped": data.hex()}) for name, data in changed.items()]
    other = labelled(EPOCH_KEY, bytes(95) + b"\x01").hex()
    return [*found, fault("wrap: another info", "KEY-015", 6, **good | {"info": other})]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    key = party(A).signing
    data = b"\x01" + key.public.data
    return [
        "key id of the signing key of aa.police = SHA-256 of",
        line(f"  {short(KEY_ID, 8)}", f'"{KEY_ID.decode()}", {len(KEY_ID)} bytes'),
        line(f"  00 {len(data):08x}", "zero, u32 length"),
        line("  01", "u8: algorithm 1"),
        line(f"  {key.public.data[:20].hex()}", "public key"),
        f"  {key.public.data[20:].hex()}",
        f"= {key.public.id.hex()}",
        "",
        f'signature with the label "{LABEL.decode()}" over "{TEXT.decode()}"',
        *(f"  {half.hex()}" for half in (key.sign(LABEL, TEXT)[:32], key.sign(LABEL, TEXT)[32:])),
    ]
