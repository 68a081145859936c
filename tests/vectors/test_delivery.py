"""spec/vectors/delivery.json through the public doors of the library."""

import pytest

from comity.delivery import Due, Queue, gaps, pause_s, state_of
from comity.kinds import refuse_numbered_notice, refuse_other_answer
from tests.support.vectors import Case, cases, refused


@pytest.mark.clause("DELIV-002")
@pytest.mark.parametrize("case", cases("delivery", "valid", "state"))
def test_a_state_follows_from_the_facts(case: Case) -> None:
    assert state_of(**case["facts"]).value == case["state"]


@pytest.mark.clause("DELIV-007")
@pytest.mark.parametrize("case", cases("delivery", "valid", "pause"))
def test_a_pause_lies_between_its_bounds(case: Case) -> None:
    for share in (0.0, 0.3, 1.0):
        assert case["least"] <= pause_s(case["attempts"], share) <= case["most"]


@pytest.mark.clause("DELIV-013")
@pytest.mark.parametrize("case", cases("delivery", "valid", "gaps"))
def test_what_is_missing_is_named(case: Case) -> None:
    assert [[gap.first, gap.last] for gap in gaps(case["numbers"])] == case["gaps"]


@pytest.mark.clause("DELIV-003", "DELIV-009")
@pytest.mark.parametrize("case", cases("delivery", "valid", "order"))
def test_what_waits_leaves_in_order(case: Case) -> None:
    queue: Queue[None] = Queue()
    leaves: list[int] = []
    while len(leaves) < len(case["kept"]) + 1:
        while (wanted := queue.wanted()) is not None:
            rows = [row for row in case["kept"] if row[0] == wanted[0] and row[1] > wanted[1]]
            queue.fill(
                wanted[0], [Due(r[1], r[0], bytes(16), bytes([r[1]]) * 16, bytes(32), r[2], 0, None) for r in rows]
            )
        due = queue.first(case["now"])
        if due is None and queue.wanted() is None:
            break
        if due is not None:
            leaves.append(due.position)
            queue.sent(due, 0.0, case["now"], 0.5)
    assert leaves == case["leaves"]


def take_notice(case: Case) -> None:
    refuse_numbered_notice(case["kind"], case["seq"])
    refuse_other_answer(case["kind"], case["answered"])


@pytest.mark.clause("KIND-007", "KIND-008")
@pytest.mark.parametrize("case", cases("delivery", "valid", "notice"))
def test_a_notice_is_taken(case: Case) -> None:
    take_notice(case)


@pytest.mark.clause("KIND-007", "KIND-008")
@pytest.mark.parametrize("case", cases("delivery", "invalid"))
def test_a_notice_that_breaks_a_rule_is_refused(case: Case) -> None:
    with refused(case):
        take_notice(case)
