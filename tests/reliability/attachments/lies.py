"""Row 38: files, names, sizes and requests of a member that breaks the rules."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec
import trio
from trio.testing import MockClock

from comity.attachment import Attachment, Opening, Serve
from comity.attachment.frames import encode_chunk_request
from comity.attachment.moving import Due, Wanted
from comity.encoding import decode, encode
from comity.errors import UnsupportedError
from comity.keys import sha256
from comity.labels import MESSAGE_SIGNATURE
from comity.limits import CHUNK_BYTES
from comity.link import ChunkReceived, ChunksRequested, Closed, DoneReceived, ErrorReceived, Offered
from comity.message import SignedMessage
from comity.receipt import Entry
from comity_node.attachments.depot import Depot
from comity_node.attachments.serving import Server
from comity_node.node import Node, open_node
from comity_node.records import Transfer
from tests.reliability.row import Outcome, Row, Tier
from tests.support.alliances import Alliance, alliance
from tests.support.files import sealed_for
from tests.support.player import Player, called, calling

POLICE, FIU = "aa.police", "bb.fiu"
BASE_SEED = 38_000_000
QUOTA_BYTES = 64 << 20
LARGEST_BYTES = 8 << 20
MARK = b"what was never offered to this peer"
HOSTILE_NAMES = (
    "../evil", "/etc/cron.d/evil", "..", ".", ".bashrc", "a/b", "a\\b", "a\nb", "a\x1b[2Jb", "a\u202egpj.exe",
    "a\u2066b", " a", "a ", "\u200b", "a\x00b", "", "n" * 201, "con\x9b", "a\u2028b", "\ue000",
)  # fmt: skip


@dataclass
class Trials:
    """What was tried against one pair of nodes, and what did not hold."""

    group: Alliance
    draw: Random
    seed: int = 0
    count: int = 0
    violations: list[str] = field(default_factory=list)

    def wrong(self, what: str) -> None:
        self.violations.append(f"seed {self.seed}: {what}")


# --- a holder that lies ----------------------------------------------------------------------------------------------


def lie(draw: Random) -> tuple[str, Attachment, list[bytes]]:
    """Return what kind of lie it is, what the message says, and the chunks that are given."""
    data = draw.randbytes(draw.choice((1, 1_000, CHUNK_BYTES, CHUNK_BYTES + 9)))
    key = draw.randbytes(32)
    good, chunks = sealed_for(data, key=key)
    kind = draw.choice(("bit", "hash", "address", "longer", "shorter", "key", "length", "order"))
    if kind == "bit":
        at = draw.randrange(len(chunks))
        flipped = bytearray(chunks[at])
        flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
        chunks[at] = bytes(flipped)
    elif kind == "hash":
        good = msgspec.structs.replace(good, hash=draw.randbytes(32))
    elif kind == "address":
        good = msgspec.structs.replace(good, sealed=draw.randbytes(32))
    elif kind == "longer":
        good = msgspec.structs.replace(good, size=good.size + draw.choice((1, CHUNK_BYTES, 3 << 20)))
    elif kind == "shorter":
        good = msgspec.structs.replace(good, size=good.size - 1)
    elif kind == "key":
        good = msgspec.structs.replace(good, key=draw.randbytes(32))
    elif kind == "length":
        chunks[-1] = chunks[-1][:-1] if len(chunks[-1]) > 16 else chunks[-1] + b"x"
    else:
        chunks = chunks[::-1] if len(chunks) > 1 else [draw.randbytes(len(chunks[0]))]
    return kind, good, chunks


async def give(police: Player, attachment: Attachment, chunks: list[bytes]) -> int:
    """Return the code of DONE, or minus the code of the refusal of the message."""
    answer = await police.ask(police.envelope(attachments=(attachment,)))
    if not isinstance(answer, Entry) or answer.code:
        return -answer.code
    police.link.send_offer([attachment.sealed])
    await police.flush()
    while True:
        event: ChunksRequested | DoneReceived = await police.next(ChunksRequested, DoneReceived)
        if isinstance(event, DoneReceived):
            return event.done.code
        while (due := police.link.serve.due) is not None:
            police.link.send_chunk(chunks[min(due.index, len(chunks) - 1)])
        await police.flush()


async def tell_lies(trials: Trials, fiu: Node, police: Player) -> None:
    kind, attachment, chunks = lie(trials.draw)
    try:
        code = await give(police, attachment, chunks)
    except trio.TooSlowError:
        trials.wrong(f"a lie about {kind} is not answered")
        return
    if code != 6:
        trials.wrong(f"a lie about {kind} is answered with DONE {code}")
    message = fiu.inbox(1)[0]
    states = [each.state for each in await fiu.attachments(message.id)]
    if states != [Transfer.FAILED]:
        trials.wrong(f"a lie about {kind} leaves {states}")
    if (shelf_of(trials.group, FIU) / attachment.sealed.hex()).exists():
        trials.wrong(f"a lie about {kind} lies on the shelf")


async def claim_too_much(trials: Trials, fiu: Node, police: Player) -> None:
    """Claim sizes up to a tebibyte, beyond what is taken of one file or of one peer."""
    size = trials.draw.choice((LARGEST_BYTES + 1, 1 << 40, LARGEST_BYTES + trials.draw.randrange(1 << 30)))
    one = sealed_for(b"x")[0]
    many = [msgspec.structs.replace(one, name=f"{n}", sealed=bytes([n]) * 32, size=LARGEST_BYTES) for n in range(9)]
    claimed = (msgspec.structs.replace(one, size=size),) if trials.draw.random() < 0.5 else tuple(many)
    before = sorted(os.listdir(shelf_of(trials.group, FIU))) if shelf_of(trials.group, FIU).exists() else []
    answer = await police.ask(police.envelope(attachments=claimed))
    if not isinstance(answer, Entry) or answer.code != 29:
        trials.wrong(f"a claim of {sum(each.size for each in claimed)} bytes is answered with {answer}")
    after = sorted(os.listdir(shelf_of(trials.group, FIU))) if shelf_of(trials.group, FIU).exists() else []
    if after != before:
        trials.wrong("a claim of too much was written down")


async def use_a_bad_name(trials: Trials, fiu: Node, police: Player) -> None:
    """Sign a body whose attachment has a name that is not allowed, or a mutation of one."""
    name = trials.draw.choice(HOSTILE_NAMES)
    signed = police.signed(attachments=(sealed_for(b"x")[0],))
    fields = decode(signed.body_bytes, 1 << 20)
    assert isinstance(fields, dict)
    raw = encode(fields).replace(encode("a.bin"), encode(name) if "\0" not in name else b"\xa1\0")
    signature = police.home.keys().signing.sign(MESSAGE_SIGNATURE, raw)
    forged = SignedMessage(encode([raw, signature]), raw, signature, signed.body, sha256(raw))
    messages = len(fiu.inbox(1_000))
    answer = await police.ask(police.envelope(forged))
    if not isinstance(answer, ErrorReceived) or answer.code != 1:
        trials.wrong(f"the name {name!r} is answered with {answer}")
    if len(fiu.inbox(1_000)) != messages:
        trials.wrong(f"the name {name!r} was kept")


async def send_what_nobody_asked_for(trials: Trials, fiu: Node, police: Player) -> None:
    """Offer what no message names, and give a chunk of it."""
    address = trials.draw.randbytes(32)
    police.link.send_offer([address])
    await police.flush()
    done = (await police.next(DoneReceived)).done
    if (done.address, done.code) != (address, 3):
        trials.wrong(f"an offer that no message names is answered with {done.code}")


HOLDER: tuple[Callable[[Trials, Node, Player], Any], ...] = (
    tell_lies, tell_lies, tell_lies, claim_too_much, use_a_bad_name, use_a_bad_name, send_what_nobody_asked_for,
)  # fmt: skip


async def as_holder(trials: Trials, count: int) -> None:
    """Play aa.police against the node of bb.fiu."""
    home = trials.group.homes[FIU]
    config = replace(home.config, attachment_bytes=LARGEST_BYTES, quota_bytes=QUOTA_BYTES)
    outside = listing(trials.group)
    async with (
        open_node(config, home.keys(), trials.group.world(FIU)) as node,
        calling(trials.group, POLICE, FIU) as police,
    ):
        for number in range(count):
            trials.seed, trials.count = BASE_SEED + number, trials.count + 1
            trials.draw.seed(trials.seed)
            await trials.draw.choice(HOLDER)(trials, node, police)
            if police.link.closed:
                trials.wrong("the link was closed")
                break
    trials.group.network.listeners.pop(("127.0.0.1", home.port), None)
    if listing(trials.group) != outside:
        trials.wrong(f"something was written outside: {listing(trials.group) ^ outside}")


def recorded(database: Path, code: int) -> int:
    """Return how many incidents of the code stand in the database."""
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM incident WHERE code = ?", (code,)).fetchone()[0])
    finally:
        connection.close()


# --- a recipient that asks for what is not its own -----------------------------------------------------------------


async def as_recipient(trials: Trials, count: int) -> None:
    """Play bb.fiu against the node of aa.police, whose shelf holds files that bb.fiu was never offered."""
    home, path = trials.group.homes[POLICE], trials.group.homes[POLICE].path.parent / "offered.bin"
    path.write_bytes(b"x" * (2 * CHUNK_BYTES))
    async with (
        open_node(home.config, home.keys(), trials.group.world(POLICE)) as node,
        called(trials.group, FIU, POLICE) as fiu,
    ):
        await node.send(FIU, "text", {"text": "See the file."}, attachments=[path])
        signed = await fiu.take()
        await fiu.give((signed, 0))
        (address,) = (await fiu.next(Offered)).addresses
        hidden = trials.draw.randbytes(32)
        (shelf_of(trials.group, POLICE) / hidden.hex()).write_bytes(MARK * 10_000)
        for number in range(count):
            trials.seed, trials.count = BASE_SEED + 500_000 + number, trials.count + 1
            trials.draw.seed(trials.seed)
            await ask_for_more(trials, fiu, address, hidden)
        node_incidents = recorded(home.config.database, UnsupportedError.code)
        if node_incidents < count:
            trials.wrong(f"{node_incidents} incidents for {count} requests of what was never offered")
        for wanted in (Wanted(address, 0, 16), Wanted(address, 0, 1)):
            fiu.link._outgoing.put_control(encode_chunk_request(wanted))
        await fiu.flush()
        with trio.move_on_after(5):
            closed = await fiu.next(Closed)
            if closed.code != 4:
                trials.wrong(f"17 chunks at once close the link with {closed.code}")
            return
        trials.wrong("17 chunks at once are let pass")


async def ask_for_more(trials: Trials, fiu: Player, address: bytes, hidden: bytes) -> None:
    """Request a chunk that was never offered, or lies beyond the file."""
    wanted = trials.draw.choice(((hidden, 0), (address, 2), (address, 4_194_303), (trials.draw.randbytes(32), 0)))
    fiu.link.fetch.open.add(wanted[0])
    fiu.link.fetch.begin(wanted[0], wanted[1], wanted[1] + 1)
    await fiu.flush()
    try:
        chunk = (await fiu.next(ChunkReceived)).chunk
    except trio.TooSlowError:
        trials.wrong(f"a request for chunk {wanted[1]} of {wanted[0].hex()[:8]} is not answered")
        return
    fiu.link.fetch.written()
    if chunk.sealed:
        trials.wrong(f"chunk {wanted[1]} of {wanted[0].hex()[:8]} was given")


def shelf_of(group: Alliance, party: str) -> Path:
    return group.homes[party].path / "attachments"


def listing(group: Alliance) -> set[str]:
    """Return every file beside the shelf of bb.fiu."""
    top = group.homes[FIU].path.parent
    places = {str(path) for path in top.rglob("*") if path.is_file() and shelf_of(group, FIU) not in path.parents}
    return {place for place in places if not place.endswith(("-wal", "-shm"))}


# --- the planted bugs ------------------------------------------------------------------------------------------------


def serves_anything() -> Any:
    @contextmanager
    def plant() -> Iterator[None]:
        requests = Serve.requested

        def requested(self: Serve, wanted: Wanted) -> None:
            self.open.add(wanted.address)
            requests(self, wanted)

        async def read(self: Server, provision: Any, due: Due) -> bytes:
            place = self._shelf.place(due.address)
            return place.read_bytes()[: CHUNK_BYTES + 16] if place.exists() else b""

        with patch.object(Serve, "requested", requested), patch.object(Server, "_read", read):
            yield

    return plant()


def final_hash() -> Any:
    return patch.object(Opening, "verify", lambda self: None)


def no_quota() -> Any:
    return patch.object(Depot, "refuse_excess", lambda self, body, promised: None)


BUGS: dict[str, tuple[str, Callable[[], Any]]] = {
    "no final hash": ("the signed hash and address are not compared once all chunks have come", final_hash),
    "no quota": ("the quota is not looked at when the message is judged", no_quota),
    "serves anything": ("whatever lies on the shelf is given to whoever asks", serves_anything),
}


@contextmanager
def planted(bug: str | None) -> Iterator[None]:
    if bug is None:
        yield
        return
    with BUGS[bug][1]():
        yield


def run(tier: Tier, bug: str | None) -> Outcome:
    count = tier.trials(400, at_least=40)
    scratch = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="comity-lies-", dir=scratch) as directory, planted(bug):

        async def both() -> Trials:
            trials = Trials(await alliance(Path(directory), POLICE, FIU), Random(BASE_SEED))
            await as_holder(trials, count * 4 // 5)
            await as_recipient(trials, count // 5)
            return trials

        trials = trio.run(both, clock=MockClock(autojump_threshold=0))
    return Outcome(trials.count, tuple(trials.violations), f"from {BASE_SEED}")


ROW = Row(
    38,
    "a member that lies about a file: altered chunks, wrong hash, size, key or name, sizes beyond the quota; that asks"
    " for what it was not offered, or for too much at once",
    "a party played by hand against a node",
    "each is refused with its code, nothing lies on the shelf or beside it, and nothing is given away",
    run,
    {name: text for name, (text, _) in BUGS.items()},
)
