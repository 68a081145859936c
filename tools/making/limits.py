"""spec/vectors/limits.json: the table for machines, and what lies at and beyond some of its bounds."""

import re
from pathlib import Path

from comity import limits
from comity.encoding import encode
from comity.frames import encode_frame
from tools.making import attachment, message
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.encoding import nested
from tools.making.parties import A, B, member, treaty_body

PAGE = Path(__file__).resolve().parents[2] / "spec" / "16-limits.md"


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="16-limits.md",
        format="`table`: each limit by its name. In a case, `form` says what `data` is: value (any, depth and bound"
        " 1,048,576), frame (its beginning), hello, body (of a message), treaty (body of a version 1); `limit`"
        " is the name in the table.",
        verify="What is at a limit (valid) is taken; what is beyond (invalid) is refused with `code`.",
        valid=at(),
        invalid=beyond(),
        shared={"table": table()},
    )


def table() -> dict[str, int]:
    """Return the numbers of the page."""
    rows = [
        text.split("|") for text in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [A-Z_]+ \|", text)
    ]
    return {row[1].strip(): int(row[2].strip().replace(",", "")) for row in rows}


def hello(window: int) -> bytes:
    return encode({"agent": "a" * 64, "versions": [1], "window": window})


def body_with(recipients: int) -> bytes:
    return encode(message.body(to=[f"bb.{number:03}" for number in range(recipients)]))


def body_of_files(count: int, size: int) -> bytes:
    files = [attachment.words(name=f"{number}.txt", size=size) for number in range(count)]
    return encode(message.body(attachments=files))


def treaty_with(skew_s: int, lifetime_s: int) -> bytes:
    return encode(treaty_body(member(A), member(B), limits={"lifetime_s": lifetime_s, "skew_s": skew_s}))


def at() -> list[Case]:
    return [
        case("depth 16", "LIMIT-001", limit="MAX_DEPTH", form="value", data=encode(nested(16, None)).hex()),
        case(
            "the smallest window",
            "LIMIT-001",
            limit="MIN_WINDOW_BYTES",
            form="hello",
            data=hello(limits.MIN_WINDOW_BYTES).hex(),
        ),
        case(
            "the greatest window",
            "LIMIT-001",
            limit="MAX_WINDOW_BYTES",
            form="hello",
            data=hello(limits.MAX_WINDOW_BYTES).hex(),
        ),
        case("64 recipients", "LIMIT-001", limit="MAX_RECIPIENTS", form="body", data=body_with(64).hex()),
        case("32 files", "LIMIT-001", limit="MAX_ATTACHMENTS", form="body", data=body_of_files(32, 1).hex()),
        case("a tebibyte", "LIMIT-001", limit="MAX_ATTACHMENT_BYTES", form="body", data=body_of_files(1, 2**40).hex()),
        case("a skew of 600 s", "LIMIT-001", limit="MAX_SKEW_S", form="treaty", data=treaty_with(600, 60).hex()),
        case(
            "a lifetime of 90 days",
            "LIMIT-001",
            limit="MAX_LIFETIME_S",
            form="treaty",
            data=treaty_with(0, 7_776_000).hex(),
        ),
        case(
            "a frame of 1 MiB",
            "LIMIT-001",
            limit="MAX_FRAME_BYTES",
            form="frame",
            data=[[encode_frame(2, bytes(1_048_576))[:4].hex(), 1], ["00", 1_048_576]],
        ),
    ]


def beyond() -> list[Case]:
    deep = b"\x91" * 17 + b"\xc0"
    return [
        fault("depth 17", "LIMIT-002", 1, limit="MAX_DEPTH", form="value", data=deep.hex()),
        fault(
            "a window one byte too small",
            "LIMIT-002",
            1,
            limit="MIN_WINDOW_BYTES",
            form="hello",
            data=hello(limits.MIN_WINDOW_BYTES - 1).hex(),
        ),
        fault(
            "a window one byte too great",
            "LIMIT-002",
            1,
            limit="MAX_WINDOW_BYTES",
            form="hello",
            data=hello(limits.MAX_WINDOW_BYTES + 1).hex(),
        ),
        fault("65 recipients", "LIMIT-002", 1, limit="MAX_RECIPIENTS", form="body", data=body_with(65).hex()),
        fault("33 files", "LIMIT-002", 1, limit="MAX_ATTACHMENTS", form="body", data=body_of_files(33, 1).hex()),
        fault(
            "a tebibyte and a byte",
            "LIMIT-002",
            1,
            limit="MAX_ATTACHMENT_BYTES",
            form="body",
            data=body_of_files(1, 2**40 + 1).hex(),
        ),
        fault("a skew of 601 s", "LIMIT-002", 1, limit="MAX_SKEW_S", form="treaty", data=treaty_with(601, 60).hex()),
        fault(
            "a lifetime of 90 days and a second",
            "LIMIT-002",
            1,
            limit="MAX_LIFETIME_S",
            form="treaty",
            data=treaty_with(0, 7_776_001).hex(),
        ),
        fault(
            "a frame header of 1 MiB and a byte", "LIMIT-002", 4, limit="MAX_FRAME_BYTES", form="frame", data="02100001"
        ),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    return [
        "02 100000 ..   a frame of 1,048,576 bytes is read",
        "02 100001      refused with code 4 as soon as these four bytes are there",
    ]
