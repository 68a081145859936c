"""Whoever is not a member hears nothing, costs little, and leaves no trace in the store."""

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock, lockstep_stream_pair

from comity.keys import LinkKey
from comity.link import Closed, Link
from comity_node.config import Config
from comity_node.links import Peer
from comity_node.node import Node, open_node
from tests.support.alliances import Alliance, alliance, until
from tests.support.homes import seed
from tests.support.player import HELLO, calling, documents_of, next_treaty, treaty_id_of, with_member

pytestmark = pytest.mark.slow

POLICE, FIU, PROSECUTOR = "aa.police", "bb.fiu", "qm.prosecutor"
MESSAGE_2 = range(2 + 1_152, 2 + 1_152 + 1_024 + 1)
WORDS = {"text": "Please call me."}


@dataclass
class Door:
    """The running node of bb.fiu as seen from the street."""

    group: Alliance
    node: Node
    streams: list[trio.abc.Stream] = field(default_factory=list)

    async def knock(self) -> trio.abc.Stream:
        """Return a new connection."""
        stream = await self.group.world("stranger").connect("127.0.0.1", self.group.homes[FIU].port)
        self.streams.append(stream)
        return stream

    def links(self) -> list[str]:
        return [peer.party for peer in self.node.status().peers if peer.link == "up"]


@asynccontextmanager
async def door(place: Path, *more: str, max_waiting: int = 64) -> AsyncIterator[Door]:
    group = await alliance(place, POLICE, FIU, *more)
    home = group.homes[FIU]
    config = Config(home=home.path, party=FIU, listen=home.config.listen, max_waiting=max_waiting)
    try:
        async with open_node(config, home.keys(), group.world(FIU)) as node:
            before = contents(config)
            yield Door(group, node)
            await trio.testing.wait_all_tasks_blocked()
            assert contents(config) == before
    finally:
        group.network.listeners.pop(("127.0.0.1", home.port), None)


def contents(config: Config) -> list[Any]:
    """Return every row of the store."""
    connection = sqlite3.connect(config.database)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = [(table, connection.execute(f"SELECT * FROM {table}").fetchall()) for table in sorted(tables)]
    connection.close()
    return rows


async def heard(stream: trio.abc.Stream, seconds: float = 60.0) -> tuple[bytes, float]:
    """Return all bytes up to the end of the stream, and after how many seconds it ended."""
    began, parts = trio.current_time(), []
    with trio.fail_after(seconds), suppress(trio.BrokenResourceError, trio.ClosedResourceError):
        while data := await stream.receive_some():
            parts.append(bytes(data))
    return b"".join(parts), trio.current_time() - began


def message_1(group: Alliance, *, treaty_id: bytes = b"", callee: bytes = b"", static: LinkKey | None = None) -> Link:
    """Return an initiator that knows the callee's key; message 1 waits in it."""
    home = group.homes[POLICE]
    callee_key = callee or group.homes[FIU].keys().link.public.data
    return Link.initiator(
        treaty_id or treaty_id_of(home),
        static or LinkKey.from_seed(seed("stranger link")),
        FIU,
        callee_key,
        "zz.stranger",
        HELLO,
        seed("stranger e"),
        seed("stranger kem", 64),
        trio.current_time(),
    )


def first_bytes(link: Link) -> bytes:
    return link.data_to_send(trio.current_time())


@pytest.mark.clause("LINK-007", "LINK-008", "ERR-004")
@pytest.mark.parametrize(
    ("data", "waits_s"),
    [
        (b"\x04", 5.0),  # half of a length
        (b"GET / HTTP/1.1\r\nHost: bb.fiu\r\n\r\n", 0.0),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0.0),
        (b"\xff\xff", 0.0),
        (b"\x04\xdf", 0.0),  # 1,247
        (b"\x04\xe1", 0.0),  # 1,249
        (b"\x00\x00", 0.0),
        (b"\x04\xe0", 5.0),  # 1,248, and nothing more
        (b"\x04\xe0" + random.Random(1).randbytes(1_248), 0.0),
        (random.Random(2).randbytes(100_000), 0.0),
        (b"", 5.0),
    ],
    ids=repr,
)
async def test_bytes_that_are_no_handshake_are_met_with_silence(
    tmp_path: Path, autojump_clock: MockClock, data: bytes, waits_s: float
) -> None:
    async with door(tmp_path) as bb:
        stream = await bb.knock()
        if data:
            await stream.send_all(data)
        assert await heard(stream) == (b"", waits_s)


@pytest.mark.clause("LINK-007", "LINK-001", "LINK-003")
async def test_message_1_for_another_treaty_another_key_or_with_any_byte_altered_is_met_with_silence(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path) as bb:
        good = first_bytes(message_1(bb.group))
        wrong = [
            first_bytes(message_1(bb.group, treaty_id=bytes(32))),
            first_bytes(message_1(bb.group, callee=LinkKey.from_seed(bytes(31) + b"\x01").public.data)),
            *(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :] for at in range(2, len(good), 41)),
        ]
        for data in wrong:
            stream = await bb.knock()
            await stream.send_all(data)
            assert await heard(stream) == (b"", 0.0)


@pytest.mark.clause("LINK-012", "LINK-010", "LINK-011")
async def test_who_knows_the_key_hears_message_2_and_nothing_else(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with door(tmp_path) as bb:
        link = message_1(bb.group)
        stream = await bb.knock()
        await stream.send_all(first_bytes(link))
        answer = await stream.receive_some()
        assert len(answer) in MESSAGE_2
        link.receive(bytes(answer), trio.current_time())
        link.next_event()
        await stream.send_all(first_bytes(link))  # message 3 with a key of nobody
        assert await heard(stream) == (b"", 0.0)


@pytest.mark.clause("LINK-012", "LINK-004")
async def test_message_1_that_was_recorded_opens_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with door(tmp_path) as bb:
        group = bb.group
        recorded = first_bytes(message_1(group, static=group.homes[POLICE].keys().link))
        answers = []
        for _ in range(2):
            stream = await bb.knock()
            await stream.send_all(recorded)
            answer, seconds = await heard(stream)
            assert (len(answer) in MESSAGE_2, seconds) == (True, 5.0)
            answers.append(answer)
        assert answers[0][2:34] != answers[1][2:34]  # the ephemeral keys
        assert bb.links() == []


@pytest.mark.clause("LINK-012")
async def test_a_caller_that_sends_one_byte_at_a_time_has_five_seconds(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path) as bb:
        stream = await bb.knock()
        began = trio.current_time()

        async def drip() -> None:
            with suppress(trio.BrokenResourceError):
                for byte in first_bytes(message_1(bb.group)):
                    await stream.send_all(bytes([byte]))
                    await trio.sleep(0.01)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(drip)
            assert await heard(stream) == (b"", 5.0)
        assert trio.current_time() - began < 6


@pytest.mark.clause("LINK-012")
async def test_a_caller_that_does_not_read_message_2_has_five_seconds(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path) as bb:
        ours, theirs = lockstep_stream_pair()  # takes nothing that nobody reads
        listener = bb.group.network.listeners["127.0.0.1", bb.group.homes[FIU].port]
        listener.incoming.send_nowait(theirs)
        await trio.testing.wait_all_tasks_blocked()
        idle = trio.lowlevel.current_statistics().tasks_living
        await ours.send_all(first_bytes(message_1(bb.group)))
        await trio.sleep(4.9)
        assert trio.lowlevel.current_statistics().tasks_living == idle
        await trio.sleep(0.2)
        assert trio.lowlevel.current_statistics().tasks_living < idle


class CountingStream(trio.abc.Stream):
    """Counts what the node takes off the wire."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self.taken = 0
        self.largest_read = 0

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data = await self._stream.receive_some(max_bytes)
        self.taken += len(data)
        self.largest_read = max(self.largest_read, len(data))
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await self._stream.aclose()


@pytest.mark.clause("LIMIT-003")
@pytest.mark.parametrize("tail", [b"\x04\x40" + bytes(1_088), b"\x04\x41" + bytes(10_000), b""], ids=len)
async def test_a_stranger_cannot_make_the_node_take_more_than_8192_bytes(
    tmp_path: Path, autojump_clock: MockClock, tail: bytes
) -> None:
    async with door(tmp_path) as bb:
        ours, theirs = trio.testing.memory_stream_pair()
        counting = CountingStream(theirs)
        listener = bb.group.network.listeners["127.0.0.1", bb.group.homes[FIU].port]
        listener.incoming.send_nowait(counting)
        await ours.send_all(first_bytes(message_1(bb.group)) + (tail or bytes(1_000_000)))
        answer, _ = await heard(ours)
        assert len(answer) in (0, *MESSAGE_2)
        assert counting.taken <= 8_192
        assert bb.links() == []


@pytest.mark.clause("LIMIT-004", "LIMIT-005")
async def test_of_too_many_strangers_the_oldest_goes_first_and_a_member_still_gets_in(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path, max_waiting=8) as bb:
        await trio.testing.wait_all_tasks_blocked()
        idle = trio.lowlevel.current_statistics().tasks_living
        strangers = []
        for _ in range(8):
            strangers.append(await bb.knock())
            await trio.testing.wait_all_tasks_blocked()
        full = trio.lowlevel.current_statistics().tasks_living
        for _ in range(100):
            strangers.append(await bb.knock())
            await trio.testing.wait_all_tasks_blocked()
        assert trio.lowlevel.current_statistics().tasks_living == full
        assert trio.current_time() < 1
        gone = [await closed_at_once(stream) for stream in strangers]
        assert gone == [True] * 100 + [False] * 8
        async with calling(bb.group, POLICE, FIU) as police:
            assert await closed_at_once(strangers[100])
            assert not await closed_at_once(strangers[101])
            for _ in range(20):  # a member is no stranger any more
                strangers.append(await bb.knock())
                await trio.testing.wait_all_tasks_blocked()
            assert police.link.is_open
            assert bb.links() == [POLICE]
        await trio.sleep(6)
        assert trio.lowlevel.current_statistics().tasks_living <= idle
        assert bb.links() == []


async def closed_at_once(stream: trio.abc.Stream) -> bool:
    with trio.move_on_after(0.001):
        return (await stream.receive_some()) == b""
    return False


@pytest.mark.clause("DIR-001", "LINK-010", "LINK-011")
async def test_a_suspended_member_is_turned_away_without_a_byte(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with door(tmp_path, PROSECUTOR) as bb:
        pass  # the store is compared by `door`; the suspension itself is written after
    group = bb.group
    home = group.homes[POLICE]
    async with group.run(FIU) as node:
        treaty, _, _ = documents_of(group.homes[FIU], POLICE, FIU)
        suspended = next_treaty(treaty, tuple(group.homes), **with_member(treaty, POLICE, status="suspended"))
        await node.import_treaty(suspended.data)
        before = contents(group.homes[FIU].config)
        stream = await group.world(POLICE).connect("127.0.0.1", group.homes[FIU].port)
        link = message_1(group, static=home.keys().link)
        await stream.send_all(first_bytes(link))
        link.receive(bytes(await stream.receive_some()), trio.current_time())
        link.next_event()
        await stream.send_all(first_bytes(link))
        assert await heard(stream) == (b"", 0.0)
        assert [peer.link for peer in node.status().peers if peer.party == POLICE] == ["down"]
        assert contents(group.homes[FIU].config) == before


async def test_strangers_do_not_disturb_a_conversation(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    rng = random.Random(3)
    async with group.run_all() as nodes:
        await until(lambda: nodes[POLICE].status().peers[0].link == "up")
        async with trio.open_nursery() as nursery:

            async def pester() -> None:
                stream = await group.world("stranger").connect("127.0.0.1", group.homes[FIU].port)
                await stream.send_all(rng.randbytes(rng.randrange(1, 3_000)))
                await heard(stream)

            for _ in range(200):
                nursery.start_soon(pester)
            sent = [await nodes[POLICE].send(FIU, "text", {"text": str(n)}) for n in range(20)]
            await until(lambda: nodes[POLICE].status().waiting == 0)
        assert {message.id for message in nodes[FIU].inbox()} == {message.id for message in sent}


# --- members that do not behave ---


async def unread_link(bb: Door) -> tuple[trio.abc.Stream, Link]:
    """Return an open link of the police whose stream takes nothing that nobody reads; HEADS were exchanged."""
    ours, theirs = lockstep_stream_pair()
    listener = bb.group.network.listeners["127.0.0.1", bb.group.homes[FIU].port]
    listener.incoming.send_nowait(theirs)
    link = message_1(bb.group, static=bb.group.homes[POLICE].keys().link)
    await ours.send_all(first_bytes(link))
    link.receive(bytes(await ours.receive_some()), trio.current_time())
    link.next_event()
    await ours.send_all(first_bytes(link))
    return ours, link


@pytest.mark.clause("LINK-027")
async def test_a_member_that_neither_reads_nor_writes_loses_its_link_after_a_minute(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path) as bb:
        await unread_link(bb)
        await trio.testing.wait_all_tasks_blocked()
        assert bb.links() == [POLICE]
        await trio.sleep(70)
        assert bb.links() == []


@pytest.mark.clause("LINK-033")
async def test_a_member_that_does_not_read_cannot_keep_its_link_when_it_may_not_speak_any_more(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path) as bb:
        await unread_link(bb)
        await trio.testing.wait_all_tasks_blocked()
        peer: Peer = bb.node._links.peers[POLICE]
        assert peer.session is not None
        peer.session.close(27)
        await trio.sleep(3)
        assert bb.links() == []


@pytest.mark.clause("FRAME-020", "LINK-028")
async def test_a_member_that_breaks_the_protocol_is_told_the_code_and_may_come_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with door(tmp_path) as bb:
        async with calling(bb.group, POLICE, FIU) as police:
            police.link._outgoing.put_control(b"\x7f\x00\x00\x00")  # a critical type that nobody knows
            await police.flush()
            assert await police.next(Closed) == Closed(3)
        await until(lambda: bb.links() == [])
        async with calling(bb.group, POLICE, FIU):
            assert bb.links() == [POLICE]


async def test_strangers_leave_no_line_in_the_log(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "comity_node")
    async with door(tmp_path) as bb:
        await trio.sleep(1)
        caplog.clear()
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x04\xe0" + bytes(1_248), b"\x04"):
            stream = await bb.knock()
            await stream.send_all(data)
            await heard(stream)
        assert [record.getMessage() for record in caplog.records] == []
