"""Requests about money and property: trace-assets, freeze."""

from collections.abc import Iterator
from typing import Annotated

from comity.chapters.assistance import AssistanceRequest, MeasureRequest
from comity.chapters.money import Wallet
from comity.chapters.outcome import Hop
from comity.chapters.parts import TERM, Account, Amount, Page, Paragraph, Passage, Period, Short
from comity.chapters.rules import Rule
from comity.encoding import Meta, Record

Measure = Annotated[str, Meta(pattern=TERM, extra={"group": "measure"})]


class TraceAssets(AssistanceRequest, frozen=True):
    """Where proceeds of crime went and what became of them (UNTOC 18(3)(g))."""

    accounts: Annotated[tuple[Account, ...], Meta(max_length=32)]
    amount: Amount
    hops: Annotated[tuple[Hop, ...], Meta(max_length=64)]
    period: Period
    wallets: Annotated[tuple[Wallet, ...], Meta(max_length=32)]

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        nowhere = not (self.accounts or self.wallets or self.persons or self.entities)
        yield nowhere, "one account, wallet, person or entity says where to begin (COOP-010)"


class Asset(Record, frozen=True):
    """Property that a measure is asked for.

    Attributes:
        link_to_person: how it is connected with the persons concerned.
        link_to_offence: how it is connected with the offence; None where only its value is to be secured.
        third_parties: what is known of the rights of others in it.
    """

    account: Account | None
    description: Passage
    link_to_offence: Paragraph | None
    link_to_person: Paragraph
    location: Passage
    reference: Short | None
    third_parties: Paragraph | None
    value: Amount | None
    wallet: Wallet | None


class Freeze(MeasureRequest, frozen=True):
    """Property is to be frozen or seized (Council of Europe, asset conventions of 1990, 27, and 2005, 37; UNTOC 13).

    Attributes:
        available_at_home: that the measure could be taken at home, and by which law (37(1)(d)(ii)).
        domestic_law: text of the provisions of the one who asks, or a statement of its law (37(1)(d)(i)).
        intended_request: the request for confiscation that will follow, and when.
        maximum: the most that is to be recovered, where a sum of money is to be secured (37(2)).
    """

    assets: Annotated[tuple[Asset, ...], Meta(min_length=1, max_length=32)]
    available_at_home: Paragraph
    domestic_law: Page
    intended_request: Passage
    maximum: Amount | None
    measure: Measure
