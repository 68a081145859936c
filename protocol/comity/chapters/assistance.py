"""The base form of requests for assistance: what UNTOC 18(15) asks of each (spec page cooperation)."""

from collections.abc import Iterator
from typing import Annotated, Final

from comity.chapters.parts import TERM, AttachmentName, Deadline, Entity, Line, Page, Paragraph, Passage, Person, Short
from comity.chapters.request import Request
from comity.chapters.rules import Rule, refuse_broken
from comity.encoding import Bytes32, Meta, Micros, Record

MAX_MEASURE_US: Final = 366 * 86_400 * 1_000_000
DAY: Final = r"\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z"

Day = Annotated[str, Meta(pattern=DAY)]
Iccs = Annotated[str, Meta(pattern=r"\A[0-9]{2,6}\Z")]
AssistanceLevel = Annotated[str, Meta(pattern=TERM, extra={"group": "assistance-level"})]
Use = Annotated[str, Meta(pattern=TERM, extra={"group": "use"})]


class Authority(Record, frozen=True):
    """An authority, what it does in the matter, and its file number."""

    functions: Line
    name: Line
    reference: Short | None


class Confidentiality(Record, frozen=True):
    """What is to be kept secret (UNTOC 18(20)).

    Attributes:
        fact_and_substance: that there is a request and what it says, except as far as executing it needs.
        notify_before_disclosure: whoever cannot keep it secret says so before anything is disclosed.
    """

    fact_and_substance: bool
    notify_before_disclosure: bool


class EarlierRequest(Record, frozen=True):
    """A request about the same facts that was made before, by whatever way.

    Attributes:
        message: hash of the message, where it went by this protocol.
        to: whom it was made to.
    """

    message: Bytes32 | None
    reference: Short
    sent: Day
    to: Line


class Offence(Record, frozen=True):
    """An offence under the law of the one who asks.

    Attributes:
        dual_criminality: why the conduct is an offence on the other side as well, where that matters (UNTOC 18(9)).
        iccs: code of the International Classification of Crime for Statistical Purposes, `0701` for fraud.
    """

    dual_criminality: Paragraph | None
    iccs: Iccs | None
    max_penalty: Line
    name: Line
    provision: Passage


class Order(Record, frozen=True):
    """A decision of a court or authority, which travels as a file of the message."""

    attachment: AttachmentName
    issued: Day
    reference: Short | None


class Warrant(Record, frozen=True):
    """A warrant of arrest or a judgment to be enforced."""

    attachment: AttachmentName | None
    authority: Line
    issued: Day
    reference: Short


class AssistanceForm(Request, frozen=True):
    """What UNTOC 18(15) asks of every request, and what a requested agency would ask back for.

    Attributes:
        aim: the purpose for which the evidence, information or action is sought (f).
        assistance_level: between police as intelligence, or evidence for a court.
        authorising_authority: who has authorised a request for evidence (COOP-003).
        authority: who conducts the investigation, prosecution or judicial proceeding, and its functions (b).
        costs: what is agreed or offered about costs that are not ordinary (18(28)).
        formalities: any particular procedure that is to be followed (d).
        nature: the subject matter and nature of the proceeding (b).
        persons, entities: whom it concerns, with identity, location and nationality where possible (e).
        use: what the result will be used as.
    """

    aim: Passage
    assistance_level: AssistanceLevel
    authorising_authority: Authority | None
    authority: Authority
    confidentiality: Confidentiality
    costs: Passage | None
    earlier_requests: Annotated[tuple[EarlierRequest, ...], Meta(max_length=16)]
    entities: Annotated[tuple[Entity, ...], Meta(max_length=32)]
    formalities: Page | None
    nature: Line
    offences: Annotated[tuple[Offence, ...], Meta(max_length=8)]
    order: Order | None
    persons: Annotated[tuple[Person, ...], Meta(max_length=32)]
    use: Use

    def rules(self) -> Iterator[Rule]:
        """Yield the rules over several fields; a kind with rules of its own yields these as well."""
        judicial = self.assistance_level == "judicial-evidence"
        lacking = self.authorising_authority is None or self.order is None
        yield judicial and lacking, "evidence for a court needs authorising_authority and order (COOP-003)"

    def __post_init__(self) -> None:
        refuse_broken(self.rules())


class AssistanceRequest(AssistanceForm, frozen=True):
    """A request that cannot do without the facts and the offence (COOP-001, COOP-002)."""

    offences: Annotated[tuple[Offence, ...], Meta(min_length=1, max_length=8)]
    summary: Page


class MeasureRequest(AssistanceRequest, frozen=True):
    """A request for a measure that has an end.

    Attributes:
        measure_from: when the measure begins.
        measure_until: when it ends unless it is extended (COOP-019).
        review: when the one who asks will have looked again whether it is still needed (COOP-004).
    """

    measure_from: Micros
    measure_until: Deadline
    review: Deadline

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        in_time = self.measure_from < self.review <= self.measure_until
        yield not in_time, "a measure is reviewed after it begins and not after it ends (COOP-004)"
        too_long = self.measure_until - self.measure_from > MAX_MEASURE_US
        yield too_long, "a measure lasts 366 days at most (COOP-019)"
