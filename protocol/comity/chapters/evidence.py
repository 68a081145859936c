"""Requests for data and things as evidence: subscriber, preserve, produce, search."""

from collections.abc import Iterator
from typing import Annotated, Final

from comity.chapters.assistance import AssistanceRequest, MeasureRequest
from comity.chapters.parts import TERM, Account, Line, Page, Paragraph, Passage, Period
from comity.chapters.rules import Rule
from comity.chapters.subjects import IpSubject, Subject
from comity.encoding import Meta, Record

SIXTY_DAYS_US: Final = 60 * 86_400 * 1_000_000  # Budapest Convention, Article 29(7)
#: Classes of records that arise day by day: without a period a request for them has no bounds.
RUNNING: Final = frozenset({"content", "traffic", "transactions"})

RecordsClass = Annotated[str, Meta(pattern=TERM, extra={"group": "records-class"})]
SubscriberData = Annotated[str, Meta(pattern=TERM, extra={"group": "subscriber-data"})]


class Identifier(Record, frozen=True):
    """Something that tells a user, line, device or service apart, and when it was in use.

    Attributes:
        period: the exact time of use; an internet address is given to somebody else in the next minute (COOP-007).
        subject: the same as in indicators; an internet address has its source port there.
    """

    period: Period | None
    subject: Subject

    def __post_init__(self) -> None:
        if isinstance(self.subject, IpSubject) and self.period is None:
            raise ValueError("an internet address needs the period in which it was used (COOP-007)")


class Subscriber(AssistanceRequest, frozen=True):
    """Who uses a service (Budapest Convention 18, 31; Second Additional Protocol 7 and 8).

    Attributes:
        do_not_notify: the provider is to tell its customer nothing.
        provider: who runs the service.
    """

    categories: Annotated[tuple[SubscriberData, ...], Meta(min_length=1, max_length=8)]
    do_not_notify: bool
    identifiers: Annotated[tuple[Identifier, ...], Meta(min_length=1, max_length=32)]
    provider: Line


class Preserve(MeasureRequest, frozen=True):
    """Stored computer data are to be kept from being lost (Budapest Convention 29 and 30).

    Article 29(2) names six things: (a) `authority`, (b) `offences` and `summary`, (c) `data` and `relation`,
    (d) `custodian` and `system_location`, (e) `necessity`, (f) `intended_request`.

    Attributes:
        do_not_notify: the custodian is to tell its customer nothing.
        intended_request: the request for search, seizure or disclosure that will follow, and when.
        relation: how the data are related to the offence.
    """

    custodian: Line | None
    data: Page
    do_not_notify: bool
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=32)]
    intended_request: Passage
    necessity: Paragraph
    relation: Paragraph
    system_location: Passage | None

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        short = self.measure_until - self.measure_from < SIXTY_DAYS_US
        yield short, "data are preserved for 60 days or more from measure_from (COOP-005)"
        nowhere = self.custodian is None and self.system_location is None
        yield nowhere, "either custodian or system_location says where the data are (COOP-006)"


class Produce(AssistanceRequest, frozen=True):
    """Records and other data are to be handed over (UNTOC 18(3)(e) and (f)).

    Attributes:
        certification: what is to be certified, so that a court takes the records.
        holder: who has the records.
    """

    accounts: Annotated[tuple[Account, ...], Meta(max_length=32)]
    certification: Passage | None
    do_not_notify: bool
    format: Passage | None
    holder: Line
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=32)]
    period: Period | None
    records_classes: Annotated[tuple[RecordsClass, ...], Meta(min_length=1, max_length=8)]

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        endless = self.period is None and not RUNNING.isdisjoint(self.records_classes)
        yield endless, "content, traffic and transactions need a period (COOP-008)"
        about_nothing = not (self.accounts or self.identifiers or self.persons or self.entities)
        yield about_nothing, "one account, identifier, person or entity says whose records (COOP-009)"


class Place(Record, frozen=True):
    """Where to search: a place, a device, or a device at a place."""

    address: Passage | None
    device: Passage | None
    occupier: Line | None

    def __post_init__(self) -> None:
        if self.address is None and self.device is None:
            raise ValueError("a place to search has an address or a device (COOP-015)")


class Search(MeasureRequest, frozen=True):
    """Places or devices are to be searched and things seized (UNTOC 18(3)(c) and (d)).

    Attributes:
        available_at_home: that, and by which law, a judge of the one who asks could order the same.
        grounds: why the things are believed to be there.
        measure_until: until when the search may be made and what was found may be held.
        presence: who wishes to be there, and in what capacity.
    """

    available_at_home: Paragraph
    grounds: Page
    items: Annotated[tuple[Passage, ...], Meta(min_length=1, max_length=64)]
    places: Annotated[tuple[Place, ...], Meta(min_length=1, max_length=8)]
    presence: Passage | None
