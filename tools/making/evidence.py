"""spec/vectors/evidence.json: a small evidence file, and files that are altered, incomplete or crafted."""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from comity.encoding import encode
from comity.evidence import MANIFEST, README, Entry, header, header_size, tail
from comity.labels import EVIDENCE_SIGNATURE
from tools.making import message, receipt
from tools.making.cases import Case, Old, Vectors, case, flipped
from tools.making.dump import annotated, short
from tools.making.parties import NOW_US, SECOND_US, A, B, first_bundle, first_treaty, party, seed, treaty_id

CONTENT = b"Statement of account XA000000000001, page 1 of 1.\n"
NOTE = b"Evidence file of comity. To check it: comity-verify FILE --treaty-id ID\n"
Contents = list[tuple[str, bytes]]
EXPORTED_US = NOW_US + 3_600 * SECOND_US


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="26-evidence.md",
        format="An evidence file is the first `begin` bytes of `whole`, then `middle`, then the last `end` bytes of"
        " `whole`. `treaty` is the id of the treaty as it is known from another road, nil"
        " where it is not. `checks` are the findings beside those that prove something: [verdict, check, part].",
        verify="Verify the file with `treaty`. Valid: nothing is altered or unproven, and `checks` are the notes."
        " Invalid: where `code` is not 0, the file is refused with it; else it is read, and `checks` are the findings.",
        valid=valid(),
        invalid=[*altered(), *unproven(), *crafted()],
        shared={"whole": evidence().hex()},
    )


# --- the case --------------------------------------------------------------------------------------------------------


def attachment(content: bytes = CONTENT) -> Case:
    """Return what a message says of the file."""
    return {
        "hash": hashlib.sha256(content).digest(),
        "key": seed("the file key of the evidence"),
        "media": "text/plain",
        "name": "statement.txt",
        "sealed": seed("the address of the evidence"),
        "size": len(content),
    }


def request(**changes: Any) -> Case:
    """Return the body of the message that asks."""
    return message.body(**({"attachments": [attachment()]} | changes))


def reply(to: bytes, **changes: Any) -> Case:
    """Return the body of the message that answers."""
    names = {"from": B, "to": [A], "from_key": party(B).signing.public.id, "in_reply_to": to}
    times = {"created": NOW_US + 600 * SECOND_US, "id": seed("a reply", 16)}
    return message.body(**(names | times | {"payload": {"text": "We hold it."}} | changes))


def accepted(body: Case, by: str, after_s: int = 2, **changes: Any) -> bytes:
    """Return the receipt of a recipient."""
    fields = receipt.entry(
        **({
            "from": body["from"], "to": by, "id": body["id"], "message": hashlib.sha256(encode(body)).digest(),
            "time": body["created"] + after_s * SECOND_US,
        } | changes)
    )  # fmt: skip
    return receipt.single(fields, key=party(by).log, name=by)


def contents(**changes: Any) -> Contents:
    """Return the parts of the small file beside its list, in their order."""
    first = request()
    asked = hashlib.sha256(encode(first)).digest()
    second = reply(asked)
    return [
        (README, NOTE),
        ("treaty/000001.treaty", first_treaty().data),
        (f"bundles/{A}/000001.bundle", first_bundle(A).data),
        (f"bundles/{B}/000001.bundle", first_bundle(B).data),
        ("messages/000001.message", message.signed(first)),
        (f"receipts/000001/{B}.receipt", accepted(first, B)),
        ("messages/000002.message", message.signed(second, party(B).signing)),
        (f"receipts/000002/{A}.receipt", accepted(second, A)),
        (f"attachments/{hashlib.sha256(CONTENT).hexdigest()}", CONTENT),
    ]


def replaced(name: str, data: bytes | None) -> Contents:
    """Return the parts with one of them replaced or left out."""
    return [(each, data if each == name else old) for each, old in contents() if each != name or data is not None]  # type: ignore[misc]


# --- the file --------------------------------------------------------------------------------------------------------


def manifest(parts: Sequence[tuple[str, bytes]], **changes: Any) -> Case:
    """Return the list of contents."""
    return {
        "by": "A. Example",
        "case": seed("a case", 16),
        "created": EXPORTED_US,
        "from": A,
        "from_key": party(A).signing.public.id,
        "left_out": [],
        "parts": [[name, len(data), hashlib.sha256(data).digest()] for name, data in parts],
        "reason": "Ordered by the court of Sampleton, 12 K 345/26",
        "suite": 1,
        "treaty": treaty_id(),
        "type": "evidence",
        "v": 1,
        "vocabulary": None,
    } | changes


def signed_manifest(fields: Case, key: str = A) -> bytes:
    """Return the part `manifest`; nothing is checked."""
    body = encode(fields)
    return encode([body, party(key).signing.sign(EVIDENCE_SIGNATURE, body)])


def packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the container."""
    data, entries = b"", []
    for name, content in parts:
        crc = zlib.crc32(content)
        entries.append(Entry(name, len(content), crc, len(data)))
        data += header(name, len(content), crc) + content
    return data + tail(entries)


def evidence(parts: Contents | None = None, **changes: Any) -> bytes:
    """Return an evidence file of these parts, with changes of its list."""
    listed = contents() if parts is None else parts
    return packed([*listed, (MANIFEST, signed_manifest(manifest(listed, **changes)))])


# --- the cases -------------------------------------------------------------------------------------------------------


def told(data: bytes) -> Case:
    """Return how a case tells its file: what it shares with the small file at both ends, and what is in between."""
    whole = evidence()
    most = min(len(whole), len(data))
    begin = next((at for at in range(most) if whole[at] != data[at]), most)
    end = next((at for at in range(most - begin) if whole[-1 - at] != data[-1 - at]), most - begin)
    return {"begin": begin, "middle": data[begin : len(data) - end].hex(), "end": end}


NO_ANCHOR = ["not-proven", "anchor-missing", ""]


def good(name: str, data: bytes, checks: list[list[str]], *clauses: str) -> Case:
    return case(name, *clauses, **told(data), treaty=treaty_id().hex(), checks=checks)


def bad(name: str, clause: str, data: bytes, *checks: list[str], code: int = 0, anchor: bytes | None = None) -> Case:
    fields = {"name": name, "clause": clause, "code": code, **told(data)}
    return fields | {"treaty": (anchor or treaty_id()).hex(), "checks": list(checks)}


def valid() -> list[Case]:
    content = f"attachments/{hashlib.sha256(CONTENT).hexdigest()}"
    omitted = [["attachment", hashlib.sha256(CONTENT).digest(), "omitted"]]
    return [
        good("a request and its answer", evidence(), [], "EVID-001", "EVID-002", "EVID-006", "EVID-010", "EVID-014"),
        good(
            "without the attachment",
            evidence(replaced(content, None), left_out=omitted),
            [["note", "left-out", ""]],
            "EVID-015",
        ),
        good(
            "no receipt of the second message",
            evidence(replaced(f"receipts/000002/{A}.receipt", None)),
            [["note", "no-receipt", "messages/000002.message"]],
            "EVID-013",
        ),
        good(
            "the answer without the request",
            evidence([each for each in contents() if "000001/" not in each[0] and each[0] not in (content, FIRST)]),
            [["note", "reply", "messages/000002.message"]],
            "EVID-012",
        ),
    ]


FIRST = "messages/000001.message"


def altered() -> list[Case]:
    whole, content = evidence(), f"attachments/{hashlib.sha256(CONTENT).hexdigest()}"
    place = whole.index(CONTENT)
    found = [["altered", "header", content], ["altered", "content", content], ["not-proven", "file-other", content]]
    unsigned = packed([*contents(), (MANIFEST, signed_manifest(manifest(contents()))[:-1] + b"\0")])
    more = [*contents(), ("vocabulary/000001.json", b"{}")]
    listed = signed_manifest(manifest(contents()))
    return [
        bad("a byte of the attachment", "EVID-007", flipped(whole, place), *found),
        bad("the signature of the list", "EVID-006", unsigned, ["altered", "signature", MANIFEST]),
        bad("a part that is not listed", "EVID-007", packed([*more, (MANIFEST, listed)]),
            ["altered", "unlisted", "vocabulary/000001.json"]),
        bad("a listed part is gone", "EVID-007", packed([*contents()[1:], (MANIFEST, listed)]),
            ["altered", "absent", README]),
        bad("another order", "EVID-007", packed([*contents()[1:], contents()[0], (MANIFEST, listed)]),
            ["altered", "order", ""]),
        bad("no list", "EVID-005", packed(contents()), ["altered", "list-absent", ""]),
        bad("the table of contents", "EVID-002", flipped(whole, whole.index(b"PK\x01\x02") + 12),
            ["altered", "directory", ""]),
        bad("a byte after the end", "EVID-002", whole + b"\0", ["altered", "directory", ""]),
        bad("a comment at the end", "EVID-002", whole[:-2] + b"\1\0c", ["altered", "directory", ""]),
        bad("a time in a header", "EVID-002", flipped(whole, 10), ["altered", "header", README]),
    ]  # fmt: skip


def unproven() -> list[Case]:
    first, name = request(), f"receipts/000001/{B}.receipt"
    early = evidence(created=NOW_US - 3 * 86_400 * SECOND_US)
    forged = replaced(FIRST, message.signed(first, party(B).signing))
    late = accepted(first, B, 8 * 86_400)
    gone = f"bundles/{B}/000001.bundle"
    return [
        bad("the id of the treaty was not compared", "EVID-008", evidence(), NO_ANCHOR) | {"treaty": None},
        bad("another treaty is expected", "EVID-008", evidence(), ["not-proven", "anchor-other", ""],
            anchor=seed("another treaty")),
        bad("the list is older than the key of its exporter", "EVID-006", early, ["not-proven", "key", MANIFEST]),
        bad("another case", "EVID-011", evidence(case=seed("another case", 16)),
            ["not-proven", "other-case", FIRST], ["not-proven", "other-case", "messages/000002.message"]),
        bad("a message that its sender did not sign", "EVID-010", evidence(forged), ["altered", "signature", FIRST]),
        bad("a receipt after the message expired", "EVID-013", evidence(replaced(name, late)),
            ["not-proven", "receipt-time", name], ["note", "no-receipt", FIRST]),
        bad("a receipt that its issuer did not sign", "EVID-013", evidence(replaced(name, receipt.single(
            receipt.entry(**{"message": hashlib.sha256(encode(first)).digest()}), key=party(A).log))),
            ["not-proven", "key", name], ["note", "no-receipt", FIRST]),
        bad("a receipt with an altered proof", "EVID-013", evidence(replaced(name, flipped(accepted(first, B), -1))),
            ["altered", "signature", name], ["note", "no-receipt", FIRST]),
        bad("the bundle of the one who answered is missing", "EVID-009", evidence(replaced(gone, None)),
            ["not-proven", "key", "messages/000002.message"], ["not-proven", "key", name],
            ["note", "no-receipt", FIRST]),
        bad("the treaty is missing", "EVID-008", evidence(replaced("treaty/000001.treaty", None)), *without_treaty()),
        bad("an attachment is missing without a word", "EVID-014",
            evidence(replaced(contents()[-1][0], None)), ["not-proven", "file-absent", FIRST]),
        bad("an attachment that no message names", "EVID-014",
            evidence([*contents(), (f"attachments/{hashlib.sha256(b'x').hexdigest()}", b"x")]),
            ["not-proven", "file-unnamed", f"attachments/{hashlib.sha256(b'x').hexdigest()}"]),
    ]  # fmt: skip


def without_treaty() -> list[list[str]]:
    """Return what is left unproven where nothing says who the parties are."""
    both = ("messages/000001.message", "messages/000002.message")
    given = (f"receipts/000001/{B}.receipt", f"receipts/000002/{A}.receipt")
    return [
        *(["not-proven", "bundle-broken", f"bundles/{name}/000001.bundle"] for name in (A, B)),
        ["not-proven", "other-treaty", MANIFEST],
        ["not-proven", "key", MANIFEST],
        ["not-proven", "anchor-other", ""],
        *(["not-proven", "key", name] for name in (*both, *given)),
        *(["not-proven", "other-treaty", name] for name in both),
        *(["note", "no-receipt", name] for name in both),
    ]


def crafted() -> list[Case]:
    whole = evidence()
    name = b"README.txt"
    tricks: dict[str, tuple[str, bytes]] = {
        "a byte before the beginning": ("EVID-002", b"\0" + whole),
        "no bytes": ("EVID-002", b""),
        "a name with a path that climbs": ("EVID-003", whole.replace(name, b"../../a.tx")),
        "a name of no part": ("EVID-003", whole.replace(name, b"invoice.ex")),
        "cut in the middle": ("EVID-002", whole[: len(whole) // 2][:20]),
    }
    return [bad(words, clause, data, code=1) for words, (clause, data) in tricks.items()]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    parts = contents()
    whole = signed_manifest(manifest(parts))
    lines, at = ["offset   size  part"], 0
    for name, data in [*parts, (MANIFEST, whole)]:
        lines.append(f"{at:>6}  {len(data):>5}  {name[:44]}")
        at += header_size(name, len(data)) + len(data)
    fields = manifest(parts) | {"parts": manifest(parts)["parts"][:1]}
    meanings = {"created": "2026-01-02T01:00:00Z", "parts": "array of 9, of which one is shown"}
    return [
        *lines,
        f"{at:>6}         table of contents",
        "",
        "the body of the list:",
        *annotated(encode(fields), meanings),
        "",
        f"list: 92 c5 {len(whole) - 71:04x} (body) c4 40 {short(whole[-64:])} (signature)",
    ]
