"""How much was saved: sums of the results of one request."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.chapters.money import AssetAmount, StopPayment, WalletHold
from comity.chapters.outcome import HoldResult, Outcome
from comity.chapters.parts import Amount
from comity.chapters.recovery import Recovery, Statement, recovery_of
from comity.kinds import payload_of
from tests.support.forms import payload_of_example

STATUSES = ("held", "returned", "already-gone", "refused", "partially-held")
PARTIES = ("bb.fiu", "qm.prosecutor", "xa.gendarmerie")


def stop(value: str = "100", currency: str = "EUR") -> StopPayment:
    payload = payload_of_example("prevention.stop-payment") | {"amount": {"currency": currency, "value": value}}
    record = payload_of("prevention.stop-payment", payload)
    assert isinstance(record, StopPayment)
    return record


def outcome(status: str, value: str, unit: str = "EUR") -> Outcome:
    money = len(unit) == 3
    return Outcome(
        amount=Amount(currency=unit, value=value) if money else None,
        asset=None if money else AssetAmount(asset=unit, value=value),
        bank_code=None,
        hops=(),
        reason="Because" if status == "refused" else None,
        status=status,
        time=1,
        trail="unknown" if status == "already-gone" else None,
    )


def stated(*outcomes: Outcome, party: str = "bb.fiu", seq: int = 0) -> Statement:
    result = HoldResult(
        final=False, hold_until=9, local_reference=None, note="Interim", outcomes=outcomes, result="partial",
        review=8, to_extend=None,
    )  # fmt: skip
    return Statement(party, seq, result)


def shares(entry: Recovery) -> dict[str, Any]:
    names = ("returned", "held", "refused", "gone", "unknown")
    return {name: getattr(entry, name) for name in names if getattr(entry, name)}


def test_without_a_result_all_is_unknown() -> None:
    (entry,) = recovery_of(stop("100.00"), ())
    assert (entry.unit, shares(entry)) == ("EUR", {"unknown": 100})
    assert entry.asked == 100


def test_each_outcome_is_summed_and_the_rest_is_unknown() -> None:
    results = [stated(outcome("held", "30.50"), outcome("already-gone", "40"), outcome("held", "0.25"))]
    (entry,) = recovery_of(stop(), results)
    assert shares(entry) == {"held": Decimal("30.75"), "gone": 40, "unknown": Decimal("29.25")}


def test_what_is_held_only_partially_is_unknown() -> None:
    (entry,) = recovery_of(stop(), [stated(outcome("partially-held", "100"))])
    assert shares(entry) == {"unknown": 100}


@pytest.mark.clause("PREV-019")
def test_of_each_party_the_newest_result_counts() -> None:
    held, back = stated(outcome("held", "100"), seq=1), stated(outcome("returned", "100"), seq=2)
    for order in ([held, back], [back, held]):
        (entry,) = recovery_of(stop(), order)
        assert shares(entry) == {"returned": 100}


def test_money_that_is_gone_from_one_party_and_held_at_the_next_counts_once() -> None:
    gone, held = stated(outcome("already-gone", "100")), stated(outcome("held", "60"), party="qm.prosecutor")
    (entry,) = recovery_of(stop(), [gone, held])
    assert shares(entry) == {"held": 60, "gone": 40}


def test_other_currencies_and_assets_stand_beside_what_was_asked() -> None:
    gone = stated(outcome("already-gone", "100"))
    changed = stated(outcome("held", "110", "USD"), outcome("refused", "0.5", "ETHER"), party="qm.prosecutor")
    ether, euro, dollar = recovery_of(stop(), [changed, gone])
    assert (euro.unit, shares(euro)) == ("EUR", {"gone": 100})
    assert (dollar.unit, shares(dollar)) == ("USD", {"held": 110})
    assert (ether.unit, shares(ether)) == ("ETHER", {"refused": Decimal("0.5")})
    assert ether.asked == dollar.asked == 0


def test_a_wallet_hold_is_summed_by_asset() -> None:
    request = payload_of("prevention.wallet-hold", payload_of_example("prevention.wallet-hold"))
    assert isinstance(request, WalletHold)
    (entry,) = recovery_of(request, [stated(outcome("held", "17000.5", "USDT"))])
    assert (entry.unit, entry.asked) == ("USDT", Decimal("17120.5"))
    assert shares(entry) == {"held": Decimal("17000.5"), "unknown": 120}


values = st.decimals("0", "999999999999999.9999", places=4).map(str)
assets = st.decimals("0", "9" * 30 + "." + "9" * 18, places=18, allow_nan=False).map(lambda value: format(value, "f"))
outcomes = st.builds(outcome, st.sampled_from(STATUSES), values, st.sampled_from(("EUR", "USD"))) | st.builds(
    outcome, st.sampled_from(STATUSES), assets, st.just("USDT")
)
statements = st.lists(
    st.builds(
        lambda parts, party, seq: stated(*parts, party=party, seq=seq),
        st.lists(outcomes, max_size=6),
        st.sampled_from(PARTIES),
        st.integers(0, 30),
    ),
    max_size=8,
    unique_by=lambda statement: (statement.party, statement.seq),
)


@given(values, statements)
def test_shares_are_never_more_than_what_was_asked_and_leave_nothing_out(value: str, results: list[Statement]) -> None:
    for entry in recovery_of(stop(value), results):
        parts: list[Any] = [entry.returned, entry.held, entry.refused, entry.gone, entry.unknown]
        assert min(parts) >= 0
        if entry.unit == "EUR":
            assert sum(parts) == entry.asked == Decimal(value)
        else:
            assert entry.asked == entry.unknown == 0


@given(statements, st.randoms(use_true_random=False))
def test_the_order_of_the_results_does_not_matter(results: list[Statement], shuffler: Any) -> None:
    mixed = list(results)
    shuffler.shuffle(mixed)
    assert recovery_of(stop(), mixed) == recovery_of(stop(), results)


@given(statements)
def test_a_unit_that_was_not_asked_for_adds_up_exactly(results: list[Statement]) -> None:
    newest = {each.party: each for each in sorted(results, key=lambda each: each.seq)}
    told = [outcome for each in newest.values() for outcome in each.result.outcomes if outcome.asset is not None]
    for entry in (each for each in recovery_of(stop(), results) if each.unit == "USDT"):
        for status, share in zip(STATUSES, (entry.held, entry.returned, entry.gone, entry.refused), strict=False):
            assert Fraction(share) == sum(Fraction(part.worth[1]) for part in told if part.status == status)
