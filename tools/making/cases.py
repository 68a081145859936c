"""What the cases of every vector file are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

Case: TypeAlias = dict[str, Any]
Old: TypeAlias = Callable[
    [str, str], Case
]  # noun and name -> the case as it stands in the file now, {} where it is new


@dataclass(frozen=True, slots=True)
class Vectors:
    """One file: what it judges, how its cases read, how to verify them, and the cases."""

    page: str
    format: str
    verify: str
    valid: list[Case]
    invalid: list[Case]
    shared: Case  # what all cases need, under names of its own

    def as_json(self) -> Case:
        """Return what stands in the file."""
        head = {"page": self.page, "format": self.format, "verify": self.verify}
        return head | self.shared | {"valid": self.valid, "invalid": self.invalid}


def case(name: str, *clauses: str, **fields: Any) -> Case:
    """Return a valid case that shows the clauses."""
    return {"name": name, "clauses": list(clauses), **fields}


def fault(name: str, clause: str, code: int, **fields: Any) -> Case:
    """Return an invalid case: the one clause that it breaks, and the code that is raised."""
    return {"name": name, "clause": clause, "code": code, **fields}


def flipped(data: bytes, position: int) -> bytes:
    """Return data with one bit changed in the byte at position (from the end where negative)."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)


def pieces(*parts: tuple[bytes, int]) -> list[list[object]]:
    """Return long bytes as the files write them: [hex, times] one after another."""
    return [[data.hex(), times] for data, times in parts]
