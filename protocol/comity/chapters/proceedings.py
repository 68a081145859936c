"""Requests about proceedings: joint-operation, serve-document, expertise, transfer-proceedings."""

from collections.abc import Iterator
from typing import Annotated

from comity.chapters.assistance import AssistanceForm, AssistanceRequest, Day
from comity.chapters.parts import (
    TERM,
    AttachmentName,
    Contact,
    Deadline,
    Entity,
    Line,
    Page,
    Paragraph,
    Passage,
    Period,
    Person,
    Short,
)
from comity.chapters.rules import Rule
from comity.encoding import Meta, Party, Record

ExpertiseForm = Annotated[str, Meta(pattern=TERM, extra={"group": "expertise-form"})]
JointForm = Annotated[str, Meta(pattern=TERM, extra={"group": "joint-form"})]
ServiceMode = Annotated[str, Meta(pattern=TERM, extra={"group": "service-mode"})]
ServiceProof = Annotated[str, Meta(pattern=TERM, extra={"group": "service-proof"})]


class PartyRole(Record, frozen=True):
    """What a party does in a joint operation, and who commands there."""

    commander: Contact
    party: Party
    task: Passage


class JointOperation(AssistanceRequest, frozen=True):
    """Several parties are to act together (UNTOC 19 and 27).

    Attributes:
        agreement: the agreement on a team, or its draft.
        deconfliction: how nobody gets in the way of another's investigation, source or officer.
        press: who says what to the press, and when.
        window: when to act, to the minute.
    """

    agreement: AttachmentName | None
    deconfliction: Paragraph
    form: JointForm
    objective: Page
    press: Paragraph
    roles: Annotated[tuple[PartyRole, ...], Meta(min_length=1, max_length=64)]
    targets: Annotated[tuple[Passage, ...], Meta(max_length=64)]
    window: Period


class ServedDocument(Record, frozen=True):
    """A document to be served, which travels as a file of the message."""

    attachment: AttachmentName
    title: Line


class ServeDocument(AssistanceForm, frozen=True):
    """A document is to be handed to somebody (UNTOC 18(3)(b)); the one request that needs no facts (18(15)(c)).

    Attributes:
        addressee_entity, addressee_person: to whom, one of the two (COOP-018).
        hearing: when the addressee is to appear.
        mode: how it is to be served.
        proof: what is to come back as proof.
    """

    addressee_entity: Entity | None
    addressee_person: Person | None
    documents: Annotated[tuple[ServedDocument, ...], Meta(min_length=1, max_length=16)]
    hearing: Deadline | None
    mode: ServiceMode
    proof: ServiceProof

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        not_one = (self.addressee_entity is None) == (self.addressee_person is None)
        yield not_one, "a document is served on a person or an entity, one of the two (COOP-018)"


class Expertise(AssistanceForm, frozen=True):
    """An expert's advice, or what the law says (Budapest Convention 35(1)(a) and (c)).

    Attributes:
        system: the legal or technical system that the questions are about.
    """

    form: ExpertiseForm
    questions: Annotated[tuple[Paragraph, ...], Meta(min_length=1, max_length=64)]
    summary: Page
    system: Line


class FileItem(Record, frozen=True):
    """One item of the file that is to be handed over."""

    attachment: AttachmentName | None
    reference: Short | None
    title: Line


class Limitation(Record, frozen=True):
    """When an offence can no longer be prosecuted."""

    ends: Day
    offence: Line


class TransferProceedings(AssistanceRequest, frozen=True):
    """A prosecution is to go on elsewhere (UNTOC 21).

    Attributes:
        file_index: what the file contains.
        limitations: when which offence is time-barred.
        reasons: why the other side can do it better.
        victims: who has lost what, and what claims they have made.
    """

    file_index: Annotated[tuple[FileItem, ...], Meta(min_length=1, max_length=256)]
    limitations: Annotated[tuple[Limitation, ...], Meta(min_length=1, max_length=16)]
    reasons: Page
    victims: Paragraph
