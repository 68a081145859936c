"""Types and parts that payloads of several kinds share (spec page kinds).

A choice from a closed list is a term of the vocabulary: its type names the group, and the vocabulary that the treaty
pins says which terms there are (VOCAB). Its pattern only bounds it. Choices are never Literals: the fault of a Literal
would repeat the value (CONV-008).
"""

from typing import Annotated, Final

from comity.encoding import Meta, Micros, Record

TERM: Final = r"\A[A-Za-z0-9][A-Za-z0-9+-]{0,47}\Z"

Country = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z", extra={"group": "country"})]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z", extra={"group": "currency"})]
Decimal = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?\Z")]  # ENC-019
Bic = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{8}([A-Z0-9]{3})?\Z")]
Phone = Annotated[str, Meta(pattern=r"\A\+[1-9][0-9]{6,14}\Z")]
Reason = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{4}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=64)]
City = Annotated[str, Meta(min_length=1, max_length=100)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Mail = Annotated[str, Meta(min_length=1, max_length=254)]
#: The name of a file of the same message (KIND-011).
AttachmentName = Annotated[str, Meta(min_length=1, max_length=200, extra={"names": "attachment"})]
Passage = Annotated[str, Meta(min_length=1, max_length=500)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=1_000)]
Page = Annotated[str, Meta(min_length=1, max_length=4_000)]
#: A point in time that must lie ahead when a request is sent.
Deadline = Annotated[int, Meta(ge=0, le=2**53 - 1, extra={"unit": "micros", "when": "ahead"})]

FraudType = Annotated[str, Meta(pattern=TERM, extra={"group": "fraud-type"})]
Channel = Annotated[str, Meta(pattern=TERM, extra={"group": "channel"})]
Rail = Annotated[str, Meta(pattern=TERM, extra={"group": "rail"})]
MoneyOutcome = Annotated[str, Meta(pattern=TERM, extra={"group": "money-outcome"})]
PersonRole = Annotated[str, Meta(pattern=TERM, extra={"group": "person-role"})]
Purpose = Annotated[str, Meta(pattern=TERM, extra={"group": "purpose"})]


class Amount(Record, frozen=True):
    """Money: decimal string and ISO 4217 code."""

    currency: Currency
    value: Decimal


class Account(Record, frozen=True):
    """A bank account or its like."""

    bank: Line
    bic: Bic | None
    country: Country
    holder: Line | None
    number: Short


class Contact(Record, frozen=True):
    """Who answers day and night."""

    email: Mail | None
    name: Line
    phone: Phone


class Identity(Record, frozen=True):
    """A document or register that names a person: its kind in words, its number, who issued it."""

    country: Country
    number: Short
    type: Short


class Person(Record, frozen=True):
    """A natural person, as far as known. `born` is a date `YYYY-MM-DD`, `YYYY-MM` or `YYYY`."""

    address: Passage | None
    born: Annotated[str, Meta(pattern=r"\A[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z")] | None
    identities: Annotated[tuple[Identity, ...], Meta(max_length=8)]
    name: Line
    nationality: Country | None
    other_names: Annotated[tuple[Line, ...], Meta(max_length=8)]
    role: PersonRole


class Entity(Record, frozen=True):
    """A legal person: register number and LEI (ISO 17442) where known."""

    address: Passage | None
    country: Country
    lei: Annotated[str, Meta(pattern=r"\A[A-Z0-9]{18}[0-9]{2}\Z")] | None
    name: Line
    register: Line | None
    role: PersonRole


class Period(Record, frozen=True):
    """From when until when, in micros; `until` is not part of it."""

    since: Micros
    until: Micros

    def __post_init__(self) -> None:
        if self.until <= self.since:
            raise ValueError("a period ends after it begins")
