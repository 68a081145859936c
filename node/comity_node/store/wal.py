"""The log file beside the database: whether more was committed in it than SQLite still reads.

SQLite takes the first frame whose checksum is wrong for the end of the log, because that is how a power cut leaves the
commit that was being written. A bit that changes later in the middle of the file looks the same to it, and takes every
commit behind it away in silence. Two whole commits behind the end can be no power cut: the second was begun only after
the first had been made durable.
"""

import struct
from pathlib import Path
from typing import BinaryIO, Final

HEADER: Final = struct.Struct(">8I")  # magic, version, page size, checkpoint, two salts, two checksums
FRAME: Final = struct.Struct(">4I8x")  # page, size of the database if this frame ends a commit, two salts
MAGIC: Final = (0x377F0682, 0x377F0683)


def commits_behind(log: Path, frames: int, page_bytes: int) -> int:
    """Return how many commits of this log stand behind its first `frames` frames and are not in the database either.

    0 where there is no such file.
    """
    try:
        file = log.open("rb")
    except FileNotFoundError:
        return 0
    with file:
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            return 0
        commits, pages = behind(file, header, frames, page_bytes)
        # A process that dies while it writes a new header leaves this picture as well: what stood in the log had been
        # copied back before.
        return 0 if commits and copied_back(file, log, pages, page_bytes) else commits


def behind(file: BinaryIO, header: bytes, frames: int, page_bytes: int) -> tuple[int, dict[int, int]]:
    """Return the number of commits behind the first frames, and of each page that they change its last place."""
    magic, _, _, _, *salts, _, _ = HEADER.unpack(header)
    commits = 0
    written: dict[int, int] = {}
    pages: dict[int, int] = {}
    while True:
        place = HEADER.size + frames * (FRAME.size + page_bytes)
        file.seek(place)
        head = file.read(FRAME.size)
        if len(head) < FRAME.size:
            return commits, pages
        page, ends_commit, *own = FRAME.unpack(head)
        # After a checkpoint both salts change; in a header that has lost a bit at least one is as it was.
        if magic not in MAGIC or own[0] == salts[0] or own[1] == salts[1]:
            written[page] = place + FRAME.size
            if ends_commit:
                commits += 1
                pages = dict(written)
        frames += 1


def copied_back(file: BinaryIO, log: Path, pages: dict[int, int], page_bytes: int) -> bool:
    """Return whether the database holds every one of these pages as the log has it."""
    with log.with_name(log.name.removesuffix("-wal")).open("rb") as database:
        for page, place in pages.items():
            file.seek(place)
            database.seek((page - 1) * page_bytes)
            if file.read(page_bytes) != database.read(page_bytes):
                return False
    return True
