"""Attachments between nodes, and between a node and a party that breaks the rules."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from comity.attachment import SEALED_CHUNK_BYTES, Attachment, Chunk, Due, Serve, Wanted, moving
from comity.attachment.frames import encode_chunk, encode_chunk_request
from comity.limits import CHUNK_BYTES
from comity.link import ChunkReceived, ChunksRequested, Closed, DoneReceived, Offered
from comity.receipt import Entry
from comity_node import bounds
from comity_node.attachments import part as parts
from comity_node.attachments.depot import IncompleteError
from comity_node.attachments.sealer import AttachmentError
from comity_node.attachments.shelf import Shelf, write_fully
from comity_node.node import Node, RuleError, open_node
from comity_node.records import Ending, StoredMessage, Transfer
from tests.support.alliances import Alliance, alliance, ended, first_message
from tests.support.files import FileWorld, content, file_of, is_over, sealed_for, states
from tests.support.player import Player, called, calling

pytestmark = pytest.mark.slow

POLICE, FIU = "aa.police", "bb.fiu"
WORDS = {"text": "See the file."}
MIB = 1 << 20


def shelf(group: Alliance, party: str) -> list[str]:
    place = group.homes[party].path / "attachments"
    return sorted(os.listdir(place)) if place.exists() else []


async def over(node: Node, message_id: bytes, seconds: float = 300) -> None:
    with trio.fail_after(seconds):
        while not is_over(await node.attachments(message_id)):
            await trio.sleep(0.05)


@asynccontextmanager
async def run(
    group: Alliance, party: str, before: Callable[[int], None] = lambda number: None, **settings: Any
) -> AsyncIterator[Node]:
    """Run a node whose work on files is disturbed, with other settings."""
    home = group.homes[party]
    group.starts += 1
    world = FileWorld(group.network, f"{party} {group.starts}", before)
    try:
        async with open_node(replace(home.config, **settings), home.keys(), world) as node:
            yield node
    finally:
        group.network.listeners.pop(("127.0.0.1", home.port), None)


# --- between nodes -------------------------------------------------------------------------------------------------


@pytest.mark.clause("ATTACH-014", "ATTACH-026", "ATTACH-034")
async def test_files_reach_every_recipient_and_both_sides_say_so(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU, "qm.prosecutor")
    files = [file_of(tmp_path / "in", f"{size}.bin", size) for size in (0, 1, CHUNK_BYTES, 3 * MIB + 1)]
    async with group.run_all() as nodes:
        police = nodes[POLICE]
        sent = await police.send([FIU, "qm.prosecutor"], "text", WORDS, attachments=files)
        for party in (FIU, "qm.prosecutor"):
            message = await first_message(nodes[party])
            await over(nodes[party], message.id)
            for path in files:
                await nodes[party].save_attachment(message.id, path.name, tmp_path / party / ".." / "out")
                assert (tmp_path / "out").read_bytes() == path.read_bytes()
                (tmp_path / "out").unlink()
            here = await nodes[party].attachments(message.id)
            assert [(each.name, each.party, each.state, each.moved) for each in here] == [
                (path.name, POLICE, Transfer.COMPLETE, path.stat().st_size) for path in files
            ]
        await over(police, sent.id)
        there = await police.attachments(sent.id)
    assert {(each.party, each.state) for each in there} == {
        (FIU, Transfer.COMPLETE),
        ("qm.prosecutor", Transfer.COMPLETE),
    }
    assert [each.cause for each in there] == [""] * 8
    assert shelf(group, FIU) == shelf(group, POLICE)


@pytest.mark.clause("ATTACH-014", "ATTACH-015")
async def test_more_files_than_may_be_open_at_once_take_turns(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "MAX_OFFERS", 3)
    group = await alliance(tmp_path, POLICE, FIU)
    files = [file_of(tmp_path / "in", f"{number}.bin", number) for number in range(10)]
    async with group.run(POLICE) as police:
        sent = [await police.send(FIU, "text", WORDS, attachments=files[start::2]) for start in (0, 1)]
        async with group.run(FIU) as fiu:
            for each in sent:
                await over(police, each.id)
                assert set(await states(police, each.id)) == set(await states(fiu, each.id)) == {"complete"}
    assert len(shelf(group, FIU)) == 10


@pytest.mark.clause("ATTACH-011", "ATTACH-012", "ATTACH-013")
async def test_a_content_is_sealed_once_and_every_content_has_a_key_of_its_own(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    one, other = file_of(tmp_path / "in", "one.bin", MIB), file_of(tmp_path / "in", "other.bin", MIB)
    again = tmp_path / "in" / "again.bin"
    again.write_bytes(one.read_bytes())
    read: list[Path] = []
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        first = await police.send(FIU, "text", WORDS, attachments=[one, other, again])
        message = await first_message(fiu)
        await over(police, first.id)
        monkeypatch.setattr(Shelf, "read", noting(Shelf.read, read))
        second = await police.send(FIU, "text", WORDS, attachments=[again])
        repeated = await first_message(fiu, message.position)
        await over(police, second.id)
        await over(fiu, repeated.id)
        bodies = [each.body.attachments for each in (message, repeated)]
    assert len(shelf(group, POLICE)) == len(shelf(group, FIU)) == 2
    assert len({each.key for each in bodies[0]}) == 2
    assert (bodies[0][0].key, bodies[0][0].sealed) == (bodies[0][2].key, bodies[0][2].sealed)
    assert bodies[1][0].sealed == bodies[0][0].sealed
    assert group.homes[POLICE].path / "attachments" not in read


async def test_a_shelf_without_room_refuses_the_message_in_one_sentence(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)

    def full(*place: object) -> None:
        raise OSError(28, "No space left on device")

    async with group.run(POLICE) as police:
        monkeypatch.setattr("comity_node.attachments.sealer.write_fully", full)
        path = file_of(tmp_path / "in", "a.bin", 1_000)
        with pytest.raises(AttachmentError, match=r"^a file cannot be kept sealed: No space left on device\. Look at"):
            await police.send(FIU, "text", {"text": "See the file."}, attachments=[path])
        assert police.outbox() == []
        assert shelf(group, POLICE) == []


@pytest.mark.clause("ATTACH-029", "ATTACH-034")
async def test_the_receipt_does_not_wait_for_the_file(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 2 * MIB)
    full = [True]

    def no_space(number: int) -> None:
        if full[0]:
            raise OSError(28, "No space left on device")

    async with group.run(POLICE) as police, run(group, FIU, no_space) as fiu:
        sent = await police.send(FIU, "text", WORDS, attachments=[path])
        assert (await ended(police, sent.id)).ending is Ending.ACCEPTED
        message = fiu.inbox()[0]
        await trio.sleep(5)
        (here,) = await fiu_stands(fiu, message, full)
        assert (here.state, here.moved) == (Transfer.MOVING, 0)
        assert here.cause == "it cannot be kept: No space left on device; it is tried again by itself"
        full[0] = False
        with pytest.raises(IncompleteError, match="0 of 2097152 bytes have come; it cannot be kept"):
            await fiu.save_attachment(message.id, None, tmp_path / "out")
        assert await states(police, sent.id) == ["moving"]
        await over(fiu, message.id)
        await fiu.save_attachment(message.id, None, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == path.read_bytes()


def noting(reads: Callable[..., bytes], seen: list[Path]) -> Callable[..., bytes]:
    def noted(shelf: Shelf, *place: Any) -> bytes:
        seen.append(shelf.path)
        return reads(shelf, *place)

    return noted


async def fiu_stands(fiu: Node, message: StoredMessage, full: list[bool]) -> Any:
    """Look while the disk is well for a moment: a look at the disk is work on files too."""
    full[0] = False
    found = await fiu.attachments(message.id)
    full[0] = True
    return found


@pytest.mark.clause("ATTACH-033")
async def test_neither_side_keeps_a_plaintext(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = tmp_path / "secret.txt"
    path.write_bytes(b"the plaintext of the statement " * 20_000)
    async with group.run_all() as nodes:
        sent = await nodes[POLICE].send(FIU, "text", WORDS, attachments=[path])
        await over(nodes[POLICE], sent.id)
        key = nodes[POLICE].find(sent.id.hex()).body.attachments[0].key
    looked = 0
    for home in group.homes.values():
        for kept in home.path.rglob("*"):
            if kept.is_file():
                data = kept.read_bytes()
                assert b"the plaintext of the statement" not in data
                assert key not in data
                looked += 1
    assert looked >= 4


@pytest.mark.clause("ATTACH-028")
@pytest.mark.parametrize("damage", ["none", "cut inside a chunk", "a bit", "garbage behind", "gone", "all zero"])
async def test_after_a_restart_it_goes_on_where_what_is_there_is_proved(
    tmp_path: Path, autojump_clock: MockClock, damage: str
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    size = 24 * CHUNK_BYTES + 5
    path = file_of(tmp_path / "in", "a.bin", size)

    def stop(number: int) -> None:
        if sum(len(data) for data in written) >= 12 * SEALED_CHUNK_BYTES:
            raise OSError(5, "Input/output error")

    written: list[bytes] = []

    def put(descriptor: int, start: int, data: bytes) -> None:
        written.append(data)
        write_fully(descriptor, start, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "write_fully", put)
        async with group.run(POLICE) as police:
            sent = await police.send(FIU, "text", WORDS, attachments=[path])
            async with run(group, FIU, stop) as fiu:
                message = await first_message(fiu)
                await trio.sleep(3)
            (kept,) = shelf(group, FIU)
            place = group.homes[FIU].path / "attachments" / kept
            sound = spoil(place, damage)
            before = len(written)
            async with group.run(FIU) as fiu:
                await over(fiu, message.id)
                await fiu.save_attachment(message.id, None, tmp_path / "out")
            assert await states(police, sent.id) == ["complete"]
    assert (tmp_path / "out").read_bytes() == path.read_bytes()
    assert before >= 12
    assert len(written) - before == 25 - sound
    assert not kept.endswith(shelf(group, FIU)[0])


def spoil(place: Path, damage: str) -> int:
    """Damage what has come so far, and return how many whole chunks are left in front of the damage."""
    data = place.read_bytes()
    count = len(data) // SEALED_CHUNK_BYTES
    match damage:
        case "cut inside a chunk":
            place.write_bytes(data[: -SEALED_CHUNK_BYTES // 2])
            return count - 1
        case "a bit":
            place.write_bytes(
                data[: 7 * SEALED_CHUNK_BYTES]
                + bytes([data[7 * SEALED_CHUNK_BYTES] ^ 1])
                + data[7 * SEALED_CHUNK_BYTES + 1 :]
            )
            return 7
        case "garbage behind":
            place.write_bytes(data + bytes(100 * SEALED_CHUNK_BYTES))
        case "gone":
            place.unlink()
            return 0
        case "all zero":
            place.write_bytes(bytes(len(data)))
            return 0
    return count


async def test_links_that_break_again_and_again_cost_nothing_that_was_written(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 60 * CHUNK_BYTES)
    written: list[int] = []
    take, cut = parts.Part.take, trio.Event()

    def noting(part: parts.Part, chunks: list[Chunk]) -> None:
        written.extend(chunk.index for chunk in chunks)
        if len(written) % 15 == 0:
            cut.set()
        take(part, chunks)

    monkeypatch.setattr(parts.Part, "take", noting)
    async with group.run(POLICE) as police, group.run(FIU) as fiu, trio.open_nursery() as nursery:

        async def break_links() -> None:
            nonlocal cut
            while True:
                await cut.wait()
                cut = trio.Event()
                await group.network.break_all()

        nursery.start_soon(break_links)
        sent = await police.send(FIU, "text", WORDS, attachments=[path])
        message = await first_message(fiu)
        await over(fiu, message.id)
        await over(police, sent.id)
        await fiu.save_attachment(message.id, None, tmp_path / "out")
        nursery.cancel_scope.cancel()
    assert (tmp_path / "out").read_bytes() == path.read_bytes()
    assert written == list(range(60))


async def test_what_could_not_be_flushed_is_not_trusted_and_comes_again(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 2 * MIB)
    taken: list[int] = []
    take, sync = parts.Part.take, os.fsync

    def noted(part: parts.Part, chunks: list[Chunk]) -> None:
        taken.extend(chunk.index for chunk in chunks)
        take(part, chunks)

    def failing(descriptor: int) -> None:
        if len(taken) == 8 and os.readlink(f"/proc/self/fd/{descriptor}").endswith(".part"):
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(parts.Part, "take", noted)
    monkeypatch.setattr(os, "fsync", failing)
    async with group.run_all() as nodes:
        sent = await nodes[POLICE].send(FIU, "text", WORDS, attachments=[path])
        message = await first_message(nodes[FIU])
        await trio.sleep(5)
        (here,) = await nodes[FIU].attachments(message.id)
        assert here.cause == "it cannot be kept: Input/output error; it is tried again by itself"
        assert shelf(group, FIU) == []
        await over(nodes[POLICE], sent.id)
        await nodes[FIU].save_attachment(message.id, None, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == path.read_bytes()
    assert taken == [*range(8), *range(8)]


@pytest.mark.clause("ATTACH-030")
async def test_a_message_beyond_the_quota_is_refused_before_a_byte_is_written(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    files = [file_of(tmp_path / "in", name, MIB) for name in ("a.bin", "b.bin", "c.bin")]
    quota = 2 * (MIB + bounds.FILE_COST_BYTES)
    async with group.run(POLICE) as police:
        async with run(group, FIU, quota_bytes=quota - 1) as fiu:
            both = await police.send(FIU, "text", WORDS, attachments=files[:2])
            refusal = await ended(police, both.id)
            assert (refusal.ending, refusal.code) == (Ending.REFUSED, 29)
            assert "larger quota" in refusal.next_step
            assert shelf(group, FIU) == []
            refused_here = fiu.inbox()[0]
            assert (refused_here.code, await fiu.attachments(refused_here.id)) == (29, [])
            with pytest.raises(IncompleteError, match="refused"):
                await fiu.save_attachment(refused_here.id, "a.bin", tmp_path / "out")
            assert {(each.state, each.cause) for each in await police.attachments(both.id)} == {
                (Transfer.FAILED, "the recipient refused the message")
            }
        async with run(group, FIU, quota_bytes=quota) as fiu:
            both = await police.send(FIU, "text", WORDS, attachments=files[:2])
            assert (await ended(police, both.id)).ending is Ending.ACCEPTED
            await over(police, both.id)
            third = await police.send(FIU, "text", WORDS, attachments=files[2:])
            assert (await ended(police, third.id)).code == 29
            none = await police.send(FIU, "text", WORDS)
            assert (await ended(police, none.id)).ending is Ending.ACCEPTED
    assert len(shelf(group, FIU)) == 2


@pytest.mark.clause("ATTACH-030")
async def test_a_file_larger_than_the_peer_takes_is_refused_and_one_just_as_large_is_not(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    files = [file_of(tmp_path / "in", f"{size}.bin", size) for size in (1_000, 1_001)]
    async with group.run(POLICE) as police, run(group, FIU, attachment_bytes=1_000):
        codes = [await code_of(police, path) for path in files]
    assert codes == [0, 29]


async def code_of(police: Node, path: Path) -> int:
    sent = await police.send(FIU, "text", WORDS, attachments=[path])
    return (await ended(police, sent.id)).code


async def test_what_the_holder_lost_is_said_on_both_sides_and_comes_once_it_is_back(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", MIB)
    async with group.run(POLICE) as police:
        sent = await police.send(FIU, "text", WORDS, attachments=[path])
        place = group.homes[POLICE].path / "attachments" / shelf(group, POLICE)[0]
        kept = place.read_bytes()
        place.unlink()
        async with group.run(FIU) as fiu:
            message = await first_message(fiu)
            await trio.sleep(5)
            (here,), (there,) = await fiu.attachments(message.id), await police.attachments(sent.id)
            assert "its sender cannot give it now" in here.cause
            assert there.cause == "the sealed file cannot be read: No such file or directory"
            place.write_bytes(kept)
            await group.network.break_all()
            await over(fiu, message.id)
            await over(police, sent.id)


async def test_a_sealed_file_that_rotted_at_the_recipient_is_fetched_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 2 * MIB)
    async with group.run_all() as nodes:
        police, fiu = nodes[POLICE], nodes[FIU]
        first = await police.send(FIU, "text", WORDS, attachments=[path])
        message = await first_message(fiu)
        await over(police, first.id)
        place = group.homes[FIU].path / "attachments" / shelf(group, FIU)[0]
        place.write_bytes(place.read_bytes()[:-1] + b"x")
        second = await police.send(FIU, "text", WORDS, attachments=[path])
        await over(police, second.id)
        assert await states(police, second.id) == ["complete"]
        await fiu.save_attachment(message.id, None, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == path.read_bytes()


async def test_what_no_message_names_is_removed_at_the_next_start(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 10)
    place = group.homes[POLICE].path / "attachments"
    async with group.run(POLICE) as police:
        await police.send(FIU, "text", WORDS, attachments=[path])
    (named,) = shelf(group, POLICE)
    for orphan in ("ab" * 32, "cd" * 32 + ".bb.fiu.part", "ef" * 16 + ".sealing", "what is this"):
        (place / orphan).write_bytes(b"x")
    young = place / ("12" * 32)
    young.write_bytes(b"x")
    os.utime(young, (2_000_000_000, 2_000_000_000))
    async with group.run(POLICE):
        await trio.sleep(1)
    assert shelf(group, POLICE) == sorted([named, young.name])


async def test_a_message_that_cannot_be_signed_leaves_no_sealed_file(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 10)
    async with group.run(POLICE) as police:
        with pytest.raises(RuleError):
            await police.send("cc.none", "text", WORDS, attachments=[path])
        with pytest.raises(AttachmentError, match="does not exist"):
            await police.send(FIU, "text", WORDS, attachments=[path, tmp_path / "none"])
        with pytest.raises(AttachmentError, match="not in the home"):
            await police.send(FIU, "text", WORDS, attachments=[sealed_for(b"x")[0]])
        assert police.outbox() == []
    assert shelf(group, POLICE) == []


# --- a holder that breaks the rules --------------------------------------------------------------------------------


async def give(police: Player, attachment: Attachment, chunks: list[bytes]) -> int:
    """Send a message with the attachment, serve what is asked for, and return the code of DONE."""
    answer = await police.ask(police.envelope(attachments=(attachment,)))
    assert isinstance(answer, Entry)
    assert answer.code == 0
    police.link.send_offer([attachment.sealed])
    await police.flush()
    while True:
        event: ChunksRequested | DoneReceived = await police.next(ChunksRequested, DoneReceived)
        if isinstance(event, DoneReceived):
            return event.done.code
        while (due := police.link.serve.due) is not None:
            police.link.send_chunk(chunks[due.index] if due.index < len(chunks) else b"")
        await police.flush()


LONG = content("long", 3 * CHUNK_BYTES + 7)[: 3 * CHUNK_BYTES + 7]
GOOD, CHUNKS = sealed_for(LONG)
OTHER = sealed_for(LONG, key=b"o" * 32)[1]
LIES: dict[str, tuple[Attachment, list[bytes]]] = {
    "a flipped bit": (GOOD, [CHUNKS[0], CHUNKS[1][:9] + bytes([CHUNKS[1][9] ^ 1]) + CHUNKS[1][10:], *CHUNKS[2:]]),
    "chunks swapped": (GOOD, [CHUNKS[1], CHUNKS[0], *CHUNKS[2:]]),
    "another key": (GOOD, OTHER),
    "a chunk that is short": (GOOD, [CHUNKS[0][:-1], *CHUNKS[1:]]),
    "a wrong hash": sealed_for(LONG, hash=bytes(32)),
    "a wrong address": sealed_for(LONG, sealed=bytes(32)),
    "a size that claims more": sealed_for(LONG, size=2 * len(LONG)),
    "a size that claims less": sealed_for(LONG, size=len(LONG) - 1),
}


@pytest.mark.clause("ATTACH-025", "ATTACH-031", "ATTACH-034")
@pytest.mark.parametrize("lie", LIES)
async def test_what_is_not_what_was_signed_fails_and_leaves_nothing(
    tmp_path: Path, autojump_clock: MockClock, lie: str
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu, calling(group, POLICE, FIU) as police:
        assert await give(police, *LIES[lie]) == 6
        message = fiu.inbox()[0]
        (here,) = await fiu.attachments(message.id)
        assert (here.state, here.code, here.cause) == (Transfer.FAILED, 6, "it is not what was signed")
        with pytest.raises(IncompleteError, match="not complete"):
            await fiu.save_attachment(message.id, None, tmp_path / "out")
        assert shelf(group, FIU) == []
        assert await give(police, GOOD, CHUNKS) == 0
        await fiu.save_attachment(fiu.inbox()[0].id, None, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == LONG


async def test_a_message_that_lies_about_a_file_that_is_kept_fails_and_the_file_stays(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu, calling(group, POLICE, FIU) as police:
        assert await give(police, GOOD, CHUNKS) == 0
        lies: list[dict[str, Any]] = [{"hash": bytes(32)}, {"key": bytes(32)}, {"size": 5}]
        for lie in lies:
            assert await give(police, msgspec.structs.replace(GOOD, **lie), []) == 6
        for message in fiu.inbox():
            wanted = ["complete"] if message.body.attachments[0] == GOOD else ["failed"]
            assert await states(fiu, message.id) == wanted
    assert shelf(group, FIU) == [GOOD.sealed.hex()]


@pytest.mark.clause("ATTACH-017")
async def test_an_offer_of_what_no_message_names_is_declined(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU), calling(group, POLICE, FIU) as police:
        police.link.send_offer([bytes(32)])
        await police.flush()
        done = (await police.next(DoneReceived)).done
        assert (done.address, done.code) == (bytes(32), 3)
    assert shelf(group, FIU) == []


@pytest.mark.clause("ATTACH-023")
@pytest.mark.parametrize("finished", [True, False])
async def test_a_chunk_of_a_finished_or_unknown_file_ends_the_link_and_is_not_written(
    tmp_path: Path, autojump_clock: MockClock, finished: bool
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU), calling(group, POLICE, FIU) as police:
        assert await give(police, GOOD, CHUNKS) == 0
        address = GOOD.sealed if finished else bytes(32)
        police.link._outgoing.put_chunk(encode_chunk(Chunk(address, 0, OTHER[0])))
        await police.flush()
        assert (await police.next(Closed)).code == 2
    assert shelf(group, FIU) == [GOOD.sealed.hex()]
    assert (group.homes[FIU].path / "attachments" / GOOD.sealed.hex()).read_bytes() == b"".join(CHUNKS)


@pytest.mark.clause("ATTACH-032")
async def test_no_name_of_a_peer_becomes_a_path(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU) as fiu, calling(group, POLICE, FIU) as police:
        for name in ("comity.db", "node.key", "control.sock", "-rf", "x" * 200):
            assert await give(police, *sealed_for(name.encode(), name=name)) == 0
        before = sorted(path.name for path in group.homes[FIU].path.iterdir())
        assert len(fiu.inbox()) == 5
    assert all(len(name) == 64 for name in shelf(group, FIU))
    assert "-rf" not in before
    assert "x" * 200 not in before


async def judged(police: Player, *sizes: int) -> int:
    """Return the code of the receipt for a message that claims files of these sizes."""
    (one, _) = sealed_for(b"x")
    claimed = [
        msgspec.structs.replace(one, name=f"{number}", sealed=police.world.random(32), size=size)
        for number, size in enumerate(sizes)
    ]
    answer = await police.ask(police.envelope(attachments=tuple(claimed)))
    assert isinstance(answer, Entry)
    return answer.code


@pytest.mark.clause("ATTACH-030")
async def test_where_the_configuration_says_nothing_eight_gibibytes_are_taken_and_sixty_four_kept(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU), calling(group, POLICE, FIU) as police:
        largest, cost = bounds.ATTACHMENT_BYTES, bounds.FILE_COST_BYTES
        assert await judged(police, largest + 1) == 29
        assert await judged(police, *[largest] * 7) == 0
        left = bounds.QUOTA_BYTES - 7 * (largest + cost) - cost
        assert await judged(police, left + 1) == 29
        assert await judged(police, left) == 0
        assert await judged(police, 0) == 29
        assert await judged(police) == 0


async def test_of_one_peer_so_many_files_come_in_side_by_side(tmp_path: Path, autojump_clock: MockClock) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(FIU), calling(group, POLICE, FIU) as police:
        files = [
            sealed_for(bytes(2 * CHUNK_BYTES), f"{number}", key=bytes([number]) * 32)[0]
            for number in range(bounds.MAX_FILES_AT_ONCE + 1)
        ]
        await police.ask(police.envelope(attachments=tuple(files)))
        police.link.send_offer([each.sealed for each in files])
        await police.flush()
        await trio.sleep(5)
        asked = {event.wanted.address for event in police.events if isinstance(event, ChunksRequested)}
    assert len(asked) == bounds.MAX_FILES_AT_ONCE


# --- a recipient that breaks the rules -----------------------------------------------------------------------------


@asynccontextmanager
async def fetching(group: Alliance, path: Path) -> AsyncIterator[tuple[Node, Player, bytes, bytes]]:
    """Run the node of aa.police and play bb.fiu, which has accepted a message with the file: both, id, address."""
    async with group.run(POLICE) as police, called(group, FIU, POLICE) as fiu:
        sent = await police.send(FIU, "text", WORDS, attachments=[path])
        signed = await fiu.take()
        await fiu.give((signed, 0))
        (address,) = (await fiu.next(Offered)).addresses
        assert address == signed.body.attachments[0].sealed
        yield police, fiu, sent.id, address


def ask(fiu: Player, address: bytes, first: int, count: int) -> None:
    """Request chunks whatever the rules say."""
    fiu.link.fetch.open.add(address)
    fiu.link.fetch.begin(address, first, first + count)


@pytest.mark.clause("ATTACH-022")
async def test_what_was_never_offered_or_is_not_there_is_not_given_and_is_recorded(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 2 * CHUNK_BYTES)
    secret = group.homes[POLICE].path / "attachments"
    async with fetching(group, path) as (police, fiu, _, address):
        (secret / ("ab" * 32)).write_bytes(bytes(1_000_000))
        for wrong, index in ((b"\xab" * 32, 0), (address, 2), (bytes(32), 4_194_303)):
            ask(fiu, wrong, index, 1)
            await fiu.flush()
            chunk = (await fiu.next(ChunkReceived)).chunk
            fiu.link.fetch.written()
            assert (chunk.address, chunk.index, chunk.sealed) == (wrong, index, b"")
        ask(fiu, address, 1, 1)
        await fiu.flush()
        assert len((await fiu.next(ChunkReceived)).chunk.sealed) == SEALED_CHUNK_BYTES
        incidents = police._store.incidents_of(3)
        assert len(incidents) == 3
        assert {row.peer for row in incidents} == {FIU}
        assert fiu.link.is_open


@pytest.mark.clause("ATTACH-027", "ATTACH-034")
@pytest.mark.parametrize(("code", "cause"), [(6, "not what was signed"), (4, "limit"), (3, "does not know")])
async def test_what_the_recipient_gives_up_is_shown_as_failed_and_not_offered_again(
    tmp_path: Path, autojump_clock: MockClock, code: int, cause: str
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 10)
    async with fetching(group, path) as (police, fiu, sent, address):
        fiu.link.send_done(address, code)
        await fiu.flush()
        await over(police, sent)
        (there,) = await police.attachments(sent)
        assert (there.state, there.code) == (Transfer.FAILED, code)
        assert cause in there.cause
    async with group.run(POLICE) as police, called(group, FIU, POLICE) as fiu:
        await trio.sleep(2)
        assert not any(isinstance(event, Offered) for event in fiu.events)


@pytest.mark.clause("ATTACH-036")
@pytest.mark.parametrize("knows", [True, False])
async def test_a_receipt_that_was_lost_does_not_keep_a_file_moving_for_ever(
    tmp_path: Path, autojump_clock: MockClock, knows: bool
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 10)
    async with group.run(POLICE) as police:
        sent = await police.send(FIU, "text", WORDS, attachments=[path], lifetime_s=60)
        async with called(group, FIU, POLICE) as fiu:
            signed = await fiu.take()
        address = signed.body.attachments[0].sealed
        await trio.sleep(1_150)
        (there,) = await police.attachments(sent.id)
        assert (there.state, "no receipt came" in there.cause) == (Transfer.MOVING, True)
        async with called(group, FIU, POLICE) as fiu:
            await trio.sleep(5)
            assert not any(isinstance(event, Offered) for event in fiu.events)
            with trio.fail_after(200):
                while not any(isinstance(event, Offered) for event in fiu.events):
                    await trio.sleep(1)
                    await fiu.flush()
            assert (await fiu.next(Offered)).addresses == (address,)
            fiu.link.send_done(address, 0 if knows else 3)
            await fiu.flush()
            await over(police, sent.id)
        assert await states(police, sent.id) == ["complete" if knows else "failed"]


@pytest.mark.clause("ATTACH-020")
async def test_a_recipient_that_asks_for_too_much_at_once_loses_its_link(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    path = file_of(tmp_path / "in", "a.bin", 40 * CHUNK_BYTES)
    async with fetching(group, path) as (_, fiu, _, address):
        for wanted in (Wanted(address, 0, 16), Wanted(address, 16, 1)):
            fiu.link._outgoing.put_control(encode_chunk_request(wanted))
        await fiu.flush()
        assert (await fiu.next(Closed)).code == 4


class IdleLink:
    """Stands for a link whose wire takes nothing."""

    def __init__(self, waiting: int) -> None:
        self.is_open = True
        self.serve = Serve()
        self.chunks_waiting = waiting

    def send_chunk(self, sealed: bytes) -> None:
        self.serve.given()
        self.chunks_waiting += SEALED_CHUNK_BYTES


@pytest.mark.parametrize("below", [1, 0])
async def test_no_chunk_is_read_while_so_many_bytes_wait_for_the_wire(
    tmp_path: Path, autojump_clock: MockClock, below: int
) -> None:
    group = await alliance(tmp_path, POLICE, FIU)
    async with group.run(POLICE) as police, trio.open_nursery() as nursery:
        session: Any = type("Idle", (), {"wake": lambda self: None})()
        session.link = link = IdleLink(bounds.MAX_CHUNK_BYTES_WAITING - below)
        server = police._depot._server
        server.opened(session, FIU, nursery)
        link.serve.requested(Wanted(bytes(32), 0, 3))
        server.look(session)
        await trio.sleep(1)
        assert link.serve.due == Due(bytes(32), below, offered=False)
        nursery.cancel_scope.cancel()
