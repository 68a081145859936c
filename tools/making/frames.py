"""spec/vectors/frames.json: frames of every type, and lanes that end a link."""

from comity.encoding import encode
from comity.frames import encode_frame
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import annotated, line
from tools.making.parties import A, B, first_bundle, first_treaty, seed, treaty_id

WINDOW = 327_680


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="05-frames.md",
        format="`frames` is what one direction of an open link carries, the first bytes after the handshake, in the"
        " lane `lane`; where `greeted` is true, the frame `heads` went before it in the interactive lane."
        " `window` is what the receiver stated in its hello. `types` are the types of the frames in `frames`.",
        verify="Feed the lane, in one piece and byte by byte. A valid one gives the frames of `types` and the link"
        " stays open; at an invalid one the receiver closes the link with a close record of `code`.",
        valid=valid(),
        invalid=[*bad_payloads(), *bad_turns()],
        shared={"heads": HEADS.hex(), "window": WINDOW},
    )


def heads(bundle: int = 1) -> Case:
    """Return what aa.police holds."""
    return {"bundle": bundle, "bundle_hash": first_bundle(A).hash, "holds": 1, "treaty": 1, "treaty_hash": treaty_id()}


HEADS = encode_frame(0x01, encode(heads()))
ID = seed("a message", 16)
ADDRESS = seed("an address")


def good(
    name: str, types: list[int], data: bytes, *clauses: str, lane: str = "interactive", greeted: bool = True
) -> Case:
    return case(name, *clauses, lane=lane, greeted=greeted, frames=data.hex(), types=types)


def valid() -> list[Case]:
    singles = {
        "TREATY_REQUEST": (0x04, (2).to_bytes(4, "big")),
        "TREATY": (0x05, first_treaty().data),
        "BUNDLE_REQUEST": (0x06, encode([B, 1])),
        "BUNDLE": (0x07, first_bundle(A).data),
        "CREDIT": (0x08, (65_536).to_bytes(4, "big")),
        "PING": (0x09, bytes(range(8))),
        "ERROR about a message": (0x0B, encode([16, ID])),
        "ERROR without an id": (0x0B, encode([3, None])),
        "HEADS once more": (0x01, encode(heads(2))),
        "OFFER of one address": (0x0C, encode([ADDRESS])),
        "OFFER of 256 addresses": (0x0C, encode([number.to_bytes(32, "big") for number in range(256)])),
        "CHUNK_REQUEST": (0x0D, encode([ADDRESS, 0, 16])),
        "CHUNK_REQUEST of the last chunk that there may be": (0x0D, encode([ADDRESS, 4_194_303, 1])),
    }
    found = [good(name, [kind], encode_frame(kind, payload), "FRAME-004") for name, (kind, payload) in singles.items()]
    message = encode_frame(0x02, bytes(100))
    return [
        good("HEADS first", [1], HEADS, "FRAME-005", "FRAME-020", greeted=False),
        *found,
        good("MESSAGE, interactive", [2], message, "FRAME-007"),
        good("MESSAGE, bulk", [2], message, "FRAME-007", lane="bulk"),
        good("two frames", [9, 2], encode_frame(0x09, bytes(8)) + message, "FRAME-004"),
        good(
            "optional types that are not known",
            [0x80, 0xFF],
            encode_frame(0x80, b"") + encode_frame(0xFF, b"anything"),
            "FRAME-003",
        ),
        good("an optional type in the bulk lane", [0x81], encode_frame(0x81, b"?"), "FRAME-003", lane="bulk"),
        good(
            "a PING of zeros and one of ones",
            [9, 9],
            encode_frame(9, bytes(8)) + encode_frame(9, b"\xff" * 8),
            "FRAME-013",
        ),
    ]


def bad(name: str, clause: str, code: int, data: bytes, lane: str = "interactive", greeted: bool = True) -> Case:
    return fault(name, clause, code, lane=lane, greeted=greeted, frames=data.hex())


def bad_payloads() -> list[Case]:
    wrong = {
        "HEADS with a field too few": (0x01, encode({"bundle": 1})),
        "HEADS with an item too many": (0x01, encode(heads() | {"zone": None})),
        "HEADS in a second spelling": (0x01, encode(heads()).replace(b"bundle\x01", b"bundle\xcc\x01")),
        "HEADS of nothing": (0x01, b""),
        "TREATY_REQUEST of 3 bytes": (0x04, bytes(3)),
        "TREATY_REQUEST of 5 bytes": (0x04, bytes(5)),
        "BUNDLE_REQUEST as a map": (0x06, encode({})),
        "BUNDLE_REQUEST of no party": (0x06, encode(["police", 1])),
        "BUNDLE_REQUEST below zero": (0x06, encode([B, -1])),
        "CREDIT of 8 bytes": (0x08, bytes(8)),
        "PING of 7 bytes": (0x09, bytes(7)),
        "PONG of 9 bytes": (0x0A, bytes(9)),
        "ERROR with text": (0x0B, encode([1, None, "why"])),
        "ERROR with an id of 15 bytes": (0x0B, encode([1, bytes(15)])),
        "ERROR with bytes after it": (0x0B, encode([1, None]) + b"\xc0"),
        "OFFER of nothing": (0x0C, encode([])),
        "OFFER of 257 addresses": (0x0C, encode([number.to_bytes(32, "big") for number in range(257)])),
        "OFFER of an address of 31 bytes": (0x0C, encode([ADDRESS[:31]])),
        "OFFER as a bin": (0x0C, encode(ADDRESS)),
        "CHUNK_REQUEST of no chunk": (0x0D, encode([ADDRESS, 0, 0])),
        "CHUNK_REQUEST of 17 chunks": (0x0D, encode([ADDRESS, 0, 17])),
        "CHUNK_REQUEST beyond the last chunk that there may be": (0x0D, encode([ADDRESS, 4_194_304, 1])),
        "CHUNK_REQUEST below zero": (0x0D, encode([ADDRESS, -1, 1])),
        "DONE with text": (0x0F, encode([ADDRESS, 6, "why"])),
        "DONE of an address of 33 bytes": (0x0F, encode([ADDRESS + b"x", 0])),
    }
    chunks = {
        "CHUNK of 35 bytes": (ADDRESS + bytes(3)),
        "CHUNK of 15 sealed bytes": (ADDRESS + bytes(4) + bytes(15)),
        "CHUNK of an index that there may not be": (ADDRESS + (4_194_304).to_bytes(4, "big")),
    }
    found = [bad(name, "FRAME-004", 1, encode_frame(kind, payload)) for name, (kind, payload) in wrong.items()]
    found += [bad(name, "FRAME-004", 1, encode_frame(0x0E, payload), lane="bulk") for name, payload in chunks.items()]
    long = bytes([0x02]) + (1_048_577).to_bytes(3, "big")
    unknown = [
        bad(f"critical type {kind:#04x}", "FRAME-002", 3, encode_frame(kind, b"")) for kind in (0x00, 0x10, 0x7F)
    ]
    return [
        *found,
        *unknown,
        bad("a header of 1,048,577 bytes", "FRAME-001", 4, long),
        bad("an optional frame of 1,048,577 bytes", "FRAME-001", 4, b"\x80" + long[1:]),
    ]


def bad_turns() -> list[Case]:
    ping = encode_frame(0x09, bytes(8))
    credit = encode_frame(0x08, (2**31 - 1 - WINDOW + 1).to_bytes(4, "big"))
    over = fault(
        "one byte more than the credit",
        "FRAME-010",
        4,
        lane="interactive",
        greeted=True,
        frames=[[(b"\x02" + (WINDOW - 3).to_bytes(3, "big")).hex(), 1], ["00", WINDOW - 3]],
    )
    moved = {
        "HEADS": encode_frame(1, encode(heads())),
        "PING": ping,
        "CREDIT": encode_frame(8, bytes(4)),
        "ERROR": encode_frame(11, encode([3, None])),
        "OFFER": encode_frame(12, encode([ADDRESS])),
        "CHUNK_REQUEST": encode_frame(13, encode([ADDRESS, 0, 1])),
        "DONE": encode_frame(15, encode([ADDRESS, 0])),
    }
    chunk, asked = encode_frame(14, ADDRESS + bytes(4)), encode_frame(13, encode([ADDRESS, 0, 16]))
    many = b"".join(
        encode_frame(12, encode([(start + n).to_bytes(32, "big") for n in range(256)]))
        for start in range(0, 1_024, 256)
    )
    over_many = encode_frame(12, encode([ADDRESS]))
    return [
        bad("PING before HEADS", "FRAME-020", 2, ping, greeted=False),
        bad("MESSAGE before HEADS", "FRAME-020", 2, encode_frame(2, bytes(100)), lane="bulk", greeted=False),
        bad("an optional frame before HEADS", "FRAME-020", 2, encode_frame(0x80, b""), greeted=False),
        over,
        bad("credit beyond 2^31 - 1", "FRAME-012", 4, credit),
        *(bad(f"{name} in the bulk lane", "FRAME-021", 2, data, lane="bulk") for name, data in moved.items()),
        bad("17 PING at once", "FRAME-023", 4, ping * 17),
        bad("CHUNK in the interactive lane", "FRAME-021", 2, chunk),
        bad("CHUNK that was not requested", "ATTACH-023", 2, chunk, lane="bulk"),
        bad("DONE for what was not offered", "ATTACH-024", 2, encode_frame(15, encode([ADDRESS, 0]))),
        bad("17 chunks requested at once", "ATTACH-020", 4, asked + encode_frame(13, encode([ADDRESS, 16, 1]))),
        bad("1,025 addresses offered", "ATTACH-016", 4, many + over_many),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    payload = encode(heads())
    return [
        line(f"01 {len(payload):06x}", f"HEADS, {len(payload)} bytes"),
        *annotated(payload),
        "",
        line("09 000008", "PING, 8 bytes"),
        line(bytes(range(8)).hex(), "any bytes"),
        "",
        line("08 000004 00010000", "CREDIT of 65,536 bytes"),
    ]
