"""Payloads by kind (spec page kinds). A new kind is a record here and a line in KINDS."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from comity.encoding import Meta, Micros, Record, convert
from comity.errors import KindNotAcceptedError, MalformedError, PayloadError

MAX_FAULT: Final = 300  # characters: the name of a field that is not known may be as long as a body

Country = Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Decimal = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?\Z")]  # ENC-019
Bic = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{8}([A-Z0-9]{3})?\Z")]
Phone = Annotated[str, Meta(pattern=r"\A\+[1-9][0-9]{6,14}\Z")]
Reason = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{4}\Z")]
Short = Annotated[str, Meta(min_length=1, max_length=64)]
City = Annotated[str, Meta(min_length=1, max_length=100)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Mail = Annotated[str, Meta(min_length=1, max_length=254)]
Passage = Annotated[str, Meta(min_length=1, max_length=500)]
Paragraph = Annotated[str, Meta(min_length=1, max_length=1_000)]
Page = Annotated[str, Meta(min_length=1, max_length=4_000)]
# Choices are patterns and not Literals: the fault of a Literal would repeat the value (CONV-008).
Rail = Annotated[str, Meta(pattern=r"\A(credit-transfer|instant|card|wire|e-wallet|crypto|remittance)\Z")]
Status = Annotated[str, Meta(pattern=r"\A(held|returned|already-gone|refused)\Z")]
HoldSeconds = Annotated[int, Meta(ge=3_600, le=31_536_000)]


class Text(Record, frozen=True):
    """Words from one officer to another."""

    text: Annotated[str, Meta(min_length=1, max_length=20_000)]


class Read(Record, frozen=True):
    """A person has opened the message that this one answers (KIND-007)."""

    time: Micros


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


class Recall(Record, frozen=True):
    """A recall that the bank has sent already."""

    reason: Reason
    reference: Short
    sent: Micros


class Victim(Record, frozen=True):
    """The victim, or a pseudonym."""

    city: City
    country: Country
    name: Line


class StopPayment(Record, frozen=True):
    """A request to stop a payment and hold what has arrived."""

    amount: Amount
    beneficiary: Account
    contact: Contact
    executed: Micros
    further_credit: Passage | None
    hold_s: HoldSeconds
    intermediaries: Annotated[tuple[Account, ...], Meta(max_length=8)]
    legal_basis: Passage
    originator: Account
    payment_reference: Short
    police_report: Short
    rail: Rail
    recall: Recall | None
    summary: Page
    victim: Victim


class Outcome(Record, frozen=True):
    """What became of an amount."""

    amount: Amount
    next_hop: Account | None
    reason: Paragraph | None
    status: Status
    time: Micros

    def __post_init__(self) -> None:
        if self.status == "refused" and self.reason is None:
            raise ValueError("a refused amount needs a reason (KIND-005)")


class StopPaymentResult(Record, frozen=True):
    """The answer to a request to stop a payment."""

    hold_expires: Micros | None
    local_reference: Short
    note: Page | None
    outcomes: Annotated[tuple[Outcome, ...], Meta(min_length=1, max_length=32)]
    to_extend: Paragraph | None

    def __post_init__(self) -> None:
        if self.hold_expires is None and any(outcome.status == "held" for outcome in self.outcomes):
            raise ValueError("a held amount needs hold_expires (KIND-006)")


KINDS: Final[Mapping[str, type[Record]]] = {
    "prevention.stop-payment": StopPayment,
    "prevention.stop-payment-result": StopPaymentResult,
    "read": Read,
    "text": Text,
}
NOTICE: Final = "read"
ANSWERS: Final[Mapping[str, str]] = {"prevention.stop-payment-result": "prevention.stop-payment"}  # KIND-004


def payload_of(kind: str, payload: Mapping[str, Any]) -> Record:
    """Return the payload as the record of its kind (KIND-001).

    Raises:
        KindNotAcceptedError: the kind is not known here (KIND-003).
        PayloadError: the payload has another form (KIND-002); the text names the field.
    """
    record = KINDS.get(kind)
    if record is None:
        raise KindNotAcceptedError(f"the kind {kind[:70]!r} is not known here; known are {', '.join(KINDS)}")
    try:
        return convert(record, payload)
    except MalformedError as fault:
        raise PayloadError(str(fault)[:MAX_FAULT]) from None


def refuse_numbered_notice(kind: str, seq: int) -> None:
    """Return unless a `read` takes a number in its case. Raises: PayloadError (KIND-008)."""
    if kind == NOTICE and seq:
        raise PayloadError(f"a {NOTICE} takes no number in its case")


def is_answer(kind: str) -> bool:
    """Return whether what a message of this kind may answer is restricted (KIND-004, KIND-007)."""
    return kind == NOTICE or kind in ANSWERS


def refuse_other_answer(kind: str, answered: str | None) -> None:
    """Return when a message of this kind may answer a message of the kind `answered`, None where it answers none.

    Raises:
        PayloadError: the kind answers another one (KIND-004), or is a `read` that answers none or a `read` (KIND-007).
    """
    if kind == NOTICE and answered in (None, NOTICE):
        raise PayloadError(f"a {NOTICE} answers a message that is no {NOTICE}")
    wanted = ANSWERS.get(kind)
    if wanted is not None and answered != wanted:
        raise PayloadError(f"a {kind} answers a {wanted}")
