"""What happened, in order: hashed, counted, and shown on demand."""

import hashlib
from collections import Counter
from collections.abc import Callable

import trio


class Journal:
    """Lines of events. Ciphertext must not enter: the coins of its key encapsulation cannot be fixed."""

    def __init__(self, show: Callable[[str], None] | None = None) -> None:
        self._hash = hashlib.sha256()
        self._show = show
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []

    def note(self, kind: str, *fields: object) -> None:
        """Add an event of the kind, with ids, parties and states."""
        self.counts[kind] += 1
        line = f"{trio.current_time():.6f} {kind} {' '.join(map(written, fields))}\n"
        self._hash.update(line.encode())
        if self._show is not None:
            self._show(line)

    def violated(self, invariant: str, what: str) -> None:
        """Add a violation of an invariant of the table; each is told once."""
        line = f"{invariant}: {what}"
        if line not in self.violations:
            self.violations.append(line)
            self.note("VIOLATION", line)

    @property
    def digest(self) -> str:
        """SHA-256 of all lines so far, hexadecimal."""
        return self._hash.hexdigest()


def written(field: object) -> str:
    return field.hex()[:16] if isinstance(field, bytes) else str(field)
