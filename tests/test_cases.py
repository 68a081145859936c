"""Cases between nodes: who asks and who is asked see one state, one history and one set of deadlines."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from comity.case import Event, Side, State
from comity.encoding import decode, encode_record
from comity.errors import IllegalEventError
from comity.handling import Handling
from comity.limits import MAX_BODY_BYTES
from comity_node.cases import TrackStatus
from comity_node.node import Node, RuleError
from comity_node.records import Ending
from tests.support.alliances import alliance, ended, first_message, until
from tests.support.cases import payload_of_event
from tests.support.examples import example

POLICE, FIU, PROSECUTOR = "aa.police", "bb.fiu", "qm.prosecutor"
QUERY = "intelligence.query"


def form(event: Event, node: Node, **changes: Any) -> dict[str, Any]:
    value = decode(encode_record(payload_of_event(event, node.now_us, **changes)), MAX_BODY_BYTES)
    assert isinstance(value, dict)
    return value


def only(node: Node, case: bytes) -> TrackStatus:
    (track,) = node.case(case.hex()).tracks
    return track


def state(node: Node, case: bytes) -> State:
    return only(node, case).track.state


def both_in(first: Node, second: Node, case: bytes, wanted: State) -> bool:
    return state(first, case) is state(second, case) is wanted


async def act(node: Node, request_id: bytes, event: Event, **changes: Any) -> None:
    await node.reply(request_id, f"case.{event}", form(event, node, **changes))


@pytest.mark.clause("CASE-002", "CASE-003", "CASE-004", "CASE-005", "CASE-027")
async def test_a_query_goes_its_way_and_both_sides_agree_at_each_step(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us), urgency=1)
        assert state(police, sent.case) in (State.SUBMITTED, State.RECEIVED)
        await until(lambda: state(police, sent.case) is State.RECEIVED)
        way: list[tuple[Node, Event, State]] = [
            (fiu, Event.ACKNOWLEDGE, State.ACKNOWLEDGED),
            (fiu, Event.ASK_INFORMATION, State.INFORMATION_REQUESTED),
            (police, Event.SUPPLY_INFORMATION, State.ACKNOWLEDGED),
            (fiu, Event.ACCEPT, State.ACCEPTED),
            (fiu, Event.START, State.IN_EXECUTION),
            (fiu, Event.PARTIAL_REPLY, State.PARTIALLY_EXECUTED),
            (fiu, Event.FINAL_REPLY, State.EXECUTED),
            (police, Event.CONFIRM, State.CLOSED),
        ]
        for node, event, after in way:
            await act(node, sent.id, event)
            await until(partial(both_in, police, fiu, sent.case, after))
            now_us = police.now_us
            theirs, ours = (each.case_at(sent.case, now_us).tracks[0] for each in (fiu, police))
            assert theirs.track == ours.track
            assert theirs.deadlines == ours.deadlines
            await trio.sleep(600)


@pytest.mark.clause("CASE-001")
async def test_an_event_that_is_not_legal_is_not_sent_and_the_legal_ones_are_named(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us), urgency=1)
        await until(lambda: state(police, sent.case) is State.RECEIVED)
        with pytest.raises(RuleError, match=r"legal for the requested now: acknowledge, transfer"):
            await act(fiu, sent.id, Event.ACCEPT)
        with pytest.raises(RuleError, match="legal for the requester now: withdraw"):
            await act(police, sent.id, Event.CONFIRM)
        assert state(fiu, sent.case) is State.RECEIVED
        assert only(police, sent.case).legal[0] is Event.WITHDRAW
        assert only(fiu, sent.case).side is Side.REQUESTED


@pytest.mark.clause("CASE-008", "CASE-009")
async def test_a_withdrawal_that_crosses_the_reply_is_refused_with_the_state_and_counts_for_nothing(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        async with group.run(FIU) as fiu:
            sent = await police.send(FIU, QUERY, example(QUERY, police.now_us), urgency=1)
            await until(lambda: state(police, sent.case) is State.RECEIVED)
        withdrawn = await police.reply(sent.id, "case.withdraw", form(Event.WITHDRAW, police))
        assert only(police, sent.case).pending == (Event.WITHDRAW,)
        assert state(police, sent.case) is State.RECEIVED
        async with group.run(FIU) as fiu:
            await act(fiu, sent.id, Event.FINAL_REPLY)
            delivery = await ended(police, withdrawn.id)
            assert (delivery.ending, delivery.code) == (Ending.REFUSED, IllegalEventError.code)
            assert delivery.receipt is not None
            assert delivery.receipt.read_entry().state == "executed"
            await until(lambda: state(police, sent.case) is state(fiu, sent.case) is State.EXECUTED)
            assert only(police, sent.case).pending == ()


@pytest.mark.clause("CASE-016")
async def test_an_event_about_no_request_is_not_sent(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        await police.send(FIU, "text", {"text": "Good morning."})
        words = await first_message(fiu)
        with pytest.raises(RuleError, match="CASE-016"):
            await fiu.send(POLICE, "case.accept", form(Event.ACCEPT, fiu), case=words.body.case, in_reply_to=words.hash)


async def test_the_overview_lists_by_deadline_and_follows_over_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu:
        async with group.run(POLICE) as police:
            sent = [await police.send(FIU, QUERY, example(QUERY, police.now_us), urgency=u) for u in (3, 0, 1)]
            await until(lambda: all(state(police, each.case) is State.RECEIVED for each in sent))
            await until(lambda: len(police.tracks(open=1)) == len(fiu.tracks(open=1)) == 3)
            assert [track.request.body.urgency for track in fiu.tracks()] == [0, 1, 3]
        await act(fiu, sent[1].id, Event.FINAL_REPLY)
        async with group.run(POLICE) as police:
            await until(lambda: state(police, sent[1].case) is State.EXECUTED)
            await until(lambda: len(police.tracks(state="executed")) == 1)
            assert [track.request.body.urgency for track in police.tracks()][:2] == [1, 3]
            later = police.case_at(sent[1].case, police.now_us + 91 * 86_400_000_000)
            assert later.tracks[0].track.state is State.CLOSED


async def test_a_deadline_that_draws_near_and_passes_is_told_once_each(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police = nodes[POLICE]
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us), urgency=0)
        await until(lambda: state(police, sent.case) is State.RECEIVED)
        await trio.sleep(31 * 60)
        told = [each.getMessage() for each in caplog.records if "time to acknowledge" in each.getMessage()]
        shares = [text.split(": ")[1].split(" ")[0] for text in told if f"with {FIU}" in text]
        assert shares == ["50", "80", "100"]
        assert only(police, sent.case).late_us >= 59_000_000


async def test_a_request_to_two_parties_has_two_tracks(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run_all() as nodes:
        police, fiu, prosecutor = (nodes[party] for party in (POLICE, FIU, PROSECUTOR))
        sent = await police.send([FIU, PROSECUTOR], QUERY, example(QUERY, police.now_us), urgency=1)
        await until(lambda: {track.track.state for track in police.case(sent.case.hex()).tracks} == {State.RECEIVED})
        await act(fiu, sent.id, Event.ACKNOWLEDGE)
        await act(prosecutor, sent.id, Event.FINAL_REPLY)
        expected = {FIU: State.ACKNOWLEDGED, PROSECUTOR: State.EXECUTED}
        await until(lambda: {t.requested: t.track.state for t in police.case(sent.case.hex()).tracks} == expected)
        assert police.case(sent.case.hex()).members == (POLICE, FIU, PROSECUTOR)
        assert [track.requested for track in fiu.case(sent.case.hex()).tracks] == [FIU]


async def test_in_a_joint_operation_each_sees_who_is_in_it_and_what_the_others_answer(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run_all() as nodes:
        police, fiu, prosecutor = (nodes[party] for party in (POLICE, FIU, PROSECUTOR))
        kind = "cooperation.joint-operation"
        without = {"agreement": None, "assistance_level": "police-intelligence", "order": None}
        payload = example(kind, police.now_us) | without
        sent = await police.send([FIU, PROSECUTOR], kind, payload, urgency=2)
        await until(lambda: {track.track.state for track in police.case(sent.case.hex()).tracks} == {State.RECEIVED})
        await act(fiu, sent.id, Event.ACKNOWLEDGE)
        await until(lambda: len(prosecutor.messages_of(sent.case)) == 2)
        for node in (police, fiu, prosecutor):
            assert node.case(sent.case.hex()).members == (POLICE, FIU, PROSECUTOR)
        seen = prosecutor.messages_of(sent.case)[1].body
        assert (seen.sender, seen.kind, seen.to) == (FIU, "case.acknowledge", (POLICE, PROSECUTOR))
        assert only(prosecutor, sent.case).track.state is State.RECEIVED


async def test_an_alert_to_many_is_signed_once_and_delivered_to_each(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run_all() as nodes:
        alert = example("prevention.alert", nodes[POLICE].now_us)
        sent = await nodes[POLICE].send([FIU, PROSECUTOR], "prevention.alert", alert, handling=Handling(tlp="GREEN"))
        got = [await first_message(nodes[party]) for party in (FIU, PROSECUTOR)]
        assert [message.hash for message in got] == [sent.hash, sent.hash]
