"""spec/vectors/receipt.json: receipts alone and in frames."""

import hashlib
from typing import Any

from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.encoding import encode
from comity.keys import SigningKey
from comity.log import Frontier, commitment, leaf_hash
from tools.making import message
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated
from tools.making.parties import NOW_US, A, B, party, seed, treaty_id

EARLIER = [leaf_hash(commitment(seed(f"salt {n}", 16), b"entry %d" % n)) for n in range(5)]


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="11-receipt.md",
        format="`form` single: `data` is one receipt; frame: the payload of a frame RECEIPT. `public` is the log key"
        " of bb.fiu, the only one it ever had. `entries` are the entries that are proved. `sent` describes the"
        " message that was sent: id, message (its hash), from, to, treaty.",
        verify="Read `data`, verify checkpoint, names and proof of each receipt, then compare each entry with"
        " `sent`. Valid: `entries` are proved. Invalid: one of these steps refuses with `code`.",
        valid=valid(),
        invalid=[*bad_entries(), *bad_proofs(), *bad_matches(), *bad_frames()],
        shared={"public": party(B).log.public.data.hex()},
    )


def message_hash() -> bytes:
    return hashlib.sha256(encode(message.body())).digest()


def sent(**changes: Any) -> Case:
    """Return what the sender knows of its message."""
    return {
        "id": seed("a message", 16).hex(),
        "message": message_hash().hex(),
        "from": A,
        "to": B,
        "treaty": treaty_id().hex(),
    } | changes


def entry(**changes: Any) -> Case:
    """Return the entry by which bb.fiu accepts the message of page message."""
    return {
        "code": 0,
        "event": "receipt",
        "from": A,
        "id": seed("a message", 16),
        "message": message_hash(),
        "state": None,
        "status": "accepted",
        "time": NOW_US + 1_500_000,
        "to": B,
        "treaty": treaty_id(),
        "v": 1,
    } | changes


def issued(
    entries: list[bytes], key: SigningKey | None = None, name: str = B, treaty: bytes | None = None
) -> tuple[bytes, list[list[Any]]]:
    """Return a checkpoint over five earlier leaves and these, and the rows that a frame carries."""
    salts = [seed(f"salt of a receipt {number}", 16) for number in range(len(entries))]
    leaves = [leaf_hash(commitment(salt, data)) for salt, data in zip(salts, entries, strict=True)]
    frontier, _ = Frontier().extend(EARLIER)
    grown, proofs = frontier.extend(leaves)
    point = Checkpoint(name, treaty or treaty_id(), grown.size, grown.root)
    rows = [[len(EARLIER) + n, data, salts[n], list(proofs[n])] for n, data in enumerate(entries)]
    return sign_checkpoint(point, key or party(B).log), rows


def single(fields: Case | bytes, **how: Any) -> bytes:
    note, rows = issued([fields if isinstance(fields, bytes) else encode(fields)], **how)
    return encode([note, *rows[0]])


def frame(entries: list[Case]) -> bytes:
    note, rows = issued([encode(fields) for fields in entries])
    return encode([note, rows])


def good(name: str, form: str, data: bytes, entries: list[Case], *clauses: str) -> Case:
    return case(
        name, *clauses, form=form, data=data.hex(), entries=[encode(fields).hex() for fields in entries], sent=sent()
    )


def valid() -> list[Case]:
    refused = entry(code=20, status="refused")
    return [
        good("accepted", "single", single(entry()), [entry()], "RCPT-003", "RCPT-004", "RCPT-005", "RCPT-006"),
        good("refused, expired", "single", single(refused), [refused], "RCPT-007"),
        good(
            "a refusal whose code is not in the table",
            "single",
            single(entry(code=999, status="refused")),
            [entry(code=999, status="refused")],
            "ERR-002",
        ),
        good("one in a frame", "frame", frame([entry()]), [entry()], "RCPT-002"),
        good(
            "three in a frame",
            "frame",
            frame([entry(), entry(time=NOW_US), refused]),
            [entry(), entry(time=NOW_US), refused],
            "RCPT-002",
        ),
    ]


def bad(name: str, clause: str, code: int, data: bytes, form: str = "single", **changes: Any) -> Case:
    return fault(name, clause, code, form=form, data=data.hex(), sent=sent(**changes))


def bad_entries() -> list[Case]:
    fields: dict[str, tuple[str, Case]] = {
        "accepted with a code": ("RCPT-007", entry(code=25)),
        "refused without a code": ("RCPT-007", entry(status="refused")),
        "another status": ("CONV-001", entry(status="duplicate", code=1)),
        "another event": ("CONV-001", entry(event="case")),
        "an entry with more": ("CONV-004", entry(note="late")),
        "version 2 of the record": ("CONV-001", entry(v=2)),
    }
    found = [bad(name, clause, 1, single(value)) for name, (clause, value) in fields.items()]
    return [
        *found,
        bad("an entry of 1,025 bytes", "LIMIT-002", 1, single(b"\xc5\x03\xfe" + bytes(1_022))),
        bad("an entry of no bytes", "CONV-001", 1, single(b"")),
    ]


def bad_proofs() -> list[Case]:
    note, rows = issued([encode(entry())])
    index, data, salt, proof = rows[0]
    later = encode(entry(time=NOW_US))
    return [
        bad("signed by the log key of the sender", "RCPT-003", 6, single(entry(), key=party(A).log)),
        bad("signed by the signing key", "RCPT-003", 6, single(entry(), key=party(B).signing)),
        bad("the checkpoint names the sender", "RCPT-004", 6, single(entry(), name=A, key=party(A).log)),
        bad("the entry names another recipient", "RCPT-004", 6, single(entry(to="qm.prosecutor"))),
        bad("the checkpoint names another treaty", "RCPT-004", 6, single(entry(), treaty=seed("another treaty"))),
        bad("another entry", "RCPT-005", 6, encode([note, index, later, salt, proof])),
        bad("another salt", "RCPT-005", 6, encode([note, index, data, flipped(salt, 0), proof])),
        bad("another index", "RCPT-005", 6, encode([note, index - 1, data, salt, proof])),
        bad("an altered proof", "RCPT-005", 6, encode([note, index, data, salt, [flipped(proof[0], 0), *proof[1:]]])),
        bad("a proof one hash too long", "LOG-007", 6, encode([note, index, data, salt, [*proof, bytes(32)]])),
        bad("a proof of 54 hashes", "CONV-001", 1, encode([note, index, data, salt, [bytes(32)] * 54])),
        bad(
            "a checkpoint without a signature",
            "LOG-005",
            1,
            encode([note[: note.index(b"\n\n") + 2], index, data, salt, proof]),
        ),
    ]


def bad_matches() -> list[Case]:
    changes = {"id": seed("another message", 16).hex(), "message": bytes(32).hex(), "from": "xa.gendarmerie"}
    found = [
        bad(f"another {name} was sent", "RCPT-006", 6, single(entry()), **{name: value})
        for name, value in changes.items()
    ]
    return [
        *found,
        bad("it was sent to another party", "RCPT-006", 6, single(entry()), to="qm.prosecutor"),
        bad("it was sent under another treaty", "RCPT-006", 6, single(entry()), treaty=seed("another treaty").hex()),
    ]


def bad_frames() -> list[Case]:
    note, rows = issued([encode(entry()), encode(entry(time=NOW_US))])
    swapped = [[rows[1][0], *rows[0][1:]], rows[1]]
    many = [[0, bytes(100), bytes(16), []]] * 257
    return [
        bad(
            "the second receipt is altered",
            "RCPT-005",
            6,
            encode([note, [rows[0], [*rows[1][:2], bytes(16), rows[1][3]]]]),
            "frame",
        ),
        bad("an index of another leaf", "RCPT-005", 6, encode([note, swapped]), "frame"),
        bad("no receipt", "CONV-001", 1, encode([note, []]), "frame"),
        bad("257 receipts", "LIMIT-002", 1, encode([note, many]), "frame"),
        bad("a single receipt in place of a frame", "CONV-005", 1, single(entry()), "frame"),
        bad("a byte after the frame", "ENC-014", 1, frame([entry()]) + b"\xc0", "frame"),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    meanings = {"time": "2026-01-02T00:00:01.5Z", "message": "hash of the message", "id": "id of the message"}
    parts = {
        "0": "checkpoint of bb.fiu, six leaves",
        "1": "index 5",
        "2": "the entry above",
        "3": "salt",
        "4": "inclusion proof",
    }
    return [
        *annotated(encode(entry()), meanings),
        "receipt",
        *annotated(bytes.fromhex(vectors.valid[0]["data"]), parts),
    ]
