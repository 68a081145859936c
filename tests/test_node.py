"""Two or more nodes in one process: real store, real protocol, virtual time."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from comity_node.node import Node, RuleError
from comity_node.records import Ending
from tests.support.alliances import alliance, ended, first_message, until

WORDS = {"text": "Please call me about the account."}


def linked(node: Node, peer: str) -> bool:
    return any(p.party == peer and p.link == "up" for p in node.status().peers)


def settled_with(node: Node, arrived: int) -> bool:
    return node.status().waiting == 0 and len(node.inbox()) == arrived


async def test_a_message_arrives_and_its_receipt_comes_back(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        sent = await nodes["aa.police"].send("bb.fiu", "text", WORDS)
        arrived = await first_message(nodes["bb.fiu"])
        delivery = await ended(nodes["aa.police"], sent.id)
    assert (arrived.id, arrived.hash, arrived.body.payload) == (sent.id, sent.hash, WORDS)
    assert delivery.ending is Ending.ACCEPTED
    assert delivery.receipt is not None
    assert arrived.receipt is not None
    assert delivery.receipt.entry == arrived.receipt.entry


@pytest.mark.clause("OVER-004", "OVER-005")
async def test_a_message_to_a_stopped_node_waits_and_arrives_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        sent = await police.send("bb.fiu", "text", WORDS)
        await trio.sleep(600)
        waiting = police.deliveries(sent.id)[0]
        assert (waiting.ending, waiting.cause) == (
            Ending.WAITING,
            "not sent yet; the link to bb.fiu is down: 127.0.0.1:7412 cannot be reached: Connection refused",
        )
        for _ in range(3):
            async with pair.run("bb.fiu") as fiu:
                await until(lambda: linked(police, "bb.fiu"))
                await ended(police, sent.id)
                assert [message.id for message in fiu.inbox()] == [sent.id]


@pytest.mark.clause("OVER-001", "OVER-003")
async def test_a_restart_of_the_sender_loses_nothing_and_changes_no_id(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        sent = [await police.send("bb.fiu", "text", {"text": f"number {n}"}) for n in range(300)]
    async with pair.run_all() as nodes:
        await until(lambda: nodes["aa.police"].status().waiting == 0)
        arrived = {message.id: message.hash for message in nodes["bb.fiu"].inbox(1_000)}
    assert arrived == {message.id: message.hash for message in sent}


@pytest.mark.clause("OVER-003", "OVER-004", "ACC-005", "RCPT-008")
async def test_links_that_break_again_and_again_lose_nothing_and_double_nothing(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    sent = []
    async with pair.run_all() as nodes:
        for round_number in range(20):
            sent += [await nodes["aa.police"].send("bb.fiu", "text", {"text": f"{round_number} {n}"}) for n in range(5)]
            await trio.sleep(0.001 * round_number)
            await pair.network.break_all()
            await trio.sleep(0.7)
        await until(lambda: nodes["aa.police"].status().waiting == 0, 600)
        ids = [message.id for message in nodes["bb.fiu"].inbox(1_000)]
        deliveries = [nodes["aa.police"].deliveries(message.id)[0] for message in sent]
    assert sorted(ids) == sorted(message.id for message in sent)
    assert {delivery.ending for delivery in deliveries} == {Ending.ACCEPTED}


@pytest.mark.clause("MSG-009", "MSG-010")
async def test_a_reply_stands_in_the_case_and_both_timelines_are_equal(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        police, fiu = nodes["aa.police"], nodes["bb.fiu"]
        sent = await police.send("bb.fiu", "text", WORDS)
        asked = await first_message(fiu)
        await trio.sleep(1)
        answer = await fiu.reply(asked.id, "text", {"text": "I will call at ten."})
        got = await first_message(police)
        await trio.sleep(1)
        more = await police.send("bb.fiu", "text", {"text": "Thank you."}, case=sent.case, in_reply_to=got.hash)
        await ended(fiu, answer.id)
        await ended(police, more.id)
        timelines = police.timeline(sent.case), fiu.timeline(sent.case)
        third = fiu.find(more.id.hex()[:8]).body
    assert got.body.in_reply_to == sent.hash
    assert (third.seq, third.prev) == (1, sent.hash)
    assert timelines[0] == timelines[1]
    assert [event.what for event in timelines[0]] == ["sent", "accepted"] * 3


@pytest.mark.clause("LINK-029", "LINK-031")
async def test_two_nodes_that_dial_each_other_at_once_keep_one_link(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, "aa.police", "bb.fiu", "qm.prosecutor", "xa.gendarmerie")
    async with group.run_all() as nodes:
        for party, node in nodes.items():
            for other in nodes:
                if other != party:
                    await until(partial(linked, node, other))
        await trio.sleep(120)
        up = {(party, peer.party) for party, node in nodes.items() for peer in node.status().peers if peer.link == "up"}
        for party, node in nodes.items():
            for other in nodes:
                if other != party:
                    await node.send(other, "text", WORDS)
        for node in nodes.values():
            await until(partial(settled_with, node, 3))
    assert len(up) == 12


async def test_one_message_to_several_parties_is_receipted_by_each(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, "aa.police", "bb.fiu", "qm.prosecutor")
    async with group.run_all() as nodes:
        sent = await nodes["aa.police"].send(["qm.prosecutor", "bb.fiu"], "text", WORDS)
        await until(lambda: nodes["aa.police"].status().waiting == 0)
        hashes = {nodes[party].inbox()[0].hash for party in ("bb.fiu", "qm.prosecutor")}
        recipients = [delivery.recipient for delivery in nodes["aa.police"].deliveries(sent.id)]
    assert hashes == {sent.hash}
    assert recipients == ["bb.fiu", "qm.prosecutor"]


async def test_an_expired_message_is_given_up_and_said_so(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run("aa.police") as police:
        sent = await police.send("bb.fiu", "text", WORDS, lifetime_s=60)
        delivery = await ended(police, sent.id)
        assert delivery.ending is Ending.EXPIRED
        async with pair.run("bb.fiu") as fiu:
            await until(lambda: linked(police, "bb.fiu"))
            await trio.sleep(60)
            assert fiu.inbox() == []


@pytest.mark.clause("ACC-003", "ACC-008", "RCPT-007")
async def test_a_sender_whose_clock_is_ahead_gets_a_signed_refusal(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    pair.ahead_us["aa.police"] = 3_600_000_000
    async with pair.run_all() as nodes:
        sent = await nodes["aa.police"].send("bb.fiu", "text", WORDS)
        delivery = await ended(nodes["aa.police"], sent.id)
        assert [(m.id, m.status, m.code) for m in nodes["bb.fiu"].inbox()] == [(sent.id, "refused", 21)]
        assert nodes["bb.fiu"].status().inbox_unread == 0
    assert (delivery.ending, delivery.code) == (Ending.REFUSED, 21)
    assert delivery.receipt is not None


STOPPED: dict[str, Any] = {
    "final": True,
    "hold_until": None,
    "local_reference": "F-2027-1",
    "note": None,
    "outcomes": [
        {
            "amount": {"currency": "EUR", "value": "10.00"},
            "asset": None,
            "bank_code": None,
            "hops": [],
            "reason": None,
            "status": "already-gone",
            "time": 1_800_000_000_000_000,
            "trail": "unknown",
        }
    ],
    "result": "executed-nil",
    "review": None,
    "to_extend": None,
}


@pytest.mark.clause("KIND-010")
async def test_a_result_that_answers_no_request_is_not_sent(tmp_path: Path, autojump_clock: MockClock) -> None:
    pair = await alliance(tmp_path, "aa.police", "bb.fiu")
    async with pair.run_all() as nodes:
        await nodes["aa.police"].send("bb.fiu", "text", WORDS)
        asked = await first_message(nodes["bb.fiu"])
        with pytest.raises(RuleError, match=r"answers a prevention\.stop-payment or a prevention\.wallet-hold"):
            await nodes["bb.fiu"].reply(asked.id, "prevention.hold-result", STOPPED)
        assert nodes["bb.fiu"].outbox() == []
