"""spec/vectors/attachment.json: files in a message, and their sealed chunks."""

import hashlib
from typing import Any

from comity.attachment import seal_chunk
from comity.encoding import encode
from comity.keys import seal
from comity.limits import CHUNK_BYTES
from tools.making import message
from tools.making.cases import Case, Old, Vectors, case, fault, flipped
from tools.making.dump import annotated, line, short
from tools.making.parties import A, seed

KEY = seed("a file key")
WORDS = b"Statement of account XA000000000001, page 1 of 1.\n"


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="18-attachment.md",
        format="`form` message: `data` is a signed message with attachments. `form` file: `attachment` is the map of"
        " the message (canonical encoding), `content` what is in the file, `chunks` its sealed chunks; where these are"
        " long, `sha256` has the hash of each instead. In an invalid file `content` is left out.",
        verify="message: read it, as on page message. file: seal `content` with the key of the map: the chunks come"
        " out; open them in order and compare size, hash and address: `content` comes out. An invalid case is"
        " refused with `code`.",
        valid=[*good_messages(), *good_files()],
        invalid=[*bad_messages(), *bad_files()],
        shared={},
    )


def fields(content: bytes, whole: bytes, **changes: Any) -> Case:
    """Return the map of a file."""
    return {
        "hash": hashlib.sha256(content).digest(),
        "key": KEY,
        "media": "text/plain",
        "name": "statement.txt",
        "sealed": hashlib.sha256(whole).digest(),
        "size": len(content),
    } | changes


def sealed_chunks(content: bytes, key: bytes = KEY) -> list[bytes]:
    pieces = [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)] or [b""]
    return [seal_chunk(key, index, index == len(pieces) - 1, piece) for index, piece in enumerate(pieces)]


def words(**changes: Any) -> Case:
    """Return the map of the file of the examples."""
    return fields(WORDS, b"".join(sealed_chunks(WORDS)), **changes)


# --- messages --------------------------------------------------------------------------------------------------------


def good_message(name: str, *attachments: Case, clause: str = "ATTACH-001") -> Case:
    return case(name, clause, form="message", data=message.signed(message.body(attachments=list(attachments))).hex())


def good_messages() -> list[Case]:
    names = {
        "a name of 200 characters": "n" * 196 + ".pdf",
        "a name in another script": "выписка по счёту № 7.pdf",
        "a name with blanks, brackets and two dots inside": "a (1)..final copy.tar.gz",
        "a name that begins with a hyphen": "-rf",
    }
    media = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a/b", "x/" + "y" * 125)
    many = [words(name=f"page {number}.txt", media="a/b") for number in range(32)]
    return [
        good_message("one attachment", words()),
        *(good_message(title, words(name=name), clause="ATTACH-002") for title, name in names.items()),
        *(good_message(f"media {kind[:20]}", words(media=kind), clause="ATTACH-006") for kind in media),
        good_message("32 attachments, one file under 32 names", *many, clause="ATTACH-007"),
        good_message("a file of 2^40 bytes", words(size=2**40)),
        good_message("an empty file", fields(b"", b"".join(sealed_chunks(b"")))),
    ]


def bad_message(name: str, clause: str, *attachments: Case) -> Case:
    data = message.signed(message.body(attachments=list(attachments)))
    return fault(name, clause, 1, form="message", data=data.hex())


def bad_messages() -> list[Case]:
    names: list[tuple[str, str, str]] = [
        ("an empty name", "CONV-001", ""),
        ("a name of 201 characters", "CONV-001", "n" * 201),
        ("a path", "ATTACH-002", "reports/statement.txt"),
        ("a path upwards", "ATTACH-003", "../statement.txt"),
        ("a path from the root", "ATTACH-002", "/etc/passwd"),
        ("a path of another system", "ATTACH-002", "C:\\statement.txt"),
        ("a line feed in the name", "ATTACH-002", "state\nment.txt"),
        ("an escape in the name", "ATTACH-002", "state\x1b[2Jment.txt"),
        ("a C1 control character in the name", "ATTACH-002", "state\x9bment.txt"),
        ("a name that turns the direction", "ATTACH-002", "tnemetats\u202etxt.exe"),
        ("an isolate in the name", "ATTACH-002", "a\u2066b.txt"),
        ("a zero width space in the name", "ATTACH-002", "state\u200bment.txt"),
        ("a line separator in the name", "ATTACH-002", "state\u2028ment.txt"),
        ("a private character in the name", "ATTACH-002", "\ue000.txt"),
        ("a tag character in the name", "ATTACH-002", "a\U000e0041.txt"),
        ("the directory itself", "ATTACH-003", "."),
        ("the directory above", "ATTACH-003", ".."),
        ("a name that hides itself", "ATTACH-003", ".profile"),
        ("a blank before the name", "ATTACH-004", " statement.txt"),
        ("a blank after the name", "ATTACH-004", "statement.txt "),
        ("a wide blank after the name", "ATTACH-004", "statement.txt\u3000"),
        ("a name of a blank", "ATTACH-004", " "),
    ]
    media = (
        "text",
        "text/",
        "/plain",
        "text/plain; charset=utf-8",
        "text/pla in",
        "text/plain\n",
        "*/*",
        "t/" + "x" * 126,
    )
    changes: list[tuple[str, str, Case]] = [
        ("a size of 2^40 and one", "CONV-001", words(size=2**40 + 1)),
        ("a size below zero", "CONV-001", words(size=-1)),
        ("a hash of 31 bytes", "CONV-001", words(hash=bytes(31))),
        ("a key of 33 bytes", "CONV-001", words(key=bytes(33))),
        ("an address of 16 bytes", "CONV-001", words(sealed=bytes(16))),
        ("a name as bin", "CONV-001", words(name=b"statement.txt")),
        ("an attachment with a field too many", "CONV-004", words(note="x")),
        ("an attachment without its key", "CONV-006", {n: v for n, v in words().items() if n != "key"}),
    ]
    many = [words(name=f"page {number}.txt", media="a/b") for number in range(33)]
    return [
        *(bad_message(title, clause, words(name=name)) for title, clause, name in names),
        *(
            bad_message(f"media {kind.strip()!r} ({len(kind)})", media_clause(kind), words(media=kind))
            for kind in media
        ),
        *(bad_message(title, clause, each) for title, clause, each in changes),
        bad_message("33 attachments", "ATTACH-001", *many),
        bad_message("one name twice", "ATTACH-005", words(), words()),
        bad_message("one address, two keys", "ATTACH-007", words(), words(name="other.txt", key=bytes(32))),
        bad_message("one address, two sizes", "ATTACH-007", words(), words(name="other.txt", size=1)),
        bad_message("one address, two hashes", "ATTACH-007", words(), words(name="other.txt", hash=bytes(32))),
    ]


def media_clause(kind: str) -> str:
    return "CONV-001" if len(kind) > 127 else "ATTACH-006"


# --- files -----------------------------------------------------------------------------------------------------------


def as_pieces(data: bytes) -> str | list[list[object]]:
    """Return bytes as the file writes them: those that are all zero as pairs."""
    return [["00", len(data)]] if len(data) > 1_000 and not any(data) else data.hex()


def good_file(name: str, content: bytes, *clauses: str, digest_only: bool = False) -> Case:
    chunks = sealed_chunks(content)
    given: Case = {"form": "file", "attachment": encode(fields(content, b"".join(chunks))).hex()}
    shown = (
        [hashlib.sha256(chunk).hexdigest() for chunk in chunks] if digest_only else [chunk.hex() for chunk in chunks]
    )
    return case(name, *clauses, **given, content=as_pieces(content), **{"sha256" if digest_only else "chunks": shown})


def good_files() -> list[Case]:
    return [
        good_file("a short file", WORDS, "ATTACH-009", "ATTACH-010"),
        good_file("an empty file is one empty chunk", b"", "ATTACH-009"),
        good_file("one chunk, full", bytes(CHUNK_BYTES), "ATTACH-009", digest_only=True),
        good_file("one byte more than a chunk", bytes(CHUNK_BYTES + 1), "ATTACH-008", "ATTACH-010", digest_only=True),
        good_file("three chunks, full", bytes(3 * CHUNK_BYTES), "ATTACH-008", "ATTACH-010", digest_only=True),
    ]


def bad_file(name: str, clause: str, chunks: list[bytes], **changes: Any) -> Case:
    given = {"form": "file", "attachment": encode(words(**changes)).hex(), "chunks": [chunk.hex() for chunk in chunks]}
    return fault(name, clause, 6, **given)


def bad_files() -> list[Case]:
    (whole,) = sealed_chunks(WORDS)
    other = WORDS.replace(b"1 of 1", b"1 of 2")
    (changed,) = sealed_chunks(other)
    open_end = unbound(WORDS, 0, False)
    return [
        bad_file("a bit of the chunk", "ATTACH-025", [flipped(whole, 3)]),
        bad_file("a bit of the tag", "ATTACH-025", [flipped(whole, -1)]),
        bad_file("a chunk cut short", "ATTACH-025", [whole[:-1]]),
        bad_file("another key", "ATTACH-025", sealed_chunks(WORDS, seed("another file key"))),
        bad_file("the last chunk is not marked as the last", "ATTACH-010", [open_end]),
        bad_file("the first chunk sealed as the second", "ATTACH-010", [unbound(WORDS, 1, True)]),
        bad_file("another label", "ATTACH-010", [unbound(WORDS, 0, True, b"comity-v1 message-seal")]),
        bad_file("another content under the same key", "ATTACH-025", [changed]),
        bad_file(
            "the signed hash is that of another content", "ATTACH-025", [whole], hash=hashlib.sha256(other).digest()
        ),
        bad_file("the signed address is another one", "ATTACH-025", [whole], sealed=bytes(32)),
        bad_file("the signed size is one byte less", "ATTACH-025", [whole], size=len(WORDS) - 1),
        bad_file("the signed size is one byte more", "ATTACH-025", [whole], size=len(WORDS) + 1),
        bad_file("no chunk at all", "ATTACH-025", [], size=0),
    ]


def unbound(data: bytes, index: int, last: bool, aad: bytes = b"comity-v1 attachment") -> bytes:
    """Return a chunk sealed for any place and label at all."""
    return seal(KEY, index.to_bytes(11, "big") + bytes([last]), aad, data)


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    (sealed,) = sealed_chunks(WORDS)
    address = hashlib.sha256(sealed).digest()
    offer, asked = encode([address]), encode([address, 0, 1])
    return [
        f"content, {len(WORDS)} bytes of ASCII: {WORDS.decode().strip()} and a line feed",
        "",
        "its map in the message:",
        *annotated(encode(words()), {"hash": "SHA-256(content)", "key": "the file key", "sealed": "the address"}),
        "",
        line((bytes(11) + b"\x01").hex(), "nonce of chunk 0, which is the last"),
        f"sealed chunk 0, {len(sealed)} bytes:",
        *(f"  {sealed[at : at + 32].hex()}" for at in range(0, len(sealed), 32)),
        "",
        line(f"0c {len(offer):06x} {short(offer, 10)}", f"{A}: OFFER"),
        line(f"0d {len(asked):06x} {short(asked, 10)}", "bb.fiu: CHUNK_REQUEST of chunk 0"),
        line(f"0e {36 + len(sealed):06x}", f"{A}: CHUNK, in the bulk lane"),
        line(f"{short(address, 10)} 00000000", "address, index", 1),
        line(short(sealed, 12), "sealed chunk 0", 1),
        line(f"0f {len(encode([address, 0])):06x} {short(encode([address, 0]), 10)}", "bb.fiu: DONE, code 0"),
    ]
