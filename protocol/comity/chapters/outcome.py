"""What became of the money that a request asked to hold (spec page prevention)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from comity.chapters.case import PlacedMeasure
from comity.chapters.form import Form, Role
from comity.chapters.money import AssetAmount, Wallet
from comity.chapters.parts import TERM, Account, Amount, Line, MoneyOutcome, Page, Paragraph, Rail, Reason, Short
from comity.chapters.rules import Rule, refuse_broken
from comity.encoding import Meta, Micros, Record

HELD, RETURNED, GONE, REFUSED, PARTIALLY_HELD = "held", "returned", "already-gone", "refused", "partially-held"
SAVED: Final = frozenset({HELD, RETURNED})
HOLDS: Final = frozenset({HELD, PARTIALLY_HELD})
EXECUTED, PARTIAL = "executed", "partial"
NOTHING: Final = frozenset({"executed-nil", "not-executable"})
LED: Final = frozenset({"known", "open"})  # trails that hops lead along; withdrawn may be with or without
UNLED: Final = frozenset({"unknown"})

Result = Annotated[str, Meta(pattern=TERM, extra={"group": "result"})]
Trail = Annotated[str, Meta(pattern=TERM, extra={"group": "trail"})]


class Hop(Record, frozen=True):
    """A step that money took onward: an account or a wallet, and what arrived there.

    Attributes:
        account: the account, None where it is a wallet.
        amount: what arrived, in money.
        asset: what arrived, where it is no money of a state.
        rail: how it came.
        reference: reference of the bank, or the transaction on the chain.
        time: when it came.
        wallet: the wallet, None where it is an account.
    """

    account: Account | None
    amount: Amount | None
    asset: AssetAmount | None
    rail: Rail | None
    reference: Line | None
    time: Micros | None
    wallet: Wallet | None

    def __post_init__(self) -> None:
        refuse_broken(self.rules())

    def rules(self) -> Iterator[Rule]:
        yield (self.account is None) == (self.wallet is None), "a hop is an account or a wallet (PREV-012)"
        both = self.amount is not None and self.asset is not None
        yield both, "a hop has an amount or an asset, not both (PREV-012)"


class Outcome(Record, frozen=True):
    """What became of an amount.

    Attributes:
        amount: the money, None where it is an asset.
        asset: the asset, None where it is money.
        bank_code: ISO 20022 code of the bank's answer, for example AC04 for a closed account.
        hops: the accounts after that of the request, in order; where it is held, the last one is where.
        reason: why it is so; a refusal is never without.
        status: held, returned, already-gone, refused, partially-held: some of the amount, how much is not known yet.
        time: when it became so.
        trail: how far the hops of money that is gone lead.
    """

    amount: Amount | None
    asset: AssetAmount | None
    bank_code: Reason | None
    hops: Annotated[tuple[Hop, ...], Meta(max_length=16)]
    reason: Paragraph | None
    status: MoneyOutcome
    time: Micros
    trail: Trail | None

    def __post_init__(self) -> None:
        refuse_broken(self.rules())

    def rules(self) -> Iterator[Rule]:
        yield (self.amount is None) == (self.asset is None), "an outcome has an amount or an asset (PREV-012)"
        yield self.status == REFUSED and self.reason is None, "a refused amount needs a reason (PREV-007)"
        gone = self.status == GONE
        yield gone != (self.trail is not None), "an amount that is already gone has a trail, no other has (PREV-010)"
        misled = self.trail in (UNLED if self.hops else LED)
        yield misled, "a trail is known or open where there are hops, and unknown where there are none (PREV-011)"
        times = [hop.time for hop in self.hops if hop.time is not None]
        yield times != sorted(times), "hops stand in the order of their times (PREV-013)"

    @property
    def worth(self) -> tuple[str, str]:
        """The currency or asset, and the value in it as a decimal string."""
        if self.amount is not None:
            return self.amount.currency, self.amount.value
        if self.asset is not None:
            return self.asset.asset, self.asset.value
        raise ValueError("an outcome has either an amount or an asset (PREV-012)")


class HoldResult(Record, frozen=True):
    """The answer to a request to stop a payment or to hold a wallet: all that is known so far (PREV-019).

    Attributes:
        final: nothing more will come.
        hold_until: when the hold ends, None where nothing is held.
        local_reference: file number at the answering party.
        outcomes: what became of the money, each amount once.
        result: executed, executed-nil, partial, not-executable.
        review: when the answering party looks at the hold again; not after `hold_until`.
        to_extend: what is needed to extend the hold.
    """

    final: bool
    hold_until: Micros | None
    local_reference: Short | None
    note: Page | None
    outcomes: Annotated[tuple[Outcome, ...], Meta(max_length=32)]
    result: Result
    review: Micros | None
    to_extend: Paragraph | None

    @property
    def is_final(self) -> bool:
        """Whether this is the last reply to the request."""
        return self.final

    @property
    def measure(self) -> PlacedMeasure | None:
        """The hold that is in place, None where nothing is held (PREV-008)."""
        if self.hold_until is None or self.review is None:
            return None
        return PlacedMeasure(reference=self.local_reference, review=self.review, until=self.hold_until)

    def __post_init__(self) -> None:
        refuse_broken(self.rules())

    def rules(self) -> Iterator[Rule]:
        statuses = {outcome.status for outcome in self.outcomes}
        lasting = self.hold_until is not None and self.review is not None
        yield bool(statuses & HOLDS) and not lasting, "a held amount needs hold_until and review (PREV-008)"
        late = self.hold_until is not None and self.review is not None and self.review > self.hold_until
        yield late, "a hold is reviewed before it ends (PREV-009)"
        yield not self.final and self.result != PARTIAL, "a result that is not final is partial (PREV-014)"
        yield self.final and PARTIALLY_HELD in statuses, "a final result says how much is held (PREV-015)"
        saved = bool(statuses) and statuses <= SAVED
        yield self.result == EXECUTED and not saved, "all that was done is held or returned (PREV-016)"
        some = statuses & (SAVED | HOLDS)
        yield self.result in NOTHING and bool(some), "where nothing was done nothing is held or returned (PREV-017)"
        little = self.final and self.result == PARTIAL and not some
        yield little, "a final result that is partial has an amount that is held or returned (PREV-020)"
        yield not self.outcomes and self.note is None, "a result without outcomes needs a note (PREV-018)"


FORMS: Final[Mapping[str, Form]] = {
    "prevention.hold-result": Form(
        HoldResult, Role.EVENT, answers=("prevention.stop-payment", "prevention.wallet-hold")
    ),
}
