"""Which values of a payload are no terms of the vocabulary in force (VOCAB-010)."""

from dataclasses import dataclass
from typing import Final

from comity.encoding import Record, marked, marks_of
from comity.errors import PayloadError
from comity.vocabulary.form import Vocabulary

MARK: Final = "group"
MAX_NAMED: Final = 8  # faults that one error text names


@dataclass(frozen=True, slots=True)
class TermFault:
    """A value that its group does not contain.

    Attributes:
        path: names of fields and indices from the payload down, for example `outcomes.0.amount.currency`.
        group: the group that the value must come from.
        value: what stands there; it may be plaintext of an officer and never goes into a log or an error (CONV-008).
    """

    path: str
    group: str
    value: str


def groups_of(record: type[Record]) -> frozenset[str]:
    """Return the groups that payloads of this type take terms from."""
    return marks_of(record, MARK)


def term_faults(record: Record, vocabulary: Vocabulary) -> list[TermFault]:
    """Return every fault of the terms of a payload, in the order of its fields; empty when all of them exist."""
    return [
        TermFault(path, group, value) for path, group, value in marked(record, MARK) if not vocabulary.has(group, value)
    ]


def refuse_unknown_terms(record: Record, vocabulary: Vocabulary) -> None:
    """Return when every term of the payload is in the vocabulary.

    Raises:
        PayloadError: one is not (VOCAB-010); the text names the places and groups and not the values.
    """
    faults = term_faults(record, vocabulary)
    if faults:
        named = ", ".join(f"{fault.path} (no {fault.group})" for fault in faults[:MAX_NAMED])
        more = f" and {len(faults) - MAX_NAMED} more" if len(faults) > MAX_NAMED else ""
        raise PayloadError(f"not in version {vocabulary.version} of the vocabulary: {named}{more}")
