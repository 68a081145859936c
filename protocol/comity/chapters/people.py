"""Requests about people: interview, locate, identify-victims, extradition-support."""

from collections.abc import Iterator
from typing import Annotated

from comity.chapters.assistance import AssistanceRequest, Warrant
from comity.chapters.evidence import Identifier
from comity.chapters.money import Wallet
from comity.chapters.parts import (
    TERM,
    Account,
    AttachmentName,
    Deadline,
    Line,
    Page,
    Paragraph,
    Passage,
    Period,
    Person,
)
from comity.chapters.rules import Rule
from comity.encoding import Meta, Micros, Record

Capacity = Annotated[str, Meta(pattern=TERM, extra={"group": "capacity"})]
Detention = Annotated[str, Meta(pattern=TERM, extra={"group": "detention"})]
DocumentStatus = Annotated[str, Meta(pattern=TERM, extra={"group": "document-status"})]
InterviewMode = Annotated[str, Meta(pattern=TERM, extra={"group": "interview-mode"})]
LanguageTag = Annotated[
    str, Meta(min_length=2, max_length=35, pattern=r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}\Z")
]  # MSG-013
OnFinding = Annotated[str, Meta(pattern=TERM, extra={"group": "on-finding"})]
ReturnForm = Annotated[str, Meta(pattern=TERM, extra={"group": "return-form"})]


class Interview(AssistanceRequest, frozen=True):
    """Somebody is to be heard (UNTOC 18(3)(a) and 18(18)).

    Attributes:
        capacity: as what the person is heard.
        interviewee: who is to be heard.
        language: in which language the person is to be heard.
        presence: who wishes to be there or to put questions, and in what capacity.
        rights: what the person is to be told before, word for word (COOP-012).
        sworn: the person is to be put under oath or its like.
    """

    capacity: Capacity
    interviewee: Person
    language: LanguageTag
    mode: InterviewMode
    presence: Passage | None
    questions: Annotated[tuple[Paragraph, ...], Meta(min_length=1, max_length=64)]
    rights: Page | None
    sworn: bool

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        unwarned = self.capacity == "suspect" and self.rights is None
        yield unwarned, "a suspect is told the rights: rights may not be empty (COOP-012)"


class LastKnown(Record, frozen=True):
    """Where somebody was, and when."""

    place: Passage
    time: Micros


class Locate(AssistanceRequest, frozen=True):
    """A person is to be found (Budapest Convention 35(1)(c)).

    Attributes:
        on_finding: what to do when the person is found.
        reason: why the person is looked for.
        sought: who is looked for.
        warrant: what an arrest rests on (COOP-013).
    """

    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=32)]
    last_known: LastKnown | None
    on_finding: OnFinding
    reason: Paragraph
    sought: Person
    warrant: Warrant | None

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        unfounded = self.on_finding == "arrest" and self.warrant is None
        yield unfounded, "an arrest needs a warrant (COOP-013)"


class IdentifyVictims(AssistanceRequest, frozen=True):
    """Those who paid or lost something are to be found and told.

    Attributes:
        victim_care: what is owed to them, and whom they can turn to.
        victim_contact: who may contact them, how, and what may be said.
    """

    accounts: Annotated[tuple[Account, ...], Meta(max_length=64)]
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=64)]
    period: Period
    victim_care: Paragraph
    victim_contact: Paragraph
    wallets: Annotated[tuple[Wallet, ...], Meta(max_length=64)]

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        nothing = not (self.accounts or self.wallets or self.identifiers)
        yield nothing, "one account, wallet or identifier says where victims paid or were called from (COOP-014)"


class ChecklistItem(Record, frozen=True):
    """A document that is needed, and where it stands."""

    attachment: AttachmentName | None
    name: Line
    status: DocumentStatus


class ExtraditionSupport(AssistanceRequest, frozen=True):
    """Help with an extradition or a repatriation, beside the formal way (UNTOC 16 to 18(10)).

    Attributes:
        arrest_deadline: when a provisional arrest ends unless the formal request is there (COOP-017).
        detention: whether and why the person is held at present.
        screening: what was done to find out whether the person was a victim of trafficking or forced to offend.
        subject: who is to be handed over or brought home.
        travel: route, escort, documents and health.
        warrant: what an extradition rests on (COOP-016).
    """

    arrest_deadline: Deadline | None
    detention: Detention
    documents: Annotated[tuple[ChecklistItem, ...], Meta(max_length=32)]
    form: ReturnForm
    screening: Paragraph
    subject: Person
    travel: Page | None
    warrant: Warrant | None

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield self.form == "extradition" and self.warrant is None, "an extradition needs a warrant (COOP-016)"
        endless = self.detention == "provisional-arrest" and self.arrest_deadline is None
        yield endless, "a provisional arrest needs arrest_deadline (COOP-017)"
