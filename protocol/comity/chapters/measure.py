"""What every request says that coerces somebody: until when, when it is looked at again, who answers for it."""

from collections.abc import Iterator
from typing import Annotated, Final

from comity.chapters.parts import Contact, Deadline, Page, Passage
from comity.chapters.request import Request
from comity.chapters.rules import Rule, refuse_broken
from comity.encoding import Bytes32, Meta, Micros, Record

MAX_MEASURE_US: Final = 366 * 86_400 * 1_000_000


class Evidence(Record, frozen=True):
    """What shows that a request is right.

    Attributes:
        hash: SHA-256 of a file that shows it, for example of a screenshot; the file may be attached to the message.
        note: what is to be seen there.
        seen: when it was so.
    """

    hash: Bytes32 | None
    note: Passage
    seen: Micros


Evidences = Annotated[tuple[Evidence, ...], Meta(max_length=16)]


class CoerciveRequest(Request, frozen=True):
    """The fields of every request that coerces somebody; each kind adds its own.

    Attributes:
        remedy: who answers to a person whom it hits wrongly; None where the `contact` of the request does.
        review: when the one who asks will have looked again whether it is still right.
        summary: the facts, which are never left out here.
    """

    remedy: Contact | None
    review: Deadline
    summary: Page

    def rules(self) -> Iterator[Rule]:
        """Yield the rules over several fields; a kind with rules of its own yields these as well."""
        yield from ()

    def __post_init__(self) -> None:
        refuse_broken(self.rules())


class MeasureRequest(CoerciveRequest, frozen=True):
    """The fields of every request for a measure, which ends by itself (PREV-001).

    Attributes:
        measure_from: when it begins.
        measure_until: when it ends unless it is extended, at most 366 days later.
    """

    measure_from: Micros
    measure_until: Deadline

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        in_time = self.measure_from < self.review <= self.measure_until
        yield not in_time, "a measure is reviewed after it begins and not after it ends (PREV-002)"
        too_long = self.measure_until - self.measure_from > MAX_MEASURE_US
        yield too_long, "a measure lasts 366 days at most (PREV-003)"
