"""A disk as it is before anybody calls fsync: what was written may be there, or not, sector by sector.

`replay` reads what the shim recorded and keeps, for each file, what is durable and what only waits; `Disk.after_cut`
is one of the many states in which a power cut may leave it.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

SECTOR: Final = 512
HEAD: Final = struct.Struct("<IiQI4x")
OPEN, WRITE, SYNC, TRUNCATE, UNLINK, RENAME, LINK, MARK, SYNC_FAILED, MKDIR = range(10)
Loss = Callable[[Random, int, int], int]


@dataclass(frozen=True, slots=True)
class Step:
    """One record of the shim: kind, file descriptor, offset (or size, or 1 for a file that is new), and bytes."""

    kind: int
    fd: int
    offset: int
    data: bytes


def steps_of(record: bytes) -> Iterator[Step]:
    at = 0
    while at < len(record):
        kind, fd, offset, length = HEAD.unpack_from(record, at)
        at += HEAD.size
        yield Step(kind, fd, offset, record[at : at + length])
        at += length


@dataclass(slots=True)
class File:
    """A file: what an fsync has made durable, what programs see, and how each sector and the size came there."""

    durable: bytes = b""
    seen: bytearray = field(default_factory=bytearray)
    sectors: dict[int, list[bytes]] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)

    def write(self, offset: int, data: bytes) -> None:
        end = offset + len(data)
        if end > len(self.seen):
            self.seen.extend(bytes(end - len(self.seen)))
        self.seen[offset:end] = data
        self._note(offset, end)

    def truncate(self, size: int) -> None:
        before = len(self.seen)
        del self.seen[size:]
        self.seen.extend(bytes(size - len(self.seen)))
        self._note(size, max(size, before))

    def sync(self) -> None:
        if self.waits:
            kept = bytearray(self.durable[: len(self.seen)])
            kept.extend(bytes(len(self.seen) - len(kept)))
            for number, versions in self.sectors.items():
                start = number * SECTOR
                kept[start : start + len(versions[-1])] = versions[-1]
            self.durable = bytes(kept[: len(self.seen)])
            self.forget()

    def forget(self) -> None:
        """What waits is not written any more, unless it is written again: so a kernel may take a failed fsync."""
        self.sectors.clear()
        self.sizes.clear()

    @property
    def waits(self) -> int:
        """How many sectors were written and not yet made durable."""
        return len(self.sectors) + (len(self.sizes) > 0)

    def _note(self, start: int, end: int) -> None:
        for number in range(start // SECTOR, -(-end // SECTOR)):
            sector = bytes(self.seen[number * SECTOR : (number + 1) * SECTOR])
            self.sectors.setdefault(number, []).append(sector)
        if len(self.seen) != (self.sizes[-1] if self.sizes else len(self.durable)):
            self.sizes.append(len(self.seen))

    def after_cut(self, random: Random, loss: "Loss") -> tuple[bytes, tuple[int, ...]]:
        """Return what is left of the file, and the choices that led there."""
        size_at = loss(random, len(self.sizes), len(self.sizes))
        size = self.sizes[size_at - 1] if size_at else len(self.durable)
        left = bytearray(self.durable[:size])
        left.extend(random.randbytes(size - len(left)) if random.random() < 0.25 else bytes(size - len(left)))
        choices = [size_at]
        for number, versions in self.sectors.items():
            chosen = loss(random, len(versions), len(self.sectors))
            choices.append(chosen)
            if chosen:
                start = number * SECTOR
                left[start : start + SECTOR] = versions[chosen - 1]
        return bytes(left[:size]), tuple(choices)


FOLDER: Final = File()  # stands for every directory


@dataclass(slots=True)
class Disk:
    """Files by path. A name that was made, moved or removed counts once the directory that it stands in is synced."""

    names: dict[str, File] = field(default_factory=dict)
    durable_names: dict[str, File] = field(default_factory=dict)
    moves: list[tuple[str, File | None]] = field(default_factory=list)
    open_files: dict[int, str | File] = field(default_factory=dict)

    @classmethod
    def of(cls, place: Path) -> "Disk":
        """Return a disk that holds the files below the place, all durable."""
        disk = cls()
        for path in [place, *place.rglob("*")]:
            data = path.read_bytes() if path.is_file() else b""
            disk.names[str(path)] = File(data, bytearray(data)) if path.is_file() else FOLDER
        disk.durable_names = dict(disk.names)
        return disk

    def take(self, step: Step) -> None:
        """Let the step happen. Raises ValueError for one that the model does not know."""
        match step.kind:
            case 0:  # OPEN
                self._open(step.fd, step.data.decode(), bool(step.offset))
            case 1:  # WRITE
                self._file(step.fd).write(step.offset, step.data)
            case 3:  # TRUNCATE
                self._file(step.fd).truncate(step.offset)
            case 2:  # SYNC
                self._sync(step.fd)
            case 9:  # MKDIR
                self._move(step.data.decode(), FOLDER)
            case 8:  # SYNC_FAILED
                self._sync_failed(step.fd)
            case 4:  # UNLINK
                self._move(step.data.decode(), None)
            case 5 | 6:  # RENAME, LINK
                old, new = step.data.decode().split("\0")
                self._move(new, self.names[old])
                if step.kind == RENAME:
                    self._move(old, None)
            case _:
                raise ValueError(f"a disk does not know step {step.kind}")

    def _open(self, fd: int, path: str, new: bool) -> None:
        if new:
            self._move(path, File())
        known = self.names.get(path, FOLDER)
        self.open_files[fd] = path if known is FOLDER else known

    def _file(self, fd: int) -> File:
        file = self.open_files[fd]
        if isinstance(file, str):
            raise ValueError(f"{file} is a directory")
        return file

    def _sync(self, fd: int) -> None:
        file = self.open_files[fd]
        if isinstance(file, File):
            file.sync()
        else:
            within = [move for move in self.moves if parent_of(move[0]) == file]
            self.moves = [move for move in self.moves if parent_of(move[0]) != file]
            apply(within, self.durable_names)

    @staticmethod
    def _is_file(path: str, names: dict[str, File]) -> bool:
        """Return whether the name is that of a file which a walk from the root finds."""
        return names[path] is not FOLDER and names.get(parent_of(path)) is FOLDER

    def durable_files(self) -> dict[str, bytes]:
        """Return what is left when all that waits is lost."""
        names = self.durable_names
        return {path: file.durable for path, file in names.items() if self._is_file(path, names)}

    def _sync_failed(self, fd: int) -> None:
        file = self.open_files[fd]
        if isinstance(file, File):
            file.forget()

    def path_of(self, fd: int) -> str:
        """Return the path of an open file, "" for a directory or a file whose name has gone."""
        file = self.open_files[fd]
        return next((path for path, named in self.names.items() if named is file), "")

    def _move(self, path: str, file: File | None) -> None:
        self.moves.append((path, file))
        if file is None:
            del self.names[path]
        else:
            self.names[path] = file

    @property
    def waits(self) -> int:
        """How much a power cut could take: sectors, sizes and names."""
        return len(self.moves) + sum(file.waits for path, file in self.names.items() if matters(path))

    def after_cut(self, random: Random) -> tuple[dict[str, bytes], tuple[object, ...]]:
        """Return the files that are left, by path, and the choices that led there."""
        loss = random.choice(LOSSES)
        kept_moves = random.randint(0, len(self.moves))  # file systems keep the order of names
        names = dict(self.durable_names)
        apply(self.moves[:kept_moves], names)
        left: dict[str, bytes] = {}
        choices: list[object] = [kept_moves]
        for path in sorted(path for path in names if matters(path) and self._is_file(path, names)):
            left[path], chosen = names[path].after_cut(random, loss)
            choices.append(chosen)
        return left, tuple(choices)


def parent_of(path: str) -> str:
    return path.rpartition("/")[0]


def apply(moves: list[tuple[str, File | None]], names: dict[str, File]) -> None:
    for path, file in moves:
        if file is None:
            names.pop(path, None)
        else:
            names[path] = file


def matters(path: str) -> bool:
    """Return whether a file means anything after a start: SQLite makes its index of shared memory anew."""
    return not path.endswith("-shm")


def lose_all(random: Random, versions: int, among: int) -> int:
    return 0


def lose_half(random: Random, versions: int, among: int) -> int:
    return random.randint(0, versions)


def lose_few(random: Random, versions: int, among: int) -> int:
    """Of all sectors about one is lost."""
    return versions if random.random() > 1 / (1 + among) else random.randint(0, max(0, versions - 1))


def keep_few(random: Random, versions: int, among: int) -> int:
    """Of all sectors about one is kept."""
    return 0 if random.random() > 1 / (1 + among) else versions


LOSSES: Final[tuple[Loss, ...]] = (lose_all, lose_half, lose_half, lose_few, lose_few, lose_few, keep_few)
