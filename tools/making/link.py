"""spec/vectors/link.json: one handshake with fixed coins, the first records each way, and what ends a link."""

from collections.abc import Callable
from functools import cache, partial

from comity.encoding import encode
from comity.frames import encode_frame
from comity.keys import KemKey, LinkKey
from comity.link.handshake import PROTOCOL_NAME, prologue
from comity.noise import CipherState, HandshakeState
from comity.noise.symmetricstate import SymmetricState
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.coins import encapsulate
from tools.making.dump import annotated, line, short
from tools.making.frames import HEADS
from tools.making.parties import A, B, party, seed, treaty_id

CALLER_HELLO = {"agent": "comity 0.1.0", "versions": [1], "window": 327_680}
CALLEE_HELLO = {"agent": "example 2", "versions": [1, 2], "window": 1_048_576}
CALLER_E, CALLEE_E, KEM_SEED, COINS = (
    seed("ephemeral of the caller"),
    seed("ephemeral of the callee"),
    seed("ML-KEM-768 of the caller", 64),
    seed("coins of the callee"),
)
INTERACTIVE, BULK, REKEY, CLOSE = b"\x00", b"\x01", b"\x02", b"\x03"
PING = encode_frame(0x09, bytes(8))


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="04-link.md",
        format="`initiator` and `responder`: private keys (X25519, raw), seed of the ML-KEM-768 key, coins of the"
        " encapsulation, hellos as canonical encodings. Handshake messages and records stand without their u16"
        " length. The valid case `handshake`: the three messages, the hash after the last. The case `records`:"
        " records of each direction in order with their plaintext. In an invalid case `to` says which side"
        " receives `input` instead of the good handshake message `stage` (1, 2 or 3), or, with stage"
        " `records`, as its first records; `prefix` stands for a length alone. `answer`: silence, or close (a"
        " close record of `code`).",
        verify="With these keys and coins each side writes exactly the messages and records of the valid cases. In"
        " an invalid case the receiving side finds a fault of `code`, answers as `answer` says and ends the"
        " link.",
        valid=[handshake(), records()],
        invalid=[*bad_first(), *bad_second(), *bad_third(), *bad_records()],
        shared=shared(),
    )


def shared() -> Case:
    return {
        "protocol": PROTOCOL_NAME,
        "treaty": treaty_id().hex(),
        "prologue": prologue(treaty_id()).hex(),
        "initiator": {
            "party": A,
            "static": seed("aa.police link").hex(),
            "ephemeral": CALLER_E.hex(),
            "kem_seed": KEM_SEED.hex(),
            "hello": encode(CALLER_HELLO).hex(),
        },
        "responder": {
            "party": B,
            "static": seed("bb.fiu link").hex(),
            "ephemeral": CALLEE_E.hex(),
            "coins": COINS.hex(),
            "hello": encode(CALLEE_HELLO).hex(),
        },
    }


# --- the good handshake ----------------------------------------------------------------------------------------------


def initiator(
    treaty: bytes | None = None, static: LinkKey | None = None, callee: bytes | None = None
) -> HandshakeState:
    """Return the caller's side, before message 1."""
    return HandshakeState(
        PROTOCOL_NAME,
        True,
        prologue=prologue(treaty or treaty_id()),
        s=static or party(A).link,
        e=CALLER_E,
        rs=callee or party(B).link.public.data,
        kem_seed=KEM_SEED,
    )


def responder() -> HandshakeState:
    """Return the callee's side, before message 1."""
    fixed: Callable[[bytes], tuple[bytes, bytes]] = partial(encapsulate, coins=COINS)
    return HandshakeState(
        PROTOCOL_NAME, False, prologue=prologue(treaty_id()), s=party(B).link, e=CALLEE_E, encapsulate=fixed
    )


def run(
    caller: HandshakeState,
    callee: HandshakeState,
    second: bytes = encode(CALLEE_HELLO),
    third: bytes = encode(CALLER_HELLO),
) -> list[bytes]:
    """Return the three messages with these payloads of messages 2 and 3."""
    messages = [caller.write_message(b"")]
    callee.read_message(messages[0])
    messages.append(callee.write_message(second))
    caller.read_message(messages[1])
    messages.append(caller.write_message(third))
    callee.read_message(messages[2])
    return messages


@cache
def transcript() -> tuple[bytes, ...]:
    """Return the good messages."""
    return tuple(run(initiator(), responder()))


def ciphers() -> tuple[CipherState, CipherState]:
    """Return fresh cipher states: from the initiator, from the responder."""
    caller, callee = initiator(), responder()
    run(caller, callee)
    return caller.split()


def handshake() -> Case:
    caller, callee = initiator(), responder()
    messages = run(caller, callee)
    return case(
        "handshake",
        "LINK-001",
        "LINK-003",
        "LINK-005",
        "LINK-006",
        "LINK-014",
        **{f"message_{n}": message.hex() for n, message in enumerate(messages, 1)},
        hash=caller.handshake_hash.hex(),
    )


def records() -> Case:
    here, there = ciphers()
    return case(
        "records",
        "LINK-014",
        "LINK-017",
        "LINK-020",
        from_initiator=written(
            here,
            [INTERACTIVE + HEADS, BULK + PING[:2], INTERACTIVE + PING, REKEY, INTERACTIVE + PING, CLOSE + b"\x00\x00"],
        ),
        from_responder=written(
            there, [INTERACTIVE + HEADS[:7], INTERACTIVE + HEADS[7:] + PING, REKEY, REKEY, CLOSE + b"\x00\x08"]
        ),
    )


def written(cipher: CipherState, plaintexts: list[bytes]) -> list[Case]:
    """Return the records; after a rekey record the key changes."""
    found = []
    for plaintext in plaintexts:
        found.append({"plaintext": plaintext.hex(), "record": cipher.encrypt(b"", plaintext).hex()})
        if plaintext == REKEY:
            cipher.rekey()
    return found


# --- what ends a link ------------------------------------------------------------------------------------------------


def bad(
    name: str, clause: str, code: int, to: str, stage: int | str, answer: str = "silence", **fields: object
) -> Case:
    return fault(name, clause, code, to=to, stage=stage, answer=answer, **fields)


def bad_first() -> list[Case]:
    first = transcript()[0]
    parts = {"ephemeral key": 0, "ML-KEM-768 key": 40, "tag of that key": 1_231, "tag of the payload": 1_247}
    altered = [
        bad(f"message 1: a bit of the {part}", "LINK-007", 6, "responder", 1, input=flipped(first, at).hex())
        for part, at in parts.items()
    ]
    others = {
        "of another treaty": initiator(treaty=bytes(32)).write_message(b""),
        "for another callee": initiator(callee=party(A).link.public.data).write_message(b""),
        "of version 2 of the protocol": other_version().write_message(b""),
    }
    clauses = {
        "of another treaty": "LINK-001",
        "for another callee": "LINK-003",
        "of version 2 of the protocol": "LINK-001",
    }
    low = bad(
        "message 1: an ephemeral key of low order", "KEY-010", 6, "responder", 1, input=(bytes(32) + first[32:]).hex()
    )
    lengths = [
        bad(f"message 1: a length of {length}", "LINK-008", 1, "responder", 1, prefix=length.to_bytes(2, "big").hex())
        for length in (0, 1_247, 1_249, 65_535)
    ]
    spoilt = bad(
        "message 1: an ML-KEM-768 key with a coefficient of 3,329",
        "KEY-011",
        1,
        "responder",
        1,
        input=spoilt_first().hex(),
    )
    return [
        *altered,
        *(
            bad(f"message 1 {name}", clauses[name], 6, "responder", 1, input=data.hex())
            for name, data in others.items()
        ),
        low,
        spoilt,
        *lengths,
    ]


def other_version() -> HandshakeState:
    return HandshakeState(
        PROTOCOL_NAME,
        True,
        prologue=prologue(treaty_id()).replace(b"\x01" + treaty_id(), b"\x02" + treaty_id()),
        s=party(A).link,
        e=CALLER_E,
        rs=party(B).link.public.data,
        kem_seed=KEM_SEED,
    )


def spoilt_first() -> bytes:
    """Return a message 1 that is right but for a coefficient of the ML-KEM-768 key."""
    ephemeral, callee = LinkKey.from_seed(CALLER_E), party(B).link.public.data
    state = SymmetricState(PROTOCOL_NAME, "SHA256")
    for data in (prologue(treaty_id()), callee, ephemeral.public.data):
        state.mix_hash(data)
    state.mix_key(ephemeral.exchange(callee))
    spoilt = bytes.fromhex("010d") + KemKey.from_seed(KEM_SEED).public[2:]
    return ephemeral.public.data + state.encrypt_and_hash(spoilt) + state.encrypt_and_hash(b"")


def bad_second() -> list[Case]:
    second = transcript()[1]
    parts = {
        "ephemeral key": 0,
        "ciphertext": 40,
        "tag of the ciphertext": 1_135,
        "hello": 1_140,
        "tag of the hello": len(second) - 1,
    }
    altered = [
        bad(f"message 2: a bit of the {part}", "LINK-034", 6, "initiator", 2, input=flipped(second, at).hex())
        for part, at in parts.items()
    ]
    hellos: dict[str, tuple[str, int, bytes]] = {
        "versions 2 and 3": ("LINK-013", 3, encode(CALLEE_HELLO | {"versions": [2, 3]})),
        "no version": ("CONV-001", 1, encode(CALLEE_HELLO | {"versions": []})),
        "versions not ascending": ("LINK-006", 1, encode(CALLEE_HELLO | {"versions": [2, 1]})),
        "a version twice": ("LINK-006", 1, encode(CALLEE_HELLO | {"versions": [1, 1]})),
        "nine versions": ("CONV-001", 1, encode(CALLEE_HELLO | {"versions": list(range(1, 10))})),
        "a window below the least": ("CONV-001", 1, encode(CALLEE_HELLO | {"window": 327_679})),
        "a window above the greatest": ("CONV-001", 1, encode(CALLEE_HELLO | {"window": 16_777_217})),
        "an agent of 65": ("CONV-001", 1, encode(CALLEE_HELLO | {"agent": "a" * 65})),
        "no payload": ("LINK-006", 1, b""),
        "a second spelling": ("LINK-006", 1, encode(CALLEE_HELLO).replace(b"\x92\x01\x02", b"\x92\x01\xcc\x02")),
    }
    payloads = [
        bad(f"message 2: {name}", clause, code, "initiator", 2, input=run_second(hello).hex())
        for name, (clause, code, hello) in hellos.items()
    ]
    lengths = [
        bad(f"message 2: a length of {length}", "LINK-009", 1, "initiator", 2, prefix=length.to_bytes(2, "big").hex())
        for length in (0, 1_151, 1_152 + 1_025)
    ]
    return [*altered, *payloads, *lengths]


def run_second(hello: bytes) -> bytes:
    """Return message 2 with this payload."""
    callee = responder()
    callee.read_message(transcript()[0])
    return callee.write_message(hello)


def bad_third() -> list[Case]:
    third = transcript()[2]
    parts = {"static key": 0, "tag of the static key": 47, "hello": 50, "tag of the hello": len(third) - 1}
    altered = [
        bad(f"message 3: a bit of the {part}", "LINK-011", 6, "responder", 3, input=flipped(third, at).hex())
        for part, at in parts.items()
    ]
    stranger = run(initiator(static=LinkKey.from_seed(seed("a stranger"))), responder())[2]
    deaf = run(initiator(), responder(), third=encode(CALLER_HELLO | {"versions": [2]}))[2]
    empty = run(initiator(), responder(), third=b"")[2]
    lengths = [
        bad(f"message 3: a length of {length}", "LINK-009", 1, "responder", 3, prefix=length.to_bytes(2, "big").hex())
        for length in (63, 64 + 1_025)
    ]
    return [
        *altered,
        *lengths,
        bad("message 3: a static key that nobody has", "LINK-010", 27, "responder", 3, input=stranger.hex()),
        bad("message 3: version 2 alone", "LINK-013", 3, "responder", 3, input=deaf.hex()),
        bad("message 3: no hello", "LINK-006", 1, "responder", 3, input=empty.hex()),
    ]


def bad_records() -> list[Case]:
    faults: dict[str, tuple[str, int, list[bytes]]] = {
        "an empty record": ("LINK-017", 1, [b""]),
        "an interactive record of nothing": ("LINK-017", 1, [INTERACTIVE]),
        "a bulk record of nothing": ("LINK-017", 1, [BULK]),
        "a record of type 4": ("LINK-017", 1, [b"\x04\x00"]),
        "a rekey record with a byte": ("LINK-017", 1, [REKEY + b"\x00"]),
        "a close record of one byte": ("LINK-017", 1, [CLOSE + b"\x00"]),
        "a close record with text": ("LINK-017", 1, [CLOSE + b"\x00\x01bye"]),
    }
    found = [
        bad(name, clause, code, "initiator", "records", "close", input=[there_record(plaintexts)[-1].hex()])
        for name, (clause, code, plaintexts) in faults.items()
    ]
    good = there_record([INTERACTIVE + HEADS, INTERACTIVE + PING])
    rekeyed = there_record([INTERACTIVE + HEADS, REKEY, INTERACTIVE + PING], change_key=False)
    silent = {
        "a bit of a record": [flipped(good[0], 3)],
        "a bit of a tag": [flipped(good[0], -1)],
        "a record twice": [good[0], good[0]],
        "a record left out": [good[1]],
        "a record of 15 bytes": [bytes(15)],
        "a record of no byte": [b""],
        "a record of one's own": [ciphers()[0].encrypt(b"", INTERACTIVE + HEADS)],
    }
    found += [
        bad(name, "LINK-016", 6, "initiator", "records", input=[data.hex() for data in inputs])
        for name, inputs in silent.items()
    ]
    return [
        *found,
        bad(
            "the old key after a rekey record",
            "LINK-020",
            6,
            "initiator",
            "records",
            input=[data.hex() for data in rekeyed],
        ),
    ]


def there_record(plaintexts: list[bytes], *, change_key: bool = True) -> list[bytes]:
    """Return records from the responder."""
    cipher, found = ciphers()[1], []
    for plaintext in plaintexts:
        found.append(cipher.encrypt(b"", plaintext))
        if plaintext == REKEY and change_key:
            cipher.rekey()
    return found


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    one, two, three = transcript()
    hello = encode(CALLER_HELLO)
    there = vectors.valid[1]["from_initiator"][0]
    return [
        "aa.police -> bb.fiu",
        line(f"{len(one):04x}", "u16 length of message 1"),
        line(short(one[:32]), "e"),
        line(short(one[32:1_232]), "e1, sealed: 1,184 + 16 bytes"),
        line(one[1_232:].hex(), "tag of the empty payload"),
        "bb.fiu -> aa.police",
        line(f"{len(two):04x}", "u16 length of message 2"),
        line(short(two[:32]), "e"),
        line(short(two[32:1_136]), "ekem1, sealed: 1,088 + 16 bytes"),
        line(short(two[1_136:]), f"hello, sealed: {len(two) - 1_152} + 16 bytes"),
        "aa.police -> bb.fiu",
        line(f"{len(three):04x}", "u16 length of message 3"),
        line(short(three[:48]), "s, sealed: 32 + 16 bytes"),
        line(short(three[48:]), f"hello, sealed: {len(hello)} + 16 bytes, which is"),
        *annotated(hello, depth=1),
        "the first record of aa.police",
        line(f"{len(there['record']) // 2:04x}", "u16 length of the record"),
        line(short(bytes.fromhex(there["record"])), "sealed:"),
        line("  00", "type: interactive"),
        line(f"  {short(HEADS)}", "the frame HEADS of page frames"),
    ]
