"""Requests that take a means out of use, and the one that undoes it (spec page prevention)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role, Service
from comity.chapters.measure import CoerciveRequest, Evidence, Evidences, MeasureRequest
from comity.chapters.parts import TERM, Contact, Line, Paragraph, Passage, Phone
from comity.chapters.request import Request
from comity.chapters.rules import Rule, refuse_broken
from comity.chapters.subjects import (
    AccountSubject,
    AppSubject,
    CardSubject,
    DeviceSubject,
    DomainSubject,
    EmailSubject,
    IbanSubject,
    IccidSubject,
    ImeiSubject,
    ImsiSubject,
    IpSubject,
    MeidSubject,
    PhoneSubject,
    Platform,
    SenderIdSubject,
    SocialAccountSubject,
    Url,
    UrlSubject,
    WalletSubject,
)
from comity.encoding import Bytes32, Meta, Record

MAX_RANGE: Final = 10_000
SPOOFED_ONLY: Final = "spoofed-only"

Effect = Annotated[str, Meta(pattern=TERM, extra={"group": "block-effect"})]
LiftGround = Annotated[str, Meta(pattern=TERM, extra={"group": "lift-ground"})]
MuleBasis = Annotated[str, Meta(pattern=TERM, extra={"group": "mule-basis"})]
Strength = Annotated[str, Meta(pattern=TERM, extra={"group": "strength"})]


class AdvertisementSubject(Record, frozen=True, tag_field="kind", tag="advertisement"):
    """An advertisement on a platform, by its id there or by where it is seen."""

    advertisement: Line | None
    advertiser: Line | None
    platform: Platform
    url: Url | None

    def __post_init__(self) -> None:
        if self.advertisement is None and self.url is None:
            raise ValueError("an advertisement is found by its id or its url; give one (PREV-022)")


class PhoneRangeSubject(Record, frozen=True, tag_field="kind", tag="phone-range"):
    """All phone numbers from the first to the last, both included."""

    first: Phone
    last: Phone

    def __post_init__(self) -> None:
        refuse_broken(self.rules())

    def rules(self) -> Iterator[Rule]:
        yield len(self.first) != len(self.last), "the numbers of a range are of one length (PREV-023)"
        size = int(self.last) - int(self.first) + 1
        yield not 2 <= size <= MAX_RANGE, "a range has 2 to 10,000 numbers (PREV-023)"


FlagSubject = AccountSubject | IbanSubject | WalletSubject
TakedownSubject = AdvertisementSubject | AppSubject | DomainSubject | SocialAccountSubject | UrlSubject
BlockSubject = (
    AccountSubject
    | AppSubject
    | CardSubject
    | DeviceSubject
    | DomainSubject
    | EmailSubject
    | IbanSubject
    | IccidSubject
    | ImeiSubject
    | ImsiSubject
    | IpSubject
    | MeidSubject
    | PhoneRangeSubject
    | PhoneSubject
    | SenderIdSubject
    | SocialAccountSubject
    | UrlSubject
    | WalletSubject
)


class Block(MeasureRequest, frozen=True):
    """A request to take numbers, names, accounts or devices out of use.

    Attributes:
        effect: what is to be stopped, None for everything.
        subjects: what is to be blocked.
    """

    effect: Effect | None
    evidence: Evidences
    subjects: Annotated[tuple[BlockSubject, ...], Meta(min_length=1, max_length=256)]

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        spoofed = any(isinstance(subject, PhoneSubject) and subject.spoofed for subject in self.subjects)
        innocent = spoofed and self.effect != SPOOFED_ONLY
        yield innocent, "a number that was only shown is blocked only where it is spoofed (PREV-024)"


class Harmed(Record, frozen=True):
    """Somebody whom a measure hits wrongly: who, what it does to them, and how to reach them to make it good."""

    contact: Contact | None
    harm: Paragraph
    name: Line | None


class Unblock(Request, frozen=True):
    """A request to lift what was blocked, flagged, held or taken down.

    Attributes:
        lift_ground: why it is to be lifted.
        remedy: who apologises and compensates; None where the `contact` of the request does.
        subjects: what is to be free again, also where nobody knows whose request it was; empty for all of the target.
        target: hash of the message that asked for the measure.
    """

    harmed: Harmed | None
    lift_ground: LiftGround
    remedy: Contact | None
    subjects: Annotated[tuple[BlockSubject | AdvertisementSubject, ...], Meta(max_length=256)]
    target: Bytes32 | None

    def __post_init__(self) -> None:
        if self.target is None and not self.subjects:
            raise ValueError("what is to be lifted is named by target or by subjects (PREV-025)")


class Takedown(CoerciveRequest, frozen=True):
    """A request to take something off the net for good.

    Attributes:
        brand: whom it imitates.
        harm: what it does to people.
        host: who keeps it.
        registrar: who registered the domain.
        subjects: exactly where it is.
    """

    brand: Line | None
    evidence: Annotated[tuple[Evidence, ...], Meta(min_length=1, max_length=16)]
    harm: Paragraph | None
    host: Line | None
    registrar: Line | None
    subjects: Annotated[tuple[TakedownSubject, ...], Meta(min_length=1, max_length=64)]


class MuleFlag(MeasureRequest, frozen=True):
    """A request to mark accounts as those of money mules, so that payments to them are looked at.

    Attributes:
        mule_basis: what the flag rests on.
        right_of_review: how the holder can have it looked at again, and by whom.
        strength: how strong the basis is.
        subjects: the accounts.
        tell_holder: the holder may be told.
    """

    evidence: Evidences
    mule_basis: MuleBasis
    right_of_review: Passage
    strength: Strength
    subjects: Annotated[tuple[FlagSubject, ...], Meta(min_length=1, max_length=64)]
    tell_holder: bool


FORMS: Final[Mapping[str, Form]] = {
    "prevention.block": Form(Block, Role.REQUEST, Service.PREVENTION, measure=True, coercive=True),
    "prevention.mule-flag": Form(MuleFlag, Role.REQUEST, Service.PREVENTION, measure=True, coercive=True),
    "prevention.takedown": Form(Takedown, Role.REQUEST, Service.PREVENTION, coercive=True),
    "prevention.unblock": Form(Unblock, Role.REQUEST, Service.PREVENTION),
}
