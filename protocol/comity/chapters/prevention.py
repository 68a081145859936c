"""Payloads of chapter IV, coordinated prevention (spec page prevention)."""

from collections.abc import Mapping
from typing import Annotated, Final

from comity.chapters.form import Form, Role, Service
from comity.chapters.parts import (
    Account,
    Amount,
    City,
    Contact,
    Country,
    HoldSeconds,
    Line,
    Page,
    Paragraph,
    Passage,
    Rail,
    Reason,
    Short,
)
from comity.encoding import Meta, Micros, Record

Status = Annotated[str, Meta(pattern=r"\A(held|returned|already-gone|refused)\Z")]


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


FORMS: Final[Mapping[str, Form]] = {
    "prevention.stop-payment": Form(StopPayment, Role.REQUEST, Service.PREVENTION, measure=True, coercive=True),
    "prevention.stop-payment-result": Form(StopPaymentResult, Role.EVENT, answers=("prevention.stop-payment",)),
}
