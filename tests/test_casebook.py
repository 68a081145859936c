"""Cases that were read stay open: only what is new is read again, what is destroyed is forgotten, memory is bounded."""

from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from comity.case import State
from comity_node.archive import Archive
from comity_node.casebook import Casebook, Known
from comity_node.node import Node
from comity_node.remains import GONE
from tests.support.alliances import alliance, until
from tests.support.examples import example

POLICE, FIU = "aa.police", "bb.fiu"
QUERY = "intelligence.query"
COMMENT = {"text": "Good morning."}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions of the messages that were decrypted."""
    found: list[int] = []
    real = Archive.message

    def message(self: Archive, row: Any) -> Any:
        found.append(row.n)
        return real(self, row)

    monkeypatch.setattr(Archive, "message", message)
    return found


def book(node: Node, **options: int) -> Casebook:
    return Casebook(node.status().party, node._store, node._archive, **options)


def told(messages: list[Known]) -> list[tuple[str, set[str], frozenset[str]]]:
    return [(known.body.kind, set(known.accepted), known.void) for known in messages]


async def test_only_what_is_new_of_a_case_is_read_again(
    tmp_path: Path, autojump_clock: MockClock, opened: list[int]
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us), urgency=1)
        cases = book(police)
        assert told(cases.messages(sent.case)) == [(QUERY, set(), frozenset())]
        opened.clear()
        async with group.run(FIU) as fiu:
            await until(lambda: police.case_at(sent.case, police.now_us).tracks[0].track.state is State.RECEIVED)
            await fiu.reply(sent.id, "case.comment", COMMENT)
            await until(lambda: len(told(cases.messages(sent.case))) == 2)
        assert told(cases.messages(sent.case))[0] == (QUERY, {FIU}, frozenset())
        opened.clear()
        assert told(cases.messages(sent.case)) == told(book(police).messages(sent.case))
        assert opened == [1, 2]  # by the second book, which knew nothing; the first has read them once


async def test_what_expires_is_void_for_its_recipient(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us), lifetime_s=60)
        cases = book(police)
        await trio.sleep(80)
        assert told(cases.messages(sent.case)) == [(QUERY, set(), frozenset({FIU}))]


async def test_what_is_destroyed_is_forgotten_at_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run_all() as nodes:
        police = nodes[POLICE]
        sent = await police.send(FIU, QUERY, example(QUERY, police.now_us))
        cases = book(police)
        await until(lambda: not police.status().waiting)
        before = cases.messages(sent.case)[0].payload
        await police.retention.destroy(police.find(sent.id.hex()), "on-request")
        assert not cases._open
        assert cases._size == 0
        after = cases.messages(sent.case)[0].payload
        assert after != before
        assert GONE in repr(after)


async def test_cases_that_were_not_read_for_long_are_closed(
    tmp_path: Path, autojump_clock: MockClock, opened: list[int]
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police:
        sent = [await police.send(FIU, QUERY, example(QUERY, police.now_us)) for _ in range(4)]
        cases = book(police, most_bytes=4_000)
        for each in sent:
            assert len(cases.messages(each.case)) == 1
        assert 0 < len(cases._open) < 4
        assert cases._size <= 4_000
        assert len(cases.messages(sent[0].case)) == 1
