"""spec/vectors/message.json: signed bodies, and one broken rule each."""

import hashlib
from typing import Any

from comity.encoding import encode
from comity.errors import RemoteError
from comity.keys import PublicKey, SigningKey
from comity.labels import MESSAGE_SIGNATURE
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated
from tools.making.keys import hybrid
from tools.making.parties import NOW_US, SECOND_US, A, B, party, seed, treaty_id

HOUR_US = 3_600 * SECOND_US


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="06-message.md",
        format="`data` is a signed message; `algorithm` and `public` are those of the key that its sender holds;"
        " `hash` is that of the message.",
        verify="Read `data`, its body, then verify the signature. A valid case passes and has `hash`; an invalid one"
        " is refused with `code` by one of the three steps.",
        valid=valid(old),
        invalid=[*bad_documents(), *bad_fields(), *bad_signatures()],
        shared={},
    )


def body(**changes: Any) -> Case:
    """Return the body of a first message of aa.police to bb.fiu."""
    return {
        "after": None,
        "approvals": [],
        "attachments": [],
        "case": seed("a case", 16),
        "created": NOW_US,
        "exercise": False,
        "expires": NOW_US + 24 * HOUR_US,
        "from": A,
        "from_key": party(A).signing.public.id,
        "handling": handling(),
        "id": seed("a message", 16),
        "in_reply_to": None,
        "kind": "text",
        "lang": "en",
        "payload": {"text": "Please call back."},
        "prev": None,
        "seq": 0,
        "suite": 1,
        "to": [B],
        "treaty": treaty_id(),
        "treaty_version": 1,
        "urgency": 1,
        "v": 1,
    } | changes


def handling(**changes: Any) -> Case:
    """Return a marking."""
    return {"codes": [], "pap": "GREEN", "purposes": [], "retain_until": None, "tlp": "AMBER"} | changes


def approval(number: int, role: str = "author") -> Case:
    """Return an approval whose form is right; nobody has signed it."""
    return {"key": bytes([number]) * 32, "role": role, "signature": bytes(64), "time": NOW_US}


def signed(fields: Case | bytes, key: SigningKey | None = None) -> bytes:
    """Return the signed message; nothing is checked."""
    data = fields if isinstance(fields, bytes) else encode(fields)
    return encode([data, (key or party(A).signing).sign(MESSAGE_SIGNATURE, data)])


def key_fields(key: PublicKey) -> Case:
    return {"algorithm": int(key.algorithm), "public": key.data.hex()}


def good(name: str, fields: Case, *clauses: str, data: bytes | None = None, key: PublicKey | None = None) -> Case:
    whole = data or signed(fields)
    digest = hashlib.sha256(encode(fields)).hexdigest()
    return case(name, *clauses, data=whole.hex(), hash=digest, **key_fields(key or party(A).signing.public))


def valid(old: Old) -> list[Case]:
    first = hashlib.sha256(encode(body())).digest()
    reply = body(
        **{
            "from": B,
            "to": [A],
            "from_key": party(B).signing.public.id,
            "in_reply_to": first,
            "id": seed("a reply", 16),
        }
    )
    many = body(to=[B, "qm.prosecutor", "xa.gendarmerie"], id=seed("to three", 16))
    marked = handling(codes=["H1", "H2"], pap="RED", purposes=["prevention"], retain_until=NOW_US, tlp="AMBER+STRICT")
    full = body(
        after=first,
        approvals=[approval(1), approval(2, "approver")],
        exercise=True,
        handling=marked,
        id=seed("a full message", 16),
    )
    second = body(seq=1, prev=first, id=seed("a second message", 16))
    return [
        good("a first message", body(), "MSG-001", "MSG-002"),
        good("every option", full, "MSG-014"),
        good("a reply", reply, "MSG-010", data=signed(reply, party(B).signing), key=party(B).signing.public),
        good("a second message in the case", second, "MSG-009"),
        good("three recipients", many, "MSG-007", "MSG-008"),
        good("a long language tag", body(lang="zh-Hant-TW-x"), "MSG-013"),
        suite_2(old),
    ]


def suite_2(old: Old) -> Case:
    """Return a message of suite 2 with the signature that the file holds, where that verifies."""
    name, key = "suite 2", hybrid()
    fields = body(suite=2, from_key=key.public.id, id=seed("suite 2", 16))
    data = bytes.fromhex(old("message", name).get("data", ""))
    if not verifies(data, encode(fields), key.public):
        data = signed(fields, key)
    return good(name, fields, "MSG-003", data=data, key=key.public)


def verifies(data: bytes, body_bytes: bytes, key: PublicKey) -> bool:
    """Return whether data is this body with a good signature."""
    signature = data[-3_373:]
    if encode([body_bytes, signature]) != data:
        return False
    try:
        key.verify(MESSAGE_SIGNATURE, body_bytes, signature)
    except RemoteError:
        return False
    return True


def bad(name: str, clause: str, code: int, data: bytes) -> Case:
    return fault(name, clause, code, data=data.hex(), **key_fields(party(A).signing.public))


def bad_documents() -> list[Case]:
    body_bytes, signature = encode(body()), party(A).signing.sign(MESSAGE_SIGNATURE, encode(body()))
    padded = body_bytes.replace(b"\xa3seq\x00", b"\xa3seq\xcc\x00")
    rows: dict[str, list[Any]] = {
        "three elements": [body_bytes, signature, None],
        "the body as a map": [body(), signature],
        "no signature": [body_bytes],
    }
    return [
        *(bad(name, "CONV-005", 1, encode(row)) for name, row in rows.items()),
        bad("an empty body", "MSG-001", 1, signed(b"")),
        bad("a body that is no map", "MSG-001", 1, signed(encode([1]))),
        bad("a body in a second spelling", "MSG-001", 1, signed(padded)),
        bad("a byte after the body", "MSG-001", 1, signed(body_bytes + b"\xc0")),
        bad(
            "a body one byte too long",
            "MSG-001",
            1,
            b"\x92" + b"\xc6\x00\x04\x00\x01" + bytes(262_145) + b"\xc4\x40" + bytes(64),
        )
        | {"data": [["92c600040001", 1], ["00", 262_145], ["c440", 1], ["00", 64]]},
        bad("a byte after the message", "ENC-014", 1, signed(body()) + b"\xc0"),
    ]


def bad_fields() -> list[Case]:
    other = seed("another message")
    without_prev = {name: value for name, value in body().items() if name != "prev"}
    changes: list[tuple[str, str, Case]] = [
        ("prev left out", "CONV-006", without_prev),
        ("a field too many", "CONV-004", body(cc=[])),
        ("expires is created", "MSG-006", body(expires=NOW_US)),
        ("expires before created", "MSG-006", body(expires=NOW_US - 1)),
        ("the sender among the recipients", "MSG-007", body(to=[A, B])),
        ("a recipient twice", "MSG-007", body(to=[B, B])),
        ("recipients not in order", "MSG-008", body(to=["qm.prosecutor", B])),
        ("no recipient", "CONV-001", body(to=[])),
        ("65 recipients", "CONV-001", body(to=[f"bb.{n:03}" for n in range(65)])),
        ("seq 0 with prev", "MSG-009", body(prev=other)),
        ("seq 1 without prev", "MSG-009", body(seq=1)),
        ("an approval without fields", "CONV-004", body(approvals=[{}])),
        ("approvals not in order", "MSG-014", body(approvals=[approval(2), approval(1, "approver")])),
        ("a key that approves twice", "MSG-014", body(approvals=[approval(1), approval(1, "approver")])),
        ("nine approvals", "CONV-001", body(approvals=[approval(number) for number in range(9)])),
        ("another role of an approval", "CONV-001", body(approvals=[approval(1, "witness")])),
        ("handling codes not in order", "MSG-014", body(handling=handling(codes=["H2", "H1"]))),
        ("a purpose twice", "MSG-014", body(handling=handling(purposes=["prevention", "prevention"]))),
        ("handling code H4", "CONV-001", body(handling=handling(codes=["H4"]))),
        ("exercise 1", "CONV-001", body(exercise=1)),
        ("an attachment without fields", "ATTACH-001", body(attachments=[{}])),
        ("an empty language", "MSG-013", body(lang="")),
        ("a language with an underscore", "MSG-013", body(lang="en_GB")),
        ("a language with a line feed", "MSG-013", body(lang="en\n")),
        ("suite 3", "CONV-001", body(suite=3)),
        ("suite 0", "CONV-001", body(suite=0)),
        ("version 2 of the record", "CONV-001", body(v=2)),
        ("treaty version 0", "CONV-001", body(treaty_version=0)),
        ("urgency 4", "CONV-001", body(urgency=4)),
        ("urgency true", "CONV-001", body(urgency=True)),
        ("an id of 15 bytes", "CONV-001", body(id=bytes(15))),
        ("an id as str", "CONV-001", body(id="a" * 16)),
        ("a time below zero", "ENC-017", body(created=-1)),
        ("a time of 2^53", "ENC-017", body(expires=2**53)),
        ("another traffic light", "CONV-001", body(handling=handling(tlp="BLUE"))),
        ("the payload as str", "CONV-001", body(payload="text")),
        ("a kind in capitals", "CONV-003", body(kind="Text")),
        ("a sender that is no party", "CONV-002", body(**{"from": "police"})),
    ]
    return [bad(name, clause, 1, signed(fields)) for name, clause, fields in changes]


def bad_signatures() -> list[Case]:
    good_one, changed = signed(body()), encode(body(urgency=0))
    signature = good_one[-64:]
    elsewhere = party(B).signing.public.id
    return [
        bad("a bit of the signature", "MSG-002", 6, flipped(good_one, -1)),
        bad("the signature of another body", "MSG-002", 6, encode([changed, signature])),
        bad("the signature of another key", "MSG-002", 6, signed(body(), party(B).signing)),
        bad("from_key names another key", "MSG-002", 6, signed(body(from_key=elsewhere))),
        bad("suite 2, signed with algorithm 1", "MSG-003", 6, signed(body(suite=2))),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    whole = signed(body())
    meanings = {
        "created": "2026-01-02T00:00:00Z",
        "expires": "a day later",
        "from_key": "id of the signing key",
        "treaty": "treaty id",
        "case": "16 random bytes",
        "id": "16 random bytes",
    }
    lines = annotated(encode(body()), meanings)
    size = len(encode(body()))
    return [
        f"body, {size} bytes:",
        *lines,
        "",
        f"hash of the message: {hashlib.sha256(encode(body())).hexdigest()}",
        f"signed message: 92 c5 {size:04x} (body) c4 40 (signature):",
        *(f"  {whole[at : at + 32].hex()}" for at in (len(whole) - 64, len(whole) - 32)),
    ]
