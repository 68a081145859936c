"""spec/vectors/envelope.json: Padmé, one sealed message in all its steps, and altered envelopes."""

from typing import Any

from comity.encoding import encode
from comity.envelope import padme
from comity.keys import hkdf, seal
from comity.labels import EPOCH_KEY, MESSAGE_SEAL, labelled
from tools.making import message
from tools.making.cases import Case, Old, Vectors, case, fault, flipped, pieces
from tools.making.coins import wrap
from tools.making.dump import annotated, line, short
from tools.making.parties import A, B, party, seed, treaty_id

EPOCH = seed("epoch key")
COINS = seed("coins of the epoch key", 64)
LENGTHS = (
    2,
    3,
    4,
    7,
    8,
    9,
    10,
    15,
    16,
    17,
    63,
    64,
    65,
    100,
    127,
    128,
    129,
    255,
    256,
    257,
    500,
    1_000,
    1_023,
    1_024,
    1_025,
    4_096,
    4_097,
    65_535,
    65_536,
    65_537,
    100_000,
    262_144,
    265_000,
)


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="08-envelope.md",
        format="`recipient_seed` is the seed of the recipient's envelope key. The case `padme`: pairs of n and its"
        " Padmé length. The case `sealed`: every step from `epoch_key` (wrapped with `coins`, see keys) and"
        " `signed`, the signed message, to `data`, the envelope. Other cases: `data` alone.",
        verify="Valid: each step gives the next, `data` opens to `signed`. Invalid: reading, unwrapping, opening or"
        " comparing with the body refuses `data` with `code`.",
        valid=[case("padme", "ENV-001", pairs=[[n, padme(n)] for n in LENGTHS]), *sealed_ones()],
        invalid=[*bad_forms(), *altered(), *bad_padding(), *bad_headers()],
        shared={"recipient_seed": seed("bb.fiu envelope").hex()},
    )


def header(**changes: Any) -> Case:
    """Return the fields of the header; the wrapped key fits them unless it is among the changes."""
    fields: Case = {
        "v": 1,
        "suite": 1,
        "treaty": treaty_id(),
        "from_key": party(A).signing.public.id,
        "to_key": party(B).envelope.public.id,
        "id": seed("a message", 16),
    } | changes
    return {"wrapped": wrapped(fields), **fields}


def wrapped(fields: Case) -> bytes:
    info = labelled(EPOCH_KEY, fields["treaty"] + fields["from_key"] + fields["to_key"])
    return wrap(party(B).envelope.public.data, info, EPOCH, COINS)


def row(fields: Case) -> list[Any]:
    return [fields[name] for name in ("v", "suite", "treaty", "from_key", "to_key", "id", "wrapped")]


def inner_of(signed: bytes) -> bytes:
    """Return length, content and zeros."""
    inner = len(signed).to_bytes(4, "big") + signed
    return inner.ljust(padme(len(inner)), b"\x00")


def message_key(fields: Case) -> bytes:
    return hkdf(EPOCH, b"", labelled(MESSAGE_SEAL, encode(row(fields))), 32)


def envelope(inner: bytes, fields: Case | None = None) -> bytes:
    """Return the envelope around these inner bytes."""
    fields = fields or header()
    head = encode(row(fields))
    return encode([*row(fields), seal(message_key(fields), bytes(12), head, inner)])


def sealed_ones() -> list[Case]:
    signed = message.signed(message.body())
    fields = header()
    steps = case(
        "sealed",
        "ENV-001",
        "ENV-004",
        "ENV-009",
        epoch_key=EPOCH.hex(),
        coins=COINS.hex(),
        wrapped=fields["wrapped"].hex(),
        header=encode(row(fields)).hex(),
        message_key=message_key(fields).hex(),
        signed=signed.hex(),
        inner=inner_of(signed).hex(),
        data=envelope(inner_of(signed)).hex(),
    )
    exact = exact_fit()
    return [steps, case("no padding needed", "ENV-002", data=envelope(inner_of(exact)).hex(), signed=exact.hex())]


def exact_fit() -> bytes:
    """Return a signed message whose length with its prefix is its own Padmé length."""
    for size in range(1, 200):
        signed = message.signed(message.body(payload={"text": "a" * size}))
        if padme(4 + len(signed)) == 4 + len(signed):
            return signed
    raise AssertionError("no such length")


def bad(name: str, clause: str, code: int, data: bytes) -> Case:
    return fault(name, clause, code, data=data.hex())


def bad_forms() -> list[Case]:
    good = row(header())
    rows: dict[str, tuple[str, list[Any]]] = {
        "six elements of the header": ("CONV-005", [*good[:6], bytes(100)]),
        "nine elements": ("CONV-005", [*good, bytes(100), None]),
        "version 2 of the record": ("CONV-001", [2, *good[1:], bytes(100)]),
        "suite 3": ("CONV-001", [1, 3, *good[2:], bytes(100)]),
        "a treaty id of 31 bytes": ("CONV-001", [*good[:2], bytes(31), *good[3:], bytes(100)]),
        "a wrapped key of 1,167 bytes": ("CONV-001", [*good[:6], good[6][1:], bytes(100)]),
        "no wrapped key": ("ENV-009", [*good[:6], b"", bytes(100)]),
        "a sealed part of 15 bytes": ("CONV-001", [*good, bytes(15)]),
    }
    size = 294_912
    head = b"\x98" + encode(good)[1:]
    rest = size + 1 - len(head) - 5
    long = fault(
        "one byte too long", "ENV-011", 4, data=pieces((head + b"\xc6" + rest.to_bytes(4, "big"), 1), (b"\x00", rest))
    )
    found = [bad(name, clause, 1, encode(fields)) for name, (clause, fields) in rows.items()]
    return [*found, long, bad("a byte after the envelope", "ENC-014", 1, envelope(inner_of(b"a")) + b"\xc0")]


def altered() -> list[Case]:
    good = header()
    inner = inner_of(message.signed(message.body()))
    whole = envelope(inner)
    sealed = whole[-(len(inner) + 16) :]
    changes: dict[str, Case] = {
        "suite": {"suite": 2},
        "treaty": {"treaty": flipped(good["treaty"], 0)},
        "from_key": {"from_key": flipped(good["from_key"], 0)},
        "to_key": {"to_key": flipped(good["to_key"], 0)},
        "id": {"id": flipped(good["id"], 0)},
        "a bit of the encapsulated key": {"wrapped": flipped(good["wrapped"], 0)},
        "a bit of the sealed epoch key": {"wrapped": flipped(good["wrapped"], 1_130)},
    }
    found = [
        bad(f"altered on the way: {name}", "ENV-004", 6, encode([*row(good | change), sealed]))
        for name, change in changes.items()
    ]
    return [
        *found,
        bad("altered on the way: a bit of the sealed part", "ENV-004", 6, flipped(whole, -40)),
        bad("altered on the way: a bit of the tag", "ENV-004", 6, flipped(whole, -1)),
        bad("altered on the way: the sealed part cut", "ENV-004", 6, encode([*row(good), sealed[:-1]])),
    ]


def bad_padding() -> list[Case]:
    signed = message.signed(message.body())
    inner = inner_of(signed)
    unpadded = len(signed).to_bytes(4, "big") + signed
    zeros = len(inner) - len(unpadded)
    assert zeros > 1
    return [
        bad("no padding", "ENV-001", 6, envelope(unpadded)),
        bad("a byte of padding too few", "ENV-002", 6, envelope(inner[:-1])),
        bad("a byte of padding too many", "ENV-002", 6, envelope(inner + b"\x00")),
        bad("padding to the next step", "ENV-002", 6, envelope(inner.ljust(padme(len(inner) + 1), b"\x00"))),
        bad("a length beyond the end", "ENV-002", 6, envelope((len(inner) - 3).to_bytes(4, "big") + inner[4:])),
        bad("a length of 2^32 - 1", "ENV-002", 6, envelope(b"\xff" * 4 + inner[4:])),
        bad("three inner bytes", "ENV-002", 6, envelope(bytes(3))),
        bad("no inner byte", "ENV-002", 6, envelope(b"")),
        bad("the last byte of the padding is 1", "ENV-003", 6, envelope(inner[:-1] + b"\x01")),
        bad("the first byte of the padding is 1", "ENV-003", 6, envelope(unpadded + b"\x01" + bytes(zeros - 1))),
        bad("a message of no bytes", "MSG-001", 1, envelope(bytes(4))),
    ]


def bad_headers() -> list[Case]:
    """Return envelopes that open, around a body that says something else."""
    inner = inner_of(message.signed(message.body()))
    changes: dict[str, Case] = {
        "suite": {"suite": 2},
        "treaty": {"treaty": seed("another treaty")},
        "from_key": {"from_key": party(B).signing.public.id},
        "id": {"id": seed("another id", 16)},
    }
    return [
        bad(f"{name} differs from the body", "ENV-010", 1, envelope(inner, header(**change)))
        for name, change in changes.items()
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    data = bytes.fromhex(vectors.valid[1]["data"])
    meanings = {
        "2": "treaty id",
        "3": "from_key",
        "4": "to_key",
        "5": "id",
        "6": "epoch key, wrapped: 1,168 bytes",
        "7": "inner, sealed",
        "0": "version 1",
        "1": "suite 1",
    }
    inner = bytes.fromhex(vectors.valid[1]["inner"])
    length = int.from_bytes(inner[:4], "big")
    return [
        *annotated(data, meanings),
        f"inner, {len(inner)} bytes, sealed with the message key {vectors.valid[1]['message_key'][:16]}..",
        line(f"  {inner[:4].hex()}", f"length of the signed message, {length}"),
        line(f"  {short(inner[4:])}", "the signed message of page message"),
        line(
            "  " + "00" * min(8, len(inner) - 4 - length) + "..",
            f"{len(inner) - 4 - length} zeros, to the Padmé length",
        ),
    ]
