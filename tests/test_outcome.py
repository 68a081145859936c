"""Results of a hold: what became of each amount, and what must hang together."""

from typing import Any

import pytest

from comity.case.events import measure_of
from comity.chapters.case import PlacedMeasure
from comity.chapters.outcome import HoldResult
from comity.encoding import decode, encode
from comity.errors import PayloadError
from comity.kinds import payload_of, refuse_other_answer
from comity.limits import MAX_BODY_BYTES
from tests.support.forms import payload_of_example

KIND = "prevention.hold-result"
EXAMPLE = payload_of_example(KIND)
HELD, GONE = EXAMPLE["outcomes"]
BANK_HOP, WALLET_HOP = GONE["hops"]
RETURNED = HELD | {"status": "returned"}
REFUSED = HELD | {"status": "refused", "reason": "No legal basis"}
PARTIALLY = HELD | {"status": "partially-held"}


def taken(**changes: Any) -> None:
    payload = EXAMPLE | changes
    assert decode(encode(payload_of(KIND, payload)), MAX_BODY_BYTES) == payload


def refused(clause: str, **changes: Any) -> None:
    with pytest.raises(PayloadError, match=clause):
        payload_of(KIND, EXAMPLE | changes)


@pytest.mark.clause("PREV-006", "KIND-010")
def test_a_hold_result_answers_a_request_to_hold_money_and_nothing_else() -> None:
    refuse_other_answer(KIND, "prevention.stop-payment")
    refuse_other_answer(KIND, "prevention.wallet-hold")
    for answered in (None, "text", "prevention.block", KIND):
        with pytest.raises(PayloadError):
            refuse_other_answer(KIND, answered)


@pytest.mark.clause("PREV-007")
def test_a_refused_outcome_needs_a_reason() -> None:
    taken(outcomes=[HELD, REFUSED])
    refused("PREV-007", outcomes=[HELD, REFUSED | {"reason": None}])


@pytest.mark.clause("PREV-008")
@pytest.mark.parametrize("outcome", [HELD, PARTIALLY])
def test_what_is_held_has_an_end_and_a_review(outcome: dict[str, Any]) -> None:
    taken(outcomes=[outcome], final=False)
    refused("PREV-008", outcomes=[outcome], final=False, hold_until=None)
    refused("PREV-008", outcomes=[outcome], final=False, review=None)
    taken(outcomes=[GONE], hold_until=None, review=None, result="executed-nil")


@pytest.mark.clause("PREV-009")
def test_a_hold_is_reviewed_before_it_ends() -> None:
    taken(review=EXAMPLE["hold_until"])
    refused("PREV-009", review=EXAMPLE["hold_until"] + 1)


@pytest.mark.clause("PREV-010")
def test_money_that_is_gone_has_a_trail_and_no_other_money_has() -> None:
    taken(outcomes=[HELD, GONE])
    refused("PREV-010", outcomes=[HELD, GONE | {"trail": None}])
    refused("PREV-010", outcomes=[HELD | {"trail": "withdrawn"}])


@pytest.mark.clause("PREV-011")
def test_a_trail_says_what_the_hops_say() -> None:
    for trail in ("known", "open", "withdrawn"):
        taken(outcomes=[HELD, GONE | {"trail": trail}])
    for trail in ("unknown", "withdrawn"):
        taken(outcomes=[HELD, GONE | {"trail": trail, "hops": []}])
    refused("PREV-011", outcomes=[HELD, GONE | {"trail": "unknown"}])
    for trail in ("known", "open"):
        refused("PREV-011", outcomes=[HELD, GONE | {"trail": trail, "hops": []}])


@pytest.mark.clause("PREV-012")
def test_what_is_said_is_either_money_or_an_asset_and_either_an_account_or_a_wallet() -> None:
    asset = {"asset": "BTC", "value": "0.25"}
    taken(outcomes=[HELD | {"amount": None, "asset": asset}])
    refused("PREV-012", outcomes=[HELD | {"amount": None}])
    refused("PREV-012", outcomes=[HELD | {"asset": asset}])
    taken(outcomes=[HELD, GONE | {"hops": [BANK_HOP | {"amount": None}]}])
    for change in ({"asset": asset}, {"account": None}, {"wallet": WALLET_HOP["wallet"]}):
        refused("PREV-012", outcomes=[HELD, GONE | {"hops": [BANK_HOP | change]}])


@pytest.mark.clause("PREV-013")
def test_hops_stand_in_the_order_of_their_times() -> None:
    undated = WALLET_HOP | {"time": None}
    taken(outcomes=[HELD, GONE | {"hops": [BANK_HOP, undated, WALLET_HOP]}])
    taken(outcomes=[HELD, GONE | {"hops": [BANK_HOP, BANK_HOP]}])
    refused("PREV-013", outcomes=[HELD, GONE | {"hops": [WALLET_HOP, undated, BANK_HOP]}])


@pytest.mark.clause("PREV-014")
def test_a_result_that_is_not_final_is_partial() -> None:
    taken(final=False)
    for result in ("executed", "executed-nil", "not-executable"):
        refused("PREV-014", final=False, result=result)


@pytest.mark.clause("PREV-015")
def test_a_final_result_says_how_much_is_held() -> None:
    taken(outcomes=[PARTIALLY], final=False)
    refused("PREV-015", outcomes=[HELD, PARTIALLY])


@pytest.mark.clause("PREV-016")
def test_where_all_was_done_every_amount_is_held_or_returned() -> None:
    taken(result="executed", outcomes=[HELD, RETURNED])
    for outcomes in ([HELD, GONE], [RETURNED, REFUSED], []):
        refused("PREV-016", result="executed", outcomes=outcomes)


@pytest.mark.clause("PREV-017")
@pytest.mark.parametrize("result", ["executed-nil", "not-executable"])
def test_where_nothing_was_done_nothing_is_held_or_returned(result: str) -> None:
    taken(result=result, outcomes=[GONE, REFUSED])
    taken(result=result, outcomes=[])
    refused("PREV-017", result=result, outcomes=[GONE, HELD])
    refused("PREV-017", result=result, outcomes=[RETURNED])


@pytest.mark.clause("PREV-018")
def test_a_result_without_outcomes_has_a_note() -> None:
    taken(result="not-executable", outcomes=[])
    refused("PREV-018", result="not-executable", outcomes=[], note=None)


@pytest.mark.clause("PREV-020")
def test_a_final_result_that_is_partial_has_an_amount_that_was_saved() -> None:
    taken(outcomes=[GONE, RETURNED])
    refused("PREV-020", outcomes=[GONE, REFUSED])
    taken(outcomes=[GONE, REFUSED], final=False)


def test_a_result_has_up_to_32_outcomes_of_up_to_16_hops() -> None:
    taken(outcomes=[HELD] * 32)
    taken(outcomes=[HELD, GONE | {"hops": [BANK_HOP] * 16}])
    refused("outcomes", outcomes=[HELD] * 33)
    refused("hops", outcomes=[HELD, GONE | {"hops": [BANK_HOP] * 17}])


def test_the_lifecycle_can_tell_the_last_reply_from_the_others() -> None:
    for final in (True, False):
        record = payload_of(KIND, EXAMPLE | {"final": final})
        assert isinstance(record, HoldResult)
        assert record.is_final is final


def test_the_lifecycle_learns_which_hold_is_in_place() -> None:
    held = payload_of(KIND, EXAMPLE)
    assert isinstance(held, HoldResult)
    assert measure_of(held) == PlacedMeasure(
        reference=EXAMPLE["local_reference"], review=EXAMPLE["review"], until=EXAMPLE["hold_until"]
    )
    nothing = {"hold_until": None, "review": None, "outcomes": [GONE], "result": "executed-nil"}
    for absent in ({}, {"hold_until": EXAMPLE["hold_until"]}, {"review": EXAMPLE["review"]}):
        assert measure_of(payload_of(KIND, EXAMPLE | nothing | absent)) is None


@pytest.mark.clause("CONV-008")
def test_a_fault_does_not_repeat_what_the_payload_says() -> None:
    with pytest.raises(PayloadError) as caught:
        payload_of(KIND, EXAMPLE | {"outcomes": [HELD | {"status": "secret word"}]})
    assert "secret" not in str(caught.value)
