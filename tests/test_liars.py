"""A member whose receipts are not true changes nothing and is remembered for it."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from comity.errors import AuthenticationError, EquivocationError
from comity_node.incidents import Incidents
from tests.support.alliances import alliance, ended
from tests.support.player import calling


@pytest.mark.clause("FRAME-024", "RCPT-006")
async def test_a_receipt_that_does_not_fit_what_was_sent_is_recorded_and_changes_nothing(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with group.run("bb.fiu") as node, calling(group, "aa.police", "bb.fiu") as police:
        sent = await node.send("aa.police", "text", {"text": "Please call me."})
        signed = await police.take()
        police.link.send_receipts(police.receipts((signed, 0), message=bytes(32)))
        await police.flush()
        await trio.sleep(1)
        rows = node._store.incidents()
        assert [(row.peer, row.code, row.message_id) for row in rows] == [
            ("aa.police", AuthenticationError.code, sent.id)
        ]
        assert node.status().waiting == 1
        await police.give((signed, 0))
        assert (await ended(node, sent.id)).code == 0
        assert police.link.is_open


@pytest.mark.clause("LOG-008")
async def test_a_party_that_is_caught_a_hundred_times_does_not_hide_another_that_was_caught_once(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, "aa.police", "bb.fiu", "qm.prosecutor")
    async with group.run("bb.fiu") as node:
        incidents = Incidents(node._store, group.world("bb.fiu"))
        await incidents.record("qm.prosecutor", EquivocationError("qm.prosecutor has signed two different logs: a b"))
        for number in range(100):
            await incidents.record("aa.police", EquivocationError(f"aa.police has signed two logs of {number}: a b"))
        alarms = node.status().alarms
        assert sum("qm.prosecutor" in alarm for alarm in alarms) == 1
        assert 1 <= sum("aa.police" in alarm for alarm in alarms) <= 8


async def test_receipts_for_what_was_never_sent_leave_no_trace_and_delay_nobody(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with group.run("bb.fiu") as node, calling(group, "aa.police", "bb.fiu") as police:
        sent = await node.send("aa.police", "text", {"text": "Please call me."})
        signed = await police.take()
        police.link.send_receipts(police.receipts(*((police.signed(), 0) for _ in range(256))))
        await police.give((signed, 0))
        assert (await ended(node, sent.id)).code == 0
        assert node._store.incidents() == []
