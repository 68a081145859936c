"""Retention: content is destroyed in time, once, over any crash; what proves the case stays."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.inspect import type_info
from trio.testing import MockClock

from comity.case import Event
from comity.case.events import event_of
from comity.chapters.consent import DESTRUCTION, FORWARD
from comity.encoding import decode, encode, encode_record
from comity.handling import Action, Handling
from comity.kinds import KINDS, payload_of
from comity.limits import MAX_BODY_BYTES
from comity_node.errors import NotFoundError
from comity_node.forms import payload_from
from comity_node.node import Node, RuleError
from comity_node.records import Ending, StoredMessage, Transfer
from comity_node.remains import GONE, bare, revived
from comity_node.retention import METHOD, HeldError
from tests.conftest import ROOT
from tests.support.alliances import Alliance, alliance, ended, until
from tests.support.cases import payload_of_event
from tests.support.examples import example
from tests.support.homes import Home

pytestmark = pytest.mark.slow

WORDS = {"text": "The account is used by a mule."}
A, B, C = "aa.police", "bb.fiu", "qm.prosecutor"
TERM_S = 900  # of virtual time: two nodes that are linked have much to do in a day


def for_a_while(group: Alliance, terms: int = 1) -> Handling:
    return Handling(tlp="AMBER", retain_until=group.world(A).now_us() + terms * TERM_S * 1_000_000)


def records(node: Node) -> list[StoredMessage]:
    """Return the records of destruction that came."""
    return [message for message in node.inbox(100) if message.body.kind == DESTRUCTION]


async def arrived(node: Node, kind: str = "text", number: int = 1) -> StoredMessage:
    await until(lambda: len([m for m in node.inbox(100) if m.body.kind == kind]) >= number)
    return next(m for m in node.inbox(100) if m.body.kind == kind)


async def complete(node: Node, message: StoredMessage) -> None:
    with trio.fail_after(600):
        while any(each.state is not Transfer.COMPLETE for each in await node.attachments(message.id)):
            await trio.sleep(1)


def sealed(home: Home, message_id: bytes) -> bytes:
    """Return the sealed message as it lies in the database."""
    with sqlite3.connect(f"file:{home.config.database}?mode=ro", uri=True) as connection:
        row = connection.execute("SELECT sealed FROM message WHERE id = ?", (message_id,)).fetchone()
    return bytes(row[0])


def on_disk(home: Home, data: bytes) -> bool:
    """Return whether the bytes stand anywhere in the database file or beside it."""
    files = home.config.database.parent.glob(f"{home.config.database.name}*")
    return any(data in path.read_bytes() for path in files)


def shelf(home: Home) -> list[str]:
    return sorted(path.name for path in (home.path / "attachments").glob("*"))


@pytest.mark.clause("HAND-029", "HAND-031", "HAND-032")
async def test_content_is_destroyed_when_its_time_has_come_and_its_originator_is_told_once(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, A, B)
    source = tmp_path / "statement.pdf"
    source.write_bytes(b"statement" * 10_000)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=for_a_while(group), attachments=[source])
        got = await arrived(nodes[B])
        await complete(nodes[B], got)
        before = {party: sealed(group.homes[party], sent.id)[100:200] for party in (A, B)}
        assert all(on_disk(group.homes[party], data) for party, data in before.items())
        assert [shelf(home) for home in group.homes.values()] != [[], []]
        await trio.sleep(TERM_S - 120)
        assert nodes[B].find(sent.id.hex()).body.payload == WORDS
        await trio.sleep(300)
        for party in (A, B):
            gone = nodes[party].find(sent.id.hex())
            assert gone.destroyed is not None
            assert gone.destroyed.ground == "retention-ended"
            assert (gone.body.payload, gone.body.attachments) == ({}, ())
            assert (gone.hash, gone.body.case, gone.body.seq, gone.receipt) == (
                sent.hash, sent.case, 0, got.receipt if party == B else None
            )  # fmt: skip
            assert not on_disk(group.homes[party], before[party])
            assert shelf(group.homes[party]) == []
        (record,) = records(nodes[A])
        assert records(nodes[B]) == []
        assert record.body.payload["messages"] == [sent.hash]
        assert (record.body.payload["ground"], record.body.payload["files"]) == ("retention-ended", 1)
        assert (record.body.payload["method"], record.body.case) == (METHOD, sent.case)
        await trio.sleep(3 * TERM_S)
        assert len(records(nodes[A])) == 1
    async with group.run_all() as nodes:
        await trio.sleep(600)
        assert len(records(nodes[A])) == 1


@pytest.mark.clause("HAND-031")
async def test_a_case_goes_on_and_both_sides_show_the_same_of_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=for_a_while(group))
        await arrived(nodes[B])
        await ended(nodes[A], sent.id)
        before = nodes[A].timeline(sent.case)
        await trio.sleep(TERM_S + 300)
        assert nodes[A].timeline(sent.case)[: len(before)] == before
    async with group.run_all() as nodes:
        second = await nodes[A].send(B, "text", {"text": "More."}, case=sent.case)
        await ended(nodes[A], second.id)
        assert nodes[A].find(second.id.hex()).body.prev == sent.hash
        assert nodes[A].timeline(sent.case) == nodes[B].timeline(sent.case)
        assert nodes[B].missing(sent.case) == []


@pytest.mark.clause("HAND-032")
@pytest.mark.parametrize("crash", ["decided", "finished", "sent"])
async def test_destruction_that_a_crash_has_cut_is_finished_and_told_once(
    tmp_path: Path, autojump_clock: MockClock, crash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS)
        got = await arrived(nodes[B])
        place = {"decided": "_finish", "finished": "_tell", "sent": "_keeping"}[crash]

        async def cut(*_: object) -> None:
            raise OSError("the machine stops here")

        with monkeypatch.context() as patch:
            if crash == "sent":
                patch.setattr(nodes[B].retention._keeping, "mark_told", cut)
            else:
                patch.setattr(nodes[B].retention, place, cut)
            with pytest.raises(OSError, match="stops here"):
                await nodes[B].retention.destroy(got, "request")
        whole = nodes[B].find(sent.id.hex()).destroyed is None
        assert whole is (crash == "decided")
    async with group.run_all() as nodes:
        await until(lambda: len(records(nodes[A])) == 1, 600)
        await trio.sleep(600)
        assert nodes[B].find(sent.id.hex()).destroyed is not None
        assert len(records(nodes[A])) == 1
        assert records(nodes[A])[0].body.payload["ground"] == "request"


@pytest.mark.clause("HAND-030")
async def test_a_hold_defers_destruction_until_it_is_released(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=for_a_while(group))
        got = await arrived(nodes[B])
        case = nodes[B].retention.case_of(sent.case.hex()[:8])
        await nodes[B].retention.hold(case, "Order 7/2026 of the court.")
        assert [each.reason for each in nodes[B].retention.holds()] == ["Order 7/2026 of the court."]
        assert not on_disk(group.homes[B], b"Order 7/2026")
        await trio.sleep(2 * TERM_S)
        assert nodes[B].find(sent.id.hex()).body.payload == WORDS
        assert nodes[A].find(sent.id.hex()).destroyed is not None
        (term,) = nodes[B].retention.terms()
        assert (term.message.id, term.held) == (sent.id, True)
        with pytest.raises(HeldError):
            await nodes[B].retention.destroy(got, "request")
        await nodes[B].retention.release(case)
        await trio.sleep(120)
        assert nodes[B].find(sent.id.hex()).destroyed is not None
        assert (nodes[B].retention.holds(), nodes[B].retention.terms()) == ([], [])
        with pytest.raises(NotFoundError):
            await nodes[B].retention.release(case)
        with pytest.raises(NotFoundError):
            nodes[B].retention.case_of("ffff")


async def test_content_is_destroyed_by_hand_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS)
        got = await arrived(nodes[B])
        await nodes[B].retention.destroy(got, "retraction")
        with pytest.raises(NotFoundError, match="before"):
            await nodes[B].retention.destroy(nodes[B].find(sent.id.hex()), "retraction")
        with pytest.raises(NotFoundError, match="destroyed"):
            await nodes[B].markings.forward(nodes[B].find(sent.id.hex()), [A], "prevention")
        assert (await arrived(nodes[A], DESTRUCTION)).body.payload["ground"] == "retraction"
        assert nodes[A].find(sent.id.hex()).body.payload == WORDS
        (row,) = nodes[B].retention.destroyed()
        assert (row.hash, row.originator) == (sent.hash, A)


@pytest.mark.clause("HAND-033")
async def test_a_message_gives_up_before_its_content_must_be_gone(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run(A) as police:
        sent = await police.send(B, "text", WORDS, handling=for_a_while(group), lifetime_s=7 * 86_400)
        body = police.find(sent.id.hex()).body
        assert body.handling.retain_until is not None
        assert body.created < body.expires < body.handling.retain_until
        with pytest.raises(HeldError, match="on its way"):
            await police.retention.destroy(police.find(sent.id.hex()), "request")
        await trio.sleep(TERM_S + 300)
        assert police.find(sent.id.hex()).destroyed is not None
        assert police.deliveries(sent.id)[0].ending is Ending.EXPIRED
        with pytest.raises(RuleError, match="time to keep it has passed"):
            await police.send(B, "text", WORDS, handling=Handling(tlp="AMBER", retain_until=1_000_000))
    async with group.run_all() as nodes:
        await trio.sleep(600)
        assert nodes[B].inbox() == []


@pytest.mark.clause("HAND-015", "HAND-029")
async def test_a_change_of_the_end_holds_for_every_copy(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B, C)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=for_a_while(group, 30))
        got = await arrived(nodes[B])
        await nodes[B].consents.request(got, Action.FORWARD, [C], "prosecution", "It leads.")
        await nodes[A].consents.answer(await arrived(nodes[A], "handling.consent-request"), True)
        await arrived(nodes[B], "handling.consent")
        onward = await nodes[B].markings.forward(got, [C], "prosecution")
        copy = await arrived(nodes[C], FORWARD)
        await nodes[A].markings.change(nodes[A].find(sent.id.hex()), for_a_while(group, 2), None)
        await trio.sleep(3 * TERM_S)
        assert nodes[A].find(sent.id.hex()).destroyed is not None
        assert nodes[B].find(sent.id.hex()).destroyed is not None
        assert nodes[B].find(onward.id.hex()).destroyed is not None
        assert nodes[C].find(copy.id.hex()).destroyed is not None
        told = {record.sender: record.body.payload["messages"] for record in records(nodes[A])}
        assert told == {B: [sent.hash], C: [sent.hash]}
        assert len(records(nodes[A])) == 2
        assert records(nodes[B]) == []


async def test_a_later_end_keeps_content_longer_and_none_for_good(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=for_a_while(group))
        await arrived(nodes[B])
        await nodes[A].markings.change(nodes[A].find(sent.id.hex()), Handling(tlp="AMBER"), "An appeal.")
        await trio.sleep(5 * TERM_S)
        assert all(node.find(sent.id.hex()).body.payload == WORDS for node in nodes.values())
        assert all(node.retention.terms() == [] for node in nodes.values())


async def test_a_file_stays_until_the_last_message_that_names_it_is_gone(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, A, B)
    source = tmp_path / "list.csv"
    source.write_bytes(b"numbers")
    async with group.run_all() as nodes:
        first = await nodes[A].send(B, "text", WORDS, attachments=[source])
        await complete(nodes[B], await arrived(nodes[B]))
        second = await nodes[A].send(B, "text", WORDS, attachments=[source])
        await complete(nodes[B], await arrived(nodes[B], number=2))
        await nodes[B].retention.destroy(nodes[B].find(first.id.hex()), "request")
        assert len(shelf(group.homes[B])) == 1
        await nodes[B].save_attachment(second.id, None, tmp_path / "kept.csv")
        await nodes[B].retention.destroy(nodes[B].find(second.id.hex()), "request")
        assert shelf(group.homes[B]) == []
        assert len(shelf(group.homes[A])) == 1


async def test_a_treaty_that_has_no_such_record_lets_content_be_destroyed_in_silence(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, A, B, kinds=("text",))
    async with group.run_all() as nodes:
        sent = await nodes[A].send(B, "text", WORDS, handling=for_a_while(group))
        await arrived(nodes[B])
        await trio.sleep(TERM_S + 600)
        assert nodes[B].find(sent.id.hex()).destroyed is not None
        assert nodes[A].inbox() == []
        assert nodes[B].outbox() == []


async def test_content_that_was_refused_has_an_end_as_well(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, A, B, C)
    async with group.run_all() as nodes:
        live = await nodes[A].send(B, "text", WORDS)
        await arrived(nodes[B])
        mixed = await nodes[C].send(B, "text", WORDS, case=live.case, exercise=True, handling=for_a_while(group))
        assert (await ended(nodes[C], mixed.id)).ending is Ending.REFUSED
        await trio.sleep(TERM_S + 300)
        assert nodes[B].find(mixed.id.hex()).destroyed is not None
        assert records(nodes[C]) == []


@pytest.mark.clause("HAND-031")
async def test_a_request_whose_content_is_gone_still_stands_where_it_stood(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, A, B)
    async with group.run_all() as nodes:
        query = example("intelligence.query", nodes[A].now_us)
        sent = await nodes[A].send(B, "intelligence.query", query, urgency=1)
        got = await arrived(nodes[B], "intelligence.query")
        for event in (Event.ACKNOWLEDGE, Event.ACCEPT):
            payload = decode(encode_record(payload_of_event(event, nodes[B].now_us)), MAX_BODY_BYTES)
            assert isinstance(payload, dict)
            answer = await nodes[B].reply(got.id, f"case.{event}", payload)
            await ended(nodes[B], answer.id)
        now_us = nodes[B].now_us
        before = nodes[B].case_at(sent.case, now_us).tracks[0]
        for message in (got, nodes[B].find(answer.id.hex())):
            await nodes[B].retention.destroy(message, "request")
        after = nodes[B].case_at(sent.case, now_us).tracks[0]
        texts = str(nodes[B].find(sent.id.hex()).body.payload)
    assert (after.track.state, after.deadlines) == (before.track.state, before.deadlines)
    assert after.legal == before.legal
    assert str(query["summary"]) not in texts
    async with group.run_all() as nodes:
        assert nodes[B].case_at(sent.case, now_us).tracks[0].track.state == before.track.state


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_stays_of_a_payload_holds_none_of_its_texts(kind: str) -> None:
    path = ROOT / "spec" / "examples" / f"{kind}.json"
    if not path.exists():
        return
    payload = decode(encode(payload_from(kind, json.loads(path.read_text(encoding="utf-8")))), MAX_BODY_BYTES)
    assert isinstance(payload, dict)
    rest = bare(type_info(KINDS[kind]), payload)
    record = revived(kind, rest)
    assert isinstance(record, KINDS[kind])
    assert event_of(kind, record) == event_of(kind, payload_of(kind, payload))
    kept = set(texts_in(rest)) - {GONE}
    assert all(len(text) <= 48 and " " not in text for text in kept)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(item)
