"""spec/vectors/kinds.json: payloads of every kind."""

from typing import Any

from comity.encoding import encode
from tools.making.cases import Case, Old, Vectors, case, fault
from tools.making.dump import annotated
from tools.making.parties import NOW_US

TEXT = {"text": "Please call back."}


def make(old: Old) -> Vectors:
    """Return the vectors."""
    return Vectors(
        page="07-kinds.md",
        format="`payload` is the canonical encoding of a payload of `kind`.",
        verify="Decode `payload` and read it as `kind` says. A valid one is taken, an invalid one refused with `code`.",
        valid=valid(),
        invalid=[*unknown(), *bad()],
        shared={},
    )


def valid() -> list[Case]:
    named: list[tuple[str, str, Case]] = [
        ("text", "text", TEXT),
        ("read", "read", {"time": NOW_US}),
        ("text of 20,000 letters", "text", {"text": "ж" * 20_000}),
    ]
    return [case(name, "KIND-001", kind=kind, payload=encode(payload).hex()) for name, kind, payload in named]


def broken(clause: str, name: str, kind: str, payload: Any, code: int = 25) -> Case:
    return fault(name, clause, code, kind=kind, payload=encode(payload).hex())


def unknown() -> list[Case]:
    names = ("prevention.unknown", "concepts.text", "texts")
    return [broken("KIND-003", f"kind {kind}", kind, TEXT, 24) for kind in names]


def bad() -> list[Case]:
    return [
        broken("KIND-002", "no text", "text", {"text": ""}),
        broken("KIND-002", "20,001 letters", "text", {"text": "a" * 20_001}),
        broken("KIND-001", "text and more", "text", TEXT | {"a": 1}),
        broken("KIND-001", "no field", "text", {}),
        broken("KIND-001", "read without a time", "read", {}),
        broken("ENC-017", "read at a negative time", "read", {"time": -1}),
    ]


def example(vectors: Vectors) -> list[str]:
    """Return the block of the page."""
    return [*annotated(encode(TEXT)), *annotated(encode({"time": NOW_US}), {"time": "2026-01-02T00:00:00Z"})]
