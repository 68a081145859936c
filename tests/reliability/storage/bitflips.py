"""Row 4: a bit, the length or a sector of a file changes while nobody looks; it is noticed, or nothing comes of it."""

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import trio

from comity_node import config, keyfile
from comity_node.errors import NodeError
from comity_node.faults import first_of
from comity_node.node import Node, open_node
from comity_node.store import wal
from tests.reliability.row import Outcome, Row, Tier
from tests.reliability.storage import crew
from tests.reliability.storage.forks import words
from tests.reliability.storage.scenarios import PAIR, A, B
from tests.reliability.storage.shim import Mode, Order
from tests.reliability.storage.stage import Troupe, keys_of
from tests.reliability.storage.trials import Theatre

IN_CI: Final = 5_400
SEED: Final = 4
HEADER_BYTES: Final = 100  # of a database of SQLite: each of them is tried
LOG: Final = "comity.db-wal"
PAGE_BYTES: Final = 4_096
KILLED_AT: Final = 150  # a call of the scene after which much is in the log
HIDDEN_COMMITS: Final = 2  # a damaged frame that ends a commit takes the commit before it along
PASSPHRASE: Final = "correct horse battery staple"
CHEAP: Final = keyfile.Kdf(memory_bytes=8 << 20, passes=1)
HOW: Final = ("flip", "flip", "flip", "flip", "flip", "truncate", "zero 512", "zero 4096")
BUGS: Final[Mapping[str, str]] = {
    "row-not-checked": "a row is taken as SQLite gives it",
    "log-not-checked": "the end of the log is where SQLite says that it is",
}


@dataclass(frozen=True, slots=True)
class Damage:
    """What happens to a file: one of HOW, at a byte, and which bit."""

    file: str
    how: str
    at: int
    bit: int = 0

    def of(self, data: bytes) -> bytes:
        """Return the data after the damage."""
        if self.how == "truncate":
            return data[: self.at]
        changed = bytearray(data)
        if self.how == "flip":
            changed[self.at] ^= 1 << self.bit
        else:
            size = int(self.how.removeprefix("zero "))
            start = self.at // size * size
            changed[start : start + size] = bytes(len(changed[start : start + size]))
        return bytes(changed)


async def much(troupe: Troupe) -> None:
    """Something of everything that a node keeps: both directions, read, answered, waiting, expired."""
    async with troupe.run():
        asked = await troupe.send(A, B), await troupe.send(B, A, text="z" * 9_000)
        await troupe.settled()
        await troupe.mark_read(B, asked[0])
        await troupe.reply(A, asked[1])
        await troupe.settled()
    async with troupe.run(A):
        await troupe.send(A, B, lifetime_s=5)
        await troupe.send(A, B)
        await trio.sleep(20)


def shown(node: Node) -> list[str]:
    """Return all that a node shows of what it keeps, a line each. Raises NodeError."""
    store, archive = node._store, node._archive
    node._trust.require()
    messages = [*node.inbox(1_000), *node.outbox(1_000)]
    cases = sorted({message.body.case for message in messages})
    lines = [repr(message) for message in messages]
    lines += [repr(delivery) for message in messages if message.outgoing for delivery in node.deliveries(message.id)]
    lines += [repr(event) for case in cases for event in node.timeline(case)]
    lines += [repr(item) for item in [*archive.incoming_after(0), *archive.settled_after(0), *store.incidents()]]
    status = node.status()
    lines += [repr((status.treaty_version, status.waiting, status.inbox_unread, status.log_size, status.alarms))]
    lines += [repr(sorted(store.known([message.id for message in messages]).items()))]
    return [*lines, repr(store.last_checkpoint()), repr(store.waiting_counts()), repr(store.documents())]


class Reader:
    """Opens the home of aa.police as a start of the daemon does, and returns what it shows."""

    def __init__(self, theatre: Theatre) -> None:
        self._theatre = theatre
        self.home = theatre.stage.trial / A
        self.files: dict[str, bytes] = {}

    def take(self) -> None:
        """Take the home as it lies there for the one that every trial begins with."""
        keyfile.save(self.home / "node.key", keys_of(A), PASSPHRASE, lambda count: b"\x05" * count, CHEAP)
        (self.home / "comity.toml").write_text(f'party = "{A}"\nlisten = ["127.0.0.1:7411"]\nwindow_bytes = 1048576\n')
        wanted = ("comity.db", "comity.db-wal", "node.key", "comity.toml")
        self.files = {name: (self.home / name).read_bytes() for name in wanted if (self.home / name).exists()}

    def size(self, name: str) -> int:
        return len(self.files[name])

    def lay(self, damage: Damage | None) -> None:
        """Lay the files out, one of them damaged."""
        for path in self.home.glob("comity.db*"):
            path.unlink()
        for name, data in self.files.items():
            (self.home / name).write_bytes(damage.of(data) if damage is not None and damage.file == name else data)

    def shows(self, keys: bool = False) -> list[str]:
        """Return what the node shows; with `keys` configuration and keys are read from their files too."""
        lines: list[str] = []

        async def look(troupe: Troupe) -> None:
            group = troupe.group
            settings = config.load(self.home) if keys else group.homes[A].config
            ring = keyfile.load_ring(self.home / "node.key", PASSPHRASE) if keys else keys_of(A)
            async with open_node(settings, ring, group.world(A), online=False) as node:
                lines.extend([*shown(node), repr(settings) + repr(ring.key_ids)])

        self._theatre.stage.play(look, lambda line: None, 2)
        return lines


def damages(reader: Reader, name: str, count: int, seed: str) -> Iterator[Damage]:
    """Yield damage to the file, each byte of the header of a database first."""
    random = Random(seed)
    if name == "comity.db":
        yield from (Damage(name, "flip", at, random.randrange(8)) for at in range(min(HEADER_BYTES, count // 4)))
    for _ in range(count - (min(HEADER_BYTES, count // 4) if name == "comity.db" else 0)):
        yield Damage(name, random.choice(HOW), random.randrange(reader.size(name)), random.randrange(8))


def commits_in(log: bytes) -> list[int]:
    """Return the lengths to which a log file can be cut behind a commit, the longest first; 0 is among them."""
    ends = [0]
    for start in range(wal.HEADER.size, len(log), wal.FRAME.size + PAGE_BYTES):
        if wal.FRAME.unpack_from(log, start)[1]:
            ends.append(start + wal.FRAME.size + PAGE_BYTES)
    return ends[::-1]


def may_show(reader: Reader) -> list[list[str]]:
    """Return what may be shown: the home as it is, then, where a process was killed, without its last commits.

    A log that was cut short, or whose last commit is damaged, looks as after a power cut in that commit.
    """
    reader.lay(None)
    shown_at = [reader.shows()]
    for end in commits_in(reader.files[LOG])[1:] if LOG in reader.files else []:
        reader.lay(Damage(LOG, "truncate", end))
        shown_at.append(reader.shows())
    return shown_at


def judged(reader: Reader, damage: Damage, fine: list[list[str]]) -> tuple[str, int]:
    """Return "" when the damage is noticed or nothing comes of it, else what is wrong; and how many commits it took."""
    reader.lay(damage)
    try:
        lines = reader.shows(keys=damage.file in ("node.key", "comity.toml"))
    except Exception as fault:
        return ("" if isinstance(first_of(fault), NodeError) else words(fault)), 0
    if damage.file in ("node.key", "comity.toml"):  # another setting is one that the operator sees; what is kept stays
        return ("" if lines[:-1] == fine[0][:-1] else "what is kept is shown in another way"), 0
    hidden = len(fine) if damage.how == "truncate" else 1 + HIDDEN_COMMITS
    if damage.file == LOG and lines in fine[:hidden]:
        return "", fine.index(lines)
    if lines == fine[0]:
        return "", 0
    changed = [f"{now[:80]!r}" for now, before in zip(lines, fine[0], strict=False) if now != before]
    return f"the node shows something else: {changed[:1] or len(lines)}", 0


def place_of(damage: Damage, share: Mapping[str, Any]) -> str:
    state = "killed" if share["killed"] else "closed"
    return f"{state} {damage.file} {damage.how} at {damage.at} bit {damage.bit}"


def run_share(theatre: Theatre, share: dict[str, Any]) -> dict[str, Any]:
    """Damage one file after another, in a home that was closed or one whose process was killed."""
    reader = Reader(theatre)
    if share["killed"]:
        theatre.perform(much, Order(Mode.KILL, share["killed"]))
    else:
        theatre.stage.lay_out()
        theatre.stage.play(much, lambda line: None)
    reader.take()
    fine = may_show(reader)
    gc.collect()
    gc.freeze()
    tried, violations, hidden = 0, [], 0
    for name, count in share["files"].items():
        for damage in damages(reader, name, count, f"{share['seed']} {name}"):
            if not crew.wanted(share, place_of(damage, share)):
                continue
            wrong, commits = judged(reader, damage, fine)
            tried, hidden = tried + 1, hidden + (commits > 0)
            violations += [f"{place_of(damage, share)}: {wrong}"] if wrong else []
            if tried % 25 == 0:
                gc.collect()
            if len(violations) >= share["enough"]:
                break
    return {"trials": tried, "violations": violations, "figures": {"taken for a power cut": hidden}}


def run(tier: Tier, bug: str | None, only: str | None = None) -> Outcome:
    count = tier.trials(IN_CI, 160)
    common = {"parties": PAIR, "seed": SEED}
    closed = {"comity.db": count // 2, "comity.toml": count // 20, "node.key": count // 20}
    killed = {LOG: count * 3 // 10, "comity.db": count // 10}
    shares = [common | {"killed": 0, "files": closed}, common | {"killed": KILLED_AT, "files": killed}]
    return crew.outcome(4, crew.work("bitflips", shares, bug, only), str(SEED))


ROWS: Final = (
    Row(
        number=4,
        fault="a bit is flipped, a file cut short, a sector or page zeroed, in database, log, key file, configuration",
        injected_by="a hand that edits the files of a stopped node",
        holds="the start or the first look says so, or nothing is shown in another way; damage to the last commits "
        "of a killed process may look like a power cut",
        run=run,
        bugs=BUGS,
    ),
)
