"""Indicators: something that can be met again, with what is known of it (spec page intelligence)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, get_args

from comity.chapters.grading import Grade
from comity.chapters.parts import Paragraph, PersonRole
from comity.chapters.subjects import EntitySubject, PersonSubject, Subject
from comity.encoding import Meta, Micros, Record, tag_of
from comity.handling import Pap

Confidence = Annotated[int, Meta(ge=0, le=100)]
SUBJECTS: Final[Mapping[str, type[Record]]] = MappingProxyType({tag_of(each): each for each in get_args(Subject)})


class Indicator(Record, frozen=True):
    """One indicator.

    Attributes:
        confidence: 0 (nothing speaks for it) to 100, of the one who tells it; None where nobody has judged it.
        context: what it was met in.
        first_seen, last_seen: when it was met, micros.
        grade: of the source that told it.
        pap: what may be done with it, where that is less than the message allows.
        role: what part it plays.
        subject: what it is, in normal form.
        valid_until: when it is of no more use.
    """

    confidence: Confidence | None
    context: Paragraph | None
    first_seen: Micros | None
    grade: Grade | None
    last_seen: Micros | None
    pap: Pap | None
    role: PersonRole
    subject: Subject
    valid_until: Micros | None

    def __post_init__(self) -> None:
        if self.first_seen is not None and self.last_seen is not None and self.last_seen < self.first_seen:
            raise ValueError("last_seen is not before first_seen (INTEL-003)")
        match self.subject:
            case PersonSubject(person=named) | EntitySubject(entity=named):
                if named.role != self.role:
                    raise ValueError("a person or entity has the role of its indicator (INTEL-004)")


Indicators = Annotated[tuple[Indicator, ...], Meta(max_length=256)]
SomeIndicators = Annotated[tuple[Indicator, ...], Meta(min_length=1, max_length=256)]
