"""Requests that stop money on its way: a payment at a bank, an asset in a wallet (spec page prevention)."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Final

from comity.chapters.form import Form, Role, Service
from comity.chapters.measure import MeasureRequest
from comity.chapters.parts import TERM, Account, Amount, City, Country, Line, Passage, Rail, Reason, Short
from comity.chapters.rules import Rule
from comity.encoding import Meta, Micros, Record

Asset = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9.+-]{0,23}\Z")]
AssetValue = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,29})(\.[0-9]{1,18})?\Z")]
Address = Annotated[str, Meta(pattern=r"\A[!-~]{1,128}\Z")]
Chain = Annotated[str, Meta(pattern=TERM, extra={"group": "chain"})]
OrderState = Annotated[str, Meta(pattern=TERM, extra={"group": "order-state"})]


class AssetAmount(Record, frozen=True):
    """An amount of an asset that is no money of a state: decimal string and the code by which it is traded."""

    asset: Asset
    value: AssetValue


class Wallet(Record, frozen=True):
    """An address on a chain.

    Attributes:
        service: who holds it for a customer, where it is known.
        tag: memo or destination tag, where several customers share the address.
    """

    address: Address
    chain: Chain
    service: Line | None
    tag: Short | None


class Transfer(Record, frozen=True):
    """A transaction on a chain."""

    amount: AssetAmount | None
    chain: Chain
    time: Micros | None
    transaction: Address


class Recall(Record, frozen=True):
    """A recall that the bank has sent already: ISO 20022 reason, reference of the bank."""

    reason: Reason
    reference: Short
    sent: Micros


class Victim(Record, frozen=True):
    """The victim, or a pseudonym."""

    city: City | None
    country: Country
    name: Line


class Stop(MeasureRequest, frozen=True):
    """What both requests of this module say: the number of the report to the police, and who lost the money."""

    police_report: Short | None
    victim: Victim | None


class StopPayment(Stop, frozen=True):
    """A request to stop a payment and hold what has arrived.

    Attributes:
        amount: what was paid.
        beneficiary: where the money went.
        executed: when the payment was executed.
        further_credit: further-credit text of the payment.
        intermediaries: banks between, in the order of the payment.
        originator: where the money came from.
        payment_reference: UETR or end-to-end id.
    """

    amount: Amount
    beneficiary: Account
    executed: Micros
    further_credit: Passage | None
    intermediaries: Annotated[tuple[Account, ...], Meta(max_length=8)]
    originator: Account | None
    payment_reference: Short | None
    rail: Rail | None
    recall: Recall | None

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        nowhere = self.originator is None and self.payment_reference is None
        yield nowhere, "a payment is found by its originator or its payment_reference; give one (PREV-004)"


class WalletHold(Stop, frozen=True):
    """A request to hold assets that a service keeps for a customer.

    Attributes:
        amounts: what arrived there, each asset once, in ascending order.
        order_state: how far an order of a court or authority is.
        transfers: how it got there, in the order of the transfers.
        wallets: where it is.
    """

    amounts: Annotated[tuple[AssetAmount, ...], Meta(max_length=16)]
    order_reference: Line | None
    order_state: OrderState | None
    transfers: Annotated[tuple[Transfer, ...], Meta(max_length=32)]
    wallets: Annotated[tuple[Wallet, ...], Meta(min_length=1, max_length=16)]

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        ascending = all(before.asset < after.asset for before, after in pairwise(self.amounts))
        yield not ascending, "amounts name each asset once, in ascending order (PREV-005)"


FORMS: Final[Mapping[str, Form]] = {
    "prevention.stop-payment": Form(StopPayment, Role.REQUEST, Service.PREVENTION, measure=True, coercive=True),
    "prevention.wallet-hold": Form(WalletHold, Role.REQUEST, Service.PREVENTION, measure=True, coercive=True),
}
