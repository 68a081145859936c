"""Which messages are about other messages: copies that were passed on, and corrections (spec page intelligence)."""

from enum import IntEnum
from typing import Any, Final

from comity import message as messages
from comity.chapters.consent import FORWARD
from comity.message import Body

HASH_BYTES: Final = 32
CORRECTING: Final = frozenset({"intelligence.correction", "intelligence.retraction"})
Row = dict[str, Any]


class Relation(IntEnum):
    """What a message is to the message that it names by its hash."""

    COPY = 1  # passes it on: field `source`, or inside a handling.forward
    CORRECTION = 2  # corrects it or takes it back: field `target`


def relations_out(message_n: int, body: Body) -> list[Row]:
    """Return the rows of a message that is sent."""
    return [_row(message_n, *each, pending=0) for each in _named(body)]


def relations_in(message_n: int, body: Body) -> list[Row]:
    """Return the rows of a message that was accepted; a correction waits to be passed on (INTEL-053)."""
    return [_row(message_n, *each, pending=1) for each in _named(body) if each[0] is Relation.CORRECTION]


def _named(body: Body) -> list[tuple[Relation, bytes]]:
    source, target = source_of(body), body.payload.get("target")
    found = []
    if source is not None:
        found.append((Relation.COPY, source))
    if isinstance(target, bytes) and body.kind in CORRECTING:
        found.append((Relation.CORRECTION, target))
    return found


def source_of(body: Body) -> bytes | None:
    """Return the hash of the message that this one passes on, None where it passes none on."""
    signed, source = body.payload.get("signed"), body.payload.get("source")
    if body.kind == FORWARD:  # of what was destroyed nothing is left inside
        return messages.read(signed).hash if isinstance(signed, bytes) else None
    return source if isinstance(source, bytes) and len(source) == HASH_BYTES else None


def _row(message_n: int, relation: Relation, named: bytes, pending: int) -> Row:
    return {"message_n": message_n, "relation": int(relation), "hash": named, "pending": pending}
