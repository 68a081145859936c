"""Payloads of chapter II, intelligence (spec page intelligence)."""

from collections.abc import Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role, Service
from comity.chapters.indicators import Indicators, SomeIndicators
from comity.chapters.parts import (
    TERM,
    Contact,
    Country,
    FraudType,
    Line,
    Page,
    Paragraph,
    Passage,
    Period,
    Purpose,
    Short,
)
from comity.chapters.request import Request
from comity.chapters.subjects import Subject
from comity.encoding import Bytes32, Meta, Micros, Record, Uint

QueryResult = Annotated[str, Meta(pattern=TERM, extra={"group": "query-result"})]
SightingAction = Annotated[str, Meta(pattern=TERM, extra={"group": "sighting-action"})]
Position = Annotated[int, Meta(ge=0, le=255)]
VICTIM: Final = "victim"


class Query(Request, frozen=True):
    """A question: what do you know of these?

    Attributes:
        indicators: what is asked about.
        link: why what is asked about has to do with the purpose.
        offence: what is investigated, with the provision that punishes it.
        purpose: what the answer is wanted for.
        use_restriction: what the asking party must not do with the answer, by its own law.
        wanted: which data are wished for.
    """

    indicators: SomeIndicators
    link: Page
    offence: Passage
    purpose: Purpose
    use_restriction: Passage | None
    wanted: Page


class Finding(Record, frozen=True):
    """What is known of one indicator of the query, `indicator` counts from 0."""

    indicator: Position
    note: Paragraph | None
    result: QueryResult


class Reply(Record, frozen=True):
    """The answer to a query. That nothing is known is an answer.

    Attributes:
        caveats: conditions on the use of what is told.
        contact: who knows more.
        final: nothing more will come.
        findings: what is known of single indicators of the query, in ascending order.
        indicators: what is told.
        local_reference: file number at the answering party.
        note: words to it.
        result: of the whole.
        source: hash of the message that told it to the answering party, None where it is its own.
    """

    caveats: Paragraph | None
    contact: Contact | None
    final: bool
    findings: Annotated[tuple[Finding, ...], Meta(max_length=256)]
    indicators: Indicators
    local_reference: Short
    note: Page | None
    result: QueryResult
    source: Bytes32 | None

    def __post_init__(self) -> None:
        if self.result == "not-known" and self.indicators:
            raise ValueError("a reply that nothing is known tells no indicator (INTEL-041)")
        positions = [finding.indicator for finding in self.findings]
        if positions != sorted(set(positions)):
            raise ValueError("findings stand in ascending order of indicator, each once (INTEL-042)")
        if self.result == "partial" and not self.findings and not self.indicators:
            raise ValueError("a partial reply says what is known (INTEL-043)")

    @property
    def is_final(self) -> bool:
        """Whether the query is answered with this (CASE-002)."""
        return self.final


class Spontaneous(Record, frozen=True):
    """Information that nobody asked for.

    Attributes:
        caveats: conditions on its use (UNTOC Article 18(5)).
        contact: who knows more.
        expected_feedback: what the sender would like to hear.
        fraud_type, further_types: what it is about.
        indicators: what is told.
        legal_basis: what it is sent under.
        local_reference: file number at the sender.
        relevance: why it matters to the recipient.
        source: hash of the message that it passes on, None where it is the sender's own.
        summary: what is told, without more personal data than needed.
    """

    caveats: Paragraph | None
    contact: Contact | None
    expected_feedback: Passage | None
    fraud_type: FraudType | None
    further_types: Annotated[tuple[FraudType, ...], Meta(max_length=8)]
    indicators: Indicators
    legal_basis: Passage | None
    local_reference: Short
    relevance: Page
    source: Bytes32 | None
    summary: Page


class Sighting(Record, frozen=True):
    """An indicator was met again, or turned out to be none.

    Attributes:
        action: what was done.
        count: how often it was met.
        country: where.
        false_positive: it is harmless.
        first_seen, last_seen: when, micros.
        note: words to it.
        subject: what was met, in normal form.
        target: hash of the message that told the indicator, None where it is known from elsewhere.
    """

    action: SightingAction
    count: Uint
    country: Country | None
    false_positive: bool
    first_seen: Micros | None
    last_seen: Micros | None
    note: Paragraph | None
    subject: Subject
    target: Bytes32 | None

    def __post_init__(self) -> None:
        if self.first_seen is not None and self.last_seen is not None and self.last_seen < self.first_seen:
            raise ValueError("last_seen is not before first_seen (INTEL-003)")
        if not self.count and not self.false_positive:
            raise ValueError("what was met was met at least once (INTEL-044)")


class Correction(Record, frozen=True):
    """A message of the sender was wrong in part.

    Attributes:
        explanation: what was wrong, and what is right.
        indicators: what takes the place of the indicators of the target; the others of the target stand.
        source: hash of the correction that it passes on, None where it is the sender's own.
        target: hash of the message that it corrects.
        withdrawn: subjects of the target that do not hold.
    """

    explanation: Page
    indicators: Indicators
    source: Bytes32 | None
    target: Bytes32
    withdrawn: Annotated[tuple[Subject, ...], Meta(max_length=256)]


class Retraction(Record, frozen=True):
    """A message of the sender does not hold at all.

    Attributes:
        explanation: why.
        source: hash of the retraction that it passes on, None where it is the sender's own.
        target: hash of the message that it takes back.
    """

    explanation: Page
    source: Bytes32 | None
    target: Bytes32


class UseReport(Record, frozen=True):
    """What was done with what a message told (Budapest Convention Article 28(4)).

    Attributes:
        final: nothing more will come.
        outcome: what came of it.
        period: when it was used.
        proceedings: file number of the proceedings in which it was used.
        purpose: what it was used for.
        recipients: to whom it was passed on, and under what consent.
        target: hash of the message that told it.
        use: what was done.
    """

    final: bool
    outcome: Page | None
    period: Period | None
    proceedings: Line | None
    purpose: Purpose
    recipients: Annotated[tuple[Line, ...], Meta(max_length=64)]
    target: Bytes32
    use: Page


FORMS: Final[Mapping[str, Form]] = {
    "intelligence.correction": Form(Correction, Role.STATEMENT),
    "intelligence.query": Form(Query, Role.REQUEST, Service.INFORMATION),
    "intelligence.reply": Form(Reply, Role.EVENT, answers=("intelligence.query",)),
    "intelligence.retraction": Form(Retraction, Role.STATEMENT),
    "intelligence.sighting": Form(Sighting, Role.STATEMENT),
    "intelligence.spontaneous": Form(Spontaneous, Role.STATEMENT),
    "intelligence.use-report": Form(UseReport, Role.STATEMENT),
}


def victims_in(payload: Record) -> bool:
    """Return whether the payload tells an indicator whose role is victim."""
    indicators = getattr(payload, "indicators", ())
    return any(indicator.role == VICTIM for indicator in indicators)
