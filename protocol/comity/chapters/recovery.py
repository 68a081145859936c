"""How much of the money was saved: the results of one request, summed for each currency and asset."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import Final

from comity.chapters.money import StopPayment, WalletHold
from comity.chapters.outcome import GONE, HELD, REFUSED, RETURNED, HoldResult

# Values have up to 30 digits before the point and 18 after it; a sum of very many still fits, or raises.
_EXACT: Final = Context(prec=64, traps=[Inexact])
_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Statement:
    """A result as it came: who stated it, and the `seq` of the message that carried it."""

    party: str
    seq: int
    result: HoldResult


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of one currency or asset. All values are exact; none is negative.

    Attributes:
        unit: currency or code of the asset.
        asked: what the request asked to hold, 0 where the money was changed into this unit on its way.
        returned, held, refused, gone: what is known to have become of it, each amount in the best of these places.
        unknown: what is asked and nobody has accounted for; what is held only partially counts here.
    """

    unit: str
    asked: Decimal
    returned: Decimal
    held: Decimal
    refused: Decimal
    gone: Decimal
    unknown: Decimal


def recovery_of(request: StopPayment | WalletHold, statements: Iterable[Statement]) -> tuple[Recovery, ...]:
    """Return one entry for each currency and asset that the request or a result names, in ascending order of unit.

    Of each party the newest result counts (PREV-019); the order of the statements does not matter. Money that is gone
    from one party and held or returned at the next counts once, where it was saved: where a unit is asked for, the
    entry adds up to `asked`, and what the parties state is counted in the order returned, held, refused, gone.
    """
    asked = _asked(request)
    stated = _stated(_newest(statements))
    units = sorted(asked.keys() | {unit for unit, _ in stated})
    return tuple(_entry(unit, asked.get(unit), stated) for unit in units)


def _asked(request: StopPayment | WalletHold) -> Mapping[str, Decimal]:
    if isinstance(request, StopPayment):
        return {request.amount.currency: Decimal(request.amount.value)}
    return {amount.asset: Decimal(amount.value) for amount in request.amounts}


def _newest(statements: Iterable[Statement]) -> list[HoldResult]:
    newest: dict[str, Statement] = {}
    for statement in statements:
        known = newest.get(statement.party)
        if known is None or statement.seq > known.seq:
            newest[statement.party] = statement
    return [statement.result for statement in newest.values()]


def _stated(results: Iterable[HoldResult]) -> Mapping[tuple[str, str], Decimal]:
    """Return the sums by unit and status."""
    sums: dict[tuple[str, str], Decimal] = {}
    for result in results:
        for outcome in result.outcomes:
            unit, value = outcome.worth
            key = unit, outcome.status
            sums[key] = _EXACT.add(sums.get(key, _NONE), Decimal(value))
    return sums


def _entry(unit: str, asked: Decimal | None, stated: Mapping[tuple[str, str], Decimal]) -> Recovery:
    left = asked
    shares = []
    for status in (RETURNED, HELD, REFUSED, GONE):
        share = stated.get((unit, status), _NONE)
        if left is not None:
            share = min(share, left)
            left = _EXACT.subtract(left, share)
        shares.append(share)
    returned, held, refused, gone = shares
    return Recovery(unit, asked or _NONE, returned, held, refused, gone, left or _NONE)
