"""Where is it? What the node says of each message, and of the path to a peer."""

from functools import partial
from pathlib import Path

import msgspec
import pytest
import trio
from trio.testing import MockClock

from comity.delivery import State
from comity.link import BundleReceived, ErrorReceived, TreatyReceived
from comity_node.node import Node, NotReadyError, StoredMessage, open_node
from comity_node.records import Ending
from tests.support.alliances import Alliance, alliance, ended, first_message, until
from tests.support.player import Player, called, calling, next_bundle

pytestmark = pytest.mark.slow

POLICE, FIU, PROSECUTOR = "aa.police", "bb.fiu", "qm.prosecutor"
WORDS = {"text": "Please call me about the account."}


def states(node: Node, message_id: bytes) -> dict[str, State]:
    return {delivery.recipient: delivery.state for delivery in node.deliveries(message_id)}


async def arrives(node: Node, count: int) -> list[StoredMessage]:
    """Return what came in, newest first, once so much is there."""
    await until(lambda: len(node.inbox()) >= count)
    return node.inbox()


@pytest.mark.clause("DELIV-001", "DELIV-002")
async def test_each_recipient_has_a_state_of_its_own_from_kept_to_answered(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run(POLICE) as police:
        sent = await police.send([FIU, PROSECUTOR], "text", WORDS)
        assert states(police, sent.id) == {FIU: State.KEPT, PROSECUTOR: State.KEPT}
        async with group.run(FIU) as fiu:
            message = await first_message(fiu)
            await until(lambda: states(police, sent.id)[FIU] is State.AT_PEER)
            await fiu.mark_read(message.id)
            await until(lambda: states(police, sent.id)[FIU] is State.READ)
            await fiu.reply(message.id, "text", {"text": "We are on it."})
            await until(lambda: states(police, sent.id)[FIU] is State.ANSWERED)
            assert states(police, sent.id)[PROSECUTOR] is State.KEPT
        waiting = police.deliveries(sent.id)[1]
        assert waiting.cause.startswith("not sent yet; the link to qm.prosecutor is down: 127.0.0.1:7413 cannot")
        assert (
            waiting.next_step
            == "nothing: it is tried again by itself until it expires; what is wrong: comity ping qm.prosecutor"
        )
        assert waiting.next_attempt_us is not None
    async with group.run(POLICE) as police:
        assert states(police, sent.id) == {FIU: State.ANSWERED, PROSECUTOR: State.KEPT}


@pytest.mark.clause("FRAME-018", "ENV-005")
async def test_what_has_left_and_has_no_receipt_says_when_it_is_tried_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police, called(group, FIU, POLICE) as fiu:
        sent = await police.send(FIU, "text", WORDS)
        taken = await fiu.take()
        (delivery,) = police.deliveries(sent.id)
        assert (delivery.state, delivery.cause, delivery.attempts) == (State.SENT, "sent, no receipt yet", 1)
        assert delivery.next_attempt_us is not None
        pause_us = delivery.next_attempt_us - (delivery.last_attempt_us or 0)
        assert 24_000_000 <= pause_us <= 36_000_000
        fiu.link.send_error(16, sent.id)
        await fiu.flush()
        await until(lambda: police.deliveries(sent.id)[0].code == 16)
        (delivery,) = police.deliveries(sent.id)
        assert delivery.cause == "the recipient could not take it yet: wrong-treaty"
        assert delivery.next_step.startswith("nothing: the recipient fetches the treaty version")
        again = await fiu.take()
        assert (again.data, again.body.id) == (taken.data, sent.id)


@pytest.mark.clause("DELIV-010", "DELIV-011")
async def test_an_expired_message_is_told_and_a_late_receipt_still_counts(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police, called(group, FIU, POLICE) as fiu:
        for code, ending in ((0, Ending.ACCEPTED), (20, Ending.REFUSED)):
            position = police.last_settled
            async with trio.open_nursery() as nursery:
                nursery.start_soon(keep_alive, fiu, nursery.cancel_scope)
                sent = await police.send(FIU, "text", WORDS, lifetime_s=60)
                while (taken := await fiu.take()).body.id != sent.id:
                    pass  # the one before, sent again before it expired
                delivery = await ended(police, sent.id)
                assert (delivery.ending, delivery.state) == (Ending.EXPIRED, State.EXPIRED)
                assert "it expired before a receipt came" in delivery.cause
                assert delivery.next_step.startswith("send it again if it is still needed")
                assert police.status().undelivered == 1
                assert [message.id for message in police.undelivered()] == [sent.id]
                await fiu.give((taken, code))
                await until(partial(has_ended, police, sent.id, ending))
                nursery.cancel_scope.cancel()
            told = []
            async for settled in police.receipts(after=position):
                told.append(settled.ending)
                if settled.ending is ending:
                    break
            assert told[-1] is ending
            assert police.status().undelivered == (0 if code == 0 else 1)


def has_ended(node: Node, message_id: bytes, ending: Ending) -> bool:
    return node.deliveries(message_id)[0].ending is ending


async def keep_alive(fiu: Player, scope: trio.CancelScope) -> None:
    while fiu.link.is_open:
        fiu.link.send_ping(bytes(8))
        await fiu.flush()
        await trio.sleep(10)
    scope.cancel()


async def test_what_was_looked_at_is_no_longer_counted_as_undelivered(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        sent = await police.send(FIU, "text", WORDS, lifetime_s=60)
        await ended(police, sent.id)
        assert police.status().undelivered == 1
        await police.mark_read(sent.id)
        assert police.status().undelivered == 0
        assert police.outbox()[0].id == sent.id
        assert len(police.outbox()) == 1  # looking at one's own message sends no notice


@pytest.mark.clause("DELIV-012", "KIND-007", "KIND-009")
async def test_one_notice_goes_for_a_message_however_often_it_is_opened(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        sent = await police.send(FIU, "text", WORDS)
        message = await first_message(fiu)
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(fiu.mark_read, message.id)
        await until(lambda: states(police, sent.id)[FIU] is State.READ)
        assert fiu._store.last_in_case(sent.case, FIU) is None  # a notice takes no number
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        await fiu.mark_read(message.id)
        await trio.sleep(60)
        notices = [row for row in police._store.in_case(sent.case) if row.notice]
        assert len(notices) == 1
        assert (police.inbox(), fiu.outbox(), police.status().inbox_unread) == ([], [], 0)
        assert [event.what for event in police.timeline(sent.case)] == ["sent", "accepted", "read"]
        assert police.timeline(sent.case) == fiu.timeline(sent.case)


async def test_where_the_treaty_has_no_notices_reading_stays_private(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU, kinds=("text",))
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        sent = await police.send(FIU, "text", WORDS)
        message = await first_message(fiu)
        await fiu.mark_read(message.id)
        await trio.sleep(60)
        assert fiu.status().inbox_unread == 0
        assert states(police, sent.id) == {FIU: State.AT_PEER}


@pytest.mark.clause("DELIV-013")
async def test_a_gap_is_shown_until_it_is_closed(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu, calling(group, POLICE, FIU) as police:
        first = police.signed()
        second = police.signed(case=first.body.case, seq=1, prev=first.hash)
        third = police.signed(case=first.body.case, seq=2, prev=second.hash)
        await police.ask(police.envelope(third))
        assert [(gap.sender, gap.first, gap.last) for gap in fiu.missing(first.body.case)] == [(POLICE, 0, 1)]
        await police.ask(police.envelope(first))
        assert [(gap.first, gap.last) for gap in fiu.missing(first.body.case)] == [(1, 1)]
        await police.ask(police.envelope(second))
        assert fiu.missing(first.body.case) == []


@pytest.mark.clause("DELIV-014")
async def test_a_case_that_is_told_in_two_ways_alarms_also_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu, calling(group, POLICE, FIU) as police:
        first = police.signed()
        other = police.signed(case=first.body.case)
        await police.ask(police.envelope(first))
        await police.ask(police.envelope(first))
        assert fiu.status().alarms == []
        await police.ask(police.envelope(other))
        await until(lambda: fiu.status().alarms != [])
        alarms = fiu.status().alarms
        assert [message.id for message in fiu.inbox()] == [other.body.id, first.body.id]
    assert alarms[0].startswith("aa.police has signed two messages as number 0 of case ")
    async with group.run(FIU) as fiu:
        assert fiu.status().alarms == alarms


async def test_a_peer_without_a_usable_key_holds_its_own_messages_and_nothing_else(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run(POLICE) as police, called(group, FIU, POLICE) as fiu, group.run(PROSECUTOR):
        await until(lambda: police.status().peers[0].link == "up")
        held = police.directory.bundle(FIU) if police.directory else None
        assert held is not None
        later_us = group.world(POLICE).now_us() + 300_000_000
        keys = tuple(
            msgspec.structs.replace(each, since=later_us) if each.use == "envelope" else each
            for each in held.bundle.keys
        )
        await police.import_bundle(next_bundle(held, home=group.homes[FIU], keys=keys).data)
        waits = await police.send(FIU, "text", WORDS)
        arrives = await police.send(PROSECUTOR, "text", WORDS)
        assert (await ended(police, arrives.id)).ending is Ending.ACCEPTED
        (delivery,) = police.deliveries(waits.id)
        assert delivery.state is State.KEPT
        assert "nothing can be sealed for bb.fiu: bb.fiu has no usable envelope key" in delivery.cause
        assert delivery.next_step == "ask bb.fiu for its newest bundle: comity bundle import FILE"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_alive, fiu, nursery.cancel_scope)
            await trio.sleep(330)  # by now its key is in force
            nursery.cancel_scope.cancel()
        assert (await fiu.take()).body.id == waits.id
        assert "nothing can be sealed" not in police.deliveries(waits.id)[0].cause


async def test_a_flash_message_arrives_before_what_waited_longer(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        for number in range(200):
            await police.send(FIU, "text", {"text": f"{number} " + "x" * 10_000}, urgency=3)
        flash = await police.send(FIU, "text", WORDS, urgency=0)
        async with group.run(FIU) as fiu:
            assert (await first_message(fiu)).id == flash.id
            await until(lambda: police.status().waiting == 0)
            assert len(fiu.inbox(1_000)) == 201


@pytest.mark.clause("FRAME-015", "FRAME-016")
async def test_a_document_that_is_not_held_is_answered_with_an_error(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU), calling(group, POLICE, FIU) as police:
        police.link.request_treaty(1)
        police.link.request_treaty(99)
        police.link.request_bundle(FIU, 1)
        police.link.request_bundle("xz.nobody", 1)
        await police.flush()
        assert (await police.next(TreatyReceived)).data == group.homes[FIU].documents[0][1]
        assert (await police.next(BundleReceived)).data == dict(group.homes[FIU].documents)["bundle"]
        assert [await police.next(ErrorReceived) for _ in range(2)] == [ErrorReceived(3, None)] * 2
        assert police.link.is_open


# --- ping ------------------------------------------------------------------------------------------------------------


async def ping(node: Node, party: str) -> list[tuple[str, bool]]:
    return [(step.name, step.ok) for step in await node.ping(party)]


async def test_a_path_that_works_is_told_step_by_step(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police = nodes[POLICE]
        await until(lambda: police.status().peers[0].link == "up")
        await trio.sleep(1)
        names = ("treaty", "bundle", "link", "documents", "answer")
        assert await ping(police, FIU) == [(name, True) for name in names]


async def test_ping_does_not_wait_for_the_pause_between_two_attempts(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        await trio.sleep(600)  # by now it waits up to 30 seconds between attempts
        group.network.reachable(7411, False)  # so that the other cannot dial first
        async with group.run(FIU):
            with trio.fail_after(0.5):
                steps = await police.ping(FIU)
            assert all(step.ok for step in steps)


async def test_the_step_that_fails_is_named_with_what_to_do(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU, PROSECUTOR)
    async with group.run(POLICE) as police:
        (*_, failed) = await police.ping(FIU)
        assert (failed.name, failed.ok) == ("connect", False)
        assert failed.detail == "127.0.0.1:7412 cannot be reached: Connection refused"
        assert failed.next_step.startswith("check address, firewall")
        (*_, failed) = await police.ping("xz.nobody")
        assert (failed.name, failed.ok) == ("treaty", False)
        (*_, failed) = await police.ping(POLICE)
        assert not failed.ok


async def test_a_peer_that_ends_the_handshake_is_told_apart_from_one_that_is_not_there(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police, trio.open_nursery() as nursery:
        await nursery.start(hang_up, group)
        (*_, failed) = await police.ping(FIU)
        assert (failed.name, failed.ok) == ("handshake", False)
        assert failed.detail == "127.0.0.1:7412 answers, but ended the handshake without a word"
        nursery.cancel_scope.cancel()


async def hang_up(group: Alliance, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """Listen at the address of bb.fiu and end every connection."""
    (listener,) = await group.world(FIU).listen("127.0.0.1", 7412)
    task_status.started()
    while True:
        await trio.aclose_forcefully(await listener.accept())


async def test_a_peer_that_reads_and_never_answers_fails_at_the_answer(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police, called(group, FIU, POLICE) as fiu:
        await until(lambda: police.status().peers[0].link == "up")
        async with fiu._sending:  # the peer's answers never leave
            (*_, failed) = await police.ping(FIU)
        assert (failed.name, failed.ok) == ("answer", False)


async def test_without_the_daemon_there_is_no_path_to_try(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    home = group.homes[POLICE]
    async with open_node(home.config, home.keys(), group.world(POLICE), online=False) as police:
        with pytest.raises(NotReadyError, match="the daemon does not run"):
            await police.ping(FIU)
        sent = await police.send(FIU, "text", WORDS)
        assert police.deliveries(sent.id)[0].cause == "not sent yet; the daemon of this node does not run"
