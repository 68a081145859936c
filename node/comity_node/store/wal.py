"""The log file beside the database: whether more was committed in it than SQLite still reads.

SQLite takes the first frame whose checksum is wrong for the end of the log, because that is how a power cut leaves the
commit that was being written. A bit that changes later in the middle of the file looks the same to it, and takes every
commit behind it away in silence. Two whole commits behind the end can be no power cut: the second was begun only after
the first had been made durable.
"""

import struct
from pathlib import Path
from typing import Final

HEADER: Final = struct.Struct(">8I")  # magic, version, page size, checkpoint, two salts, two checksums
FRAME: Final = struct.Struct(">4I8x")  # page, size of the database if this frame ends a commit, two salts
MAGIC: Final = (0x377F0682, 0x377F0683)


def commits_behind(log: Path, frames: int, page_bytes: int) -> int:
    """Return how many commits of this log stand behind its first `frames` frames; 0 where there is no such file."""
    try:
        file = log.open("rb")
    except FileNotFoundError:
        return 0
    with file:
        header = file.read(HEADER.size)
        if len(header) < HEADER.size:
            return 0
        magic, _, _, _, *salts, _, _ = HEADER.unpack(header)
        commits = 0
        while True:
            file.seek(HEADER.size + frames * (FRAME.size + page_bytes))
            head = file.read(FRAME.size)
            if len(head) < FRAME.size:
                return commits
            _, ends_commit, *own = FRAME.unpack(head)
            # After a checkpoint both salts change; in a header that has lost a bit at least one is as it was.
            same = magic not in MAGIC or own[0] == salts[0] or own[1] == salts[1]
            commits += bool(ends_commit) and same
            frames += 1
