"""The table of cases after a crash: what was committed and not yet listed is listed once the node has started again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from comity.case import Event, State
from comity_node.node import Node
from comity_node.overview import MAX_CASES
from tests.support.accord import of_overview
from tests.support.alliances import Alliance, alliance, until
from tests.support.caseplay import never
from tests.support.examples import example
from tests.test_cases import act, state

POLICE, FIU = "aa.police", "bb.fiu"
QUERY = "intelligence.query"
DAY_S = 86_400


def kill_overview(node: Node) -> None:
    """From now on the node is like one that was killed after each commit, before it came to the tracks."""
    vars(node._overview)["_write"] = never


async def listed(group: Alliance, party: str, wanted: State) -> None:
    """Start the node and return once its list says what its messages say, and the state is the one that is wanted."""
    async with group.run(party) as node:
        await until(lambda: not list(of_overview(party, node)))
        (track,) = node.tracks()
        assert track.track.state is wanted
        (row,) = node._store.tracks.listed({}, "newest", 10)
        assert row.state == wanted.value


async def test_a_request_that_was_kept_just_before_a_crash_is_listed_on_both_sides(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        for node in nodes.values():
            kill_overview(node)
        await nodes[POLICE].send(FIU, QUERY, example(QUERY, nodes[POLICE].now_us))
        await until(lambda: not nodes[POLICE].status().waiting)
        assert nodes[POLICE].tracks() == nodes[FIU].tracks() == []
    await listed(group, POLICE, State.RECEIVED)
    await listed(group, FIU, State.RECEIVED)


async def test_an_event_that_was_kept_just_before_a_crash_moves_the_list_on_both_sides(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us))
        await until(lambda: len(police.tracks(state="received")) == len(fiu.tracks(state="received")) == 1)
        for node in nodes.values():
            kill_overview(node)
        await act(fiu, sent.id, Event.FINAL_REPLY)
        await until(lambda: not fiu.status().waiting)
        assert police._store.tracks.listed({}, "newest", 10)[0].state == "received"
    await listed(group, POLICE, State.EXECUTED)
    await listed(group, FIU, State.EXECUTED)


@pytest.mark.parametrize("gone_s", [60, 2 * DAY_S])
async def test_a_receipt_that_was_kept_just_before_a_crash_counts_even_where_the_case_had_ended_by_itself(
    tmp_path: Path, autojump_clock: MockClock, gone_s: int
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu, group.run(POLICE) as police:
        payload = example(QUERY, police.now_us) | {"until": police.now_us + DAY_S * 1_000_000}
        sent = await police.send(FIU, QUERY, payload, lifetime_s=20 * DAY_S)
        await until(lambda: state(police, sent.case) is State.RECEIVED)
        await until(lambda: len(police.tracks(state="received")) == 1)
        real = police._receipts.arrive
        vars(police._receipts)["arrive"] = lambda *_: True  # the receipt of what follows is lost
        await act(police, sent.id, Event.WITHDRAW)
        await until(lambda: state(fiu, sent.case) is State.WITHDRAWN)
        vars(police._receipts)["arrive"] = real
    await trio.sleep(gone_s)
    async with group.run(POLICE) as police:
        await until(lambda: len(police._store.tracks.listed({"open": int(gone_s == 60)}, "newest", 10)) == 1)
        async with group.run(FIU):
            kill_overview(police)
            await until(lambda: not police.status().waiting)
    await listed(group, POLICE, State.WITHDRAWN)


async def test_a_crash_between_two_steps_of_writing_loses_no_case(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    count = 2 * MAX_CASES + 6
    async with group.run(POLICE) as police:
        real, steps, all_kept = police._store.tracks.replace, list[int](), trio.Event()

        async def until_full(cases: Iterable[bytes], rows: list[Any], message_n: int) -> None:
            await (never() if steps.count(MAX_CASES) == 2 else all_kept.wait())
            steps.append(len(list(cases)))
            await real(cases, rows, message_n)

        vars(police._store.tracks)["replace"] = until_full
        async with trio.open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(police.send, FIU, QUERY, example(QUERY, police.now_us))
        all_kept.set()
        await trio.sleep(1)
        assert steps.count(MAX_CASES) == 2
        assert 0 < len(police._store.tracks.listed({}, "newest", 1_000)) < count
    async with group.run(POLICE) as police:
        await until(lambda: not list(of_overview(POLICE, police)))
        assert len(police._store.tracks.listed({}, "newest", 1_000)) == count
