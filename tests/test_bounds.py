"""Every bound of the node holds: what is at it is taken, what is beyond is not; docs/limits.md says the same."""

import json
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from comity.checkpoint import Checkpoint, sign_checkpoint
from comity.errors import MalformedError
from comity.keys import Algorithm, SigningKey
from comity_node import bounds, caller, control
from comity_node.config import ConfigError, read_settings
from comity_node.faults import FileError
from comity_node.files import read_public
from comity_node.forms import FormError, normal, read_form
from comity_node.gate import Gate, Waiting
from comity_node.gathering import Gathering
from comity_node.incidents import Incidents
from comity_node.node import Node
from comity_node.private import PrivateFileError, read_private
from comity_node.transport import Session
from comity_node.witness import Witness
from tests.support.alliances import alliance
from tests.support.player import Player, calling

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"^([A-Z_]+): Final = ([0-9_]+)  # ([a-z ]+): (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| ([A-Z_]+) \| ([0-9,]+) \| ([a-z ]+) \| (.+) \|$", re.MULTILINE)
NAMES = sorted(name for name in vars(bounds) if name.isupper())


# --- the table ---


def test_every_bound_stands_with_its_unit_and_its_reason_and_the_page_says_the_same() -> None:
    source = (ROOT / "node" / "comity_node" / "bounds.py").read_text()
    stated = [(name, int(value), unit, reason) for name, value, unit, reason in LINE.findall(source)]
    assert sorted(name for name, *_ in stated) == NAMES
    assert all(getattr(bounds, name) == value for name, value, *_ in stated)
    page = (ROOT / "docs" / "limits.md").read_text()
    shown = [(name, int(value.replace(",", "")), unit, reason) for name, value, unit, reason in ROW.findall(page)]
    assert shown == stated


@pytest.mark.parametrize("name", NAMES)
def test_every_bound_has_a_test_that_names_it(name: str) -> None:
    tests = [path.read_text() for path in ROOT.joinpath("tests").glob("test_*.py")]
    assert any(re.search(rf"\b(bounds\.)?{name}\b", text) for text in tests)


# --- connections of strangers ---


async def test_of_one_address_the_ninth_connection_that_waits_ends_the_first() -> None:
    waiting = Waiting(100, bounds.MAX_WAITING_OF_SOURCE)
    scopes = [waiting.enter("198.51.100.1") for _ in range(bounds.MAX_WAITING_OF_SOURCE)]
    other = waiting.enter("198.51.100.2")
    assert not any(scope.cancel_called for scope in scopes)
    waiting.enter("198.51.100.1")
    assert [scope.cancel_called for scope in scopes] == [True] + [False] * (bounds.MAX_WAITING_OF_SOURCE - 1)
    assert not other.cancel_called


@pytest.mark.clause("LIMIT-006")
def test_an_address_may_come_a_burst_at_once_and_then_at_its_rate() -> None:
    gate = Gate(64, lambda: ["192.0.2.7"], 0.0)
    assert [gate.admit("192.0.2.7", 0.0) for _ in range(bounds.SOURCE_BURST + 1)].count(True) == bounds.SOURCE_BURST
    assert not gate.admit("192.0.2.7", 0.99 / bounds.SOURCE_RATE)
    assert gate.admit("192.0.2.7", 1.01 / bounds.SOURCE_RATE)


def test_all_strangers_together_may_come_a_burst_at_once_and_then_at_their_rate() -> None:
    gate = Gate(64, lambda: [], 0.0)
    taken = [gate.admit(f"203.0.{n // 250}.{n % 250}", 0.0) for n in range(bounds.STRANGER_BURST + 1)]
    assert taken == [True] * bounds.STRANGER_BURST + [False]
    assert not gate.admit("203.1.1.1", 0.99 / bounds.STRANGER_RATE)
    assert gate.admit("203.1.1.2", 1.01 / bounds.STRANGER_RATE)


def test_so_many_addresses_are_remembered_and_the_one_that_came_longest_ago_is_forgotten() -> None:
    gate = Gate(64, lambda: [], 0.0)
    sources = [f"10.0.{n // 250}.{n % 250}" for n in range(bounds.MAX_SOURCES + 1)]
    for source in sources[:-1]:
        gate.admit(source, 0.0)
    assert set(gate._sources) == set(sources[:-1])
    gate.admit(sources[-1], 0.0)
    assert set(gate._sources) == set(sources[1:])


def test_so_many_addresses_of_members_are_remembered() -> None:
    gate = Gate(64, lambda: [], 0.0)
    sources = [f"10.0.{n // 250}.{n % 250}" for n in range(bounds.MAX_KNOWN_SOURCES + 1)]
    for source in sources[:-1]:
        gate.met(source)
    assert all(gate.is_known(source, 0.0) for source in sources[:-1])
    gate.met(sources[-1])
    assert [gate.is_known(source, 0.0) for source in (sources[0], sources[1], sources[-1])] == [False, True, True]


# --- what authenticated peers send ---


class CountingLink:
    """Stands for a link and notes how much it is handed at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.read_bytes = 262_144
        self.is_open = True
        self.deadline = 1e9

    @property
    def closed(self) -> bool:
        return self.sizes[-1:] == [0]

    def receive(self, data: bytes, now: float) -> None:
        self.sizes.append(len(data))

    def next_event(self) -> None:
        return None

    def data_to_send(self, now: float) -> bytes:
        return b""

    def tick(self, now: float) -> None:
        return None


async def test_one_peer_is_read_a_slice_at_a_time(autojump_clock: MockClock, tmp_path: Path) -> None:
    group = await alliance(tmp_path, "aa.police", "bb.fiu")
    ours, theirs = memory_stream_pair()
    link: Any = CountingLink()
    await ours.send_all(bytes(bounds.READ_SLICE_BYTES))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Session(theirs, link, group.world("bb.fiu")).run, lambda *event: None, lambda session: None)
        await trio.sleep(1)
        await ours.send_all(bytes(bounds.READ_SLICE_BYTES + 1))
        await trio.sleep(1)
        await ours.send_eof()
    assert link.sizes[:3] == [bounds.READ_SLICE_BYTES, bounds.READ_SLICE_BYTES, 1]


@pytest.mark.clause("LIMIT-007")
async def test_a_batch_has_so_many_items_and_owners_take_turns(autojump_clock: MockClock) -> None:
    gathering: Gathering[int] = Gathering()
    for number in range(bounds.MAX_BATCH + 1):
        gathering.put(number)
    assert await gathering.take() == list(range(bounds.MAX_BATCH))
    assert await gathering.take() == [bounds.MAX_BATCH]
    for number in range(200):
        gathering.put(number, "xa.spammer")
    gathering.put(1_000, "aa.police")
    assert (await gathering.take())[:3] == [0, 1_000, 1]


@asynccontextmanager
async def called_on(place: Path) -> AsyncIterator[tuple[Node, Player]]:
    """Run the node of bb.fiu and let aa.police call it by hand."""
    group = await alliance(place, "aa.police", "bb.fiu", "qm.prosecutor")
    async with group.run("bb.fiu") as node, calling(group, "aa.police", "bb.fiu") as player:
        yield node, player


async def test_so_many_frames_of_receipts_are_verified_in_one_batch(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with called_on(tmp_path) as (node, player):
        sizes: list[int] = []
        take = node._receipts._take

        async def counted(frames: Any) -> None:
            sizes.append(len(frames))
            await take(frames)

        node._receipts._take = counted  # type: ignore[method-assign]
        for count in (bounds.MAX_RECEIPT_FRAMES, bounds.MAX_RECEIPT_FRAMES + 1):
            for _ in range(count):
                player.link.send_receipts(b"no receipt")
            await player.flush()
            await trio.sleep(1)
        assert sizes == [bounds.MAX_RECEIPT_FRAMES, bounds.MAX_RECEIPT_FRAMES, 1]


async def test_so_many_bytes_of_receipts_of_one_peer_may_wait(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with called_on(tmp_path) as (node, _):
        courier, other = node._links.peer("aa.police").courier, node._links.peer("qm.prosecutor").courier
        assert node._receipts.arrive(courier, bytes(bounds.MAX_RECEIPT_BYTES_WAITING))
        assert not node._receipts.arrive(courier, b"x")
        assert node._receipts.arrive(other, b"x")


async def test_so_many_documents_of_one_peer_may_wait(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with called_on(tmp_path) as (node, _):
        for _ in range(bounds.MAX_DOCUMENTS_WAITING + 1):
            node._documents.arrive("aa.police", "treaty", b"none")
        assert len(node._documents._arrived) == bounds.MAX_DOCUMENTS_WAITING
        node._documents.arrive("qm.prosecutor", "treaty", b"none")
        assert len(node._documents._arrived) == bounds.MAX_DOCUMENTS_WAITING + 1
        await trio.sleep(1)
        assert Counter(row.peer for row in node._store.incidents()) == {
            "aa.police": bounds.MAX_DOCUMENTS_WAITING,
            "qm.prosecutor": 1,
        }


def test_so_many_checkpoints_of_a_party_are_remembered() -> None:
    key = SigningKey.from_seed(Algorithm.ED25519, bytes(32))

    def note(size: int, root: bytes = bytes(32)) -> bytes:
        return sign_checkpoint(Checkpoint("aa.police", bytes(32), size, root), key)

    witness = Witness()
    for size in range(1, bounds.MAX_CHECKPOINTS_REMEMBERED + 1):
        assert witness.saw("aa.police", note(size)) is None
    assert witness.saw("aa.police", note(1, b"\x01" * 32)) is not None
    witness.saw("aa.police", note(bounds.MAX_CHECKPOINTS_REMEMBERED + 1))
    assert witness.saw("aa.police", note(2, b"\x01" * 32)) is not None
    assert witness.saw("aa.police", note(1, b"\x01" * 32)) is None


async def test_of_each_party_and_code_so_many_incidents_are_kept(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with called_on(tmp_path) as (node, _):
        store = node._store

        def row(number: int, peer: str = "aa.police", code: int = 6) -> dict[str, Any]:
            return {"at_us": number, "peer": peer, "code": code, "message_id": None, "detail": ""}

        await store.keep_incidents([row(0, peer="qm.prosecutor"), row(0, code=50)])
        await store.keep_incidents([row(number) for number in range(bounds.MAX_INCIDENTS)])
        assert len(store.incidents(limit=10_000)) == bounds.MAX_INCIDENTS + 2
        await store.keep_incidents([row(bounds.MAX_INCIDENTS)])
        kept = store.incidents(limit=10_000)
        assert len(kept) == bounds.MAX_INCIDENTS + 2
        assert min(each.at_us for each in kept if (each.peer, each.code) == ("aa.police", 6)) == 1


async def test_the_text_of_an_incident_is_cut(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with called_on(tmp_path) as (node, player):
        incidents = Incidents(node._store, player.world)
        for length in (bounds.MAX_DETAIL_CHARS, bounds.MAX_DETAIL_CHARS + 1):
            await incidents.record("aa.police", MalformedError("x" * length))
        assert [len(row.detail) for row in node._store.incidents()] == [bounds.MAX_DETAIL_CHARS] * 2


# --- the control socket ---


async def test_a_request_has_so_many_bytes(autojump_clock: MockClock) -> None:
    for length in (bounds.MAX_REQUEST_BYTES, bounds.MAX_REQUEST_BYTES + 1):
        ours, theirs = memory_stream_pair()
        await ours.send_all(length.to_bytes(4, "big") + bytes(length))
        stream: Any = theirs
        if length > bounds.MAX_REQUEST_BYTES:
            with pytest.raises(control.OversizeError):
                await control.receive(stream)
        else:
            assert await control.receive(stream) == bytes(length)


def test_an_answer_has_so_many_bytes() -> None:
    for length, words in ((bounds.MAX_ANSWER_BYTES, "no answer"), (bounds.MAX_ANSWER_BYTES + 1, "too long")):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(length.to_bytes(4, "big"))
            ours.shutdown(socket.SHUT_WR)
            with pytest.raises(ConnectionError, match=words):
                caller.receive(theirs)


# --- files that people hand in ---


def test_a_configuration_has_so_many_bytes(tmp_path: Path) -> None:
    path = tmp_path / "comity.toml"
    path.write_bytes(b"#" * bounds.MAX_CONFIG_BYTES)
    assert len(read_settings(path)) == bounds.MAX_CONFIG_BYTES
    path.write_bytes(b"#" * (bounds.MAX_CONFIG_BYTES + 1))
    with pytest.raises(ConfigError, match="longer"):
        read_settings(path)


@pytest.mark.parametrize("most", [bounds.MAX_KEY_FILE_BYTES, bounds.MAX_PAPER_BYTES])
def test_a_key_file_and_a_paper_have_so_many_bytes(tmp_path: Path, most: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(most))
    path.chmod(0o600)
    assert read_private(path, most) == read_public(path, most) == bytes(most)
    path.write_bytes(bytes(most + 1))
    with pytest.raises(PrivateFileError, match="longer"):
        read_private(path, most)
    with pytest.raises(FileError, match="longer"):
        read_public(path, most)


def test_a_form_has_so_many_bytes() -> None:
    def form(length: int) -> bytes:
        return json.dumps({"text": "x" * (length - 12)}).encode()

    assert len(form(bounds.MAX_FORM_BYTES)) == bounds.MAX_FORM_BYTES
    assert read_form(form(bounds.MAX_FORM_BYTES))
    with pytest.raises(FormError, match="longer"):
        read_form(form(bounds.MAX_FORM_BYTES + 1))


def test_a_form_has_so_many_levels() -> None:
    def nested(levels: int) -> Any:
        value: Any = "x"  # a level too
        for _ in range(levels - 1):
            value = [value]
        return value

    assert normal(nested(bounds.MAX_FORM_DEPTH), bounds.MAX_FORM_DEPTH) == nested(bounds.MAX_FORM_DEPTH)
    with pytest.raises(FormError):
        normal(nested(bounds.MAX_FORM_DEPTH + 1), bounds.MAX_FORM_DEPTH)
