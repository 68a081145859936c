"""Payloads of the events by which a request moves through its lifecycle (spec page case)."""

from collections.abc import Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role
from comity.chapters.parts import (
    TERM,
    Amount,
    AttachmentName,
    Contact,
    Line,
    MoneyOutcome,
    Page,
    Paragraph,
    Passage,
    Period,
    Short,
)
from comity.encoding import Bytes32, Meta, Micros, Party, Record

DAY_S: Final = 86_400
MICROS: Final = 1_000_000
MAX_MEASURE_US: Final = 366 * DAY_S * MICROS

RefusalGround = Annotated[str, Meta(pattern=TERM, extra={"group": "refusal-ground"})]
PostponementGround = Annotated[str, Meta(pattern=TERM, extra={"group": "postponement-ground"})]
Result = Annotated[str, Meta(pattern=TERM, extra={"group": "result"})]
DeadlineStage = Annotated[str, Meta(pattern=TERM, extra={"group": "deadline-stage"})]
Custody = Annotated[str, Meta(pattern=TERM, extra={"group": "custody"})]
Items = Annotated[tuple[Paragraph, ...], Meta(min_length=1, max_length=32)]
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Seconds = Annotated[int, Meta(ge=60, le=366 * DAY_S)]


class PlacedMeasure(Record, frozen=True):
    """A provisional measure that is in place: until when, and when it is looked at again (CASE-040)."""

    reference: Short | None
    review: Micros
    until: Micros

    def __post_init__(self) -> None:
        if self.review > self.until:
            raise ValueError("a measure is reviewed before it ends (CASE-040)")


class Item(Record, frozen=True):
    """One thing that a reply hands over; `attachment` is the name of a file of the message."""

    attachment: AttachmentName | None
    custody: Custody | None
    description: Paragraph
    period: Period | None


class Acknowledge(Record, frozen=True):
    """A person has taken the request: who, under which number, and when an answer may be expected."""

    contact: Contact
    estimate: Micros | None
    hours: Line | None
    local_reference: Short
    note: Page | None
    officer: Line


class AskInformation(Record, frozen=True):
    """What is still needed, item by item. The deadlines stand still until it is supplied."""

    items: Items
    reasons: Page | None
    wanted_by: Micros | None


class SupplyInformation(Record, frozen=True):
    """The answers, in the order of the items that were asked."""

    answers: Annotated[tuple[Page, ...], Meta(min_length=1, max_length=32)]
    note: Page | None


class ProposeConditions(Record, frozen=True):
    """Under which conditions the request would be carried out."""

    conditions: Items
    reasons: Page


class AcceptConditions(Record, frozen=True):
    """The conditions of the message `proposal` are accepted and bind."""

    note: Page | None
    proposal: Bytes32


class DeclineConditions(Record, frozen=True):
    """The conditions of the message `proposal` are not accepted."""

    proposal: Bytes32
    reasons: Page


class Progress(Record, frozen=True):
    """The request was accepted, is being carried out, or is taken up again."""

    estimate: Micros | None
    note: Page | None


class Postpone(Record, frozen=True):
    """Why, and until when, the request waits."""

    ground: PostponementGround
    reasons: Page
    until: Micros


class PartialReply(Record, frozen=True):
    """A part of what was asked for; more follows."""

    items: Annotated[tuple[Item, ...], Meta(max_length=64)]
    measure: PlacedMeasure | None
    text: Page


class FinalReply(Record, frozen=True):
    """What was asked for, as far as it could be done."""

    certification: Passage | None
    items: Annotated[tuple[Item, ...], Meta(max_length=64)]
    measure: PlacedMeasure | None
    result: Result
    text: Page


class Refuse(Record, frozen=True):
    """Why the request is refused. Reasons are always given, also with a ground from the list."""

    grounds: Annotated[tuple[RefusalGround, ...], Meta(min_length=1, max_length=8)]
    reasons: Page


class Transfer(Record, frozen=True):
    """Who is competent instead: a party of the treaty, or an authority that is named."""

    authority: Line
    contact: Contact | None
    party: Party | None
    reasons: Page


class Withdraw(Record, frozen=True):
    """Why the request is no longer needed."""

    reasons: Page


class ConfirmWithdrawal(Record, frozen=True):
    """What had been done already, and what of it was undone."""

    note: Page | None
    taken: Annotated[tuple[Paragraph, ...], Meta(max_length=32)]
    undone: Annotated[tuple[Paragraph, ...], Meta(max_length=32)]


class Challenge(Record, frozen=True):
    """What is missing or wrong in the reply, item by item."""

    items: Items
    reasons: Page | None


class Supplement(Record, frozen=True):
    """What was missing or wrong in the reply."""

    items: Annotated[tuple[Item, ...], Meta(max_length=64)]
    result: Result
    text: Page


class Words(Record, frozen=True):
    """A word to the other side, which may be empty."""

    note: Page | None


class Comment(Record, frozen=True):
    """Words that belong to the request."""

    text: Page


class Status(Record, frozen=True):
    """How far it is, and why it takes longer than it should."""

    delay_reason: Passage | None
    estimate: Micros | None
    percent: Annotated[int, Meta(ge=0, le=100)] | None
    text: Page


class Extension(Record, frozen=True):
    """More time for a stage, in seconds: asked for, or granted."""

    reasons: Page | None
    seconds: Seconds
    stage: DeadlineStage


class ChangeUrgency(Record, frozen=True):
    """The one who is asked takes the request as less urgent."""

    reasons: Page
    urgency: Annotated[int, Meta(ge=1, le=3)]


class Money(Record, frozen=True):
    """An amount and what became of it."""

    amount: Amount
    outcome: MoneyOutcome


class Outcome(Record, frozen=True):
    """What came of the help: how it was used, and with what effect."""

    arrests: Count | None
    charges: Count | None
    convictions: Count | None
    money: Annotated[tuple[Money, ...], Meta(max_length=32)]
    text: Page
    used_in: Passage


class ExtendMeasure(Record, frozen=True):
    """A measure stays in place longer."""

    reasons: Page
    review: Micros
    until: Micros

    def __post_init__(self) -> None:
        if self.review > self.until:
            raise ValueError("a measure is reviewed before it ends (CASE-040)")


class LiftMeasure(Record, frozen=True):
    """A measure ends early; who was harmed without ground can turn to `redress`."""

    reasons: Page
    redress: Contact | None


class ConvertMeasure(Record, frozen=True):
    """A formal request now carries the measure: its hash, or where it was made outside comity."""

    note: Page | None
    reference: Passage | None
    request: Bytes32 | None

    def __post_init__(self) -> None:
        if self.request is None and self.reference is None:
            raise ValueError("the formal request is named (CASE-044)")


def event(record: type[Record]) -> Form:
    return Form(record, Role.EVENT)


FORMS: Final[Mapping[str, Form]] = {
    "case.accept": event(Progress),
    "case.accept-conditions": event(AcceptConditions),
    "case.acknowledge": event(Acknowledge),
    "case.ask-extension": event(Extension),
    "case.ask-information": event(AskInformation),
    "case.challenge": event(Challenge),
    "case.change-urgency": event(ChangeUrgency),
    "case.comment": event(Comment),
    "case.confirm": event(Words),
    "case.confirm-withdrawal": event(ConfirmWithdrawal),
    "case.convert-measure": event(ConvertMeasure),
    "case.decline-conditions": event(DeclineConditions),
    "case.extend-measure": event(ExtendMeasure),
    "case.final-reply": event(FinalReply),
    "case.grant-extension": event(Extension),
    "case.lift-measure": event(LiftMeasure),
    "case.note": event(Words),
    "case.outcome": event(Outcome),
    "case.partial-reply": event(PartialReply),
    "case.postpone": event(Postpone),
    "case.propose-conditions": event(ProposeConditions),
    "case.refuse": event(Refuse),
    "case.resume": event(Progress),
    "case.settle": event(Words),
    "case.start": event(Progress),
    "case.status": event(Status),
    "case.status-query": event(Words),
    "case.supplement": event(Supplement),
    "case.supply-information": event(SupplyInformation),
    "case.transfer": event(Transfer),
    "case.withdraw": event(Withdraw),
}
