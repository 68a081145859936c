"""What is told so that people are not harmed, and what came of it (spec page prevention)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role, Service
from comity.chapters.indicators import Indicators
from comity.chapters.parts import TERM, Channel, Contact, FraudType, Line, Page, Paragraph, Period
from comity.chapters.request import Request
from comity.chapters.rules import Rule, refuse_broken
from comity.chapters.subjects import (
    AccountSubject,
    AddressSubject,
    EmailSubject,
    IbanSubject,
    PersonSubject,
    PhoneSubject,
    SocialAccountSubject,
    WalletSubject,
)
from comity.encoding import Bytes32, Meta, Record, Uint

VICTIM: Final = "victim"
NARROW_PAP: Final = frozenset({"RED", "AMBER"})

AlertAction = Annotated[str, Meta(pattern=TERM, extra={"group": "alert-action"})]
Audience = Annotated[str, Meta(pattern=TERM, extra={"group": "audience"})]
FeedbackAction = Annotated[str, Meta(pattern=TERM, extra={"group": "feedback-action"})]
Language = Annotated[str, Meta(pattern=r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z")]
Tactic = Annotated[str, Meta(pattern=TERM, extra={"group": "tactic"})]
WarnedBy = Annotated[str, Meta(pattern=TERM, extra={"group": "warned-by"})]

WarningSubject = (
    AccountSubject
    | AddressSubject
    | EmailSubject
    | IbanSubject
    | PersonSubject
    | PhoneSubject
    | SocialAccountSubject
    | WalletSubject
)


def ascending(terms: tuple[str, ...]) -> bool:
    """Return whether the terms stand in ascending order, each once."""
    return list(terms) == sorted(set(terms))


class Alert(Record, frozen=True):
    """A warning to many parties. It says nothing about victims; how it is marked is bounded (HAND-010).

    Attributes:
        actions: what the readers are asked to do.
        audience: whom it is meant for, beyond the parties that receive it.
        channels: where the fraud meets people.
        contact: who knows more.
        fraud_type, further_types: what sort of fraud it is.
        headline: one line that says it all.
        indicators: what can be met again.
        replaces: hash of an earlier alert that this one replaces.
        summary: how the fraud works.
        tactics: what the offenders do.
        valid: from when until when the alert holds.
    """

    actions: Annotated[tuple[AlertAction, ...], Meta(min_length=1, max_length=8)]
    audience: Annotated[tuple[Audience, ...], Meta(min_length=1, max_length=16)]
    channels: Annotated[tuple[Channel, ...], Meta(max_length=16)]
    contact: Contact | None
    fraud_type: FraudType
    further_types: Annotated[tuple[FraudType, ...], Meta(max_length=8)]
    headline: Line
    indicators: Indicators
    replaces: Bytes32 | None
    summary: Page
    tactics: Annotated[tuple[Tactic, ...], Meta(max_length=16)]
    valid: Period

    def __post_init__(self) -> None:
        refuse_broken(self.rules())

    def rules(self) -> Iterator[Rule]:
        lists = (self.actions, self.audience, self.channels, self.further_types, self.tactics)
        yield not all(map(ascending, lists)), "the terms of a list ascend, each once (PREV-026)"
        victims = any(indicator.role == VICTIM for indicator in self.indicators)
        yield victims, "an alert tells nothing about victims (PREV-027)"
        unusable = any(indicator.pap in NARROW_PAP for indicator in self.indicators)
        yield unusable, "what an alert tells may be used openly: PAP GREEN or CLEAR (PREV-028)"


class VictimWarning(Request, frozen=True):
    """A request to warn somebody who is being defrauded, or is about to be.

    Attributes:
        caution: what must not be said or done, for example not to call a number that offenders control.
        language: BCP 47 tag of a language that the victim understands.
        safe_wording: what may be said, word by word; it gives nothing away of the investigation.
        subjects: who is to be warned, by what they can be found by.
        warned_by: who speaks to the victim.
    """

    caution: Paragraph | None
    language: Language
    safe_wording: Page
    subjects: Annotated[tuple[WarningSubject, ...], Meta(min_length=1, max_length=64)]
    warned_by: WarnedBy


class Deed(Record, frozen=True):
    """What was done how often; how often it hit what was harmless, and how often it was undone since."""

    action: FeedbackAction
    count: Uint
    false_positives: Uint
    lifted: Uint


class Feedback(Record, frozen=True):
    """What was done with a message, and what came of it.

    Attributes:
        deeds: what was done, each action once, in ascending order.
        period: the time that the counts are about.
        target: hash of the message that it is about.
    """

    deeds: Annotated[tuple[Deed, ...], Meta(max_length=16)]
    note: Page | None
    period: Period | None
    target: Bytes32

    def __post_init__(self) -> None:
        refuse_broken(self.rules())

    def rules(self) -> Iterator[Rule]:
        yield not self.deeds and self.note is None, "a feedback has deeds or a note (PREV-030)"
        yield not ascending(tuple(deed.action for deed in self.deeds)), "deeds ascend, each once (PREV-031)"
        more = any(max(deed.false_positives, deed.lifted) > deed.count for deed in self.deeds)
        yield more, "no more was wrong or lifted than was done (PREV-032)"


FORMS: Final[Mapping[str, Form]] = {
    "prevention.alert": Form(Alert, Role.STATEMENT),
    "prevention.feedback": Form(Feedback, Role.STATEMENT),
    "prevention.victim-warning": Form(VictimWarning, Role.REQUEST, Service.PREVENTION),
}
